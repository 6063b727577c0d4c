"""What makes no sense in a trust root, whoever signed it: names that look alike, keys of two roles, roles of nobody."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from pedigree.trust.roles import APPROVERS, KEYLESS, OWNER, PURPOSE
from pedigree.trust.statement import is_sha256
from pedigree.trust.times import is_time

if TYPE_CHECKING:
    from pedigree.trust.root import TrustRoot

LAST = 10**9
"""The last version there can be, of a root as of a snapshot: one a second for thirty years."""


def faults(root: TrustRoot) -> Iterator[str]:
    """What is wrong with a trust root, in words that follow its name; nothing where all of it makes sense."""
    for rule in (_faults, _holder_faults, _identity_faults, _login_faults, _role_faults):
        yield from (words for wrong, words in rule(root) if wrong)


def _faults(root: TrustRoot) -> Iterator[tuple[bool, str]]:
    yield not 1 <= root.version <= LAST, "has no such version"
    yield (root.replaces == "") != (root.version == 1), "must name what it replaces, unless it is the first"
    yield bool(root.replaces) and not is_sha256(root.replaces), "names what it replaces by no SHA-256"
    yield set(root.roles) != set(PURPOSE), f"must give the roles {', '.join(PURPOSE)} and no other"
    yield (
        not root.approvals or not set(root.approvals) <= set(APPROVERS),
        "demands approvals of roles that give none, or none",
    )


def _holder_faults(root: TrustRoot) -> Iterator[tuple[bool, str]]:
    for keyid, holder in root.holders.items():
        # An id that is not computed from its key would let one key count for two.
        yield holder.key.keyid != keyid, f"lists the key of {holder.name!r} under the id of another"
        yield not holder.name.strip(), f"lists the key {keyid} without a holder's name"
        yield not _is_printed_name(holder.name), f"lists the name {holder.name!r}, which looks like another one"
        yield bool(holder.retired) and not is_time(holder.retired), f"has a key retired at {holder.retired!r}"
        yield (
            sum(keyid in role.keyids for role in root.roles.values()) > 1,
            f"gives {holder.name!r} two roles by one key",
        )


def _identity_faults(root: TrustRoot) -> Iterator[tuple[bool, str]]:
    for keyid, identity in root.identities.items():
        name, role = root.holders[keyid].name, root.role_of(keyid)
        yield not is_sha256(identity.instance), f"names the Sigstore instance of {name!r} by no SHA-256"
        yield not all(map(_is_word, (identity.identity, identity.issuer))), f"gives {name!r} no identity, or no issuer"
        yield role not in KEYLESS, f"gives {name!r} the role {role or 'of nobody'} by an identity; that takes a key"


def _login_faults(root: TrustRoot) -> Iterator[tuple[bool, str]]:
    """Whoever has a login can sign by every identity that is made of it, so all of them are one person's, in one role.

    There are several where the trust config of an instance was replaced by a newer one.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for keyid, identity in sorted(root.identities.items()):
        who = root.holders[keyid].name, root.role_of(keyid)
        other = first.setdefault(identity.login, who)
        (name, role), (others, its) = sorted((who, other))
        login = " at ".join(identity.login)
        yield who != other, f"gives one login, {login}, to {name!r} as {role} and to {others!r} as {its}"


def _role_faults(root: TrustRoot) -> Iterator[tuple[bool, str]]:
    for name, role in root.roles.items():
        unknown = role.keyids - root.holders.keys()
        yield bool(unknown), f"gives the role {name} to a key that it does not list"
        yield role.threshold < 1, f"takes no signature for the role {name}"
        # A role that nobody has yet is no fault, but for the one that could give it.
        needed = bool(role.keyids) or name == OWNER
        yield needed and not unknown and root.count(name) < role.threshold, f"has too few keys for the role {name}"
        # Signatures are counted by key, and people are who must sign.
        names = [] if unknown else sorted(root.holders[keyid].name for keyid in root.in_use(name))
        twice = next((one for one, other in pairwise(names) if one == other), "")
        yield bool(twice), f"gives the role {name} to two keys of {twice!r} that are in use"


def _is_word(text: str) -> bool:
    """Whether a text is one that a certificate can name, without blanks that nobody sees."""
    return bool(text) and text.isprintable() and " " not in text


def _is_printed_name(name: str) -> bool:
    """Whether a name is written in the one way in which it is printed; two that print alike are one person's."""
    return " ".join(unicodedata.normalize("NFC", name).split()) == name and name.isprintable()
