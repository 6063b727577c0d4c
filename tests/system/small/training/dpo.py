"""The smallest preference training there is."""

from pedigree.training.learning import learn

from pedigree.step.run import run_tool

if __name__ == "__main__":
    run_tool(learn)
