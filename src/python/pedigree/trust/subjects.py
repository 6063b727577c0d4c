"""What a revocation is about: the digests under which a graph of steps will find it."""

from __future__ import annotations

from collections.abc import Callable

from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.register import Register
from pedigree.trust.statement import is_sha256

_EXPLAIN = {
    "base": "name an entry by uid or name, or write NAME=SHA256 of a file or of the uid",
    "dataset": "write NAME=SHA256 of the dataset's artifact as a whole, or of one file: both are in lineage.json",
    "key": "name its holder, or write NAME=FINGERPRINT, what `sha256sum key.pub` or `pedigree keys list` prints",
    "release": "write NAME=SHA256, the artifact of the release step in lineage.json",
}
_NOTHING = sha256_bytes(b"")


def subject_of(register: Register, kind: str, text: str) -> dict[str, str]:
    """Name -> sha256 of what is to be revoked.

    Args:
        register: What is filed.
        kind: One of `decisions.KINDS`.
        text: `NAME=SHA256`; for a base model also the uid or name of its entry, for a key also its holder.

    Raises:
        ToolError: It names nothing, or more than one thing.
    """
    name, _, digest = text.rpartition("=")
    digest = digest.removeprefix("sha256:")
    if name and is_sha256(digest):
        if digest == _NOTHING:
            raise ToolError(
                f"'{text}' is the digest of an empty file, which is part of nearly everything", _EXPLAIN[kind]
            )
        return {name: digest}
    if name or kind not in _FIND:
        raise ToolError(f"'{text}' is not a name and a SHA-256 in lower-case hex", _EXPLAIN[kind])
    return _FIND[kind](register, text)


def _base(register: Register, text: str) -> dict[str, str]:
    entry = register.find(text).entry
    return {entry.name: entry.uid}


def _key(register: Register, text: str) -> dict[str, str]:
    wanted = text.removeprefix("sha256:")
    holders = register.root.holders.values()
    found = [item for item in holders if item.key.fingerprint == wanted] or [
        item for item in holders if item.name == text
    ]
    if len(found) > 1:
        keys = "\n  ".join(f"{item.key.fingerprint}  {item.name}, {item.retired or 'in use'}" for item in found)
        raise ToolError(f"'{text}' has several keys:\n  {keys}", "name one by its fingerprint")
    if not found:
        raise ToolError(f"the trust root lists no key of '{text}'", _EXPLAIN["key"])
    return {found[0].name: found[0].key.fingerprint}


_FIND: dict[str, Callable[[Register, str], dict[str, str]]] = {"base": _base, "key": _key}
