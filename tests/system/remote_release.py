"""What two releases differ in, when one was built here and the other on workers.

Signatures, sums and the digest of the lineage follow from what is said of builders: envelopes are opened, and neither
what says where a step ran is compared, nor digests of what follows from that.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

# What a record says of where a step ran.
WHERE = ("builder", "properties", "accelerator")
# What follows from records and signatures: digests over them, and pages that show them.
DERIVED = ("SHA256SUMS", "attestations/delivery.sha256", "attestations/root.layout", "lineage.html", "lineage.json")
_PIN = re.compile(r"pin:sha256:[0-9a-f]{64}")
_DIGESTS = re.compile(
    r"\.materials\.pin\.sha256"
    rf"|\.products\.(attestations/.*|{'|'.join(DERIVED)})\.sha256"
    r"|\.predicate\.(inputAttestations\[\]|policy)\.digest\.sha256"
)


def differences(one: Path, other: Path) -> set[str]:
    """Paths and fields in which two releases differ for another reason than where their steps ran."""
    paths = {str(path.relative_to(root)) for root in (one, other) for path in root.rglob("*") if path.is_file()}
    return {found for path in paths for found in _differences(path, one / path, other / path)}


def _differences(path: str, one: Path, other: Path) -> set[str]:
    if not one.exists() or not other.exists():
        return {f"{path}: is in one alone"}
    if one.read_bytes() == other.read_bytes():
        return set()
    if path.startswith("attestations/") and path.endswith((".sigstore.json", ".link")):
        return {f"{path}: {field}" for field in _fields(_payload(one), _payload(other), "")}
    if path in DERIVED:
        return set()
    return {path}


def _payload(path: Path) -> Any:
    document = json.loads(path.read_bytes())
    envelope = document.get("dsseEnvelope", document)
    return json.loads(_PIN.sub("pin", base64.b64decode(envelope["payload"]).decode()))


def _fields(one: Any, other: Any, place: str) -> set[str]:
    """Fields in which two documents differ, but for those that say where a step ran."""
    if one == other or place.rpartition(".")[2] in WHERE or _DIGESTS.fullmatch(place):
        return set()
    if isinstance(one, dict) and isinstance(other, dict):
        names = set(one) | set(other)
        return {found for name in names for found in _fields(one.get(name), other.get(name), f"{place}.{name}")}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return {found for a, b in zip(one, other, strict=True) for found in _fields(a, b, f"{place}[]")}
    return {place}
