"""A server that answers as the Hugging Face hub does, for one repository at one commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from registry.download.conftest import digest
from registry.download.server import Handler, Server, running

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_TREE = f"/api/models/org/name/tree/{COMMIT}"
_FILES = f"/org/name/resolve/{COMMIT}/"


@dataclass
class Hub:
    """The running hub.

    Attributes:
        server: What it serves and what it saw.
        elsewhere: Where files are redirected to; empty for nowhere.
    """

    server: Server
    elsewhere: str = ""


@contextmanager
def running_hub(files: Mapping[str, bytes]) -> Iterator[Hub]:
    """A hub with one repository, `org/name`, whose files of 1,000 bytes and more lie in large file storage."""

    class HubHandler(Handler):
        def do_GET(self) -> None:  # noqa: N802 - http.server asks for this name
            path = self.path.partition("?")[0]
            if path == _TREE:
                self.reply(json.dumps([_entry(*item) for item in files.items()]).encode(), 0)
            elif path in ("/api/models/org/name", "/api/models/org/name/revision/main"):
                self.reply(json.dumps({"id": "org/name", "sha": COMMIT}).encode(), 0)
            elif hub.elsewhere and path.startswith(_FILES):
                hub.server.authorizations.append(self.headers.get("Authorization", ""))
                self.refuse(302, Location=hub.elsewhere)
            else:
                super().do_GET()

        def send(self, body: bytes) -> None:
            if self.path.startswith("/api/"):
                self.wfile.write(body)
            else:
                super().send(body)

    with running(HubHandler) as server:
        hub = Hub(server)
        server.files.update({_FILES + name: content for name, content in files.items()})
        yield hub


def _entry(path: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"type": "file", "path": path, "size": len(content), "oid": "0" * 40}
    if len(content) >= 1000:
        entry["lfs"] = {"oid": digest(content), "size": len(content), "pointerSize": 134}
    return entry
