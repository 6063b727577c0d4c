"""`python -m pedigree.data.merge DIR`: the snapshots of a dataset's files -> one dataset."""

from __future__ import annotations

from pedigree.data.dataset import write_dataset
from pedigree.data.forms import Form
from pedigree.data.reading import Reader
from pedigree.step.context import StepContext
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Take the records of every shard, and write them sorted by id: the bytes of one snapshot of all files.

    Raises:
        ToolError: An id is in two shards.
    """
    reader = Reader(Form(step.config["form"]))
    for name, shard in step.inputs("shards").items():
        reader.read(shard / "records.jsonl", name)
    reader.require_sound(step.target)
    write_dataset(step, reader.records.values())


if __name__ == "__main__":
    run_tool(main)
