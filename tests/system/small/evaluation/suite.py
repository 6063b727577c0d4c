"""A suite as its BUILD file says it."""

import json

from pedigree.step.context import StepContext
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Write gates and metrics down."""
    step.output("suite.json").write_text(json.dumps(dict(step.config), sort_keys=True))


if __name__ == "__main__":
    run_tool(main)
