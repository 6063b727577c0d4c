"""The files that sealing adds to a release: evidence for tools, and what people read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.attested import Attested
from pedigree.trust.closure import Closure
from pedigree.trust.envelope import sign_bundle, sign_envelope
from pedigree.trust.evaluations import evaluations, test_result
from pedigree.trust.instructions import KEY_FILE, instructions
from pedigree.trust.layout import layout
from pedigree.trust.lineage import lineage, provenance_file, standing_file, summary_file, test_result_file
from pedigree.trust.links import DELIVERY, SOURCES, delivery_link, lineage_root, link_file, sources_link, step_link
from pedigree.trust.modelsig import model_statement, under
from pedigree.trust.obligations import LICENSES, licenses_page
from pedigree.trust.page import lineage_page
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey
from pedigree.trust.standing_statement import standing_statement, standing_words
from pedigree.trust.summary import summary
from pedigree.trust.sums import SEAL, SUMS, sums

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]


@dataclass
class Evidence:
    """The files that sealing adds to a release, by path in the release."""

    signer: Signer
    public: PublicKey
    files: dict[str, bytes] = field(default_factory=dict)

    def bundle(self, path: str, document: dict[str, Any]) -> None:
        """Sign a statement into a Sigstore bundle."""
        self.files[path] = sign_bundle(document, self.signer, self.public)

    def envelope(self, path: str, document: dict[str, Any]) -> None:
        """Sign a link or a layout into a DSSE envelope."""
        self.files[path] = sign_envelope(document, self.signer)

    def link(self, step: str, document: dict[str, Any]) -> None:
        """Sign a step's link under the name that in-toto looks for."""
        self.envelope(f"attestations/links/{link_file(step, self.public.keyid)}", document)

    def digests(self) -> dict[str, str]:
        """Path -> sha256 of every file so far."""
        return {path: sha256_bytes(data) for path, data in self.files.items()}


def evidence_of(closure: Closure, release: Path, brought: Attested, evidence: Evidence) -> dict[str, bytes]:
    """All files that sealing adds, by path in the release. Nothing here reads a clock, a name or an environment.

    Args:
        closure: All steps.
        release: What the release step made.
        brought: What is in force, and how the release stands to it.
        evidence: Signs, and takes the files.

    Raises:
        ToolError: A gate is not met, or the release delivers no model.
    """
    public, found = evidence.public, evaluations(closure, release)
    evidence.files.update(brought.files)
    statements = {record.name: provenance(record) for record in closure.steps}
    root = lineage_root(statements)
    evidence.envelope("attestations/root.layout", layout(closure, root, public))
    for name, document in statements.items():
        evidence.bundle(provenance_file(name), document)
    for evaluation in found:
        evidence.bundle(test_result_file(evaluation.judge.name), test_result(evaluation, closure))
    statement = standing_statement(closure.release.products, brought.standing)
    evidence.bundle(standing_file(closure.release.name), statement)
    evidence.bundle(summary_file(closure.release.name), _summary(closure, evidence.files))
    evidence.link(SOURCES, sources_link(closure, root))
    for record in closure.steps:
        evidence.link(record.name, step_link(record, root))
    judges = frozenset(evaluation.judge.name for evaluation in found)
    document = lineage(closure, root, public.keyid, judges, standing_words(brought.standing))
    _describe(closure, statements, document, brought, evidence)
    _close(closure, root, evidence)
    return evidence.files


def _summary(closure: Closure, files: Mapping[str, bytes]) -> dict[str, Any]:
    bundles = {path.partition("/")[2]: data for path, data in files.items() if path.endswith(".sigstore.json")}
    return summary(closure, files["attestations/root.layout"], bundles)


def _describe(
    closure: Closure,
    statements: Mapping[str, dict[str, Any]],
    document: dict[str, Any],
    brought: Attested,
    evidence: Evidence,
) -> None:
    """Write what people read, and sign the model."""
    public = evidence.public
    model = under("model", closure.release.products)
    if not model:
        raise ToolError(f"'{closure.release.address}' delivers nothing under model/", "name a model in the release")
    evidence.files["lineage.json"] = canonical_json(document)
    evidence.files["lineage.html"] = lineage_page(document, statements, public.fingerprint, public.keyid)
    evidence.files["VERIFY.md"] = instructions(closure.release.address, brought, public)
    if brought.bases:
        evidence.files[LICENSES] = licenses_page(closure.release.address, brought.bases)
    evidence.files[KEY_FILE] = public.pem.encode()
    evidence.bundle("model.sig", model_statement(model))


def _close(closure: Closure, root: str, evidence: Evidence) -> None:
    """Write the sums over everything so far, the link that signs them, and the seal over those two."""
    if taken := sorted(set(closure.release.products) & {*evidence.files, SUMS, SEAL}):
        raise ToolError(f"'{closure.release.name}' made {taken[0]}, which sealing writes", "rename the file")
    evidence.files[SUMS] = sums({**closure.release.products, **evidence.digests()})
    evidence.link(DELIVERY, delivery_link(closure.release, root, {**closure.release.products, **evidence.digests()}))
    path = f"attestations/links/{link_file(DELIVERY, evidence.public.keyid)}"
    digests = evidence.digests()
    evidence.files[SEAL] = b"".join(sums({name: digests[name]}) for name in (SUMS, path))
