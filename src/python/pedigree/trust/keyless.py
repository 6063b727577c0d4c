"""Statements that people sign without a key of their own: Sigstore, with one's own instance.

The instance's identity provider says who somebody is; its certificate authority (Fulcio) certifies, for minutes, a key
that is thrown away after use; its log (Rekor) and time stamps prove that the signature fell into these minutes. What
is trusted is one file, the client trust config of that instance, with the person's identity and issuer pinned beside
it. There is no default instance: what others run is never asked. Verifying reads nothing but the file and the bundle.

Links and layouts cannot be signed so: a layout names keys, and in-toto-verify knows nothing of certificates' logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sigstore.dsse import Statement
from sigstore.errors import Error as SigstoreError
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.oidc import IdentityToken, Issuer, detect_credential
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from pedigree.step.canonical import MalformedJson, canonical_json, parse_json
from pedigree.step.errors import ToolError
from pedigree.trust.envelope import PAYLOAD_TYPE
from pedigree.trust.errors import MalformedEvidence, Refused

SCHEME = "sigstore"
_SHAPE = "write sigstore:/absolute/trust-config.json?identity=NAME&issuer=URL, with '+' written as %2B"


@dataclass(frozen=True)
class Person:
    """Somebody who signs without a key.

    Attributes:
        instance: The client trust config of the instance: a JSON file with its trusted root and its services.
        identity: What the certificate must name: a mail address or a URI.
        issuer: Which identity provider must have said so.
    """

    instance: Path
    identity: str
    issuer: str


def person_of(uri: str) -> Person:
    """The person that a URI names: `sigstore:/etc/sigstore/config.json?identity=qa@example.org&issuer=https://...`.

    Raises:
        ToolError: The path is not absolute, or identity or issuer are missing.
    """
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    given = parse_qsl(query)
    if scheme != SCHEME or not path.startswith("/") or sorted(name for name, _ in given) != ["identity", "issuer"]:
        raise ToolError(f"'{uri}' does not name a person who signs without a key", _SHAPE)
    return Person(Path(path), **dict(given))


def sign_keyless(document: dict[str, Any], person: Person, token: str | None = None) -> bytes:
    """Sign a statement as a person; the bundle's bytes.

    Args:
        document: An in-toto Statement v1.
        person: Who signs; the bundle verifies as theirs, or there is none.
        token: What the identity provider gave (an OIDC token for the audience `sigstore`); without it, that of the CI
            job this runs in, else the person is asked to log in by a browser.

    Raises:
        ToolError: The config cannot be read, the instance would not or cannot be reached, or it was somebody else who
            logged in.
    """
    config = _read_config(person.instance)
    try:
        identity = IdentityToken(token) if token is not None else _log_in(config)
        with SigningContext.from_trust_config(config).signer(identity) as signer:
            bundle = signer.sign_dsse(Statement(canonical_json(document)))
        data = canonical_json(parse_json(bundle.to_json(), "the bundle"))
    except Exception as error:  # each of its clients raises its own kinds
        what = f"the Sigstore instance of {person.instance} did not sign: {said(error)}"
        raise ToolError(what, "look at the services that this file names, and log in again") from error
    try:
        open_keyless(data, person, "the new bundle")
    except Refused as error:
        hint = f"log in as {person.identity} at {person.issuer}"
        raise ToolError(f"what was signed is not believed: {error}", hint) from error
    return data


def open_keyless(data: bytes, person: Person, origin: str) -> dict[str, Any]:
    """The statement in a bundle that a person signed. Nothing is asked over the network.

    Args:
        data: The bundle's bytes.
        person: Whose it must be.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is not a bundle as `sign_keyless` writes it. What the format leaves unsigned (the name
            of the log, hints) may differ; the statement is the one that was signed.
        Refused: Certificate, log entry, time or signature do not hold, or are another's.
        ToolError: The config cannot be read.
    """
    bundle = _read_bundle(data, origin)
    config = _read_config(person.instance)
    payload = verified_payload(bundle, config.trusted_root, person.identity, person.issuer, origin)
    return _canonical(payload, f"the payload of {origin}")


def verified_payload(bundle: Bundle, root: TrustedRoot, identity: str, issuer: str, origin: str) -> bytes:
    """The bytes of the statement that an identity signed, once certificate, log entry, time and signature hold.

    Raises:
        MalformedEvidence: A part of it cannot be read, or it is no statement.
        Refused: Something does not hold, or is another's.
    """
    policy = Identity(identity=identity, issuer=issuer)
    try:
        kind, payload = Verifier(trusted_root=root).verify_dsse(bundle, policy)
    except SigstoreError as error:
        raise Refused(f"{origin} is not signed by {identity}: {said(error)}") from error
    except Exception as error:  # certificates and time stamps that its parsers do not take
        raise MalformedEvidence(f"{origin} holds what is no evidence: {said(error)}") from error
    if kind != PAYLOAD_TYPE:
        raise MalformedEvidence(f"{origin} holds a {kind!r}, not {PAYLOAD_TYPE}")
    return payload


def _read_config(path: Path) -> ClientTrustConfig:
    try:
        config = ClientTrustConfig.from_json(path.read_text())
        # Both are checked when they are asked for.
        _ = config.trusted_root, config.signing_config
    except OSError as error:
        raise ToolError(f"cannot read {path}: {error.strerror}", _SHAPE) from error
    except (ValueError, SigstoreError) as error:
        hint = "ask whoever runs the instance for its client trust config, v0.1"
        raise ToolError(f"{path} is not the trust config of a Sigstore instance: {said(error)}", hint) from error
    return config


def _log_in(config: ClientTrustConfig) -> IdentityToken:
    ambient = detect_credential()
    return IdentityToken(ambient) if ambient else Issuer(config.signing_config.get_oidc_url()).identity_token()


def _read_bundle(data: bytes, origin: str) -> Bundle:
    document = _canonical(data, origin)
    try:
        bundle = Bundle.from_json(data)
    except Exception as error:  # its parsers of JSON and of certificates raise their own kinds
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle: {said(error)}") from error
    # Spare bits of base64 and the like: there is one way of writing a bundle.
    if parse_json(bundle.to_json(), origin) != document:
        raise MalformedEvidence(f"{origin} is not written as a Sigstore bundle is")
    return bundle


def _canonical(data: bytes, origin: str) -> dict[str, Any]:
    try:
        document = parse_json(data, origin)
        if not isinstance(document, dict) or canonical_json(document) != data:
            raise MalformedEvidence(f"{origin} is not one canonical JSON object")
    except MalformedJson as error:
        raise MalformedEvidence(str(error)) from error
    return document


def said(error: BaseException) -> str:
    """The words of an error, or of what caused it where it has none of its own."""
    words = " ".join(str(error).split())
    if words or error.__cause__ is None:
        return words or type(error).__name__
    return said(error.__cause__)
