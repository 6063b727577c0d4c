"""What can go wrong between a build and its cache, to be switched on and off while both run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import grpc
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi
from buildstream._protos.google.bytestream import bytestream_pb2 as bytestream

READ, BATCH_READ = "ByteStream/Read", "ContentAddressableStorage/BatchReadBlobs"
WRITES = frozenset({"ByteStream/Write", "ContentAddressableStorage/BatchUpdateBlobs", "ActionCache/UpdateActionResult"})

Refuse = Callable[[grpc.StatusCode, str], NoReturn]


def no_blob(digest: reapi.Digest) -> bool:
    """None is meant."""
    return False


@dataclass(frozen=True)
class Faults:
    """What goes wrong.

    Attributes:
        corrupt: Blobs of which a byte is another one when they are downloaded.
        truncate: Blobs of which only the first half is downloaded, as if that were all.
        full: Whether nothing can be written.
        broken: Methods whose answer breaks off: a stream in the middle, the rest before its first byte. What was
            asked for is done.
        down: Methods that cannot be reached. Nothing is done.
        delay: Seconds by which methods are late.
    """

    corrupt: Callable[[reapi.Digest], bool] = no_blob
    truncate: Callable[[reapi.Digest], bool] = no_blob
    full: bool = False
    broken: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()
    delay: Mapping[str, float] = field(default_factory=dict)

    def before(self, method: str, refuse: Refuse) -> None:
        """What happens before the server is asked."""
        time.sleep(self.delay.get(method, 0))
        if method in self.down:
            refuse(grpc.StatusCode.UNAVAILABLE, "down")
        if self.full and method in WRITES:
            refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, "no space left on device")

    def after(self, method: str, request: bytes, answers: Iterable[bytes], refuse: Refuse) -> Iterator[bytes]:
        """What the client gets instead of the answers of the server."""
        spoilt = self._spoil(method, request, answers)
        if method not in self.broken:
            yield from spoilt
            return
        first = next(iter(spoilt), b"")
        if method == READ:
            yield _halved(first)
        refuse(grpc.StatusCode.UNAVAILABLE, "connection reset by peer")

    def _spoil(self, method: str, request: bytes, answers: Iterable[bytes]) -> Iterable[bytes]:
        if method == READ:
            digest = digest_in(bytestream.ReadRequest.FromString(request).resource_name)
            if self.truncate(digest):
                return (_halved(answer) for answer in list(answers)[:1])
            if self.corrupt(digest):
                return _first_flipped(answers)
        if method == BATCH_READ:
            return map(self._spoil_batch, answers)
        return answers

    def _spoil_batch(self, answer: bytes) -> bytes:
        batch = reapi.BatchReadBlobsResponse.FromString(answer)
        for blob in batch.responses:
            if self.truncate(blob.digest):
                blob.data = blob.data[: len(blob.data) // 2]
            elif self.corrupt(blob.digest):
                blob.data = flipped(blob.data)
        return bytes(batch.SerializeToString())


def digest_in(resource_name: str) -> reapi.Digest:
    """The digest that the name of a stream holds: [instance/]blobs/<hash>/<size>."""
    _, _, rest = f"/{resource_name}".rpartition("/blobs/")
    hash_, size, *_ = rest.split("/")
    return reapi.Digest(hash=hash_, size_bytes=int(size))


def flipped(data: bytes) -> bytes:
    """The same bytes, but for one in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data


def _halved(answer: bytes) -> bytes:
    data = bytestream.ReadResponse.FromString(answer).data
    return bytes(bytestream.ReadResponse(data=data[: len(data) // 2]).SerializeToString())


def _first_flipped(answers: Iterable[bytes]) -> Iterator[bytes]:
    for number, answer in enumerate(answers):
        data = bytestream.ReadResponse.FromString(answer).data
        yield answer if number else bytestream.ReadResponse(data=flipped(data)).SerializeToString()
