"""Clouds on 127.0.0.1: names that lead to servers of the tests, over TLS, by a proxy as companies have one.

The clients are the real ones and believe that they talk to the cloud: they resolve its names through the proxy, and
trust a certificate authority that the test made.
"""

from __future__ import annotations

import json
import os
import select
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.verdict import Verdict
from pedigree.trust.verify import verify_release
from trust.signing.certificates import certify, certify_authority, new_key, pem, private_pem

_PROGRAM = (
    "import sys; from pathlib import Path; from trust.builder import build_release; build_release(Path({!r}), {!r})"
)
Answer = tuple[int, Mapping[str, str], Any]


@dataclass(frozen=True)
class Authority:
    """A certificate authority for the names of a cloud; files lie in `folder`."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @property
    def roots(self) -> Path:
        """The file that a client trusts."""
        path = self.folder / "roots.pem"
        path.write_bytes(pem(certify_authority(self.key)))
        return path

    def certify(self, host: str) -> tuple[bytes, bytes]:
        """Key and certificate of a host, in PEM."""
        key, purpose = new_key(), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        name = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = certify(self.key, key.public_key(), [(name, False), (purpose, False)], host, timedelta(days=1))
        return private_pem(key), pem(certificate)


@contextmanager
def served(answer: Callable[[BaseHTTPRequestHandler, bytes], Answer], context: ssl.SSLContext | None) -> Iterator[int]:
    """An HTTP server that answers GET and POST with JSON; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, headers, document = answer(self, body)
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def served_as(
    authority: Authority, host: str, answer: Callable[[BaseHTTPRequestHandler, bytes], Answer]
) -> Iterator[int]:
    """The same over TLS, with a certificate for `host`."""
    secret, certificate = authority.certify(host)
    path = authority.folder / f"{host}.pem"
    path.write_bytes(secret + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with served(answer, context) as port:
        yield port


@contextmanager
def proxied(ports: Mapping[str, int]) -> Iterator[str]:
    """A proxy that leads each of these names to a port of this machine, and no other name anywhere; its URL."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode()
            while self.rfile.readline().strip():
                pass
            port = ports.get(line.split(" ")[1].rpartition(":")[0])
            if port is None:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pump(self.connection, upstream)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side hangs up."""
    peer = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            try:
                data = ready.recv(65536)
                peer[ready].sendall(data)
            except OSError:
                return
            if not data:
                return


def call(module_or_program: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python in a process that has these variables and no others of whoever runs the tests."""
    search = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONPATH": search,
        **variables,
    }
    command = [sys.executable, *module_or_program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def ask(uri: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Ask for the public key of a signer, as a build does."""
    return call(["-m", "pedigree.trust.keys", "public"], {**variables, "PEDIGREE_SIGNER": uri})


def sign_and_verify(directory: Path, uri: str, variables: Mapping[str, str]) -> tuple[PublicKey, Verdict]:
    """Seal a release with a signer, in a process of its own, and verify it with the public key that was told."""
    told = ask(uri, variables)
    assert told.returncode == 0, told.stderr
    done = call(["-c", _PROGRAM.format(str(directory), uri)], variables)
    assert done.returncode == 0, done.stderr
    public = public_key(told.stdout.encode(), uri)
    return public, verify_release(directory / "dist", public)
