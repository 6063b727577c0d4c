"""SHA256SUMS and the seal: between them they fix every byte of a release, and which files there are.

`SHA256SUMS` lists every file but itself, the delivery link and the seal; the delivery link signs its digest. The
seal lists those two. Both are compared as text with what `sha256sum` prints, because `sha256sum -c` reads upper-case
hex and other markers as well, and an envelope's base64 and JSON leave bits that no signature covers.
"""

from __future__ import annotations

from collections.abc import Mapping

SUMS = "SHA256SUMS"
SEAL = "attestations/delivery.sha256"


def sums(files: Mapping[str, str]) -> bytes:
    """What `sha256sum` prints for these files, sorted by path.

    >>> sums({"b": "2" * 64, "a": "1" * 64}).decode().split()[1::2]
    ['a', 'b']
    """
    return "".join(f"{files[path]}  {path}\n" for path in sorted(files)).encode()
