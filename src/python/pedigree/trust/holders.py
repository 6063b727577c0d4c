"""What the trust root in force says of one key: why it counts no longer, and whether it may seal."""

from __future__ import annotations

from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.roles import RELEASE


def why_not(authority: Authority, public: PublicKey) -> str:
    """Why a key counts no longer: it is revoked or retired. Empty for one that does, and for one that is not listed."""
    holder = authority.root.holders.get(public.keyid)
    whose = f"the key of {holder.name} ({authority.root.role_of(public.keyid)})" if holder else "the key"
    if revocation := authority.revocation_of(public.fingerprint):
        return f"{whose} is revoked by {revocation.signature.name}: {revocation.reason}"
    return f"{whose} was retired at {holder.retired}" if holder and holder.retired else ""


def require_sealer(authority: Authority, public: PublicKey) -> None:
    """Refuse a key that the trust root lists unless it may seal; a key that it does not list is a developer's.

    Raises:
        Refused: It is revoked or retired, or has another role.
    """
    if fault := why_not(authority, public):
        raise Refused(f"{fault}; it seals nothing")
    holder, role = authority.root.holders.get(public.keyid), authority.root.role_of(public.keyid)
    if holder is not None and role != RELEASE:
        raise Refused(f"the key is that of {holder.name}, whose role is {role or 'none'}, not {RELEASE}")
