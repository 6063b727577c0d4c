"""The smallest store there can be."""

from __future__ import annotations

import hashlib

from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile


def put(store: Store, name: str, content: bytes) -> WeightsFile:
    """Lay a file into the store, as a fetch would."""
    file = WeightsFile(name, len(content), hashlib.sha256(content).hexdigest(), ("file:x",))
    path = store.object(file.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o444)
    return file
