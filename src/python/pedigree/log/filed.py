"""What a directory of attestations says was signed, which a log must have an entry of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pedigree.trust.chain import ROOTS
from pedigree.trust.decided import NoSigstore
from pedigree.trust.decisions import Approval, open_approval, open_revocation
from pedigree.trust.last_snapshot import keys_of_quality
from pedigree.trust.pair import PLAN_SUFFIX, filed_pair
from pedigree.trust.places import APPROVALS, BUNDLE, REVOCATIONS, SNAPSHOT
from pedigree.trust.plan import PAYLOAD_TYPE as PLAN
from pedigree.trust.plan import parse_plan
from pedigree.trust.register import Register
from pedigree.trust.roles import OWNER
from pedigree.trust.root import TrustRoot
from pedigree.trust.signed import parse_signed
from pedigree.trust.snapshot import parse_snapshot


@dataclass(frozen=True)
class FiledAct:
    """One signature on something that is filed.

    Attributes:
        path: The file, relative to the directory of attestations.
        action: The action of its entry: `base.approve`, or `keys.` for whatever command on keys made it.
        sha256: Digest that the entry names.
        keyid: The key that signed.
        name: Printed name of its holder.
        stated: The time that the signature states of itself; empty for documents that state none for each signer.
    """

    path: str
    action: str
    sha256: str
    keyid: str
    name: str
    stated: str = ""


@dataclass(frozen=True)
class Filed:
    """What was signed and is filed.

    Attributes:
        acts: The signatures that a log tells of.
        unchecked: Why some cannot be looked at here, which are signed by identities: a line each.
    """

    acts: tuple[FiledAct, ...]
    unchecked: tuple[str, ...] = ()


def filed_acts(register: Register) -> Filed:
    """Every signature on approvals, revocations, trust roots, plans and the snapshot that are filed.

    Args:
        register: The directory of attestations.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, or files do not belong together.
    """
    found = (*_roots(register), *_decisions(register), *_plans(register), *_snapshots(register))
    acts = tuple(each for each in found if isinstance(each, FiledAct))
    return Filed(acts, tuple(str(each) for each in found if isinstance(each, NoSigstore)))


def _roots(register: Register) -> Iterator[FiledAct]:
    for version in register.versions:
        path = f"{ROOTS}/{version.root.version}.json"
        for keyid, name in version.signers().items():
            yield FiledAct(path, "keys.", version.root.digest, keyid, name)


def _decisions(register: Register) -> Iterator[FiledAct | NoSigstore]:
    """What identities decided is in the log of their Sigstore instance: its proof is in the bundle, and is verified.

    An approval of which that cannot be done here counts for nothing, here as everywhere.
    """
    for path, data in sorted(register.files.items()):
        if path.startswith(f"{APPROVALS}/") and path.endswith(BUNDLE):
            try:
                approval = open_approval(data, register.root, path, register.files)
            except NoSigstore as problem:
                yield problem
                continue
            if not approval.logged:
                yield _approved(path, approval)
        elif path.startswith(f"{REVOCATIONS}/"):
            found = open_revocation(data, register.root, path, register.files)
            said = found.signature
            for sha256 in sorted(found.subjects.values()) if not found.logged else ():
                yield FiledAct(path, f"{found.kind}.revoke", sha256, found.keyid, said.name, said.time)


def _approved(path: str, approval: Approval) -> FiledAct:
    said = approval.signature
    return FiledAct(path, "base.approve", approval.entry, approval.keyid, said.name, said.time)


def _plans(register: Register) -> Iterator[FiledAct]:
    for path, data in sorted(register.files.items()):
        if path.endswith(PLAN_SUFFIX):
            plan = parse_plan(parse_signed(data, PLAN, path).document, path)
            pair = filed_pair(register.files, plan.release)
            # A plan outlives the trust root under which it was signed; what a retired owner signed was signed, too.
            owners = register.root.all_keys(OWNER)
            yield from _signed(path, "layout.sign", plan.digest, pair.signers(owners) if pair else (), register.root)


def _snapshots(register: Register) -> Iterator[FiledAct]:
    if SNAPSHOT not in register.files:
        return
    snapshot, signed = parse_snapshot(register.files[SNAPSHOT], SNAPSHOT)
    root = next((item.root for item in register.versions if item.root.digest == snapshot.root_sha256), register.root)
    signers = signed.signers(keys_of_quality(register, root))
    yield from _signed(SNAPSHOT, "snapshot.sign", snapshot.digest, signers, root)


def _signed(path: str, action: str, sha256: str, keyids: Iterable[str], root: TrustRoot) -> Iterator[FiledAct]:
    for keyid in sorted(keyids):
        yield FiledAct(path, action, sha256, keyid, root.holders[keyid].name)
