"""What a user reads of a fault of the engine, for words that Pants 2.17 and engines really said."""

from __future__ import annotations

import pytest

from pedigree.build.remote_errors import explained

ENGINE = "grpcs://engine:443"
ACTION = "For action Digest { hash: Fingerprint<c69e>, size_bytes: 142 }: "


@pytest.mark.parametrize(
    ("words", "what", "mend"),
    [
        (
            'Unavailable: "error trying to connect: invalid certificate: UnknownIssuer"',
            "shows a certificate of an authority that is not trusted here",
            "PANTS_REMOTE_CA_CERTS_PATH",
        ),
        ('Unauthenticated: "no such token"', "does not know this token", "PEDIGREE_REMOTE_TOKEN"),
        (
            'PermissionDenied: "this token may only read"',
            "lets this token read only, and a step has to run",
            "PANTS_REMOTE_EXECUTION=false",
        ),
        (f"{ACTION}no worker has {{'pool': 'cpu'}}", "has no worker with the properties", "start workers of that pool"),
        (
            f'{ACTION}No workers exist for instance name prefix "" platform {{}}',
            "has no worker with the properties",
            "start workers of that pool",
        ),
        ('ResourceExhausted: "no space left on device"', "has no room", "make room on its disk"),
        (
            'Internal: "Remote CAS gave wrong digest: expected Digest {...}, got Digest {...}"',
            "sent something else than it was asked for; nothing of that was used",
            "remove what is rotten",
        ),
        (
            f'{ACTION}Error from remote execution: NotFound: "Blob not found in the local CAS."',
            "has lost something that it was given",
            "quota",
        ),
        (
            f"{ACTION}Too many failures from server. The last error was: down",
            "cannot be reached, or went away",
            "look whether it runs",
        ),
        (
            'Unavailable: "error trying to connect: tcp connect error: Connection refused (os error 111)"',
            "cannot be reached, or went away",
            "grpcs://HOST:PORT",
        ),
        (f"{ACTION}the dog ate it", "could not do its part", "look at its log"),
    ],
)
def test_a_fault_of_the_engine_says_what_where_and_how_to_mend_it(words: str, what: str, mend: str) -> None:
    lines = str(explained("target 'models/fw:sft'", words, ENGINE)).splitlines()
    assert lines[0].startswith(f"target 'models/fw:sft': the engine at {ENGINE} {what}")
    assert lines[1] == f"  {words.replace(ACTION, '')}"
    assert lines[2].startswith("hint: ") and mend in lines[2] and len(lines) == 3


def test_what_is_not_about_an_engine_stays_as_it_is() -> None:
    assert explained("x", "Unmatched glob from a step's files: a", ENGINE) is None
    assert explained("x", "Error writing to the store: No space left on device (os error 28)", ENGINE) is None
    assert explained("x", 'Unavailable: "no engine is configured"', None) is None
