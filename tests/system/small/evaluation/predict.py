"""A model answers with the label when it has learned it, else it escalates."""

import json

from pedigree.training.learning import known

from pedigree.step.context import StepContext
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Answer every record of every set."""
    labels = known(step.input("model"))
    lines = []
    for directory in step.inputs("sets").values():
        for line in (directory / "records.jsonl").read_text().splitlines():
            record = json.loads(line)
            answer = record["label"] if record["label"] in labels else "ESCALATE"
            lines.append(json.dumps({"id": record["id"], "right": answer == record["label"]}) + "\n")
    step.output("predictions.jsonl").write_text("".join(lines))
    step.output("predict.json").write_text(json.dumps({"stage": step.config["stage"]}))


if __name__ == "__main__":
    run_tool(main)
