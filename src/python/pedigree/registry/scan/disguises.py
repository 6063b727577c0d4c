"""What a file is beside what its name says: an archive or a pickle that some other reader would find in it.

Magic numbers alone are no proof here. A safetensors file starts with a length, and a length of 559,903 looks like gzip.
So a file must be what its name says (check `formats`), and must not be one of these besides.
"""

from __future__ import annotations

import itertools
import pickletools
import tarfile
from typing import BinaryIO, cast

_MAGIC = {
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\xcf\xfa\xed\xfe": "a program",
    b"\xca\xfe\xba\xbe": "a program",
    b"#!": "a script",
    b"GGUF": "GGUF",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a NumPy array",
    b"ustar": "a tar archive",
}
_TAR_MAGIC = 257
_BLOCK = 512
_END_OF_ZIP, _END_LENGTH = b"PK\x05\x06", 22
_LONGEST_COMMENT = 65_535
_IMPORTS = frozenset(("GLOBAL", "STACK_GLOBAL"))
_CALLS = frozenset(("OBJ", "REDUCE", "BUILD", "NEWOBJ", "NEWOBJ_EX"))
_ACTS = _IMPORTS | _CALLS | {"INST", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4"}
_MOST_READ = 64 << 20
_MOST_OPCODES = 1_000_000


def resembles(stream: BinaryIO) -> str:
    """What the first bytes of a file look like, in words; empty when they look like nothing known.

    For the message about a file that is not what its name says.
    """
    stream.seek(0)
    head = stream.read(_BLOCK)
    for magic, what in _MAGIC.items():
        if head.startswith(magic) or (magic == b"ustar" and head[_TAR_MAGIC:].startswith(magic)):
            return what
    stream.seek(0)
    return "a pickle" if _is_pickle(stream) else ""


def disguises(stream: BinaryIO, size: int) -> list[str]:
    """What else the file is, in words: readers that look for a pickle, a tar or a zip archive would find one."""
    stream.seek(0)
    found = {"a tar archive": _is_tar(stream.read(_BLOCK))}
    stream.seek(0)
    found["a pickle"] = _is_pickle(stream)
    stream.seek(max(0, size - _LONGEST_COMMENT - _END_LENGTH))
    found["a zip archive"] = _ends_zip(stream.read(_LONGEST_COMMENT + _END_LENGTH))
    return [what for what, holds in found.items() if holds]


class _Budget:
    """A stream of which an opcode cannot make more than so much be read, whatever length it claims."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = _MOST_READ

    def read(self, count: int) -> bytes:
        return self._spend(self._stream.read(min(count, self._left + 1)))

    def readline(self) -> bytes:
        return self._spend(self._stream.readline(self._left + 1))

    def _spend(self, content: bytes) -> bytes:
        self._left -= len(content)
        if self._left < 0:
            raise ValueError("it is too long to be looked at")
        return content


def _is_pickle(stream: BinaryIO) -> bool:
    """Whether an unpickler that starts here would import, call or look something up before it ends or breaks off."""
    starts = stream.read(1) == b"\x80"
    stream.seek(0)
    seen: set[str] = set()
    try:
        # It asks for read and readline alone, though its type asks for a file.
        for opcode, _, _ in itertools.islice(pickletools.genops(cast("BinaryIO", _Budget(stream))), _MOST_OPCODES):
            seen.add(opcode.name)
    except (ValueError, OverflowError):
        # Whatever was called before is called. But the first lines of a text that starts with a c are an import too.
        return bool((starts and seen & _ACTS) or (seen & _IMPORTS and seen & _CALLS) or {"MARK", "INST"} <= seen)
    return bool(seen & _ACTS)


def _is_tar(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _ends_zip(tail: bytes) -> bool:
    """Whether a directory of a zip archive ends where the file ends: readers of zip look for it from behind."""
    place = tail.rfind(_END_OF_ZIP)
    while place >= 0:
        comment = int.from_bytes(tail[place + 20 : place + _END_LENGTH], "little")
        if place + _END_LENGTH + comment == len(tail):
            return True
        place = tail.rfind(_END_OF_ZIP, 0, place)
    return False
