"""A real server on 127.0.0.1 that serves one folder of bytes, as badly as a test asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Fault = Callable[["Handler", bytes, int], None]


@dataclass
class Server:
    """What it serves and what it saw.

    Attributes:
        url: Without a slash at the end.
        files: Path -> bytes.
        faults: Path -> what to do instead, once each, in this order.
        ranges: Path -> first byte of each request that was made.
        sent: Path -> bytes that were sent.
        authorizations: `Authorization` of each request, empty where there was none.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    ranges: dict[str, list[int]] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    authorizations: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers GET, with ranges."""

    protocol_version = "HTTP/1.1"
    shared: Server

    def do_GET(self) -> None:
        """Serve a file, or the fault that is next in line for it."""
        path = self.path.partition("?")[0]
        asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        self.shared.ranges.setdefault(path, []).append(int(asked))
        self.shared.authorizations.append(self.headers.get("Authorization", ""))
        content = self.shared.files.get(path, b"")
        waiting = self.shared.faults.get(path)
        if waiting:
            waiting.pop(0)(self, content, int(asked))
        elif path in self.shared.files:
            self.reply(content, int(asked))
        else:
            self.refuse(404)

    def reply(self, content: bytes, start: int, cut: int | None = None, **headers: str) -> None:
        """Send `content` from `start` on; with `cut`, hang up after so many bytes."""
        self.send_response(206 if start else 200)
        told = {"Content-Length": str(len(content) - start)} | {key.replace("_", "-"): headers[key] for key in headers}
        if start:
            told.setdefault("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        for key, value in told.items():
            self.send_header(key, value)
        self.end_headers()
        self.send(content[start:] if cut is None else content[start : start + cut])

    def send(self, body: bytes) -> None:
        """Send bytes and count them."""
        self.wfile.write(body)
        path = self.path.partition("?")[0]
        self.shared.sent[path] = self.shared.sent.get(path, 0) + len(body)

    def refuse(self, status: int, **headers: str) -> None:
        """Answer with a status and no body."""
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running(handler: type[Handler] = Handler) -> Iterator[Server]:
    """A server in a thread."""
    shared = Server()
    bound = type("Bound", (handler,), {"shared": shared})
    with ThreadingHTTPServer(("127.0.0.1", 0), bound) as server:
        shared.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield shared
        finally:
            server.shutdown()
            thread.join()


def hang_up(after: int) -> Fault:
    """Send this many bytes of those promised, and close the connection."""

    def fault(handler: Handler, content: bytes, start: int) -> None:
        handler.reply(content, start, cut=after)
        handler.close_connection = True

    return fault


def answer(status: int, **headers: str) -> Fault:
    """Answer with a status."""
    return lambda handler, content, start: handler.refuse(status, **headers)


def redirect(url: str, status: int = 302) -> Fault:
    """Send the client to another place."""
    return answer(status, Location=url)


def send_instead(content: bytes, **headers: str) -> Fault:
    """Send other bytes, or the right ones with other headers."""
    return lambda handler, _, start: handler.reply(content, 0, None, **headers)


def ignore_range(handler: Handler, content: bytes, start: int) -> None:
    """Send all of it, whatever was asked for."""
    handler.reply(content, 0)
