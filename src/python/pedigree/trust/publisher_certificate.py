"""A publisher who is known by his name in a certificate (X.509), under authorities that were named beforehand.

A signature by certificate tells no time that could be believed, so the certificates are held to one that is stated. Nor
does it tell what was withdrawn: lists of revoked certificates are not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from pedigree.step.digests import sha256_bytes
from pedigree.trust.envelope import decode_base64
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.published import CERTIFICATE, PublishedBy
from pedigree.trust.publisher_bundle import ModelBundle
from pedigree.trust.times import parse_time, write_time

NAMES = ("cn", "dns", "email", "uri")
"""Kinds of names in a certificate: the common name of its subject, and its subject alternative names."""

# More than any authority needs; a bundle of thousands would be many paths to try.
_LONGEST = 10
# Extensions of Sigstore's authority. Its certificates live for minutes and count with an entry of its log alone.
_OF_SIGSTORE = "1.3.6.1.4.1.57264.1."
_SIGNING = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_UNREADABLE = (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class CertifiedPublisher:
    """Whoever has a certificate with a name.

    Attributes:
        anchors: The certificates of the authorities that are believed, PEM.
        identity: The name, as `cn:Example Lab`, `dns:lab.example`, `email:release@lab.example` or `uri:https://...`.
        time: When every certificate must be valid, as 2026-01-31T12:00:00Z.
    """

    anchors: bytes
    identity: str
    time: str

    def open(self, bundle: ModelBundle) -> tuple[bytes, PublishedBy]:
        """What he signed.

        Raises:
            MalformedEvidence: A certificate is none, or the bundle is none.
            Refused: The certificate is not under the authorities, not valid at the time, not for signing or not his;
                or the signature is not by its key.
        """
        # (1) It brings certificates, and not those of Sigstore.
        (leaf, *others), names = _certificates(bundle)
        # (2) The first of them is under one of the authorities, all are valid at that time, and it is for signing.
        authority = self._authority(leaf, others, bundle.origin)
        # (3) It is his: an authority certifies others as well.
        _require_name(self.identity, names, bundle.origin)
        # (4) Its key signed.
        payload = bundle.payload_signed_by(leaf.public_key(), f"the key in the certificate of '{self.identity}'")
        issuer = f"sha256:{authority.fingerprint(hashes.SHA256()).hex()}"
        return payload, PublishedBy(CERTIFICATE, self.identity, issuer, sha256_bytes(self.anchors), self.time)

    def _authority(self, leaf: x509.Certificate, others: list[x509.Certificate], origin: str) -> x509.Certificate:
        """The authority that a certificate is under."""
        when = parse_time(self.time)
        if not leaf.not_valid_before_utc <= when <= leaf.not_valid_after_utc:
            life = f"{write_time(leaf.not_valid_before_utc)} to {write_time(leaf.not_valid_after_utc)}"
            raise Refused(f"the certificate in {origin} is valid from {life}, not at {self.time}")
        policy = PolicyBuilder().store(Store(_authorities(self.anchors))).time(when)
        verifier = policy.extension_policies(ca_policy=_of_authorities(), ee_policy=_of_publishers())
        try:
            return verifier.build_client_verifier().verify(leaf, others).chain[-1]
        except (VerificationError, x509.UnsupportedGeneralNameType) as error:
            what = f"is not under the publisher's authorities at {self.time}, or is not for signing"
            raise Refused(f"the certificate in {origin} {what}: {error}") from error


def _require_name(identity: str, names: list[str], origin: str) -> None:
    if identity not in names:
        told = ", ".join(map(repr, names)) or "nobody"
        raise Refused(f"{origin} is not signed by '{identity}': the certificate is that of {told}")


def _of_authorities() -> ExtensionPolicy:
    """As browsers ask of authorities, but for the purpose, which is not to serve web pages."""
    return ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)


def _of_publishers() -> ExtensionPolicy:
    """The key may sign, and, where purposes are named, sign what is run; a common name is name enough.

    Who makes certificates as the stock tool's own tests do calls a publisher an authority, too; what counts is that its
    key may not certify.
    """
    policy = ExtensionPolicy.webpki_defaults_ee().require_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    policy = policy.may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_for_signing)
    policy = policy.may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    return policy.may_be_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)


def _may_sign(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.digital_signature or usage.key_cert_sign:
        raise ValueError("its key usage is not digitalSignature")


def _is_for_signing(policy: Policy, certificate: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and not _SIGNING & set(usage):
        raise ValueError("its extended key usage is not codeSigning")


def _authorities(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise MalformedEvidence(f"the publisher's authorities are not certificates in PEM: {error}") from error


def _certificates(bundle: ModelBundle) -> tuple[list[x509.Certificate], list[str]]:
    """The certificates in a bundle, that of the signer first, and the names in that."""
    material: Any = bundle.material
    if "publicKey" in material or material.get("tlogEntries"):
        raise Refused(f"{bundle.origin} is not signed by a certificate under an authority, but by {bundle.signed_how}")
    try:
        alone = [material["certificate"]] if "certificate" in material else []
        listed = alone or material["x509CertificateChain"]["certificates"]
        if not 0 < len(listed) <= _LONGEST:
            raise ValueError(f"it brings {len(listed)} certificates, not 1 to {_LONGEST}")
        found = [x509.load_der_x509_certificate(decode_base64(one["rawBytes"])) for one in listed]
        names = sorted(_names(found[0]))
        of_sigstore = any(extension.oid.dotted_string.startswith(_OF_SIGSTORE) for extension in found[0].extensions)
    except (KeyError, *_UNREADABLE) as error:
        raise MalformedEvidence(f"{bundle.origin} brings no certificates that can be read: {error}") from error
    if of_sigstore:
        raise Refused(f"{bundle.origin} brings a certificate of Sigstore's, but no entry of its log")
    return found, names


def _names(certificate: x509.Certificate) -> Iterator[str]:
    """All names of a certificate, each with its kind, so that none can pass for one of another kind."""
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(common) == 1:
        yield f"cn:{common[0].value!s}"
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    kinds = {x509.DNSName: "dns", x509.RFC822Name: "email", x509.UniformResourceIdentifier: "uri"}
    yield from (f"{kinds[type(name)]}:{name.value}" for name in others if type(name) in kinds)
