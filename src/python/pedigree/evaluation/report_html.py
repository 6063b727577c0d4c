"""The report of an evaluation as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, StrictUndefined

from pedigree.evaluation.charts import reliability_chart, risk_coverage_chart
from pedigree.evaluation.items import COMPLETION, ESCALATE, REVIEW, Judged, of_task
from pedigree.evaluation.metrics import METRICS
from pedigree.evaluation.report_page import PAGE

WORST = 25
"""How many mistakes the page lists, of each task."""


def render_report(report: Mapping[str, Any], judged: Sequence[Judged]) -> str:
    """The page; everything in it is escaped, because answers are model output.

    Args:
        report: What `build_report` made.
        judged: The model's answers.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    answers = sorted({answer for row in report["confusion"].values() for answer in row} | set(report["confusion"]))
    return environment.from_string(PAGE).render(
        report=report,
        gates={gate["metric"]: gate for gate in report["gates"]},
        meanings={name: metric.meaning for name, metric in METRICS.items()},
        answers=sorted(answers, key=_label_order),
        labels=sorted(report["confusion"], key=_label_order),
        curve=risk_coverage_chart(report["risk_coverage"]),
        reliability=reliability_chart(report["calibration"]["bins"]),
        wrong_reviews=worst(of_task(judged, REVIEW)),
        wrong_completions=worst(of_task(judged, COMPLETION)),
    ) + "\n"  # fmt: skip


def worst(judged: Sequence[Judged]) -> list[Judged]:
    """The mistakes that the model was surest of."""
    wrong = [one for one in judged if not one.right]
    return sorted(wrong, key=lambda one: (-one.answer.confidence, one.item.id))[:WORST]


def _label_order(label: str) -> tuple[int, tuple[int, ...], str]:
    parts = label.split(".")
    if all(part.isdigit() for part in parts):
        return 0, tuple(int(part) for part in parts), ""
    return 1, (label == ESCALATE,), label
