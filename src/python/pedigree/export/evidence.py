"""A release as exports read it: verified first, and then nothing but bytes whose digests its signer signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pedigree.export.brought import Brought, read_brought
from pedigree.export.reports import Gate, Metric, read_gates, read_metrics
from pedigree.export.steps import Files, Step, read_step
from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.envelope import open_bundle, open_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import REPORT, ROLE
from pedigree.trust.evidence import Delivered
from pedigree.trust.graph import graph_of_provenance
from pedigree.trust.lineage import provenance_file, test_result_file
from pedigree.trust.links import DELIVERY, lineage_root, link_file
from pedigree.trust.public import PublicKey
from pedigree.trust.standing_statement import standing_words
from pedigree.trust.statement import PROVENANCE, check_statement
from pedigree.trust.sums import SEAL
from pedigree.trust.verify import verify_release

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


def read_evidence(release: Path, public: PublicKey) -> Evidence:
    """Verify a release and read it.

    Every byte that is read here is held against the digests that the delivery link signs, so that a file which is
    swapped after the verification does not get into an export.

    Raises:
        Refused: The release does not hold, or is not what it was when it was verified.
        MalformedEvidence: A file that must be evidence is not.
    """
    verdict = verify_release(release, public)
    if not verdict.holds:
        failed = [f"\n  ({check.number}) {check.claim}: {check.detail}" for check in verdict.checks if not check.holds]
        raise Refused(f"the release does not hold, and what it says is not exported{''.join(failed)}")
    return _Reader(Delivered(release, public)).read()


class _Reader:
    """Reads files of a release by their signed digests."""

    def __init__(self, delivered: Delivered) -> None:
        self._delivered, self._public = delivered, delivered.public
        path = f"attestations/links/{link_file(DELIVERY, self._public.keyid)}"
        link = delivered.read(path)
        products = open_envelope(link, self._public, path)["products"]
        self._files = {name: value["sha256"] for name, value in products.items()}
        self._files |= {path: sha256_bytes(link), SEAL: sha256_bytes(delivered.read(SEAL))}

    def read(self) -> Evidence:
        statements = {name: self._statement(provenance_file(name)) for name in self._delivered.step_names}
        steps = tuple(read_step(statement, provenance_file(name)) for name, statement in statements.items())
        return Evidence(
            root=lineage_root(statements),
            keyid=self._public.keyid,
            fingerprint=self._public.fingerprint,
            steps=steps,
            evaluations=tuple(self._evaluation(suite, judge) for suite, judge in sorted(_judges(steps[-1]).items())),
            files=dict(sorted(self._files.items())),
            card=self._card() if CARD in self._files else "",
            standing=standing_words(told) if (told := self._delivered.standing) else "",
            brought=read_brought(self._attested(), graph_of_provenance(statements, steps[-1].name)),
        )

    def _attested(self) -> dict[str, bytes]:
        place = f"{ATTESTED}/"
        return {path[len(place) :]: self._bytes(path) for path in self._files if path.startswith(place)}

    def _bytes(self, path: str) -> bytes:
        data = self._delivered.read(path)
        if sha256_bytes(data) != self._files.get(path):
            raise Refused(f"{path} is not the file that was verified")
        return data

    def _card(self) -> str:
        try:
            return self._bytes(CARD).decode()
        except UnicodeDecodeError as error:
            raise MalformedEvidence(f"{CARD} is not UTF-8: {error.reason} at byte {error.start}") from error

    def _statement(self, path: str) -> dict[str, Any]:
        document = open_bundle(self._bytes(path), self._public, path)
        check_statement(document, path, PROVENANCE)
        return document

    def _evaluation(self, suite: str, judge: str) -> Evaluation:
        path = f"evaluation/{suite}/{REPORT}"
        report = parse_json(self._bytes(path), path)
        gates = read_gates(report, path)
        metrics = read_metrics(report, gates, path)
        return Evaluation(suite, judge, gates, metrics, path, test_result_file(judge))


def _judges(release: Step) -> dict[str, str]:
    """Suite -> the step that judged."""
    return {role[len(ROLE) :]: step for role, step in release.inputs.items() if role.startswith(ROLE)}
