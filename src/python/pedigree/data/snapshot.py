"""`python -m pedigree.data.snapshot DIR`: records under version control -> canonical records and a manifest."""

from __future__ import annotations

from pedigree.data.forms import Form
from pedigree.data.manifest import manifest
from pedigree.data.reading import Reader
from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.digests import list_files, sha256_file
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
    output = step.output("records.jsonl")
    with output.open("wb") as stream:
        stream.writelines(line for _, line in reader.ordered())
    document = manifest(reader.records.values(), sha256_file(output), step.config)
    step.output("manifest.json").write_bytes(canonical_json(document) + b"\n")


if __name__ == "__main__":
    run_tool(main)
