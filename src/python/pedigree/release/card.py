"""The model card: what its authors say a release is for, and what the build knows of it.

What a model is for, how it is asked and where its limits lie is prose that the `release` target names; base, training,
data and figures are facts, and are taken from the artifacts themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pedigree.step.canonical import read_json
from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.step.model_files import MODEL, WEIGHTS_MANIFEST

_PROSE = "say in Markdown, with headings from `##`, what the model is for and not for, how it is asked, and its limits"
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_OF_THE_BUILD = ("how to load it", "base model", "training", "data", "evaluation", "labels that were mostly missed")
_SHOWN_OF_TRAINING = ("method", "seed", "examples", "updates", "parameters")


def render_card(
    release: str,
    base_name: str,
    prose: str,
    model: Path,
    base: Path | None,
    datasets: Mapping[str, Path],
    reports: Mapping[str, Mapping[str, Any]],
) -> str:
    """The card as Markdown.

    Args:
        release: Name of the release.
        base_name: Name of the step that the base model comes from.
        prose: What the authors say, as Markdown.
        model: The artifact of the delivered model, with `training.json`.
        base: The artifact of the base model; none when what is delivered is a whole model.
        datasets: Name of the step -> artifact, for each dataset that the model or its ancestors learned from.
        reports: Suite -> report of its evaluation.
    """
    sections = [
        _title(release, base_name, base is not None),
        prose + "\n",
        _loading(base is not None),
        _base(base_name, base) if base else "",
        _training(read_json(model / "training.json")),
        _data(datasets, base),
        *(_evaluation(suite, report) for suite, report in sorted(reports.items())),
        _weak_labels(reports),
    ]
    return "\n".join(section for section in sections if section)


def read_prose(path: Path) -> str:
    """What the authors say of a model.

    Raises:
        ToolError: It is empty, not UTF-8, or has a heading that could be taken for one of the build's.
    """
    try:
        prose = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ToolError(f"the card '{path.name}' is not UTF-8: {error.reason} at byte {error.start}", _PROSE) from error
    if not prose:
        raise ToolError(f"the card '{path.name}' is empty", _PROSE)
    for heading in _HEADING.findall(prose):
        if heading.startswith("# ") or heading.lstrip("# ").lower().startswith(_OF_THE_BUILD):
            raise ToolError(f"the card '{path.name}' has the heading '{heading}', which the build writes", _PROSE)
    return prose


def _title(release: str, base_name: str, adapter: bool) -> str:
    kind = f"A LoRA adapter for the base model `{base_name}`." if adapter else "A fine-tuned model."
    return f"# {release}\n\n{kind}\n"


def _loading(adapter: bool) -> str:
    return f"""## How to load it

```python
{_LOAD_ADAPTER if adapter else _LOAD_MODEL}
```

Verify the release before loading it: see `VERIFY.md`.
"""


_LOAD_ADAPTER = """from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

tokenizer = PreTrainedTokenizerFast.from_pretrained("model")
base = AutoModelForCausalLM.from_pretrained("path/to/the/base/model")  # the digests of its files are below
model = PeftModel.from_pretrained(base, "model").eval()"""
_LOAD_MODEL = """from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

tokenizer = PreTrainedTokenizerFast.from_pretrained("model")
model = AutoModelForCausalLM.from_pretrained("model").eval()"""


def _base(base_name: str, base: Path) -> str:
    manifest = read_json(base / "manifest.json")
    rows = [["step", f"`{base_name}`"]]
    rows += [[key, f"{manifest[key]}"] for key in ("license", "origin") if key in manifest]
    rows += [[f"`{name}`", f"`sha256:{digest}`"] for name, digest in _files_of(base).items()]
    return "## Base model\n\n" + _table(["what", "value"], rows)


def _training(document: Mapping[str, Any]) -> str:
    rows = [[key, _text(document[key])] for key in _SHOWN_OF_TRAINING if key in document]
    rows += [[f"`{key}`", _text(value)] for key, value in sorted(document["hyperparameters"].items())]
    return (
        "## Training\n\nThe last stage, which made what is delivered, with its hyperparameters:\n\n"
        + _table(["what", "value"], rows)
        + "\n`lineage.json` names the stages before it, each with its seed and its hyperparameters by digest.\n"
    )


def _files_of(base: Path) -> dict[str, str]:
    """Name -> sha256 of a model's files, which an artifact holds or names."""
    if (base / WEIGHTS_MANIFEST).is_file():
        return {file["name"]: file["sha256"] for file in read_json(base / WEIGHTS_MANIFEST)["files"]}
    return directory_files(base / MODEL)


def _data(datasets: Mapping[str, Path], base: Path | None) -> str:
    manifests = {name: read_json(path / "manifest.json") for name, path in datasets.items()}
    remembered = read_json(base / "manifest.json").get("trained_on", []) if base else []
    manifests |= {f"{one['name']} (of the base model)": one for one in remembered}
    rows = [
        [f"`{name}`", f"`{one['uid']}`", str(one["count"]), one["license"], one["origin"]]
        for name, one in sorted(manifests.items())
    ]
    return "## Data\n\nWhat the model and its ancestors here learned from:\n\n" + _table(
        ["dataset", "uid", "records", "license", "origin"], rows
    )


def _evaluation(suite: str, report: Mapping[str, Any]) -> str:
    stages: Sequence[Mapping[str, Any]] = report["stages"]
    gates = {gate["metric"]: gate for gate in report["gates"]}
    rows = []
    for name, last in stages[-1]["metrics"].items():
        gate = gates.get(name)
        bound = f"{gate['comparison']} {gate['threshold']}" if gate else "reported"
        values = [stage["metrics"][name]["value"] for stage in stages]
        counts = f"{last['numerator']} of {last['denominator']}"
        rows.append([f"`{name}`", *values, counts, f"{last['lower']} to {last['upper']}", bound])
    head = ["metric", *(f"{stage['stage']}" for stage in stages), "counts", "95 % bounds", "gate"]
    sets = [[f"`{one['name']}`", f"`{one['uid']}`", str(one["count"])] for one in report["sets"]]
    calibration = report["calibration"]
    unknown = ", ".join(f"`{address}`" for address in report["not_compared"])
    note = f"\nWhat {unknown} learned from was not compared with them.\n" if unknown else ""
    return (
        f"## Evaluation: {suite}\n\nSealed sets, of which no template and no prompt is in the data above:\n\n"
        f"{_table(['set', 'uid', 'records'], sets)}{note}\n{_table(head, rows)}\n"
        f"A verdict of less confidence than {report['abstain_below']} counts as `ESCALATE`; apply the same rule.\n"
        f"Counts and bounds (Clopper-Pearson) are those of the delivered model. Expected calibration error "
        f"{calibration['ece']}, area under the risk-coverage curve {calibration['aurc']}. "
        f"The page `evaluation/{suite}/report.html` has the confusion matrix and the curves.\n"
    )


def _weak_labels(reports: Mapping[str, Mapping[str, Any]]) -> str:
    weak = [
        f"- `{label}` ({suite}): {row['right']} of {row['items']} right."
        for suite, report in sorted(reports.items())
        for label, row in report["labels"].items()
        if 2 * row["right"] < row["items"]
    ]
    return "## Labels that were mostly missed\n\n" + "\n".join(weak) + "\n" if weak else ""


def _text(value: Any) -> str:
    return ", ".join(_text(one) for one in value) if isinstance(value, list) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
