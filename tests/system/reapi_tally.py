"""What went through a proxy: how much of it, and which actions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import grpc
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi
from buildstream._protos.google.longrunning import operations_pb2 as operations

from system.reapi_client import Client


@dataclass
class Tally:
    """What went through.

    Attributes:
        calls: How often each method was called.
        codes: How calls that failed ended, by method and code.
        up: Bytes that clients sent, by method.
        down: Bytes that they got, by method.
        hits: Actions whose result the cache held.
        misses: Actions whose result it did not hold.
        updated: Actions whose result a client wrote.
        ran: Actions that ran on a worker.
        reused: Actions that were to run, and whose result was there.
    """

    calls: Counter[str] = field(default_factory=Counter)
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)
    up: Counter[str] = field(default_factory=Counter)
    down: Counter[str] = field(default_factory=Counter)
    hits: list[reapi.Digest] = field(default_factory=list)
    misses: list[reapi.Digest] = field(default_factory=list)
    updated: list[reapi.Digest] = field(default_factory=list)
    ran: list[reapi.Digest] = field(default_factory=list)
    reused: list[reapi.Digest] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def actions(self) -> list[reapi.Digest]:
        """Every action that was asked for, looked up or written, once."""
        with self._mutex:
            seen = [*self.hits, *self.misses, *self.updated, *self.ran, *self.reused]
        return list({digest.hash: digest for digest in seen}.values())

    def called(self, method: str) -> None:
        """Count a call."""
        with self._mutex:
            self.calls[method] += 1

    def asked(self, method: str, request: bytes) -> None:
        """Count what a client sent."""
        with self._mutex:
            self.up[method] += len(request)

    def answered(self, method: str, request: bytes, answer: bytes) -> None:
        """Count what a client gets."""
        with self._mutex:
            self.down[method] += len(answer)
            if method == "ActionCache/GetActionResult":
                self.hits.append(reapi.GetActionResultRequest.FromString(request).action_digest)
            elif method == "ActionCache/UpdateActionResult":
                self.updated.append(reapi.UpdateActionResultRequest.FromString(request).action_digest)
            elif method == "Execution/Execute":
                self._executed(request, answer)

    def failed(self, method: str, request: bytes, code: grpc.StatusCode) -> None:
        """Count a call that ended in an error."""
        with self._mutex:
            self.codes[method, code.name] += 1
            if method == "ActionCache/GetActionResult" and code is grpc.StatusCode.NOT_FOUND:
                self.misses.append(reapi.GetActionResultRequest.FromString(request).action_digest)

    def _executed(self, request: bytes, answer: bytes) -> None:
        operation = operations.Operation.FromString(answer)
        if operation.done:
            response = reapi.ExecuteResponse()
            operation.response.Unpack(response)
            where = self.reused if response.cached_result else self.ran
            where.append(reapi.ExecuteRequest.FromString(request).action_digest)


@dataclass(frozen=True)
class Seen:
    """An action that went through."""

    digest: reapi.Digest
    action: reapi.Action
    command: reapi.Command

    @property
    def argv(self) -> tuple[str, ...]:
        """What it runs."""
        return tuple(self.command.arguments)

    @property
    def platform(self) -> dict[str, str]:
        """What it asks of a worker; older clients say it in the command."""
        asked = [*self.command.platform.properties, *self.action.platform.properties]
        return {item.name: item.value for item in asked}


def look_up(client: Client, digest: reapi.Digest) -> Iterator[Seen]:
    """The action of this digest, when the server has it."""
    try:
        action = reapi.Action.FromString(client.get(digest))
        command = reapi.Command.FromString(client.get(action.command_digest))
    except grpc.RpcError:
        return
    yield Seen(digest, action, command)
