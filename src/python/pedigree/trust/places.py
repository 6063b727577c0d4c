"""Where things lie in a directory of attestations, relative to it."""

from __future__ import annotations

SNAPSHOT = "snapshot.json"
APPROVALS, REVOCATIONS, LAYOUTS = "approvals", "revocations", "layouts"
ENTRY = "entry.json"
BUNDLE = ".sigstore.json"
SIGSTORE = "sigstore"
"""Trust configs of the Sigstore instances that the trust root names, each by its SHA-256."""


def instance_path(sha256: str) -> str:
    """Where the trust config of a Sigstore instance is filed."""
    return f"{SIGSTORE}/{sha256}.json"


def place_of(uid: str) -> str:
    """Where the entry of a base model is filed, with everything that belongs to it."""
    return f"{APPROVALS}/{uid[:16]}"
