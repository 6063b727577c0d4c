from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from securesystemslib.signer import (  # type: ignore[attr-defined]
    SIGNER_FOR_URI_SCHEME,
    Key,
    SecretsHandler,
    Signature,
    Signer,
)

from pedigree.step.errors import ToolError
from pedigree.trust import signers
from pedigree.trust.public import PublicKey, public_key, read_public_key
from pedigree.trust.signers import NamedSigner, load_signer, open_signer, proven_public_key, signer_public_key
from pedigree.trust.sslib import sslib_key
from trust.builder import make_key

_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8


def _write(path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    path.write_bytes(key.private_bytes(_PEM, _PKCS8, serialization.NoEncryption()))
    path.chmod(0o600)
    return f"file:{path}"


def test_the_same_bytes_give_the_same_signature_in_every_signer(uri: str, public: PublicKey) -> None:
    one, two = load_signer(uri, public).sign(b"data"), load_signer(uri, public).sign(b"data")
    assert one.signature == two.signature
    assert public.verifies(one.signature, b"data")
    assert not public.verifies(one.signature, b"date")
    assert not public.verifies("00", b"data")


def test_rfc_6979_appendix_a_2_5_p256_sha256_sample(tmp_path: Path) -> None:
    # The private key x, and r and s for the message "sample", from the RFC.
    x = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    uri = _write(tmp_path / "rfc.pem", ec.derive_private_key(x, ec.SECP256R1()))
    signature = bytes.fromhex(load_signer(uri, signer_public_key(uri)).sign(b"sample").signature)
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    assert decode_dss_signature(signature) == (r, s)


def test_both_ways_of_writing_a_file_uri_name_the_same_key(uri: str, public: PublicKey) -> None:
    assert signer_public_key(uri.replace("file:", "file://")) == public


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("file:key.pem", "no absolute path"),
        ("file:", "no absolute path"),
        ("file:/nonexistent/key.pem", "No such file"),
        ("gpg:ABCD", "unknown scheme 'gpg:'"),
        ("key.pem", "unknown scheme"),
    ],
)
def test_a_signer_that_is_not_there_is_one_clear_error(uri: str, told: str) -> None:
    with pytest.raises(ToolError, match=told):
        signer_public_key(uri)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("hv:key/1", "Vault's Ed25519 keys alone"),
        ("tkey:", "it signs with Ed25519"),
        ("gnupg:ABCD", "none of the stock verifiers"),
        ("sigstore:", "a layout names keys"),
        ("file2:/key.pem", "write file:"),
    ],
)
def test_a_scheme_that_no_release_is_signed_by_says_why(uri: str, told: str) -> None:
    with pytest.raises(ToolError, match=rf"{told}[\s\S]*hint: use one of: awskms:, azurekms:, file:, gcpkms:, hsm:"):
        signer_public_key(uri)


def test_every_scheme_that_securesystemslib_knows_is_opened_or_refused_with_a_reason() -> None:
    for scheme in SIGNER_FOR_URI_SCHEME:
        with pytest.raises(ToolError) as refused:
            signer_public_key(f"{scheme}:")
        assert "unknown scheme" not in refused.value.what, scheme


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("awskms:", "names no key[\\s\\S]*an alias or an ARN"),
        ("gcpkms:", "names no key[\\s\\S]*cryptoKeyVersions"),
        ("azurekms:", "names no key"),
        ("azurekms://vault.vault.azure.net/keys/key", "with its version[\\s\\S]*KEY/VERSION"),
        ("azurekms://vault.managedhsm.azure.net/keys/key/1", "securesystemslib asks no other cloud"),
        ("hsm:nine", "decimal number"),
        ("hsm:9?lable=x", "names no key in a token"),
        ("hsm:9?label=x&label=y", "names no key in a token"),
        ("hsm:9?label", "names no key in a token"),
    ],
)
def test_a_malformed_name_of_a_key_is_refused_before_anybody_is_asked(uri: str, told: str) -> None:
    with pytest.raises(ToolError, match=told):
        signer_public_key(uri)


class Service(Signer):
    """A signer that shows one key, and signs as it is told."""

    def __init__(self, public: PublicKey, sign: Callable[[bytes], Signature]) -> None:
        self.public = public
        self.answer = sign

    @property
    def public_key(self) -> Key:
        return sslib_key(self.public)

    def sign(self, payload: bytes) -> Signature:
        return self.answer(payload)

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Service:
        raise NotImplementedError


def test_a_signature_that_cannot_be_made_names_its_signer(public: PublicKey) -> None:
    def cut(payload: bytes) -> Signature:
        raise ConnectionError("the line\n\n is cut")

    with pytest.raises(ToolError, match="cannot use the signer hsm:2: the line\n  is cut"):
        NamedSigner("hsm:2", Service(public, cut)).sign(b"data")


def test_a_signer_proves_that_it_can_sign_with_the_key_that_it_shows(
    uri: str, public: PublicKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert proven_public_key(uri) == public
    other = open_signer(make_key(tmp_path / "other.pem"))
    monkeypatch.setattr(signers, "open_signer", lambda uri: Service(public, other.sign))
    with pytest.raises(ToolError, match="signs with another key than the one that it shows"):
        proven_public_key(uri)


def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    uri = make_key(tmp_path / "open.pem")
    (tmp_path / "open.pem").chmod(0o640)
    with pytest.raises(ToolError, match=r"open to other users[\s\S]*hint: chmod 600"):
        signer_public_key(uri)


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    wrong_curve = _write(tmp_path / "p384.pem", ec.generate_private_key(ec.SECP384R1()))
    wrong_kind = _write(tmp_path / "ed.pem", ed25519.Ed25519PrivateKey.generate())
    (tmp_path / "text.pem").write_text("no key")
    (tmp_path / "text.pem").chmod(0o600)
    for uri in (wrong_curve, wrong_kind):
        with pytest.raises(ToolError, match="not an ECDSA key on P-256"):
            signer_public_key(uri)
    with pytest.raises(ToolError, match="not a private key in PEM"):
        signer_public_key(f"file:{tmp_path / 'text.pem'}")


def test_a_signer_with_another_key_than_the_announced_one_is_refused(tmp_path: Path, public: PublicKey) -> None:
    with pytest.raises(ToolError, match="not the signer's public key"):
        load_signer(make_key(tmp_path / "other.pem"), public)


def test_a_public_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not a public key"):
        public_key(b"no key", "x.pub")
    with pytest.raises(ToolError, match="not an ECDSA key on P-256"):
        pem = ed25519.Ed25519PrivateKey.generate().public_key()
        public_key(pem.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo), "x.pub")
    with pytest.raises(ToolError, match="No such file"):
        read_public_key(tmp_path / "missing.pub")
