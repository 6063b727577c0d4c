"""What a snapshot would put in force that the last one did not: told in words, and refused where it comes too late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pedigree.trust.decisions import Approval, open_approval, open_revocation
from pedigree.trust.errors import Refused
from pedigree.trust.identity import a_kind_of
from pedigree.trust.last_snapshot import Last
from pedigree.trust.owners import TooFewOwners, owners_word
from pedigree.trust.pair import PLAN_SUFFIX, layout_path
from pedigree.trust.places import APPROVALS, BUNDLE, ENTRY, LAYOUTS, REVOCATIONS
from pedigree.trust.plan import PAYLOAD_TYPE as PLAN
from pedigree.trust.plan import parse_plan
from pedigree.trust.register import Register, entry_place
from pedigree.trust.signed import parse_signed
from pedigree.trust.snapshot import Snapshot
from pedigree.trust.times import parse_time
from pedigree.trust.tree import printable


def require_timely(register: Register, snapshot: Snapshot, last: Last) -> None:
    """No approval and no plan comes in late: by a key that is out of use, or of a time that is yet to come.

    A time is its signer's word, and a plan states none: whoever has a key that was retired dates back. What the last
    snapshot listed was there in time; what it did not list is taken from keys in use alone.

    Args:
        register: What is filed.
        snapshot: What would be signed.
        last: The last one that counted.

    Raises:
        MalformedEvidence: A file is no approval, or no plan.
        Refused: One comes late.
    """
    known = frozenset(last.files.values())
    _require_plans_timely(register, snapshot, known)
    for path, sha256 in sorted(snapshot.files.items()):
        if _is_approval(path) and sha256 not in known:
            approval = open_approval(register.files[path], register.root, path, register.files)
            for wrong, words, remedy in _faults(approval, register, snapshot):
                if wrong:
                    raise Refused(f"{path}, which the last snapshot did not list, {words}", remedy)


def news(register: Register, snapshot: Snapshot, last: Last) -> Iterator[str]:
    """What a snapshot adds, changes and drops against the last one, a line each.

    Args:
        register: What is filed, which the snapshot lists.
        snapshot: What would be signed.
        last: The last one that counted.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count.
    """
    if not last.known:
        yield f"version {last.version} is not at hand: all {len(snapshot.files)} files are told as added"
    if last.root_version not in (0, snapshot.root_version):
        yield f"is of version {snapshot.root_version} of the trust root; the last was of version {last.root_version}"
    for path in sorted(snapshot.files.keys() | last.files.keys()):
        now, then = snapshot.files.get(path), last.files.get(path)
        if now is None:
            yield f"drops {_dropped(path, register)}"
        elif now != then:
            yield f"{'changes' if then else 'adds'} {printable(_told(path, register))}"


def require_plans_kept(snapshot: Snapshot, last: Last) -> None:
    """No plan is gone that the last snapshot listed: its owners replace or withdraw it, and nobody takes it away.

    Raises:
        Refused: One is.
    """
    for path in sorted(last.files.keys() - snapshot.files.keys()):
        if path.startswith(f"{LAYOUTS}/"):
            remedy = "bring it back; its owners end a plan by `pedigree layout propose RELEASE --withdraw`"
            raise Refused(f"{path}, which the last snapshot listed, is gone", remedy)


def _require_plans_timely(register: Register, snapshot: Snapshot, known: frozenset[str]) -> None:
    for path, sha256 in sorted(snapshot.files.items()):
        if path.startswith(f"{LAYOUTS}/") and path.endswith(PLAN_SUFFIX):
            address = parse_plan(parse_signed(register.files[path], PLAN, path).document, path).release
            if known.issuperset((sha256, snapshot.files[layout_path(address)])):
                continue
            try:
                owners_word(register.files, register.root, register.revoked, address)
            except TooFewOwners as problem:
                remedy = f"have owners sign it with keys in use: pedigree layout sign {address}"
                raise Refused(f"{path}, which the last snapshot did not list so: {problem}", remedy) from problem


def _faults(approval: Approval, register: Register, snapshot: Snapshot) -> Iterator[tuple[bool, str, str]]:
    """Whether something is wrong with an approval; what, in words that follow its path; and what to do about it."""
    holder, time = register.root.holders[approval.keyid], approval.signed_at
    what = a_kind_of(holder.key)
    by, remedy = f"is signed by {holder.name} with {what}", f"remove it, and have it approved again by {what} in use"
    yield bool(holder.retired), f"{by} that was retired at {holder.retired}", remedy
    yield holder.key.fingerprint in register.revoked, f"{by} that is revoked", remedy
    ahead = parse_time(time) > parse_time(snapshot.time)
    how = "states the time" if time == approval.signature.time else "was seen by the log of its instance at"
    words = f"{how} {time}, which lies after {snapshot.time}, that of the snapshot"
    yield ahead, words, "make the snapshot once that time is past; where it lies in the future, a clock is wrong"


def _told(path: str, register: Register) -> str:
    """A file, in words."""
    data, place = register.files[path], PurePosixPath(path)
    if _is_approval(path):
        approval = open_approval(data, register.root, path, register.files)
        return f"the approval of {_entry(place, register)} by {approval.words}: {approval.signature.meaning}"
    if path.startswith(f"{APPROVALS}/"):
        return f"the entry {_entry(place, register)}" if place.name == ENTRY else f"{path} of {_entry(place, register)}"
    if path.startswith(f"{REVOCATIONS}/"):
        found = open_revocation(data, register.root, path, register.files)
        names = ", ".join(f"'{name}', sha256:{sha256}" for name, sha256 in sorted(found.subjects.items()))
        said = f"{found.signature.words(found.logged)}: {found.signature.meaning}"
        return f"the revocation of the {found.kind} {names} by {said}; because: {found.reason}"
    if path.endswith(PLAN_SUFFIX):
        plan = parse_plan(parse_signed(data, PLAN, path).document, path)
        what = "the withdrawal of the plan" if plan.withdrawn else "the plan"
        return f"{what} of '{plan.release}', version {plan.version}: {plan.note or 'no note'}"
    return path


def _dropped(path: str, register: Register) -> str:
    """A file that is there no longer: its path says what it was, an approval by its role and the key's id."""
    what = "the approval " if _is_approval(path) else "the revocation " if path.startswith(f"{REVOCATIONS}/") else ""
    entry = _entry(PurePosixPath(path), register)
    return printable(f"{what}{path}{f' of {entry}' if entry else ''}")


def _entry(place: PurePosixPath, register: Register) -> str:
    """The base model whose files lie in a place; empty where none does any more."""
    found = (item.entry for item in register.registered if entry_place(item.entry) == str(place.parent))
    return next((f"'{entry.name}' ({entry.uid[:16]})" for entry in found), "")


def _is_approval(path: str) -> bool:
    return path.startswith(f"{APPROVALS}/") and path.endswith(BUNDLE)
