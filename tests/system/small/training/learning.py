"""The smallest training there is: a model is the list of labels that its data and its ancestors hold."""

import json
import os
import time

from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError


def learn(step: StepContext) -> None:
    """Learn every label of every dataset; refuse hyperparameters that say `loss: nan`."""
    settings = step.input_file("hyperparameters").read_text()
    if "nan" in settings:
        raise ToolError("the loss is NaN after update 3", "lower the learning rate")
    if "crash" in settings:
        raise RuntimeError("a mistake in the tool")
    if "wait" in settings:
        time.sleep(6)
    shown = dict(os.environ) if "environment" in settings else {}
    base = json.loads((step.input("base") / "model/labels.json").read_text()) if step.has_input("base") else []
    adapter = step.input("adapter") / "model/labels.json" if step.has_input("adapter") else None
    labels = set(base) | set(json.loads(adapter.read_text()) if adapter else [])
    for directory in step.inputs("datasets").values():
        for line in (directory / "records.jsonl").read_text().splitlines():
            record = json.loads(line)
            labels.add(record["text"] if "text" in record else record["messages"][-1]["content"])
    step.output("model/labels.json").write_text(json.dumps(sorted(labels)))
    step.output("model/settings.txt").write_text(f"learned with\n{settings}")
    step.output("training.json").write_text(json.dumps({"seed": step.config["seed"], "environment": shown}))
