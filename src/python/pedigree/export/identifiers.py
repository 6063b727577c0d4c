"""Names that other formats want, all of them made from digests: the same release has the same names everywhere."""

from __future__ import annotations

import base64
import re
import uuid
from urllib.parse import quote

LINEAGES = "https://pedigree/lineages/"
# With an authority, and without what RFC 3986 lets stand in no URI; letters beyond ASCII are those of an IRI.
_LOCATION = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s<>"{}|\\^`/?#\[\]]+([/?#][^\s<>"{}|\\^`\[\]]*)?""")


def lineage_uri(root: str, fingerprint: str) -> str:
    """The URI of a lineage as one signer vouches for it.

    Args:
        root: The digest of the lineage.
        fingerprint: The digest of the signer's key.
    """
    return f"{LINEAGES}{root}/{fingerprint}"


def serial_number(root: str, fingerprint: str) -> str:
    """The serial number of a bill of materials: a name-based UUID (RFC 9562, version 5) of the lineage's URI."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, lineage_uri(root, fingerprint))}"


def package_url(name: str, version: str) -> str:
    """The package URL of a Python package.

    >>> package_url("Typing_Extensions", "4.16.0"), package_url("torch", "2.13.0+cpu")
    ('pkg:pypi/typing-extensions@4.16.0', 'pkg:pypi/torch@2.13.0%2Bcpu')
    """
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'), safe='')}@{quote(version, safe='')}"


def content_uri(sha256: str) -> str:
    """The name of content by its digest (RFC 6920), for fields that demand a location of what has only content.

    >>> content_uri("53269057e12fe2b74ba07c892560a2d7" * 2)[:22]
    'ni:///sha-256;UyaQV-Ev'
    """
    return f"ni:///sha-256;{base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}"


def location(text: str) -> str:
    """A text that is a URL with a host; empty for any other, such as the address of a target.

    >>> location("https://example.org/tiny"), location("models/base:tiny"), location("see: the wiki")
    ('https://example.org/tiny', '', '')
    """
    return text if text.isprintable() and _LOCATION.fullmatch(text) else ""


def relative_url(path: str) -> str:
    """A path in the release as a reference relative to it."""
    return quote(path)
