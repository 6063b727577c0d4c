"""From https nothing leads down to http."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registry.download.conftest import CONTENT, NAME, Place
from registry.download.server import Handler, Server, redirect


@contextmanager
def running_tls(folder: Path) -> Iterator[Server]:
    """A server with a certificate that nobody but the holder of `tls.pem` trusts."""
    certify(folder / "tls.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    shared = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"shared": shared})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        shared.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield shared
        server.shutdown()
        thread.join()


def certify(path: Path) -> None:
    """Write a key and a certificate of it for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def test_a_redirect_from_https_to_http_is_not_followed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_tls(place.folder) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(place.folder / "tls.pem"))
        server.files[f"/{NAME}"] = CONTENT
        server.faults[f"/{NAME}"] = [redirect(f"{place.server.url}/{NAME}")]
        manifest = place.manifest(f"{server.url}/{NAME}")
        assert "redirects from https to http" in place.fetch(manifest) and place.server.ranges == {}
        assert place.fetch(manifest) == "" and place.stored()


def test_a_server_whose_certificate_is_not_trusted_is_not_asked(place: Place) -> None:
    with running_tls(place.folder) as server:
        told = place.fetch(place.manifest(f"{server.url}/{NAME}"))
        assert "certificate" in told.lower() and server.ranges == {}
