"""All versions of the trust root that a repository holds, each held against the one before, and who still must sign.

The newest version may lack signatures: it is a draft that owners hand round. What comes before it may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pedigree.trust.chain import ROOTS
from pedigree.trust.errors import Refused
from pedigree.trust.lasting import require_lasting
from pedigree.trust.public import PublicKey
from pedigree.trust.roles import OWNER
from pedigree.trust.root import TrustRoot, parse_root
from pedigree.trust.signed import Signed


@dataclass(frozen=True)
class Version:
    """One version of the trust root.

    Attributes:
        root: What it says.
        signed: The document with its signatures.
        before: The version that it replaces; None for the first.
    """

    root: TrustRoot
    signed: Signed
    before: TrustRoot | None

    def owners(self) -> dict[str, PublicKey]:
        """Key id -> key, of all whose signature counts: owners of this version, and of the one before."""
        return {**(self.before.keys(OWNER) if self.before else {}), **self.root.keys(OWNER)}

    def signers(self) -> dict[str, str]:
        """Key id -> name, of the owners who signed."""
        return {keyid: self._name(keyid) for keyid in sorted(self.signed.signers(self.owners()))}

    def lacks(self) -> tuple[str, ...]:
        """In words, which signatures it needs before it is in force; nothing when it is."""
        return tuple(self._lacks())

    def _lacks(self) -> Iterator[str]:
        signed = self.signers().keys()
        for root, whose in ((self.before, "of the version before"), (self.root, "of its own")):
            owners = root.keys(OWNER) if root else {}
            needed = root.roles[OWNER].threshold - len(owners.keys() & signed) if root else 0
            if needed > 0:
                names = ", ".join(sorted(self._name(keyid) for keyid in owners.keys() - signed))
                yield f"{needed} more of the owners {whose}: {names}"

    def _name(self, keyid: str) -> str:
        listed = self.root.holders.get(keyid) or (self.before.holders[keyid] if self.before else None)
        return listed.name if listed else keyid


def read_versions(files: Mapping[str, bytes]) -> tuple[Version, ...]:
    """All versions, the first one first.

    Args:
        files: Path relative to the directory of attestations -> content.

    Raises:
        MalformedEvidence: A file is no trust root.
        Refused: There is none, one is missing among them, or does not follow from the one before, changes what no
            version may change, or lacks signatures although there is a newer one.
    """
    versions: list[Version] = []
    found = {PurePosixPath(path).name: path for path in files if path.startswith(f"{ROOTS}/")}
    for number in range(1, len(found) + 1):
        path = f"{ROOTS}/{number}.json"
        if path not in files:
            raise Refused(f"{path} is missing, but there is {max(found.values())}")
        versions.append(_version(files[path], path, number, versions[-1] if versions else None))
    if not versions:
        raise Refused(f"there is no trust root: no {ROOTS}/1.json", "make one by `pedigree keys init`")
    return tuple(versions)


def in_force(versions: tuple[Version, ...]) -> TrustRoot:
    """The newest version, which must not lack signatures.

    Raises:
        Refused: It does.
    """
    newest = versions[-1]
    if lacks := newest.lacks():
        what = f"version {newest.root.version} of the trust root is not in force; it lacks {'; '.join(lacks)}"
        raise Refused(what, "hand it to them, for `pedigree keys sign`")
    return newest.root


def _version(data: bytes, path: str, number: int, before: Version | None) -> Version:
    root, signed = parse_root(data, path)
    if root.version != number:
        raise Refused(f"{path} is version {root.version}")
    if before is None:
        return Version(root, signed, None)
    if root.replaces != before.root.digest:
        raise Refused(f"{path} does not replace version {number - 1}: it names another one")
    if lacks := before.lacks():
        raise Refused(f"{path} replaces a version that is not in force; that lacks {'; '.join(lacks)}")
    require_lasting(before.root, root, path)
    return Version(root, signed, before.root)
