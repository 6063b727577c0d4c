"""What a fault of an engine of remote execution means to whoever builds. Imports nothing of Pants.

Pants passes on the words of gRPC, of the engine or of its store, and says neither which target they are about nor what
to do. An engine that nobody has met has words of its own: then the hint is general, and its words are shown.
"""

from __future__ import annotations

import re

from pedigree.build.errors import BuildError

_ACTION = re.compile(r"^For action Digest \{.*?\}: ")
_STATUS = re.compile(
    r"\b(Cancelled|Unknown|InvalidArgument|DeadlineExceeded|NotFound|PermissionDenied|ResourceExhausted|"
    r'FailedPrecondition|Aborted|OutOfRange|Unimplemented|Internal|Unavailable|DataLoss|Unauthenticated): "'
)
_STORE = re.compile("Remote CAS|remote store|Was not present in the local store")

_AGAIN = "then build again: what has run is kept"
# Words that tell a fault, what it is, how to mend it; the first that fits.
_FAULTS = (
    (
        "certificate",
        "shows a certificate of an authority that is not trusted here",
        "name the certificate of its authority in PANTS_REMOTE_CA_CERTS_PATH; "
        "if you have it already, PEDIGREE_REMOTE may name somebody else's host",
    ),
    (
        "Unauthenticated",
        "does not know this token",
        "put a token that it knows into PEDIGREE_REMOTE_TOKEN; the old one may have expired",
    ),
    (
        "PermissionDenied|PERMISSION_DENIED",
        "lets this token read only, and a step has to run",
        "take a token that may run steps, or set PANTS_REMOTE_EXECUTION=false to run here whatever no machine ran",
    ),
    (
        "(?i)no (registered )?(worker|executor)s?|FailedPrecondition",
        "has no worker with the properties that the environment asks for",
        "start workers of that pool, or mend extra_platform_properties in the BUILD file that declares the environment "
        "(docs/remote.md); a step for an accelerator runs nowhere else",
    ),
    (
        "ResourceExhausted|OutOfSpace|(?i:no space left)",
        "has no room",
        f"make room on its disk, or raise its quota (docs/remote.md), {_AGAIN}",
    ),
    (
        "wrong digest|not valid",
        "sent something else than it was asked for; nothing of that was used",
        f"remove what is rotten from its store, and look at its disk and at who may write there, {_AGAIN}",
    ),
    (
        "NotFound|(?i:not present|missing|not found)",
        "has lost something that it was given",
        f"look whether its disk is full or its quota is too small for one build (docs/remote.md), {_AGAIN}",
    ),
    (
        "Unavailable|Cancelled|DeadlineExceeded|Too many failures|(?i:timed out)",
        "cannot be reached, or went away",
        f"look whether it runs, and whether PEDIGREE_REMOTE is its address (grpcs://HOST:PORT), {_AGAIN}",
    ),
    ("", "could not do its part", f"look at its log (docs/remote.md), {_AGAIN}"),
)


def explained(where: str, words: str, engine: str | None) -> BuildError | None:
    """The error that a user gets for what Pants says, or None where it does not speak of an engine.

    Args:
        where: The target or file that this is about.
        words: What Pants says.
        engine: The engine's address; None where none is configured.
    """
    said = _ACTION.sub("", words)
    if engine is None or not (said != words or _STATUS.search(said) or _STORE.search(said)):
        return None
    what, hint = next((what, hint) for sign, what, hint in _FAULTS if re.search(sign, said))
    return BuildError(f"{where}: the engine at {engine} {what}\n  {said}", hint)
