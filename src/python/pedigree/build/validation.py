"""What a field's value must look like. Imports nothing of Pants.

Each function returns the fault of a value, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pedigree.step.gate import split_gate
from pedigree.step.record import WORKSTATION


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value, and how to mend it."""

    what: str
    hint: str


FORMS = ("text", "messages", "preference", "review", "completion")
ORIGINS = ("internal", "synthetic-verified", "public-permissive")
WEIGHTS = ("lora", "full")
TASKS = ("review", "completion")
ACCELERATORS = ("nvidia",)
METRICS = {
    "review_accuracy_among_answered": "review",
    "review_coverage": "review",
    "review_escalation": "review",
    "completion_compiles": "completion",
    "completion_passes": "completion",
}
"""What a suite can measure, and the form of the sets that it is measured on."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_BUILDER = re.compile(r"(https://)?[a-z0-9]([a-z0-9.:/_-]*[a-z0-9])?")
_TRACE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PROBABILITY = re.compile(r"0(\.[0-9]{1,6})?")
_SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def natural(value: Any) -> Fault | None:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        return Fault(
            f"must be a whole number from 0 to 4294967295, but is {value!r}", "write a plain number such as 17"
        )
    return None


def positive(value: Any) -> Fault | None:
    """A whole number from 1."""
    return natural(value) or (Fault("must be at least 1", "ask for at least one") if value == 0 else None)


def digests(value: Mapping[str, str]) -> Fault | None:
    """File -> sha256."""
    for name, digest in sorted(value.items()):
        if not _SHA256.fullmatch(digest):
            return Fault(
                f"the digest of {name!r} must be 64 lower-case hex digits, but is {digest!r}",
                f"write what `sha256sum {name}` prints",
            )
    return None


def module(value: str) -> Fault | None:
    """A dotted module name."""
    if not _MODULE.fullmatch(value):
        return Fault(f"must be a dotted module name, but is {value!r}", "write for instance 'embedded_fw_c.review'")
    return None


def license_name(value: str) -> Fault | None:
    """An SPDX expression, without parentheses."""
    if not _SPDX.fullmatch(value):
        return Fault(f"must be an SPDX license expression, but is {value!r}", "write for instance 'Apache-2.0'")
    return None


def metrics(value: Sequence[str]) -> Fault | None:
    """Names of metrics."""
    for name in value:
        if name not in METRICS:
            return Fault(f"names an unknown metric {name!r}", f"known: {', '.join(METRICS)}")
    return None


def gates(value: Mapping[str, str]) -> Fault | None:
    """Metric -> comparison and threshold, a decimal string."""
    for metric, gate in sorted(value.items()):
        if split_gate(gate) is None:
            return Fault(
                f"the gate of metric {metric!r} must be a comparison and a decimal from 0 to 1, but is {gate!r}",
                "write for instance '>= 0.90' or '<= 0.10'",
            )
    return None


def traces(value: Mapping[str, Sequence[str]]) -> Fault | None:
    """Metric -> ids of requirements and risks."""
    for metric, ids in sorted(value.items()):
        if not ids:
            return Fault(f"names no id for metric {metric!r}", "name a requirement or a risk, or drop the metric")
        for one in ids:
            if not _TRACE_ID.fullmatch(one):
                return Fault(
                    f"the id {one!r} of metric {metric!r} must be letters, digits and ._- , at most 64",
                    "write it as the tool that keeps it does, for instance 'REQ-12'",
                )
            if ids.count(one) > 1:
                return Fault(f"names the id {one!r} twice for metric {metric!r}", "name it once")
    return None


def builder(value: str) -> Fault | None:
    """A name or a URI of a platform; "workstation" is what builds that no platform stands for call themselves."""
    if not _BUILDER.fullmatch(value) or value == WORKSTATION:
        return Fault(
            f"must be the name of a platform in small letters, or its https URI, but is {value!r}",
            "write for instance 'buildbarn.example.org'",
        )
    return None


def probability(value: str) -> Fault | None:
    """A decimal in [0, 1)."""
    if not _PROBABILITY.fullmatch(value):
        return Fault(f"must be a decimal from 0 to below 1, but is {value!r}", "write for instance '0.80'")
    return None
