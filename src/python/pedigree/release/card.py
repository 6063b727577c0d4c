"""The model card: what a release is, what it was made from, how well it does, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pedigree.step.canonical import read_json
from pedigree.step.digests import sha256_file

_SHOWN_OF_TRAINING = ("method", "weights", "seed", "updates", "steps", "examples", "records", "epochs", "final_loss",
                      "first_loss", "trainable_parameters", "parameters")  # fmt: skip


def render_card(release: str, base_name: str, model: Path, base: Path, reports: Mapping[str, Mapping[str, Any]]) -> str:
    """The card as Markdown.

    Args:
        release: Name of the release.
        base_name: Name of the step that the base model comes from.
        model: The artifact of the delivered model, with `training.json` where it has one.
        base: The artifact of the base model.
        reports: Suite -> report of its evaluation.
    """
    adapter = (model / "model" / "adapter_model.safetensors").is_file()
    sections = [
        _title(release, base_name, adapter),
        _uses(),
        _loading(adapter),
        _base(base_name, base),
        _training(model / "training.json"),
        *(_evaluation(suite, report) for suite, report in sorted(reports.items())),
        _limits(reports),
    ]
    return "\n".join(sections)


def _title(release: str, base_name: str, adapter: bool) -> str:
    kind = f"A LoRA adapter for the base model `{base_name}`" if adapter else "A fine-tuned model"
    return f"""# {release}

{kind}, for two tasks of firmware work in C:

- **Review**: a snippet of C is answered with the MISRA C:2012 rule that it breaks, with `OK`, or with `ESCALATE` when
  the snippet does not allow a judgement.
- **Completion**: one masked expression or statement of a small function is filled in.
"""


def _uses() -> str:
    return """## Intended use

An engineering tool, not a medical device: it assists engineers who review and write firmware, and it must not be part
of a device, nor decide alone about code of one. An engineer decides about each answer; `ESCALATE` means that the model
does not judge, and a person has to.
"""


def _loading(adapter: bool) -> str:
    if not adapter:
        return ""
    return """## How to load it

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

tokenizer = PreTrainedTokenizerFast.from_pretrained("model")
base = AutoModelForCausalLM.from_pretrained("path/to/the/base/model")  # the digests of its files are below
model = PeftModel.from_pretrained(base, "model").eval()
```

Verify the release before loading it: see `VERIFY.md`.
"""


def _base(base_name: str, base: Path) -> str:
    weights = sorted((base / "model").glob("*.safetensors"))
    manifest = _read(base / "manifest.json")
    rows = [["step", f"`{base_name}`"]]
    rows += [[key, f"{manifest[key]}"] for key in ("license", "origin") if key in manifest]
    rows += [[f"`{path.name}`", f"`sha256:{sha256_file(path)}`"] for path in weights]
    return "## Base model\n\n" + _table(["what", "value"], rows)


def _training(path: Path) -> str:
    document = _read(path)
    if not document:
        return "## Training\n\nSee `lineage.json`, which names every stage, its seed and its data by digest.\n"
    rows = [[key.replace("_", " "), _text(document[key])] for key in _SHOWN_OF_TRAINING if key in document]
    rows += [
        [f"hyperparameter `{key}`", _text(value)]
        for key, value in sorted(_mapping(document, "hyperparameters").items())
    ]
    text = "## Training\n\nThe last stage, which made what is delivered:\n\n" + _table(["what", "value"], rows)
    if data := _data(document.get("datasets")):
        text += "\nIts data:\n\n" + _table(["dataset", "uid", "records"], data)
    return text + "\n`lineage.json` names the stages before it, each with its seed and its data by digest.\n"


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
    sets = [[f"`{one['name']}`", f"`{one['uid']}`", str(one["count"])] for one in report.get("sets", [])]
    calibration = report.get("calibration", {})
    return (
        f"## Evaluation: {suite}\n\nSealed sets, whose templates were never in training data:\n\n"
        f"{_table(['set', 'uid', 'records'], sets)}\n{_table(head, rows)}\n"
        f"A verdict of less confidence than {report['abstain_below']} counts as `ESCALATE`; apply the same rule.\n"
        f"Counts and bounds (Clopper-Pearson) are those of the delivered model. Expected calibration error "
        f"{calibration.get('ece', '?')}, area under the risk-coverage curve {calibration.get('aurc', '?')}. "
        f"The page `evaluation/{suite}/report.html` has the confusion matrix and the curves.\n"
    )


def _limits(reports: Mapping[str, Mapping[str, Any]]) -> str:
    weak = [
        f"- `{label}` ({suite}): {row['right']} of {row['items']} right."
        for suite, report in sorted(reports.items())
        for label, row in report.get("labels", {}).items()
        if 2 * row["right"] < row["items"]
    ]
    text = """## Limits

- Data is generated from templates and verified by a compiler and a static analyser; code of other style, length or
  domain was not measured.
- A rule is what `cppcheck` with its misra addon finds; that is not all of MISRA C, and not every rule is covered.
- A completion that passes its unit test may still be wrong where the test does not look.
- Confidences are as the model gives them; read them with the reliability diagram of the report.
"""
    return text + ("\nLabels that were mostly missed:\n\n" + "\n".join(weak) + "\n" if weak else "")


def _data(datasets: Any) -> list[list[str]]:
    rows = []
    entries = datasets.items() if isinstance(datasets, dict) else enumerate(datasets or [])
    for key, entry in entries:
        one = entry if isinstance(entry, dict) else {"uid": entry}
        count = one.get("count", one.get("records", ""))
        rows.append([f"`{one.get('name', key)}`", f"`{one.get('uid', '')}`", _text(count)])
    return rows


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    document = read_json(path) if path.is_file() else {}
    return document if isinstance(document, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value).replace("|", "\\|").replace("\n", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
