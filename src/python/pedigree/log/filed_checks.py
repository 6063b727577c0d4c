"""What must hold of a log beside the attestations whose making it tells of."""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.log.checks import Looking
from pedigree.log.entry import Entry
from pedigree.log.filed import Filed, FiledAct, filed_acts
from pedigree.log.place import Place
from pedigree.trust.errors import Refused
from pedigree.trust.register import Register

Claimed = tuple[str, Looking]
"""What a check claims, and the check."""


def filed_checks(register: Register) -> tuple[Claimed, ...]:
    """The further checks of a log that stands beside a directory of attestations.

    Args:
        register: The directory.

    Raises:
        MalformedEvidence: A file of it is not what its place says.
        Refused: A signature in it does not count, or files do not belong together.
    """
    filed = filed_acts(register)
    return (
        ("everything that was signed and is filed has its entry, by the key that signed it", _Entered(filed)),
        ("nothing was written by a key after its revocation was", _Silent(filed.acts, _keyids(register))),
    )


# (9) Everything that was signed and is filed has its entry, by the key that signed it.
class _Entered:
    def __init__(self, filed: Filed) -> None:
        self._filed = filed
        self._missing: dict[tuple[str, str], list[FiledAct]] = {}
        for act in filed.acts:
            self._missing.setdefault((act.sha256, act.keyid), []).append(act)

    def see(self, place: Place) -> None:
        entry = place.entry
        if isinstance(entry, Entry) and (key := (entry.event.sha256, entry.keyid)) in self._missing:
            self._missing[key] = [act for act in self._missing[key] if not tells_of(entry, act)]

    def conclude(self) -> str:
        if missing := [act for acts in self._missing.values() for act in acts]:
            act, others = missing[0], f"; {len(missing) - 1} others have none either" if missing[1:] else ""
            raise Refused(f"no entry tells that {act.name} signed {act.path} (sha256:{act.sha256}){others}")
        acts, unchecked = self._filed.acts, self._filed.unchecked
        told = f"{len(acts)} signatures in {len({act.path for act in acts})} files"
        return "; not checked here: ".join((told, *unchecked))


# (10) Nothing was written by a key after its revocation was.
class _Silent:
    def __init__(self, acts: tuple[FiledAct, ...], keyids: Mapping[str, str]) -> None:
        self._revocations = [act for act in acts if act.action == "key.revoke"]
        self._keyids = keyids
        self._since: dict[str, int] = {}

    def see(self, place: Place) -> None:
        if not isinstance(place.entry, Entry):
            return
        since = self._since.get(place.entry.keyid)
        if since is not None:
            event = place.entry.event
            raise Refused(f"entry {place.number} ({event.action}) is by a key whose revocation entry {since} tells of")
        for act in self._revocations:
            if tells_of(place.entry, act) and act.sha256 in self._keyids:
                self._since.setdefault(self._keyids[act.sha256], place.number)

    def conclude(self) -> str:
        return f"{len(self._since)} keys are revoked"


def tells_of(entry: Entry, act: FiledAct) -> bool:
    """Whether an entry is of an act: what it was done to, by which key, and at no other time than the act states.

    An entry that was appended by hand, later than the act, may leave the time out.
    """
    event = entry.event
    actions = (event.action, f"{event.action.partition('.')[0]}.")
    if (event.sha256, entry.keyid) != (act.sha256, act.keyid) or act.action not in actions:
        return False
    return not act.stated or event.details.get("stated", act.stated) == act.stated


def _keyids(register: Register) -> dict[str, str]:
    """Fingerprint -> key id, of everybody who is or was listed."""
    return {
        holder.key.fingerprint: keyid for version in register.versions for keyid, holder in version.root.holders.items()
    }
