"""Seal a release: write its evidence and have it signed.

Runs outside of every step, in a directory that holds `seal.json`, `records/<name>.json` of the whole closure,
`release/` with the products of the release step, `signer.pub`, and perhaps `attestations/` as the repository has them.
Writes `outputs/`: what is delivered beside the release step's products. The bytes depend on those inputs and the key
alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pedigree.step.canonical import MalformedJson, read_json
from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.attested import attested
from pedigree.trust.closure import Closure, close
from pedigree.trust.delivery import Evidence, evidence_of
from pedigree.trust.keys import signer_uri
from pedigree.trust.public import PublicKey, read_public_key
from pedigree.trust.signers import load_signer
from pedigree.trust.verify import verify_release

SCHEMA = "pedigree.seal/1"
_HINT = "package the release again"


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
    brought = attested(directory / "attestations", closure, public)
    try:
        files = evidence_of(closure, release, brought, Evidence(load_signer(uri, public), public))
    except MalformedJson as error:
        raise ToolError(str(error), _HINT) from error
    require_verified(release, files, public)
    shutil.rmtree(directory / "outputs", ignore_errors=True)
    _write(directory / "outputs", files)


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
        shutil.copytree(release, delivered, copy_function=_link_or_copy)
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


def _record_files(directory: Path) -> list[Path]:
    return sorted((directory / "records").glob("*.json"))


def _link_or_copy(source: str, target: str) -> None:
    """Weights are not copied to be verified, unless they lie on another disk than the scratch does."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)


def _write(outputs: Path, files: Mapping[str, bytes]) -> None:
    try:
        for parent in {(outputs / path).parent for path in files}:
            parent.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
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
