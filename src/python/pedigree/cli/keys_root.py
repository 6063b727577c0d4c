"""`pedigree keys init|sign|enroll|rotate|retire`: making the next version of the trust root, and signing it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pedigree.cli.acts import Act, file_act, require_not_put_back, tell
from pedigree.cli.answer import EXIT_HOLDS, Run
from pedigree.cli.arguments import signer_of, stated
from pedigree.cli.credential import read_credential
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations, write_attestation
from pedigree.trust.chain import ROOTS
from pedigree.trust.changes import changes
from pedigree.trust.identity import kind_of
from pedigree.trust.places import instance_path
from pedigree.trust.revocations import open_revocations, revoked_keys
from pedigree.trust.roles import OWNER
from pedigree.trust.root import TrustRoot, draft
from pedigree.trust.signatory import Signatory, find_signatory, open_key
from pedigree.trust.signed import add_signature
from pedigree.trust.signers import SIGNER_VARIABLE
from pedigree.trust.succession import Enrolment, enrol, found, key_in_use, retire, rotate
from pedigree.trust.times import write_time
from pedigree.trust.versions import Version, in_force, read_versions

_APPROVALS = ("legal", "quality")


def run_init(call: argparse.Namespace) -> int:
    """Make the first version, signed when a signer is named.

    Raises:
        ToolError: There is a trust root already, a key is none, or the roles do not fit together.
    """
    if call.attestations.is_dir() and any(
        path.startswith(f"{ROOTS}/") for path in read_attestations(call.attestations)
    ):
        raise ToolError(f"{call.attestations} has a trust root already", "change it by `pedigree keys enroll`")
    given = [(OWNER, holder) for holder in call.owner] + call.role
    read = [(role, name, *read_credential(text)) for role, (name, text) in given]
    enrolments = [Enrolment(role, name, credential) for role, name, credential, _ in read]
    configs = [config for *_, config in read if config]
    root = found(enrolments, dict(call.threshold), tuple(dict.fromkeys(call.approval or _APPROVALS)), call.note)
    version = Version(root, draft(root), None)
    if call.signer or os.environ.get(SIGNER_VARIABLE):
        return _sign(version, call, {}, "keys.init", configs)
    path = _path(root)
    for each, data in {**_placed(configs), path: version.signed.to_bytes()}.items():
        write_attestation(call.attestations, each, data)
    print(call.attestations / path)
    _tell(version, call.attestations)
    return EXIT_HOLDS


def run_sign(call: argparse.Namespace) -> int:
    """Add an owner's signature to the newest version.

    Raises:
        ToolError: The signer is no owner of it, nor of the version before.
    """
    require_not_put_back(call, ROOTS)
    files = read_attestations(call.attestations)
    return _sign(read_versions(files)[-1], call, files, "keys.sign")


def run_enroll(call: argparse.Namespace) -> int:
    """Give somebody a role."""
    name, text = call.holder
    files, root = _in_force(call)
    credential, config = read_credential(text)
    note = call.note or f"gives {name} the role {call.role}"
    after = enrol(root, Enrolment(call.role, name, credential), call.threshold, note)
    return _sign_next(after, root, call, files, config)


def run_rotate(call: argparse.Namespace) -> int:
    """Give somebody another key."""
    name, text = call.holder
    files, root = _in_force(call)
    credential, config = read_credential(text)
    note = call.note or f"gives {name} another {kind_of(credential)}"
    old = key_in_use(root, name, call.role)
    return _sign_next(rotate(root, old, credential, stated(call), note), root, call, files, config)


def run_retire(call: argparse.Namespace) -> int:
    """Take a key out of use."""
    files, root = _in_force(call)
    old = key_in_use(root, call.name, call.role)
    note = call.note or f"retires the {kind_of(root.holders[old].key)} of {call.name}"
    return _sign_next(retire(root, old, stated(call), call.threshold, note), root, call, files)


RUNS: dict[str, Run] = {
    "init": run_init,
    "sign": run_sign,
    "enroll": run_enroll,
    "rotate": run_rotate,
    "retire": run_retire,
}
"""Action -> what does it."""


def _in_force(call: argparse.Namespace) -> tuple[Mapping[str, bytes], TrustRoot]:
    require_not_put_back(call, ROOTS)
    files = read_attestations(call.attestations)
    return files, in_force(read_versions(files))


def _sign_next(
    root: TrustRoot, before: TrustRoot, call: argparse.Namespace, files: Mapping[str, bytes], config: bytes = b""
) -> int:
    version = Version(root, draft(root), before)
    return _sign(version, call, files, f"keys.{call.action}", [config] if config else [])


def _sign(
    version: Version, call: argparse.Namespace, files: Mapping[str, bytes], action: str, configs: Sequence[bytes] = ()
) -> int:
    # Before the key is opened: a passphrase is not typed for what was not read.
    for line in changes(version.before, version.root):
        print(f"this signs that {line}", file=sys.stderr)
    root = version.root
    path, beside = _path(root), _placed(configs)
    require_not_put_back(call, ROOTS, {**beside, path: version.signed.to_bytes()})
    who = _owner(version, signer_of(call), files)
    signed = Version(version.root, add_signature(version.signed, who.signer), version.before)
    meaning = root.note or f"version {root.version} of the trust root says whom to believe"
    act = Act(action, path, root.digest, meaning, write_time(datetime.now(UTC)), who)
    file_act(act, call, path, signed.signed.to_bytes(), beside)
    _tell(signed, call.attestations)
    return EXIT_HOLDS


def _placed(configs: Iterable[bytes]) -> dict[str, bytes]:
    """Path -> content of the trust configs of Sigstore instances, by the digests under which the root names them."""
    return {instance_path(sha256_bytes(config)): config for config in configs}


def _owner(version: Version, uri: str, files: Mapping[str, bytes]) -> Signatory:
    """The owner who signs, of the version before or of this one; whoever gets another key signs with both."""
    opened = open_key(uri)
    before = version.before
    revoked = revoked_keys(open_revocations(files, before or version.root))
    if before and opened.public.keyid in before.keys(OWNER):
        return find_signatory(opened, before, (OWNER,), revoked)
    return find_signatory(opened, version.root, (OWNER,), revoked)


def _tell(version: Version, directory: Path) -> None:
    number = version.root.version
    for line in version.lacks():
        print(f"version {number} is not in force: it lacks {line}", file=sys.stderr)
    if version.lacks():
        tell(f"hand {directory / _path(version.root)} to them, for `pedigree keys sign`")
        return
    print(f"version {number} of the trust root is in force: sha256:{version.root.digest}", file=sys.stderr)
    tell("have quality sign a snapshot, which is of one version of the trust root: `pedigree snapshot`")


def _path(root: TrustRoot) -> str:
    return f"{ROOTS}/{root.version}.json"
