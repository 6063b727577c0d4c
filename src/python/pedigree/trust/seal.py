"""Seal a release: write its evidence and have it signed.

Runs outside of every step, in a directory that holds `seal.json`, `records/<name>.json` of the whole closure,
`release/` with the products of the release step, `signer.pub`, and perhaps `attestations/` as the repository has them.
Writes `outputs/`: what is delivered beside the release step's products. The bytes depend on those inputs and the key
alone.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from securesystemslib.signer import Signer  # type: ignore[attr-defined]

from pedigree.step.canonical import MalformedJson, canonical_json, read_json
from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import LAYOUTS, needed
from pedigree.trust.closure import Closure, close
from pedigree.trust.envelope import sign_bundle, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import evaluations, test_result
from pedigree.trust.evidence import ATTESTED
from pedigree.trust.graph import graph_of_records
from pedigree.trust.instructions import KEY_FILE, instructions
from pedigree.trust.keys import signer_uri
from pedigree.trust.layout import layout
from pedigree.trust.lineage import lineage, provenance_file, summary_file, test_result_file
from pedigree.trust.links import DELIVERY, SOURCES, delivery_link, lineage_root, link_file, sources_link, step_link
from pedigree.trust.modelsig import model_statement, under
from pedigree.trust.page import lineage_page
from pedigree.trust.permit import local_authority, require_approved
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey, read_public_key
from pedigree.trust.signers import load_signer
from pedigree.trust.standing import require_not_revoked
from pedigree.trust.summary import summary
from pedigree.trust.sums import SEAL, SUMS, sums
from pedigree.trust.verify import verify_release

SCHEMA = "pedigree.seal/1"
_HINT = "package the release again"


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


def seal(directory: Path, uri: str) -> None:
    """Seal the release in `directory` with the signer that `uri` names.

    Raises:
        ToolError: The inputs do not fit together, a gate is not met, a base model is not approved, something in it is
            revoked, or the signer is not the one that was announced.
    """
    closure = read_closure(directory)
    release = directory / "release"
    if directory_files(release) != dict(closure.release.products):
        raise ToolError(f"release/ does not hold what '{closure.release.name}' made", _HINT)
    public = read_public_key(directory / "signer.pub")
    evidence = Evidence(load_signer(uri, public), public, attested(directory / "attestations", closure))
    try:
        files = seal_closure(closure, release, evidence)
    except MalformedJson as error:
        raise ToolError(str(error), _HINT) from error
    require_verified(release, files, public)
    shutil.rmtree(directory / "outputs", ignore_errors=True)
    _write(directory / "outputs", files)


def attested(directory: Path, closure: Closure) -> dict[str, bytes]:
    """What the release brings of the repository's attestations, once they are held against what was built.

    Raises:
        ToolError: A base model is not approved, or something is revoked.
    """
    graph = graph_of_records({record.name: record for record in closure.steps}, closure.release.name)
    try:
        authority = local_authority(directory)
        if authority is not None:
            require_not_revoked(graph, authority)
        uids = [item.entry.uid for item in require_approved(graph, authority).values()]
        if authority is None:
            return {}
        files = needed(read_attestations(directory), uids, f"{LAYOUTS}/{closure.release.name}.")
    except (Refused, MalformedEvidence) as problem:
        raise ToolError(f"'{closure.release.address}' may not be released:\n  {problem}", _HINT) from problem
    return {f"{ATTESTED}/{path}": data for path, data in files.items()}


def require_verified(release: Path, files: Mapping[str, bytes], public: PublicKey) -> None:
    """Verify what will be delivered as its receiver does; the summary in it says that this was done.

    Args:
        release: What the release step made.
        files: What sealing adds.
        public: The signer's key.

    Raises:
        ToolError: A check does not hold.
    """
    with tempfile.TemporaryDirectory() as scratch:
        delivered = Path(scratch) / "delivered"
        shutil.copytree(release, delivered)
        _write(delivered, files)
        failed = [check for check in verify_release(delivered, public).checks if not check.holds]
    if failed:
        lines = [f"  {check.number}. {check.claim}: {check.detail}" for check in failed]
        raise ToolError("\n".join(["the sealed release does not verify", *lines]), _HINT)


def read_closure(directory: Path) -> Closure:
    """Read `seal.json` and the records.

    Raises:
        ToolError: A file is missing, malformed, or does not belong to the release's closure.
    """
    try:
        order = read_json(directory / "seal.json")
        if set(order) != {"schema", "release", "name"} or order["schema"] != SCHEMA:
            raise ToolError(f"{directory / 'seal.json'} is not a {SCHEMA} document", _HINT)
        records = {path.stem: Record.from_json(read_json(path)) for path in _record_files(directory)}
    except OSError as error:
        raise ToolError(f"cannot read {error.filename}: {error.strerror}", _HINT) from error
    except MalformedJson as error:
        raise ToolError(str(error), _HINT) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(f"a record has not the shape of one: {error}", _HINT) from error
    for name, record in records.items():
        if record.name != name:
            raise ToolError(f"records/{name}.json is of the step '{record.name}'", _HINT)
    closure = close(records, order["name"])
    if closure.release.address != order["release"]:
        raise ToolError(f"'{order['name']}' is a step of '{closure.release.address}', not '{order['release']}'", _HINT)
    return closure


def seal_closure(closure: Closure, release: Path, evidence: Evidence) -> dict[str, bytes]:
    """All files that sealing adds, by path in the release. Nothing here reads a clock, a name or an environment."""
    public, found = evidence.public, evaluations(closure, release)
    statements = {record.name: provenance(record) for record in closure.steps}
    root = lineage_root(statements)
    evidence.envelope("attestations/root.layout", layout(closure, root, public))
    for name, document in statements.items():
        evidence.bundle(provenance_file(name), document)
    for evaluation in found:
        evidence.bundle(test_result_file(evaluation.judge.name), test_result(evaluation, closure))
    evidence.bundle(summary_file(closure.release.name), _summary(closure, evidence.files))
    evidence.link(SOURCES, sources_link(closure, root))
    for record in closure.steps:
        evidence.link(record.name, step_link(record, root))
    _describe(closure, statements, root, evidence, frozenset(evaluation.judge.name for evaluation in found))
    _close(closure, root, evidence)
    return evidence.files


def _summary(closure: Closure, files: Mapping[str, bytes]) -> dict[str, Any]:
    bundles = {path.partition("/")[2]: data for path, data in files.items() if path.endswith(".sigstore.json")}
    return summary(closure, files["attestations/root.layout"], bundles)


def _describe(
    closure: Closure, statements: Mapping[str, dict[str, Any]], root: str, evidence: Evidence, judges: frozenset[str]
) -> None:
    public = evidence.public
    document = lineage(closure, root, public.keyid, judges)
    model = under("model", closure.release.products)
    if not model:
        raise ToolError(f"'{closure.release.address}' delivers nothing under model/", "name a model in the release")
    evidence.files["lineage.json"] = canonical_json(document)
    evidence.files["lineage.html"] = lineage_page(document, statements, public.fingerprint, public.keyid)
    evidence.files["VERIFY.md"] = instructions(closure.release.address, public)
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


def _record_files(directory: Path) -> list[Path]:
    return sorted((directory / "records").glob("*.json"))


def _write(outputs: Path, files: Mapping[str, bytes]) -> None:
    try:
        for path, data in files.items():
            (outputs / path).parent.mkdir(parents=True, exist_ok=True)
            (outputs / path).write_bytes(data)
    except OSError as error:
        raise ToolError(f"cannot write {outputs}: {error.strerror}", "free the disk, then again") from error


def main(arguments: list[str]) -> int:
    """Seal the directory named by the command line (default: here); 0 done, 1 an error that was told."""
    try:
        seal(Path(arguments[0] if arguments else "."), signer_uri())
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
