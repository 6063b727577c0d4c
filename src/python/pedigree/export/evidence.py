"""A release as exports read it: verified first, and then nothing but bytes whose digests its signer signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pedigree.export.brought import Brought, read_brought
from pedigree.export.reports import Gate, Metric, read_gates, read_metrics
from pedigree.export.steps import Files, Step, read_step
from pedigree.step.canonical import parse_json
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.evaluations import REPORT
from pedigree.trust.evidence import Delivered
from pedigree.trust.inforce import Trust
from pedigree.trust.lineage import provenance_file, test_result_file
from pedigree.trust.links import root_of
from pedigree.trust.public import PublicKey
from pedigree.trust.standing_statement import standing_words
from pedigree.trust.verify import require_holding

CARD = "MODEL_CARD.md"


@dataclass(frozen=True)
class Evaluation:
    """One evaluation that a release carries.

    Attributes:
        suite: Name of the suite.
        judge: Name of the step that judged.
        gates: Metric -> the gate that held.
        metrics: What was measured of the delivered model, by name.
        report_file: Where it lies in the release.
        result_file: Where the signed test result lies in the release.
    """

    suite: str
    judge: str
    gates: Mapping[str, Gate]
    metrics: Sequence[Metric]
    report_file: str
    result_file: str


@dataclass(frozen=True)
class Evidence:
    """What a verified release says.

    Attributes:
        root: The digest of the lineage.
        keyid: The signing key, as in-toto names it.
        fingerprint: SHA-256 of the signing key as PEM.
        steps: Every step, each after those it consumed; the last one assembled the release.
        evaluations: The evaluations, by name of suite.
        files: Path -> sha256 of every delivered file.
        card: The model card; empty when the release has none.
        standing: How its signer says that it stands to a plan that its owners signed; empty in the first versions.
        brought: Decisions of people that the release brings.
    """

    root: str
    keyid: str
    fingerprint: str
    steps: tuple[Step, ...]
    evaluations: tuple[Evaluation, ...]
    files: Files
    card: str
    standing: str
    brought: Brought

    @property
    def release(self) -> Step:
        """The step that assembled the release."""
        return self.steps[-1]

    @cached_property
    def by_name(self) -> Mapping[str, Step]:
        """Name -> step."""
        return {step.name: step for step in self.steps}


def read_evidence(release: Path, public: PublicKey, trust: Trust | None = None) -> Evidence:
    """Verify a release and read it.

    What is read is what was verified: signed statements are not opened again, and any other file must have the digest
    that it had then, so that one which is swapped meanwhile does not get into an export.

    Args:
        release: The delivered directory.
        public: The key that it must be sealed with.
        trust: Whom to believe beyond that key; None to verify the release by itself.

    Raises:
        Refused: The release does not hold, or is not what it was when it was verified.
        MalformedEvidence: A file that must be evidence is not.
    """
    delivered = Delivered(release, public)
    require_holding(delivered, trust)
    return _read(delivered)


def _read(delivered: Delivered) -> Evidence:
    steps = tuple(read_step(delivered.provenance[name], provenance_file(name)) for name in delivered.step_names)
    judges = sorted(delivered.judges().items())
    return Evidence(
        root=root_of(delivered.provenance_digests),
        keyid=delivered.public.keyid,
        fingerprint=delivered.public.fingerprint,
        steps=steps,
        evaluations=tuple(_evaluation(delivered, suite, judge) for suite, judge in judges),
        files=dict(sorted(delivered.digests.items())),
        card=_card(delivered) if CARD in delivered.digests else "",
        standing=standing_words(told) if (told := delivered.standing) else "",
        brought=read_brought(delivered.attested, delivered.graph),
    )


def _card(delivered: Delivered) -> str:
    try:
        return delivered.read(CARD).decode()
    except UnicodeDecodeError as error:
        raise MalformedEvidence(f"{CARD} is not UTF-8: {error.reason} at byte {error.start}") from error


def _evaluation(delivered: Delivered, suite: str, judge: str) -> Evaluation:
    path = f"evaluation/{suite}/{REPORT}"
    report = parse_json(delivered.read(path), path)
    gates = read_gates(report, path)
    metrics = read_metrics(report, gates, path)
    return Evaluation(suite, judge, gates, metrics, path, test_result_file(judge))
