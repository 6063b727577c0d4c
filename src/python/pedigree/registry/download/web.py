"""The one downloader: HTTP with ranges, own rules for redirects, and no trust in what a server says of lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from pedigree.registry.download.stream import CHUNK, Broken, Refused, Stream

_TIMEOUT = (20, 60)  # seconds to connect, and between two packets
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_REASONS = {
    401: "asks who you are: its credentials are missing or wrong (docs/models.md names where they are read from)",
    403: "does not let you read it: check the credentials and what they allow (docs/models.md)",
    404: "does not have it",
    410: "does not have it any more",
    416: "has fewer bytes than are pinned",
}
_NUMBER = re.compile(r"[0-9]{1,19}")
_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")


@dataclass(frozen=True)
class Request:
    """What to ask for.

    Attributes:
        url: Never shown: it may carry a signature.
        headers: Sent to the host of `url` and to no other.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def open_web(request: Request, offset: int) -> Iterator[Stream]:
    """Ask for a file from `offset` on.

    Raises:
        Broken: The server cannot be reached or is busy.
        Refused: It does not have the file, or answers with something else.
    """
    with requests.Session() as session, closing(_answer(session, request, offset)) as response:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(f"sends it encoded as {response.headers['Content-Encoding']!r}, which was not asked for")
        start, size = _extent(response, offset)
        yield Stream(start, size, _chunks(response))


def _answer(session: requests.Session, request: Request, offset: int) -> requests.Response:
    """The first answer that is no redirect. Each host gets its own credentials, and none those of another."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={offset}-"} if offset else {})}
    url = request.url
    for _ in range(_MOST_REDIRECTS):
        own = request.headers if _place(url) == _place(request.url) else {}
        response = _send(session, url, {**headers, **own})
        if response.status_code not in _REDIRECTS or "Location" not in response.headers:
            _require_success(response)
            return response
        response.close()
        url = _next(url, response.headers["Location"])
    raise Refused(f"redirects more than {_MOST_REDIRECTS} times")


def _send(session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
    # Without `auth`, requests would put what ~/.netrc says in the place of the header.
    auth = _unchanged if "Authorization" in headers else None
    try:
        return session.get(url, headers=headers, auth=auth, stream=True, allow_redirects=False, timeout=_TIMEOUT)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Broken(f"cannot be reached: {_root(error)}") from error
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        raise Refused(f"cannot be asked: {_root(error)}") from error


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _next(url: str, location: str) -> str:
    following = urljoin(url, location)
    scheme = urlsplit(following).scheme
    if scheme not in ("http", "https"):
        raise Refused(f"redirects to {scheme}:, which is not followed")
    if scheme == "http" and urlsplit(url).scheme == "https":
        raise Refused("redirects from https to http, which is not followed")
    return following


def _require_success(response: requests.Response) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    response.close()
    if status in _BUSY:
        raise Broken(f"answers with {status}", _seconds(response.headers.get("Retry-After", "")))
    raise Refused(_REASONS.get(status, f"answers with {status}"))


def _seconds(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _extent(response: requests.Response, offset: int) -> tuple[int, int | None]:
    """Where the answer begins, and how long the whole file is said to be."""
    length = response.headers.get("Content-Length", "")
    if response.status_code == 200:
        return 0, int(length) if _NUMBER.fullmatch(length) else None
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != offset:
        raise Refused(f"was asked for the bytes from {offset} on, and answers with others")
    size = None if match[3] == "*" else int(match[3])
    if size is not None and int(match[2]) != size - 1:
        raise Refused(f"was asked for all bytes from {offset} on, and ends with {match[2]} of {size}")
    return offset, size


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Bytes as soon as they are there, so that nothing is lost when the connection breaks."""
    try:
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            yield chunk
    except (HTTPError, OSError) as error:
        raise Broken(f"breaks off: {_root(error)}") from error


def _root(error: BaseException) -> str:
    """The innermost cause by its kind alone, because messages of the library repeat the URL."""
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or type(error).__name__
