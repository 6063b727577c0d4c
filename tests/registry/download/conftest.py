from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pedigree.registry.download import transfer
from pedigree.registry.download.fetch import fetch
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest
from registry.download.server import Server, running

CONTENT = bytes(range(251)) * 8_000  # 2,008,000 bytes: several chunks, no two the same
NAME = "model.safetensors"


@dataclass(frozen=True)
class Place:
    """A server, a store and a manifest between them.

    Attributes:
        folder: Where manifests lie.
        server: What serves.
        store: What is filled.
    """

    folder: Path
    server: Server
    store: Store

    def manifest(self, *origins: str, content: bytes = CONTENT, size: int | None = None, name: str = NAME) -> Path:
        """Write a manifest of one file; without origins it comes from the server."""
        urls = origins or (f"{self.server.url}/{name}",)
        file = WeightsFile(name, len(content) if size is None else size, digest(content), urls)
        return self.write({name: file})

    def write(self, files: Mapping[str, WeightsFile]) -> Path:
        """Write a manifest."""
        path = self.folder / "weights.json"
        path.write_bytes(render_weights_manifest(WeightsManifest(tuple(files.values()))))
        return path

    def fetch(self, *manifests: Path, jobs: int = 4, limit: int | None = None) -> str:
        """Fetch; what could not be fetched, as a user reads it."""
        return "\n".join(str(fault) for fault in fetch(manifests, self.store, jobs, limit))

    def stored(self, content: bytes = CONTENT) -> bool:
        """Whether the store has these bytes under their digest, and nothing under a digest that is not its own."""
        for path in self.store.objects():
            assert digest(path.read_bytes()) == path.name
        return self.store.object(digest(content)).exists()


def digest(content: bytes) -> str:
    """Its SHA-256."""
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(transfer, "_FIRST_WAIT", 0.01)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with running() as server:
        server.files[f"/{NAME}"] = CONTENT
        yield Place(tmp_path, server, Store(tmp_path / "store"))
