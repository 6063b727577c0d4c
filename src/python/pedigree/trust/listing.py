"""Making a snapshot: everything that it will put in force is opened first, so that no broken file is listed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.authority import load_authority
from pedigree.trust.deciding import require_scanned
from pedigree.trust.entry import Entry
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.last_snapshot import keys_of_quality, last_snapshot
from pedigree.trust.news import require_plans_kept, require_timely
from pedigree.trust.owners import owners_word
from pedigree.trust.pair import PLAN_SUFFIX, layout_path, plan_path
from pedigree.trust.places import APPROVALS, BUNDLE, ENTRY, LAYOUTS, REVOCATIONS, SIGSTORE, SNAPSHOT, instance_path
from pedigree.trust.plan import PAYLOAD_TYPE as PLAN
from pedigree.trust.plan import parse_plan
from pedigree.trust.published import ANCHORS, KEY
from pedigree.trust.register import Register, entry_place
from pedigree.trust.roles import QUALITY
from pedigree.trust.signatory import Signatory
from pedigree.trust.signed import Signed, add_signature, parse_signed
from pedigree.trust.snapshot import PAYLOAD_TYPE, Snapshot, draft, open_snapshot, parse_snapshot

_PLACES = (f"{APPROVALS}/", f"{REVOCATIONS}/", f"{LAYOUTS}/", f"{SIGSTORE}/")


def list_files(register: Register) -> dict[str, str]:
    """Path -> sha256 of all that a snapshot puts in force.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A file belongs to no entry or to no identity, a scan says otherwise than its entry, an approval cannot
            be checked here, or too few owners signed a layout.
    """
    _require_instances(register)
    entries = {entry_place(item.entry): item.entry for item in register.registered}
    for path, data in register.files.items():
        place = PurePosixPath(path)
        if place.parts[0] == APPROVALS and not _belongs(place.name, data, entries.get(str(place.parent))):
            raise Refused(f"{path} belongs to no entry that is filed under its uid")
    for address in _planned(register.files):
        owners_word(register.files, register.root, register.revoked, address, register.earlier)
    for item in register.registered:
        if item.unchecked:
            raise Refused(item.unchecked[0])
        require_scanned(register.files, item.entry)
    return {path: sha256_bytes(data) for path, data in register.files.items() if path.startswith(_PLACES)}


def next_snapshot(register: Register, time: str, expires: str, kept: bytes | None = None) -> Snapshot:
    """The snapshot of what is filed now.

    Args:
        register: What is filed.
        time: When it is made.
        expires: Until when it is to be believed.
        kept: The last snapshot, where the one that is filed lacks signatures.

    Raises:
        MalformedEvidence: As `list_files`, or it would expire before it is made.
        Refused: As `list_files`, `last_snapshot`, `require_plans_kept` and `require_timely`.
        ToolError: The time lies before that of the last snapshot.
    """
    last, root = last_snapshot(register, kept), register.root
    if time < last.time:
        raise ToolError(
            f"the time {time} lies before that of the last snapshot, {last.time}", "state the time of today"
        )
    snapshot = Snapshot(last.version + 1, root.version, root.digest, time, expires, list_files(register))
    draft(snapshot)
    require_plans_kept(snapshot, last)
    require_timely(register, snapshot, last)
    return snapshot


def sign_next(snapshot: Snapshot, register: Register, who: Signatory) -> bytes:
    """The file of a new snapshot with one signature; verified as a verifier does it, when one is enough."""
    return _completed(add_signature(draft(snapshot), who.signer), register)


def filed_snapshot(register: Register, kept: bytes | None = None) -> Snapshot:
    """The snapshot that is filed, fit for one more signature.

    Args:
        register: What is filed.
        kept: The last snapshot, where the one that is filed lacks signatures.

    Raises:
        MalformedEvidence: As `list_files`, or it is no snapshot.
        Refused: As `next_snapshot`; or there is none, or it does not list what is filed.
    """
    if SNAPSHOT not in register.files:
        raise Refused(f"there is no {SNAPSHOT} to sign", "make one by `pedigree snapshot`")
    snapshot, _ = parse_snapshot(register.files[SNAPSHOT], SNAPSHOT)
    if snapshot.files != list_files(register) or snapshot.root_sha256 != register.root.digest:
        raise Refused(f"{SNAPSHOT} does not list what is filed now", "make a new one by `pedigree snapshot`")
    last = last_snapshot(register, kept)
    require_plans_kept(snapshot, last)
    require_timely(register, snapshot, last)
    return snapshot


def sign_filed(register: Register, who: Signatory) -> bytes:
    """The file of the snapshot that is filed, with one more signature; `filed_snapshot` says whether it is fit."""
    return _completed(add_signature(parse_snapshot(register.files[SNAPSHOT], SNAPSHOT)[1], who.signer), register)


def still_needed(data: bytes, register: Register) -> int:
    """How many more signatures a snapshot needs."""
    signed = parse_signed(data, PAYLOAD_TYPE, SNAPSHOT)
    return max(
        0, register.root.roles[QUALITY].threshold - len(signed.signers(keys_of_quality(register, register.root)))
    )


def listed(register: Register) -> tuple[Mapping[str, str], str]:
    """What the filed snapshot puts in force: path -> sha256; or nothing, and why."""
    try:
        data = register.files.get(SNAPSHOT)
        if data is None:
            return {}, f"there is no {SNAPSHOT}"
        return open_snapshot(data, register.root, register.revoked, SNAPSHOT).files, ""
    except (Refused, MalformedEvidence) as problem:
        return {}, str(problem)


def _completed(signed: Signed, register: Register) -> bytes:
    data = signed.to_bytes()
    if not still_needed(data, register):
        load_authority({**register.files, SNAPSHOT: data}, register.versions[0].root)
    return data


def _belongs(name: str, data: bytes, entry: Entry | None) -> bool:
    """Whether a file is an entry, its evidence, or an approval, which is opened already.

    Entries of the first schema do not name the key of their publisher, which lies beside them.
    """
    if entry is None:
        return False
    return name in (ENTRY, ANCHORS[KEY]) or name.endswith(BUNDLE) or sha256_bytes(data) in entry.evidence()


def _require_instances(register: Register) -> None:
    """The trust config of each Sigstore instance that the trust root names is there, and no other one."""
    named = {instance_path(item.instance): item.instance for item in register.root.identities.values()}
    for path in sorted(register.files):
        if path.startswith(f"{SIGSTORE}/") and path not in named:
            raise Refused(f"{path} belongs to no identity that the trust root lists")
    for path, sha256 in sorted(named.items()):
        if path not in register.files or sha256_bytes(register.files[path]) != sha256:
            raise Refused(f"{path} is not the trust config that the trust root names, or is missing: bring it back")


def _planned(files: Mapping[str, bytes]) -> list[str]:
    """Releases that a plan or a layout is filed for; both must be there, and belong together.

    Raises:
        MalformedEvidence: A file is no plan.
        Refused: A file belongs to no plan.
    """
    addresses = []
    for path, data in files.items():
        if path.startswith(f"{LAYOUTS}/") and path.endswith(PLAN_SUFFIX):
            addresses.append(parse_plan(parse_signed(data, PLAN, path).document, path).release)
    expected = {path for address in addresses for path in (plan_path(address), layout_path(address))}
    if other := sorted(path for path in files if path.startswith(f"{LAYOUTS}/") and path not in expected):
        raise Refused(f"{other[0]} belongs to no plan")
    return addresses
