"""A proxy before a server of the remote execution API: it asks for TLS and a token, counts, and breaks on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn, TypeAlias

import grpc
import trustme
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi

from system.reapi_client import ANY_SIZE, Client
from system.reapi_faults import WRITES, Faults, Refuse
from system.reapi_server import free_port
from system.reapi_tally import Seen, Tally, look_up

REAPI = "build.bazel.remote.execution.v2"
# Methods of each service, and which side streams: the client (>), the server (<).
SERVICES = {
    f"{REAPI}.Capabilities": "GetCapabilities",
    f"{REAPI}.ContentAddressableStorage": "FindMissingBlobs BatchUpdateBlobs BatchReadBlobs <GetTree",
    f"{REAPI}.ActionCache": "GetActionResult UpdateActionResult",
    f"{REAPI}.Execution": "<Execute <WaitExecution",
    "google.bytestream.ByteStream": "<Read >Write QueryWriteStatus",
}
THREADS = 128

Request: TypeAlias = bytes | Iterator[bytes]
Upstream: TypeAlias = Callable[[Request], Iterable[bytes]]


class Proxy:
    """Stands before a server. Pants and the attacker both go through it, or round it.

    Attributes:
        faults: What goes wrong now; see `fails`.
        offers: Platform properties that the workers have, when an action that asks for others must be refused, as
            schedulers of production do. The server itself looks past those that it does not know.
        tally: All that went through since it was made.
    """

    def __init__(
        self, upstream: str, tls: bool = False, tokens: Iterable[str] = (), read_only: Iterable[str] = ()
    ) -> None:
        """Prepare a proxy.

        Args:
            upstream: Host and port of the server.
            tls: Whether it shows a certificate, of an authority that `ca` names.
            tokens: Who may read and write. With these or `read_only`, nobody else may do anything.
            read_only: Who may only read: not run either, because what runs is written.
        """
        self.faults = Faults()
        self.offers: Mapping[str, str] | None = None
        self.tally = Tally()
        self._tallies = [self.tally]
        self._upstream = upstream
        self._tokens = frozenset(tokens)
        self._read_only = frozenset(read_only)
        self._authority = trustme.CA() if tls else None
        self._port = free_port()
        self._server: Any = None
        self._channel: Any = None

    @property
    def target(self) -> str:
        """Its host and port."""
        return f"localhost:{self._port}"

    @property
    def address(self) -> str:
        """Its address as Pants writes it."""
        return f"{'grpcs' if self._authority else 'grpc'}://{self.target}"

    @property
    def ca(self) -> bytes | None:
        """Whom to trust, in PEM."""
        return self._authority.cert_pem.bytes() if self._authority else None

    def start(self) -> None:
        """Serve, on the port that it had before."""
        self._channel = grpc.insecure_channel(self._upstream, ANY_SIZE)
        self._server = grpc.server(ThreadPoolExecutor(THREADS), options=(*ANY_SIZE, ("grpc.so_reuseport", 0)))
        handlers = (self._service(service, methods.split()) for service, methods in SERVICES.items())
        self._server.add_generic_rpc_handlers(tuple(handlers))
        where = f"127.0.0.1:{self._port}"
        if self._authority is None:
            self._server.add_insecure_port(where)
        else:
            issued = self._authority.issue_cert("localhost", "127.0.0.1")
            chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
            pair = (issued.private_key_pem.bytes(), chain)
            self._server.add_secure_port(where, grpc.ssl_server_credentials([pair]))
        self._server.start()

    def stop(self) -> None:
        """Break every connection, and take no more."""
        if self._server is not None:
            self._server.stop(0).wait()
            self._channel.close()
            self._server = None

    @contextmanager
    def fails(self, **faults: object) -> Iterator[None]:
        """Have these faults, until the block ends."""
        before = self.faults
        self.faults = replace(before, **faults)  # type: ignore[arg-type]
        try:
            yield
        finally:
            self.faults = before

    @contextmanager
    def counting(self) -> Iterator[Tally]:
        """A tally of what goes through until the block ends."""
        tally = Tally()
        self._tallies = [*self._tallies, tally]
        try:
            yield tally
        finally:
            self._tallies = [other for other in self._tallies if other is not tally]

    def seen(self, word: str = "") -> list[Seen]:
        """Actions that went through and that the server knows, whose command line holds a word."""
        with Client(self._upstream) as client:
            found = [seen for action in self.tally.actions for seen in look_up(client, action)]
        return [seen for seen in found if any(word in argument for argument in seen.argv)]

    def _service(self, service: str, methods: Iterable[str]) -> grpc.GenericRpcHandler:
        handlers = {method.lstrip("<>"): self._handler(service, method) for method in methods}
        return grpc.method_handlers_generic_handler(service, handlers)

    def _handler(self, service: str, marked: str) -> grpc.RpcMethodHandler:
        method = marked.lstrip("<>")
        path, short = f"/{service}/{method}", f"{service.rpartition('.')[2]}/{method}"
        if marked.startswith("<"):
            upstream = self._channel.unary_stream(path)

            def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
                return self._relay(short, upstream, request, context)

            return grpc.unary_stream_rpc_method_handler(stream)
        many = marked.startswith(">")
        ask = self._channel.stream_unary(path) if many else self._channel.unary_unary(path)

        def unary(request: Request, context: grpc.ServicerContext) -> bytes:
            return next(self._relay(short, lambda sent: [ask(sent)], request, context))

        return (grpc.stream_unary_rpc_method_handler if many else grpc.unary_unary_rpc_method_handler)(unary)

    def _relay(
        self, method: str, upstream: Upstream, request: Request, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Pass a call on, and what comes back."""
        tallies, faults = self._tallies, self.faults
        whole = request if isinstance(request, bytes) else b""
        for tally in tallies:
            tally.called(method)

        def refuse(code: grpc.StatusCode, why: str) -> NoReturn:
            for tally in tallies:
                tally.failed(method, whole, code)
            context.abort(code, why)
            raise AssertionError("abort raises")

        self._admit(method, context, refuse)
        faults.before(method, refuse)
        self._schedule(method, whole, refuse)
        try:
            answers = upstream(_counted(tallies, method, request))
            if isinstance(answers, grpc.Call):
                context.add_callback(answers.cancel)
            for answer in faults.after(method, whole, answers, refuse):
                for tally in tallies:
                    tally.answered(method, whole, answer)
                yield answer
        except grpc.RpcError as error:
            refuse(error.code(), error.details())

    def _admit(self, method: str, context: grpc.ServicerContext, refuse: Refuse) -> None:
        """Look at the token of a call."""
        if not self._tokens | self._read_only:
            return
        shown = dict(context.invocation_metadata()).get("authorization", "").removeprefix("Bearer ")
        if shown not in self._tokens | self._read_only:
            refuse(grpc.StatusCode.UNAUTHENTICATED, "no such token")
        if shown in self._read_only and method in WRITES | {"Execution/Execute"}:
            refuse(grpc.StatusCode.PERMISSION_DENIED, "this token may only read")

    def _schedule(self, method: str, request: bytes, refuse: Refuse) -> None:
        """Look for a worker that has what an action asks for."""
        if self.offers is None or method != "Execution/Execute":
            return
        with Client(self._upstream) as client:
            for seen in look_up(client, reapi.ExecuteRequest.FromString(request).action_digest):
                lacking = seen.platform.items() - self.offers.items()
                if lacking:
                    refuse(grpc.StatusCode.FAILED_PRECONDITION, f"no worker has {dict(sorted(lacking))}")


@contextmanager
def start_proxy(
    upstream: str, tls: bool = False, tokens: Iterable[str] = (), read_only: Iterable[str] = ()
) -> Iterator[Proxy]:
    """A proxy that serves, until the block ends."""
    proxy = Proxy(upstream, tls, tokens, read_only)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def other_authority() -> bytes:
    """The certificate, in PEM, of an authority that signed nothing."""
    return trustme.CA().cert_pem.bytes()


def _counted(tallies: Iterable[Tally], method: str, request: Request) -> Request:
    if isinstance(request, bytes):
        return next(_counted_pieces(tallies, method, iter([request])))
    return _counted_pieces(tallies, method, request)


def _counted_pieces(tallies: Iterable[Tally], method: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for tally in tallies:
            tally.asked(method, piece)
        yield piece
