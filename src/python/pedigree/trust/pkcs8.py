"""Private keys as PKCS#8 in PEM, under a passphrase where one is given.

`cryptography` reads every kind of PKCS#8, but writes 2048 rounds of PBKDF2, which a graphics card tries by the billion.
Hence scrypt, written here as RFC 8018 (PBES2) and RFC 7914 section 7 lay it out; openssl and `cryptography` read it.
"""

from __future__ import annotations

import base64
import os
import textwrap

from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

# One of the settings that OWASP holds for equal, and the one that takes the least memory (16 MiB): openssl refuses to
# read what takes more than 32 MiB.
_COST, _BLOCK_SIZE, _PARALLELISM = 2**14, 8, 5

_INTEGER, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_PBES2 = bytes.fromhex("2a864886f70d01050d")  # 1.2.840.113549.1.5.13
_SCRYPT = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11
_AES_256_CBC = bytes.fromhex("60864801650304012a")  # 2.16.840.1.101.3.4.1.42


def private_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None) -> bytes:
    """A private key in PEM: encrypted by a key that scrypt makes from the passphrase, in the clear without one.

    Raises:
        ValueError: The passphrase is empty.
    """
    plain, pkcs8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    if passphrase is None:
        return key.private_bytes(serialization.Encoding.PEM, pkcs8, plain)
    if not passphrase:
        raise ValueError("the passphrase is empty")
    return _pem(_encrypted(key.private_bytes(serialization.Encoding.DER, pkcs8, plain), passphrase))


def _encrypted(secret: bytes, passphrase: bytes) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958) in DER."""
    salt, initial = os.urandom(16), os.urandom(16)
    key = Scrypt(salt, length=32, n=_COST, r=_BLOCK_SIZE, p=_PARALLELISM).derive(passphrase)
    padder, encryptor = padding.PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
    sealed = encryptor.update(padder.update(secret) + padder.finalize()) + encryptor.finalize()
    settings = [_der(_OCTETS, salt), *(_integer(value) for value in (_COST, _BLOCK_SIZE, _PARALLELISM))]
    derivation = _algorithm(_SCRYPT, _der(_SEQUENCE, *settings))
    encryption = _algorithm(_AES_256_CBC, _der(_OCTETS, initial))
    scheme = _algorithm(_PBES2, _der(_SEQUENCE, derivation, encryption))
    return _der(_SEQUENCE, scheme, _der(_OCTETS, sealed))


def _algorithm(identifier: bytes, parameters: bytes) -> bytes:
    return _der(_SEQUENCE, _der(_OBJECT, identifier), parameters)


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, *parts: bytes) -> bytes:
    """One element: tag, length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _pem(content: bytes) -> bytes:
    label, text = "ENCRYPTED PRIVATE KEY", base64.b64encode(content).decode()
    return "\n".join([f"-----BEGIN {label}-----", *textwrap.wrap(text, 64), f"-----END {label}-----", ""]).encode()
