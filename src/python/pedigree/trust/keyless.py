"""Statements that people sign without a key of their own: Sigstore, with one's own instance.

The instance's identity provider says who somebody is; its certificate authority (Fulcio) certifies, for minutes, a key
that is thrown away after use; its log (Rekor) and time stamps prove that the signature fell into these minutes. What
is trusted is one file, the client trust config of that instance, with the person's identity and issuer pinned beside
it. There is no default instance: what others run is never asked. Verifying reads nothing but the file and the bundle.

Links and layouts cannot be signed so: a layout names keys, and in-toto-verify knows nothing of certificates' logs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sigstore._internal.trust import KeyringPurpose
from sigstore.dsse import Statement
from sigstore.errors import Error as SigstoreError
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.oidc import IdentityToken, Issuer, detect_credential
from sigstore.sign import SigningContext
from sigstore.verify import Verifier, policy

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.errors import ToolError
from pedigree.trust.envelope import PAYLOAD_TYPE, canonical_document, open_payload
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import SHAPE, Identity, Person
from pedigree.trust.instance import CONFIG, HINT, NO_CONFIG
from pedigree.trust.publisher_bundle import json_object
from pedigree.trust.times import write_time


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
    return open_payload(payload, origin)


def open_identified(data: bytes, identity: Identity, config: bytes, origin: str) -> tuple[dict[str, Any], str]:
    """The statement in a bundle that the holder of an identity signed, and when. Nothing is asked over the network.

    Args:
        data: The bundle's bytes.
        identity: Whose it must be.
        config: The trust config of the instance.
        origin: What to call the bundle in an error.

    Returns:
        The statement; and the latest of the verified times, those of the instance's log and of its clock.

    Raises:
        MalformedEvidence: It is not a bundle as `sign_keyless` writes it, or the config is none.
        Refused: Certificate, log entry, time or signature do not hold, or are another's.
    """
    bundle, root = _read_bundle(data, origin), trusted_root(config, f"the trust config of {origin}")
    payload = verified_payload(bundle, root, identity.identity, identity.issuer, origin)
    return open_payload(payload, origin), _logged_at(bundle, root)


def trusted_root(data: bytes, origin: str) -> TrustedRoot:
    """Read a client trust config, or a trusted root.

    Raises:
        MalformedEvidence: It is neither.
    """
    try:
        if json_object(data, origin).get("mediaType") == CONFIG:
            return ClientTrustConfig.from_json(data.decode()).trusted_root
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(data)
            file.flush()
            return TrustedRoot.from_file(file.name)
    except (ValueError, SigstoreError) as error:
        if isinstance(error, MalformedEvidence):
            raise
        what = f"{origin} is neither a client trust config v0.1 nor a trusted root of Sigstore"
        raise MalformedEvidence(f"{what}: {said(error)}") from error


def require_usable(config: bytes, origin: str) -> None:
    """Refuse a client trust config by which one cannot sign now, or not check what was signed. Nobody is asked.

    Raises:
        ToolError: A part of it cannot be read, or is missing.
    """
    try:
        found = ClientTrustConfig.from_json(config.decode())
        root = found.trusted_root
        SigningContext.from_trust_config(found)
        Verifier(trusted_root=root)
        root.rekor_keyring(KeyringPurpose.VERIFY)
        root.ct_keyring(KeyringPurpose.VERIFY)
        root.get_timestamp_authorities()
    except Exception as error:  # its parsers of keys and certificates raise their own kinds
        raise ToolError(f"{origin} {NO_CONFIG}: {said(error)}", HINT) from error


def verified_payload(bundle: Bundle, root: TrustedRoot, identity: str, issuer: str, origin: str) -> bytes:
    """The bytes of the statement that an identity signed, once certificate, log entry, time and signature hold.

    Raises:
        MalformedEvidence: A part of it cannot be read, or it is no statement.
        Refused: Something does not hold, or is another's.
    """
    wanted = policy.Identity(identity=identity, issuer=issuer)
    try:
        kind, payload = Verifier(trusted_root=root).verify_dsse(bundle, wanted)
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
        raise ToolError(f"cannot read {path}: {error.strerror}", SHAPE) from error
    except (ValueError, SigstoreError) as error:
        raise ToolError(f"{path} {NO_CONFIG}: {said(error)}", HINT) from error
    return config


def _log_in(config: ClientTrustConfig) -> IdentityToken:
    ambient = detect_credential()
    return IdentityToken(ambient) if ambient else Issuer(config.signing_config.get_oidc_url()).identity_token()


def _read_bundle(data: bytes, origin: str) -> Bundle:
    document = canonical_document(data, origin)
    try:
        bundle = Bundle.from_json(data)
    except Exception as error:  # its parsers of JSON and of certificates raise their own kinds
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle: {said(error)}") from error
    # Spare bits of base64 and the like: there is one way of writing a bundle.
    if parse_json(bundle.to_json(), origin) != document:
        raise MalformedEvidence(f"{origin} is not written as a Sigstore bundle is")
    return bundle


def _logged_at(bundle: Bundle, root: TrustedRoot) -> str:
    """When it was signed, by log and time stamps that are verified.

    The client tells only whether they are enough; what it goes by is asked of it, so that nothing is verified twice in
    two ways.
    """
    times = Verifier(trusted_root=root)._establish_time(bundle)
    return write_time(max(found.time for found in times))


def said(error: BaseException) -> str:
    """The words of an error, or of what caused it where it has none of its own."""
    listed = getattr(error, "errors", None)
    if callable(listed):  # of the models that its documents are read by: a list for programs, with the place of each
        first = listed()[0]
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
    words = " ".join(str(error).split())
    if words or error.__cause__ is None:
        return words or type(error).__name__
    return said(error.__cause__)
