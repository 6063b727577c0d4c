"""`hsm:KEYID?label=TOKEN`: a key in a token that speaks PKCS#11 (smart card, USB key, network HSM, SoftHSM).

PYKCS11LIB names the vendor's module. The PIN comes from where passphrases come from. A token draws a nonce of its own
for each signature, so two builds differ in their signatures.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from urllib.parse import parse_qsl

from securesystemslib.signer import HSMSigner, SecretsHandler, Signer  # type: ignore[attr-defined]

from pedigree.step.errors import ToolError
from pedigree.trust.passphrase import PASSPHRASE_VARIABLE, ask_passphrase
from pedigree.trust.public import public_key
from pedigree.trust.sslib import sslib_key

SCHEME = "hsm"
MODULE_VARIABLE = "PYKCS11LIB"
_SHAPE = "write hsm:KEYID?label=TOKEN, KEYID a decimal number; without them: key 2 on the only token"

_WRONG_PIN = f"name the file that holds the right one in {PASSPHRASE_VARIABLE}; tokens lock after a few wrong ones"
_LOOK = "see that it is plugged in, and look at it with the vendor's tool"
# The module's errors mostly carry a name and no words.
MEANINGS = {
    "PinIncorrect": ("the PIN is wrong", _WRONG_PIN),
    "PinInvalid": ("the PIN is wrong", _WRONG_PIN),
    "PinLenRange": ("the PIN is wrong: it has not the right length", _WRONG_PIN),
    "PinLocked": ("the PIN is locked, after too many wrong ones", "unlock it with the vendor's tool"),
    "PinExpired": ("the PIN has expired", "set a new one with the vendor's tool"),
    "DeviceRemoved": ("the token was removed", "put it back"),
    "TokenNotPresent": ("no token is in the slot", "put it back"),
    "TokenNotRecognised": ("the token is not one that the module knows", f"name its own module in {MODULE_VARIABLE}"),
    "DeviceError": ("the token reports an error of its own", _LOOK),
    "FunctionFailed": ("the module could not do it", _LOOK),
    "GeneralError": ("the module can no longer use the token", _LOOK),
}
"""Name of an exception of python-pkcs11 -> what happened, and how to mend it."""


def open_hsm(uri: str) -> Signer:
    """The signer whose key lies in the token that a URI names.

    Raises:
        ToolError: The URI is malformed, no module is named, or it is not there.
        Exception: What PKCS#11 says of a token or a key that cannot be used; `MEANINGS` has words for it.
    """
    keyid, label = _parse(uri)
    _require_module()
    pin = _pin(label)
    # What it gives back names the token by its label, so that another one, plugged in later, is not taken for it.
    found, key = HSMSigner.import_(keyid, label, pin)
    return Signer.from_priv_key_uri(found, sslib_key(public_key(str(key.keyval["public"]).encode(), uri)), pin)


def _parse(uri: str) -> tuple[int | None, str | None]:
    keyid, _, query = uri.partition(":")[2].partition("?")
    try:
        given = parse_qsl(query, strict_parsing=True, keep_blank_values=True) if query else []
    except ValueError as error:
        raise ToolError(f"'{uri}' names no key in a token", _SHAPE) from error
    names = [name for name, _ in given]
    if names not in ([], ["label"]) or (keyid and not (keyid.isascii() and keyid.isdigit())):
        raise ToolError(f"'{uri}' names no key in a token", _SHAPE)
    return int(keyid) if keyid else None, dict(given).get("label") or None


def _require_module() -> None:
    module = os.environ.get(MODULE_VARIABLE, "")
    hint = f"name it in {MODULE_VARIABLE}, for instance /usr/lib/softhsm/libsofthsm2.so"
    if not module:
        raise ToolError(f"{MODULE_VARIABLE} names no PKCS#11 module", hint)
    if not Path(module).is_file():
        raise ToolError(f"{MODULE_VARIABLE} names '{module}', which is no file", hint)


def _pin(label: str | None) -> SecretsHandler:
    """Asks for the PIN once, however often securesystemslib wants it: it does so for every signature."""
    return functools.cache(lambda _: ask_passphrase(f"the PIN of the token '{label}'" if label else "the token's PIN"))
