"""What somebody is enrolled with who signs by an identity: the client trust config of a Sigstore instance.

Owners sign its digest once, and what is wrong with it would be found by whoever wants to sign, after that.
"""

from __future__ import annotations

from typing import Any

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.errors import ToolError

CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
NO_CONFIG = "is not the trust config of a Sigstore instance"
HINT = "ask whoever runs the instance for its client trust config, v0.1"
_TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot"
_LISTS = {
    "trustedRoot": ("certificateAuthorities", "ctlogs", "tlogs"),
    "signingConfig": ("caUrls", "rekorTlogUrls"),
}
"""Without one of these nothing can be checked, or nothing signed."""


def require_instance(config: bytes, origin: str) -> None:
    """Refuse a file by which nobody can sign, or nobody check what was signed.

    Sigstore's client reads all of it, where there is one; elsewhere it must have the parts that it needs.

    Args:
        config: The file.
        origin: What to call it in an error.

    Raises:
        ToolError: It is no client trust config, or one that cannot be used.
    """
    try:
        document = parse_json(config, origin)
    except MalformedJson as error:
        raise ToolError(f"{origin} {NO_CONFIG}: {error}", HINT) from error
    kind = document.get("mediaType") if isinstance(document, dict) else None
    if str(kind).startswith(_TRUSTED_ROOT):
        what = f"{origin} is the trusted root of a Sigstore instance and no more; nobody can sign by it"
        raise ToolError(what, f"{HINT}: it holds the trusted root, and where the instance's services are")
    if kind != CONFIG:
        raise ToolError(f"{origin} {NO_CONFIG}: its type is {kind!r}", HINT)
    if missing := _missing(document):
        raise ToolError(f"{origin} {NO_CONFIG}: it has no {missing}", HINT)
    _require_readable(config, origin)


def _missing(document: dict[str, Any]) -> str:
    """Where the first part would be that it must have; empty where it has all."""
    for part, lists in _LISTS.items():
        members = document.get(part)
        if not isinstance(members, dict):
            return part
        for name in lists:
            if not isinstance(members.get(name), list) or not members[name]:
                return f"{part}.{name}"
    return ""


def _require_readable(config: bytes, origin: str) -> None:
    try:
        # Sigstore's client is heavy, and owners may enroll people by a `pedigree` that has none.
        from pedigree.trust.keyless import require_usable
    except ModuleNotFoundError:
        return
    require_usable(config, origin)
