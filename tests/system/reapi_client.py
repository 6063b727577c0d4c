"""A client of the remote execution API, for tests and for whoever would attack a build through its cache."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import grpc
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2_grpc as reapi_grpc
from buildstream._protos.google.bytestream import bytestream_pb2 as bytestream
from buildstream._protos.google.bytestream import bytestream_pb2_grpc as bytestream_grpc

CHUNK = 1 << 20
ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


def digest_of(blob: bytes) -> reapi.Digest:
    """The digest of some bytes."""
    return reapi.Digest(hash=hashlib.sha256(blob).hexdigest(), size_bytes=len(blob))


@dataclass(frozen=True)
class Outcome:
    """What came of an action.

    Attributes:
        digest: The action.
        result: What the worker says of it.
        cached: Whether nothing ran for it.
        code: Status of the execution itself: not 0 when the worker could not run it.
        message: Why it could not.
    """

    digest: reapi.Digest
    result: reapi.ActionResult
    cached: bool
    code: int
    message: str


class Client:
    """Talks to one server, or to a proxy before it."""

    def __init__(self, target: str, ca: bytes | None = None, token: str | None = None) -> None:
        """Connect.

        Args:
            target: Host and port.
            ca: Certificates to trust, in PEM; none means no TLS.
            token: What to show in `authorization`.
        """
        credentials = None if ca is None else grpc.ssl_channel_credentials(ca)
        self._channel = (
            grpc.insecure_channel(target, ANY_SIZE)
            if credentials is None
            else grpc.secure_channel(target, credentials, ANY_SIZE)
        )
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self._store = reapi_grpc.ContentAddressableStorageStub(self._channel)  # type: ignore[no-untyped-call]
        self._streams = bytestream_grpc.ByteStreamStub(self._channel)  # type: ignore[no-untyped-call]
        self._results = reapi_grpc.ActionCacheStub(self._channel)  # type: ignore[no-untyped-call]
        self._execution = reapi_grpc.ExecutionStub(self._channel)  # type: ignore[no-untyped-call]
        self._capabilities = reapi_grpc.CapabilitiesStub(self._channel)  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._channel.close()

    def capabilities(self) -> reapi.ServerCapabilities:
        """What the server can do."""
        request = reapi.GetCapabilitiesRequest()
        answer: reapi.ServerCapabilities = self._capabilities.GetCapabilities(
            request, metadata=self._metadata, timeout=10
        )
        return answer

    def put(self, blob: bytes) -> reapi.Digest:
        """Store some bytes, as a stream."""
        digest = digest_of(blob)
        name = f"uploads/{uuid.uuid4()}/blobs/{digest.hash}/{digest.size_bytes}"
        self._streams.Write(iter(list(_pieces(name, blob))), metadata=self._metadata)
        return digest

    def get(self, digest: reapi.Digest) -> bytes:
        """Bytes that are stored, as they come: their digest is not looked at."""
        request = bytestream.ReadRequest(resource_name=f"blobs/{digest.hash}/{digest.size_bytes}")
        return b"".join(answer.data for answer in self._streams.Read(request, metadata=self._metadata))

    def missing(self, *digests: reapi.Digest) -> list[reapi.Digest]:
        """Those that the server says it does not have."""
        request = reapi.FindMissingBlobsRequest(blob_digests=digests)
        return list(self._store.FindMissingBlobs(request, metadata=self._metadata).missing_blob_digests)

    def result(self, action: reapi.Digest) -> reapi.ActionResult | None:
        """The cached result of an action."""
        try:
            found: reapi.ActionResult = self._results.GetActionResult(
                reapi.GetActionResultRequest(action_digest=action), metadata=self._metadata
            )
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return found

    def execute(
        self,
        argv: Sequence[str],
        inputs: Mapping[str, bytes] | None = None,
        outputs: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
        platform: Mapping[str, str] | None = None,
        salt: bytes = b"",
    ) -> Outcome:
        """Run a command on a worker; `inputs` are files at the root of its folder."""
        root = reapi.Directory(
            files=[reapi.FileNode(name=name, digest=self.put(blob)) for name, blob in sorted((inputs or {}).items())]
        )
        command = reapi.Command(
            arguments=argv,
            output_files=sorted(outputs),
            environment_variables=[
                reapi.Command.EnvironmentVariable(name=name, value=value)
                for name, value in sorted((environment or {}).items())
            ],
            platform=_platform(platform or {}),
        )
        action = reapi.Action(
            command_digest=self.put(command.SerializeToString(deterministic=True)),
            input_root_digest=self.put(root.SerializeToString(deterministic=True)),
            platform=_platform(platform or {}),
            salt=salt,
        )
        return self.execute_action(self.put(action.SerializeToString(deterministic=True)))

    def execute_action(self, action: reapi.Digest) -> Outcome:
        """Run an action that is stored already."""
        request = reapi.ExecuteRequest(action_digest=action)
        *_, last = self._execution.Execute(request, metadata=self._metadata)
        response = reapi.ExecuteResponse()
        last.response.Unpack(response)
        return Outcome(action, response.result, response.cached_result, response.status.code, response.status.message)

    def forge(self, action: reapi.Digest, files: Mapping[str, bytes], stdout: bytes = b"") -> reapi.ActionResult:
        """Say that an action, which need not have run, wrote these files."""
        forged = reapi.ActionResult(
            output_files=[reapi.OutputFile(path=path, digest=self.put(blob)) for path, blob in sorted(files.items())],
            stdout_digest=self.put(stdout),
            stderr_digest=self.put(b""),
        )
        return self.update(action, forged)

    def alter(self, action: reapi.Digest, files: Mapping[str, bytes]) -> reapi.ActionResult:
        """Say that an action wrote other bytes into some of the files that it wrote.

        Raises:
            KeyError: It has no result, or wrote no such file.
        """
        altered = self.result(action)
        if altered is None:
            raise KeyError(f"no result of {action.hash}")
        written = {file.path: file for file in altered.output_files}
        for path, blob in files.items():
            written[path].digest.CopyFrom(self.put(blob))
        return self.update(action, altered)

    def update(self, action: reapi.Digest, result: reapi.ActionResult) -> reapi.ActionResult:
        """Write into the action cache."""
        request = reapi.UpdateActionResultRequest(action_digest=action, action_result=result)
        answer: reapi.ActionResult = self._results.UpdateActionResult(request, metadata=self._metadata)
        return answer


def _platform(properties: Mapping[str, str]) -> reapi.Platform:
    return reapi.Platform(
        properties=[reapi.Platform.Property(name=name, value=value) for name, value in sorted(properties.items())]
    )


def _pieces(name: str, blob: bytes) -> Iterable[bytestream.WriteRequest]:
    for start in range(0, max(len(blob), 1), CHUNK):
        piece = blob[start : start + CHUNK]
        yield bytestream.WriteRequest(
            resource_name=name, write_offset=start, data=piece, finish_write=start + len(piece) == len(blob)
        )
