"""Drawings of a report as inline SVG: they need no script, no font and no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 470, 304, 66, 22, 452, 256


def risk_coverage_chart(points: Sequence[Mapping[str, str]]) -> str:
    """The risk-coverage curve, with risk scaled to what occurs."""
    top = max([float(point["risk"]) for point in points] + [0.05])
    scale = next(limit for limit in (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0) if top <= limit)
    places = [(_x(float(point["coverage"])), _y(float(point["risk"]) / scale)) for point in points]
    path = " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(places))
    end = f'<circle class="dot" cx="{places[-1][0]:.1f}" cy="{places[-1][1]:.1f}" r="4"/>' if places else ""
    curve = f'<path class="curve" d="{path}"/>{end}' if places else _nothing("no review was answered")
    return _frame("coverage: share of reviews answered", "risk: share of these wrong", scale, curve)


def reliability_chart(bins: Sequence[Mapping[str, object]]) -> str:
    """Accuracy by confidence: a bar for each bin that has answers, beside the diagonal of perfect calibration."""
    bars = []
    width = (_RIGHT - _LEFT) / max(len(bins), 1)
    most = max([int(str(one["count"])) for one in bins] + [1])
    for index, one in enumerate(bins):
        count = int(str(one["count"]))
        if count == 0:
            continue
        y = _y(float(str(one["accuracy"])))
        x = _LEFT + index * width + 2
        shade = 0.35 + 0.65 * count / most
        title = f"<title>{count} answers, confidence {one['confidence']}, accuracy {one['accuracy']}</title>"
        bars.append(f'<rect class="bar" style="opacity:{shade:.2f}" x="{x:.1f}" y="{y:.1f}" width="{width - 4:.1f}" '
                    f'height="{max(_BOTTOM - y, 1):.1f}">{title}</rect>'
                    f'<text class="tick" text-anchor="middle" x="{x + width / 2 - 2:.1f}" '
                    f'y="{max(y - 4, _TOP + 8):.1f}">{count}</text>')  # fmt: skip
    diagonal = f'<path class="ideal" d="M{_LEFT} {_BOTTOM} L{_RIGHT} {_TOP}"/>'
    drawing = "".join(bars) + diagonal if bars else _nothing("no review in the suite")
    return _frame("confidence of the answer", "share of right answers", 1.0, drawing)


def _x(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _nothing(text: str) -> str:
    return f'<text class="axis" text-anchor="middle" x="{_x(0.5):.0f}" y="{_y(0.5):.0f}">{text}</text>'


def _frame(across: str, up: str, scale: float, drawing: str) -> str:
    lines = []
    for quarter in range(5):
        share = quarter / 4
        lines.append(f'<path class="grid" d="M{_LEFT} {_y(share):.1f} H{_RIGHT}"/>'
                     f'<text class="tick" text-anchor="end" x="{_LEFT - 6}" y="{_y(share) + 4:.1f}">'
                     f"{share * scale:.3g}</text>"
                     f'<text class="tick" text-anchor="middle" x="{_x(share):.1f}" y="{_BOTTOM + 16}">'
                     f"{share:.3g}</text>"
                     )  # fmt: skip
    names = (f'<text class="axis" text-anchor="middle" x="{(_LEFT + _RIGHT) / 2:.0f}" y="{_HEIGHT - 8}">{across}</text>'
             f'<text class="axis" text-anchor="middle" '
             f'transform="translate(13 {(_TOP + _BOTTOM) / 2:.0f}) rotate(-90)">{up}</text>')  # fmt: skip
    return (f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{up} over {across}">'
            f"{''.join(lines)}{drawing}{names}</svg>")  # fmt: skip
