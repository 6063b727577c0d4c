"""Makes a dataset with a program, and keeps what a verifier proves.

A generator is a module with `generate(seed, count, arguments)`, which yields examples `{"record": ..., "evidence":
...}`; a verifier is a module with `verify(examples)`, which says for each why it is dropped, or nothing. The record
goes into the dataset, the evidence only to the verifier. What cannot be verified is discarded and counted.
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pedigree.data.dataset import write_dataset
from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool

Example = Mapping[str, Any]
_CHUNK = 2000


def main(step: StepContext) -> None:
    """Read the input `generator`; write `records.jsonl`, `manifest.json` and `report.json`."""
    config = step.config
    sys.path.insert(0, str(step.input("generator").resolve()))
    generate = _function(config["generator"], "generate", step)
    verify = _function(config["verifier"], "verify", step)
    kept: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    generated = 0
    for chunk in _chunks(generate(config["seed"], config["count"], config["arguments"])):
        for example, reason in zip(chunk, _verdicts(verify, chunk, config["verifier"]), strict=True):
            if reason:
                dropped[reason] += 1
            else:
                kept.append(dict(example["record"]))
        generated += len(chunk)
        print(f"{generated} of {config['count']} generated, {len(kept)} kept", file=sys.stderr, flush=True)
    if not kept:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(dropped.items()))
        raise ToolError(f"'{step.target}' keeps none of {generated} examples ({reasons})", "mend generator or verifier")
    write_dataset(step, kept)
    step.output("report.json").write_bytes(
        canonical_json(
            {"schema": "pedigree.synthesis/1", "generated": generated, "kept": len(kept), "dropped": dict(dropped)}
        )
    )


def _function(module: str, name: str, step: StepContext) -> Callable[..., Any]:
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ToolError(
            f"'{step.target}': module '{module}' with a function '{name}' cannot be loaded: {error}",
            "name a module below the target's directory, and list its files in `generator_sources`",
        ) from error
    if not callable(found):
        raise ToolError(f"'{step.target}': {module}.{name} is not a function", f"define `def {name}(...)`")
    return found  # type: ignore[no-any-return]


def _chunks(examples: Iterator[Example]) -> Iterator[list[Example]]:
    iterator = iter(examples)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _verdicts(verify: Callable[[Sequence[Example]], list[str]], chunk: Sequence[Example], name: str) -> list[str]:
    verdicts = verify(chunk)
    if len(verdicts) != len(chunk):
        raise ToolError(
            f"verifier '{name}' gave {len(verdicts)} verdicts on {len(chunk)} examples", "return one for each, in order"
        )
    return verdicts


if __name__ == "__main__":
    run_tool(main)
