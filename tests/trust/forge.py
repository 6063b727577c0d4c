"""What somebody who holds the key could sign, to see which check finds it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pedigree.trust.envelope import sign_bundle, sign_envelope
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import load_signer

Change = Callable[[dict[str, Any]], None]


def payload(path: Path) -> dict[str, Any]:
    """The signed document of an envelope or a bundle."""
    document = json.loads(path.read_bytes())
    found: dict[str, Any] = json.loads(base64.b64decode(document.get("dsseEnvelope", document)["payload"]))
    return found


def resign(path: Path, uri: str, public: PublicKey, change: Change) -> None:
    """Change a signed document and sign it again with the same key."""
    document, signer = payload(path), load_signer(uri, public)
    change(document)
    is_bundle = "dsseEnvelope" in json.loads(path.read_bytes())
    path.write_bytes(sign_bundle(document, signer, public) if is_bundle else sign_envelope(document, signer))


def link_of(release: Path, step: str) -> Path:
    """The link file of a step."""
    (path,) = (release / "attestations" / "links").glob(f"{step}.????????.link")
    return path
