"""`pedigree snapshot [sign]`: making a snapshot, and signing one."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from pedigree.cli.acts import Act, file_act, tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.arguments import signer_of, stated
from pedigree.trust.authority import SNAPSHOT
from pedigree.trust.listing import next_snapshot, sign_filed, sign_next, still_needed
from pedigree.trust.register import Register, open_register
from pedigree.trust.roles import QUALITY
from pedigree.trust.signatory import Signatory, find_signatory, open_key
from pedigree.trust.snapshot import Snapshot, parse_snapshot
from pedigree.trust.times import parse_time, write_time


def run_make(call: argparse.Namespace) -> int:
    """Make the next snapshot, with one signature.

    Raises:
        ToolError: The signer does not have the role quality.
    """
    register = open_register(call.attestations)
    who = _quality(register, call)
    time = stated(call)
    later = isinstance(call.expires, timedelta)
    expires = write_time(parse_time(time) + call.expires) if later else call.expires
    snapshot = next_snapshot(register, time, expires)
    return _file(snapshot, sign_next(snapshot, register, who), register, who, call)


def run_sign(call: argparse.Namespace) -> int:
    """Add a signature to the snapshot that is filed.

    Raises:
        ToolError: The signer does not have the role quality.
    """
    register = open_register(call.attestations)
    who = _quality(register, call)
    data = sign_filed(register, who)
    return _file(parse_snapshot(data, SNAPSHOT)[0], data, register, who, call)


def _quality(register: Register, call: argparse.Namespace) -> Signatory:
    return find_signatory(open_key(signer_of(call)), register.root, (QUALITY,), register.revoked)


def _file(snapshot: Snapshot, data: bytes, register: Register, who: Signatory, call: argparse.Namespace) -> int:
    meaning = f"these {len(snapshot.files)} files are in force until {snapshot.expires}"
    act = Act("snapshot.sign", f"snapshot {snapshot.version}", snapshot.digest, meaning, snapshot.time, who)
    file_act(act, call.attestations, SNAPSHOT, data)
    if needed := still_needed(data, register):
        print(f"version {snapshot.version} is not in force: it lacks {needed} more of {QUALITY}", file=sys.stderr)
        tell(f"hand {call.attestations / SNAPSHOT} to them, for `pedigree snapshot sign`")
    return EXIT_HOLDS
