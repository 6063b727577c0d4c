"""The smallest training there is: a model is the list of labels that its data and its ancestors hold."""

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from pedigree.registry.store import step_store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import read_weights_manifest
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.model_files import WEIGHTS, WEIGHTS_MANIFEST


def known(model: Path) -> list[str]:
    """The labels that a model has learned, its own and its ancestors'."""
    if (model / WEIGHTS_MANIFEST).exists():
        with verified_directory(step_store(), read_weights_manifest(model / WEIGHTS_MANIFEST)) as directory:
            return stored(directory / "model.safetensors")
    (weights,) = (model / "model").glob("*.safetensors")
    labels: list[str] = json.loads(weights.read_text())
    return labels


def stored(weights: Path) -> list[str]:
    """The labels in true safetensors, whose one tensor is their JSON."""
    with weights.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        labels: list[str] = json.loads(stream.read(header["labels"]["shape"][0]))
    return labels


def _require_no_network(addresses: list[str]) -> None:
    for address in addresses:
        host, port = address.split(":")
        with suppress(OSError):
            socket.create_connection((host, int(port)), timeout=5)
            raise ToolError(f"a step can reach {address}", "cut the worker off")


def learn(step: StepContext) -> None:
    """Learn every label of every dataset; refuse hyperparameters that say `loss: nan`."""
    settings = step.input_file("hyperparameters").read_text()
    if "nan" in settings:
        raise ToolError("the loss is NaN after update 3", "lower the learning rate")
    if "crash" in settings:
        raise RuntimeError("a mistake in the tool")
    if "wait" in settings:
        time.sleep(6)
    if "dial" in settings:
        _require_no_network(settings.split("dial:")[1].split())
    shown = dict(os.environ) if "environment" in settings else {}
    labels = {label for role in ("base", "adapter") if step.has_input(role) for label in known(step.input(role))}
    for directory in step.inputs("datasets").values():
        for line in (directory / "records.jsonl").read_text().splitlines():
            record = json.loads(line)
            labels.add(record["text"] if "text" in record else record["messages"][-1]["content"])
    config, weights = WEIGHTS[step.config["weights"]]
    step.output(f"model/{config}").write_text(json.dumps({"learned with": settings}))
    step.output(f"model/{weights}").write_text(json.dumps(sorted(labels)))
    step.output("training.json").write_text(json.dumps({"seed": step.config["seed"], "environment": shown}))
