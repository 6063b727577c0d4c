"""Share of right answers, held against the gates of the suite."""

import json
from decimal import Decimal

from pedigree.step.context import StepContext
from pedigree.step.errors import GateFailed
from pedigree.step.run import run_tool


def main(step: StepContext) -> None:
    """Write the report, then fail if a gate is not met."""
    suite = json.loads((step.input("suite") / "suite.json").read_text())
    stages = []
    for number, label in enumerate(step.config["stages"]):
        lines = (step.input(f"predictions/{number}") / "predictions.jsonl").read_text().splitlines()
        right = sum(json.loads(line)["right"] for line in lines)
        value = str((Decimal(right) / len(lines)).quantize(Decimal("0.0001")))
        stages.append({"stage": label, "metrics": {"review_coverage": {"value": value}}})
    gates = []
    for metric, gate in suite["gates"].items():
        comparison, threshold = gate.split()
        value = stages[-1]["metrics"][metric]["value"]
        passed = Decimal(value) >= Decimal(threshold)
        gates.append(
            {"metric": metric, "comparison": comparison, "threshold": threshold, "value": value, "passed": passed}
        )
    passed = all(gate["passed"] for gate in gates)
    report = {"schema": "pedigree.evaluation/1", "stages": stages, "gates": gates, "passed": passed}
    step.output("report.json").write_text(json.dumps(report))
    step.output("report.html").write_text("<html></html>\n")
    step.output("predictions.jsonl").write_text("")
    if not passed:
        raise GateFailed("accuracy is too low", "learn more labels")


if __name__ == "__main__":
    run_tool(main)
