"""Copies what is delivered into one directory."""

import shutil

from pedigree.step.context import StepContext
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Model, evaluations, card."""
    shutil.copytree(step.input("model") / "model", step.output("model"), dirs_exist_ok=True)
    for suite, directory in step.inputs("evaluations").items():
        shutil.copytree(directory, step.output(f"evaluation/{suite}"), dirs_exist_ok=True)
    step.output("MODEL_CARD.md").write_text(f"# {step.config['release']} on {step.config['base']}\n")


if __name__ == "__main__":
    run_tool(main)
