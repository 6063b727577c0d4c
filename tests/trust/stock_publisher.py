"""The stock `model_signing`, which publishers sign with."""

from __future__ import annotations

from pathlib import Path

from model_signing import signing, verifying

from trust.publishers import Credential
from trust.signing.instance import Instance


def sign_by_certificate(model: Path, credential: Credential) -> bytes:
    """The bundle that it writes beside a model; credentials lie there, too."""
    key, certificate, chain = credential.write(model.parent)
    config = signing.Config()  # type: ignore[no-untyped-call]
    config.use_certificate_signer(private_key=key, signing_certificate=certificate, certificate_chain=[chain])
    return _sign(config, model)


def sign_by_identity(model: Path, instance: Instance, token: str) -> bytes:
    """The bundle that it writes beside a model for whoever an identity provider gave a token."""
    config = signing.Config()  # type: ignore[no-untyped-call]
    config.use_sigstore_signer(identity_token=token, trust_config=instance.config)
    return _sign(config, model)


def require_by_certificate(model: Path, bundle: bytes, roots: bytes) -> None:
    """Verify as it does, which asks for neither a name nor a time."""
    (model.parent / "roots.pem").write_bytes(roots)
    config = verifying.Config()  # type: ignore[no-untyped-call]
    config.use_certificate_verifier(certificate_chain=[model.parent / "roots.pem"])
    _verify(config, model, bundle)


def require_by_identity(model: Path, bundle: bytes, instance: Instance, identity: str, issuer: str) -> None:
    """Verify as it does."""
    config = verifying.Config()  # type: ignore[no-untyped-call]
    config.use_sigstore_verifier(identity=identity, oidc_issuer=issuer, trust_config=instance.config)
    _verify(config, model, bundle)


def _sign(config: signing.Config, model: Path) -> bytes:
    path = model.parent / "model.sig"
    config.sign(model, path)
    return path.read_bytes()


def _verify(config: verifying.Config, model: Path, bundle: bytes) -> None:
    path = model.parent / "stock.sig"
    path.write_bytes(bundle)
    config.verify(model, path)
