"""Whose word on a run is believed: one's own, and that of the builders in force, whose keys a repository names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.step.record import WORKSTATION, Record
from pedigree.trust.authority import Authority
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.holders import why_not
from pedigree.trust.local import local_authority
from pedigree.trust.public import PublicKey, read_public_key
from pedigree.trust.roles import BUILDER, RELEASE

_SPEAK = (BUILDER, RELEASE)


@dataclass(frozen=True)
class Believed:
    """Whose word on a run is believed.

    Attributes:
        keys: Key -> the builder that it may speak for.
        passed_over: Keys that are at hand and not believed, and why; a line each.
    """

    keys: Mapping[PublicKey, str]
    passed_over: tuple[str, ...] = ()


def believed_in(directory: Path) -> Believed:
    """Whom to believe by `signer.pub`, `builders/*.pub` and `attestations/`, of which the last two may be missing.

    Raises:
        ToolError: A key cannot be read, or the attestations are not in order.
    """
    own, named = read_public_key(directory / "signer.pub"), read_builders(directory / "builders")
    try:
        return believed(own, named, local_authority(directory / "attestations"))
    except (Refused, MalformedEvidence) as problem:
        what = f"who may speak for runs is not known:\n  {problem}"
        raise ToolError(what, "mend the attestations; docs/trust.md says how they belong together") from problem


def believed(own: PublicKey, named: Mapping[PublicKey, str], authority: Authority | None) -> Believed:
    """Whom to believe; one's own key is a workstation's unless it is a builder's.

    Args:
        own: The key that signs here.
        named: Key -> builder, of the keys that the repository names.
        authority: What is in force: it says which of them are builders. Without it all of them are.
    """
    if authority is None:
        return Believed({own: WORKSTATION, **named})
    faults = {f"{name}.pub": _fault(authority, key) for key, name in named.items()}
    builders = {key: name for key, name in named.items() if not faults[f"{name}.pub"]}
    faults["one's own key"] = why_not(authority, own)
    keys = builders if faults["one's own key"] else {own: WORKSTATION, **builders}
    return Believed(keys, tuple(f"{whose} is not believed: {fault}" for whose, fault in faults.items() if fault))


def _fault(authority: Authority, key: PublicKey) -> str:
    """Why a key that the repository names is no builder's."""
    if authority.speaks(key.keyid) in _SPEAK:
        return ""
    return why_not(authority, key) or f"the trust root does not give it the role {' or '.join(_SPEAK)}"


def read_builders(directory: Path) -> dict[PublicKey, str]:
    """Key -> builder, from the files `<builder>.pub` of a directory that may be missing.

    Raises:
        ToolError: A file holds no public key.
    """
    return {read_public_key(path): _name(path) for path in sorted(directory.glob("*.pub"))}


def speaks_for(record: Record, speaker: str) -> str:
    """The builder of a step when this speaker signs for its run; only a listed one may speak for a platform of workers.

    Args:
        record: Its builder is that of the environment, or a workstation.
        speaker: Whose key signs.
    """
    return speaker if WORKSTATION in (record.builder, speaker) else record.builder


def _name(path: Path) -> str:
    if path.stem == WORKSTATION:
        raise ToolError(f"'{path.name}' has the name of builders that are not listed", "name it after a builder")
    return path.stem
