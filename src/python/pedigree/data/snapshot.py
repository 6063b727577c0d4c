"""`python -m pedigree.data.snapshot DIR`: records under version control -> canonical records and a manifest."""

from __future__ import annotations

from pedigree.data.dataset import write_dataset
from pedigree.data.forms import Form
from pedigree.data.reading import Reader
from pedigree.step.context import StepContext
from pedigree.step.digests import list_files
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Check every record, then write them sorted by id.

    Raises:
        ToolError: A line cannot be read, a record is not of its form, or an id is there twice.
    """
    source = step.input("records")
    reader = Reader(Form(step.config["form"]))
    for name in list_files(source):
        reader.read(source / name, name)
    reader.require_sound(step.target)
    write_dataset(step, reader.records.values())


if __name__ == "__main__":
    run_tool(main)
