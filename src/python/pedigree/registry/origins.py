"""Where a file of a weights manifest may come from, as a URL that means the same bytes tomorrow.

`file:PATH` (relative to the manifest, or absolute), `http://` and `https://`, `s3://BUCKET/KEY`, and
`hf://ORG/NAME@COMMIT/PATH`. Keys and paths of `s3:` and `hf:` stand as they are, those of the others percent-encoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB = re.compile(r"hf://(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^/]+))?(?:/(?P<path>.+))?", re.ASCII)
_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>.*))?")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True)
class HubPlace:
    """A place on the Hugging Face hub.

    Attributes:
        repo: `org/name`.
        revision: What follows the `@`; empty when nothing does.
        path: Path in the repository; empty for all of it.
    """

    repo: str
    revision: str
    path: str

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, and so cannot move."""
        return _COMMIT.fullmatch(self.revision) is not None


@dataclass(frozen=True)
class Bucket:
    """A place in S3 or in a store that speaks its language.

    Attributes:
        name: The bucket.
        key: Key of an object, or what the keys of several begin with.
    """

    name: str
    key: str


def hub_place(origin: str) -> HubPlace:
    """Read a `hf://` URL.

    Raises:
        ValueError: It is none; the message says how one is written.
    """
    match = _HUB.fullmatch(origin)
    if match is None:
        raise ValueError("is not hf://ORG/NAME@COMMIT/PATH")
    return HubPlace(match["repo"], match["revision"] or "", match["path"] or "")


def bucket_place(origin: str) -> Bucket:
    """Read an `s3://` URL.

    Raises:
        ValueError: It is none; the message says how one is written.
    """
    match = _BUCKET.fullmatch(origin)
    if match is None:
        raise ValueError("is not s3://BUCKET/KEY")
    return Bucket(match["bucket"], match["key"] or "")


def origin_fault(origin: str) -> str | None:
    """What is wrong with an origin; None when nothing is.

    >>> origin_fault("hf://org/name@main/model.safetensors")
    "has no commit of 40 hex digits; a branch or a tag moves"
    """
    scheme = origin.partition(":")[0]
    if scheme not in _FAULTS:
        return f"is not of {', '.join(f'{known}:' for known in _FAULTS)}"
    if _CONTROL.search(origin) and scheme not in _VERBATIM:
        return "holds a space or a control character; percent-encode it"
    try:
        return _FAULTS[scheme](origin)
    except ValueError as error:
        return str(error)


def _file_fault(origin: str) -> str | None:
    parts = urlsplit(origin)
    return None if parts.path and not (parts.netloc or parts.query or parts.fragment) else "is not file:PATH"


def _web_fault(origin: str) -> str | None:
    parts = urlsplit(origin)
    if not parts.hostname or parts.path in ("", "/") or parts.fragment:
        return "does not name a file on a host"
    return "holds a user name or a password; put them into ~/.netrc" if "@" in parts.netloc else None


def _bucket_fault(origin: str) -> str | None:
    return None if bucket_place(origin).key.strip("/") else "names no key in the bucket"


def _hub_fault(origin: str) -> str | None:
    place = hub_place(origin)
    if not place.is_pinned:
        return "has no commit of 40 hex digits; a branch or a tag moves"
    return None if place.path else "names no file in the repository"


_FAULTS = {"file": _file_fault, "http": _web_fault, "https": _web_fault, "s3": _bucket_fault, "hf": _hub_fault}
_VERBATIM = ("s3", "hf")
