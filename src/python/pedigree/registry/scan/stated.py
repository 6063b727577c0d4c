"""A report as somebody hands it on: what it states as a whole, held against what its checks have found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.registry.scan.findings import REVIEW, VERDICTS, worst
from pedigree.registry.scan.outcome import SCHEMA, uid_of
from pedigree.step.canonical import parse_json

BASE_CHECKS = frozenset(
    "paths limits formats weights values remote-code chat-template tokenizer round-trip second-opinion digests".split()
)
"""The checks that every scan of a base model makes."""


@dataclass(frozen=True)
class StatedReport:
    """A report of a base model that agrees with itself.

    Attributes:
        files: Path -> sha256, of every file that was looked at.
        verdict: The worst of all that was found.
        beside: Path -> sha256, of manifests of datasets beside a weights manifest.
        approved: uid of the model that it was compared with; empty when there was none.
        uid: Digest of the files that were looked at.
        to_review: What people have to look at, `check: file: what`, in the order of the checks.
    """

    files: Mapping[str, str]
    verdict: str
    beside: Mapping[str, str]
    approved: str
    uid: str
    to_review: tuple[str, ...]


def read_stated(data: bytes) -> StatedReport:
    """Read a report, and derive its verdict and its uid anew.

    Raises:
        ValueError: It is no report of a base model, lacks a check, or states what does not follow from its findings.
    """
    try:
        document = parse_json(data.decode(), "it")
        kind = document["schema"], document["kind"]
        names = frozenset(check["name"] for check in document["checks"])
        verdicts = [_verdict(check) for check in document["checks"]]
        stated, uid, files = document["verdict"], document["uid"], document["files"]
        beside, approved = dict(document.get("beside", {})), str(document["approved"])
        derived, to_review = uid_of(files), tuple(_to_review(document["checks"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no report of a scan: {type(error).__name__}: {error}") from error
    if kind != (SCHEMA, "base"):
        raise ValueError("it is no report of the scan of a base model")
    if lacking := sorted(BASE_CHECKS - names):
        raise ValueError(f"it lacks the check {', '.join(lacking)}")
    if stated != worst(verdicts):
        raise ValueError(f"it says {stated!r}, but what its checks found says {worst(verdicts)!r}")
    if uid != derived:
        raise ValueError(f"it is about {uid}, but its files are {derived}")
    return StatedReport(files, stated, beside, approved, uid, to_review)


def _to_review(checks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for check in checks:
        for one in check["findings"]:
            if one["verdict"] == REVIEW:
                yield f"{check['name']}: {one['file']}: {one['what']}"


def _verdict(check: Mapping[str, Any]) -> str:
    """The verdict of a check, from its findings."""
    found = [finding["verdict"] for finding in check["findings"]]
    if not set(found) <= set(VERDICTS):
        raise ValueError(f"its check '{check['name']}' has a verdict that is none")
    if check["verdict"] != worst(found):
        raise ValueError(f"its check '{check['name']}' says {check['verdict']!r}, but it found {worst(found)!r}")
    return worst(found)
