"""Whose word on a run is believed: the keys that a repository lists by the builder's name, and one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.step.record import WORKSTATION, Record
from pedigree.trust.public import PublicKey, read_public_key


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


def believed(own: Iterable[PublicKey], builders: dict[PublicKey, str]) -> dict[PublicKey, str]:
    """Key -> the builder that it may speak for; one's own key is a workstation's unless it is listed."""
    return {**dict.fromkeys(own, WORKSTATION), **builders}
