"""By whom a decision is signed: the holder of a key, or of an identity, by the trust root, who may decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pedigree.step.digests import sha256_bytes
from pedigree.trust.envelope import bundle_hint, open_bundle, unverified_document
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Identity, a_kind_of, in_words, kind_of
from pedigree.trust.places import instance_path
from pedigree.trust.public import PublicKey
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.statement import check_statement
from pedigree.trust.times import is_time, parse_time

if TYPE_CHECKING:
    from pedigree.trust.decisions import Manifestation

Files = Mapping[str, bytes]
NO_FILES: Files = {}
OTHERS = (
    "use the `pedigree` of reviewers or of signers: ./pants package src/python/pedigree/cli:reviewer, or "
    "src/python/pedigree/cli:signer"
)
"""What has Sigstore's client."""


class NoSigstore(Refused):
    """Somebody signed by an identity, and this `pedigree` has no Sigstore client to check that."""


@dataclass(frozen=True)
class Decided:
    """A signed decision.

    Attributes:
        document: What was decided.
        keyid: Id of the key or identity that signed.
        logged: When the log of a Sigstore instance, or its clock, saw the signature; empty for a key.
    """

    document: dict[str, Any]
    keyid: str
    logged: str = ""


def open_decision(
    data: bytes, root: TrustRoot, files: Files, predicate_type: str, roles: tuple[str, ...], origin: str
) -> Decided:
    """A decision by a holder of one of some roles.

    Args:
        data: The bundle.
        root: The trust root.
        files: Attestations, of which the trust configs of Sigstore instances are needed.
        predicate_type: Of what type the statement must be.
        roles: Which roles may decide so.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is no such statement.
        Refused: The signature is nobody's who may decide so.
        NoSigstore: It cannot be checked here.
    """
    if fingerprint := bundle_hint(data, origin):
        decided = _by_key(data, root, fingerprint, roles, origin)
    else:
        decided = _by_identity(data, root, files, roles, origin)
    check_statement(decided.document, origin, predicate_type)
    return decided


def require_holder(signature: Manifestation, root: TrustRoot, decided: Decided, origin: str) -> None:
    """What the signature says of its signer must be what the trust root says of the key or identity.

    Raises:
        MalformedEvidence: It states no time, or no meaning.
        Refused: It says otherwise, names another identity than the one that signed, or the key or identity was retired
            before.
    """
    holder, role = root.holders[decided.keyid], root.role_of(decided.keyid)
    what = kind_of(holder.key)
    if (signature.name, signature.role) != (holder.name, role):
        signed = f"{origin} is signed as {signature.name}, {signature.role}"
        raise Refused(f"{signed}, but the {what} is that of {holder.name}, {role}")
    _require_named(signature, holder, origin)
    if not is_time(signature.time) or not signature.meaning.strip():
        raise MalformedEvidence(f"{origin} states no time, or not what the signature means")
    if holder.retired and parse_time(signature.signed_at(decided.logged)) >= parse_time(holder.retired):
        raise Refused(
            f"{origin} is signed by {holder.name} with {a_kind_of(holder.key)} that was retired at {holder.retired}"
        )


def _require_named(signature: Manifestation, holder: Holder, origin: str) -> None:
    """What an identity signs says so, and by which; what a key signs says nothing of one."""
    by = holder.key.fingerprint if isinstance(holder.key, Identity) else ""
    if signature.identity != by:
        what = f"{origin} names the identity sha256:{signature.identity} as its signer's" if signature.identity else ""
        raise Refused(f"{what or f'{origin} names no identity'}, but is signed by {in_words(holder.key)}")


def _by_key(data: bytes, root: TrustRoot, fingerprint: str, roles: tuple[str, ...], origin: str) -> Decided:
    holder = next((item for item in root.holders.values() if item.key.fingerprint == fingerprint), None)
    if holder is None or not isinstance(holder.key, PublicKey):
        raise Refused(f"{origin} is signed by a key that the trust root does not list: sha256:{fingerprint}")
    _require_role(root, holder, roles, origin)
    return Decided(open_bundle(data, holder.key, origin), holder.key.keyid)


def _by_identity(data: bytes, root: TrustRoot, files: Files, roles: tuple[str, ...], origin: str) -> Decided:
    """The certificate is held against that identity alone which the statement names as its signer's.

    A person has several where the trust config of the instance was replaced by a newer one, and what was signed by one
    may open by another; but each is retired and revoked by itself.
    """
    identity = _named(data, root, origin)
    _require_role(root, root.holders[identity.keyid], roles, origin)
    config = _config(identity, files, origin)
    try:
        # Sigstore's client is heavy, and an auditor has it only where somebody signs so.
        from pedigree.trust.keyless import open_identified
    except ModuleNotFoundError as error:
        what = f"{origin} is signed by the identity {identity.identity}, which this `pedigree` cannot check"
        raise NoSigstore(f"{what}: it lacks {error.name}; {OTHERS}") from error
    document, logged = open_identified(data, identity, config, origin)
    return Decided(document, identity.keyid, logged)


def stated_signer(data: bytes, origin: str) -> str:
    """Fingerprint of the key or identity by which a decision says that it is signed; that it is is not believed yet.

    It is empty where a bundle is signed by an identity, and does not name the one.

    Raises:
        MalformedEvidence: It is no bundle, or does not say who signs.
    """
    return bundle_hint(data, origin) or _stated_identity(data, origin)


def _stated_identity(data: bytes, origin: str) -> str:
    try:
        fingerprint = unverified_document(data, origin)["predicate"]["signature"].get("identity")
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedEvidence(f"{origin} does not say who signs") from error
    return fingerprint if isinstance(fingerprint, str) else ""


def _named(data: bytes, root: TrustRoot, origin: str) -> Identity:
    """By which identity somebody signs, as the statement says; that he does is not believed yet."""
    fingerprint = _stated_identity(data, origin)
    if not fingerprint:
        raise Refused(f"{origin} is signed by an identity, and does not name the one")
    if fingerprint not in root.identities:
        raise Refused(f"{origin} is signed by an identity that the trust root does not list: sha256:{fingerprint}")
    return root.identities[fingerprint]


def _config(identity: Identity, files: Files, origin: str) -> bytes:
    """The trust config of an identity's instance, which owners signed by its digest."""
    config = files.get(path := instance_path(identity.instance))
    if config is None:
        raise Refused(f"{origin} cannot be checked: {path}, the trust config of its Sigstore instance, is missing")
    if sha256_bytes(config) != identity.instance:
        raise Refused(f"{path} is not the trust config that the trust root names")
    return config


def _require_role(root: TrustRoot, holder: Holder, roles: tuple[str, ...], origin: str) -> None:
    role = root.role_of(holder.key.keyid)
    if role not in roles:
        raise Refused(
            f"{origin} is signed by {holder.name} in the role {role or 'of nobody'}, not {' or '.join(roles)}"
        )
