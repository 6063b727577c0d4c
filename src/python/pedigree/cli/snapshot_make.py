"""`pedigree snapshot [sign]`: making a snapshot, and signing one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import timedelta

from pedigree.cli.acts import Act, file_act, require_not_put_back, tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.arguments import signer_of, stated
from pedigree.trust.decided import NO_FILES
from pedigree.trust.last_snapshot import KEPT, Last, lacking_then, last_snapshot, read_kept
from pedigree.trust.listing import filed_snapshot, next_snapshot, sign_filed, sign_next, still_needed
from pedigree.trust.news import news
from pedigree.trust.places import SNAPSHOT
from pedigree.trust.register import Register, open_register
from pedigree.trust.roles import QUALITY
from pedigree.trust.signatory import Signatory, find_signatory, open_key
from pedigree.trust.snapshot import Snapshot
from pedigree.trust.times import parse_time, write_time


def run_make(call: argparse.Namespace) -> int:
    """Make the next snapshot, with one signature.

    Raises:
        ToolError: The signer does not have the role quality.
    """
    require_not_put_back(call, SNAPSHOT)
    register, kept = open_register(call.attestations), read_kept(call.attestations)
    time = stated(call)
    later = isinstance(call.expires, timedelta)
    expires = write_time(parse_time(time) + call.expires) if later else call.expires
    snapshot = next_snapshot(register, time, expires, kept)
    _tell_news(snapshot, register, last_snapshot(register, kept))
    who = _quality(register, call)
    data = sign_next(snapshot, register, who)
    return _file(snapshot, data, register, who, call, _last_kept(register) if still_needed(data, register) else {})


def run_sign(call: argparse.Namespace) -> int:
    """Add a signature to the snapshot that is filed.

    Raises:
        ToolError: The signer does not have the role quality.
    """
    require_not_put_back(call, SNAPSHOT)
    register, kept = open_register(call.attestations), read_kept(call.attestations)
    snapshot = filed_snapshot(register, kept)
    _tell_news(snapshot, register, last_snapshot(register, kept))
    who = _quality(register, call)
    return _file(snapshot, sign_filed(register, who), register, who, call)


def _quality(register: Register, call: argparse.Namespace) -> Signatory:
    return find_signatory(open_key(signer_of(call)), register.root, (QUALITY,), register.revoked)


def _tell_news(snapshot: Snapshot, register: Register, last: Last) -> None:
    """Say what the signature does, before a passphrase is asked for."""
    against = f"version {last.version}" if last.version else "nothing"
    print(f"version {snapshot.version} of the snapshot, against {against}:", file=sys.stderr)
    for line in [*news(register, snapshot, last)] or ["puts in force what was in force"]:
        print(f"  {line}", file=sys.stderr)


def _last_kept(register: Register) -> dict[str, bytes]:
    """The snapshot that was in force, kept for those who sign the next one; a draft is made anew over a draft."""
    data = register.files.get(SNAPSHOT)
    return {} if data is None or lacking_then(register, data) else {KEPT: data}


def _file(
    snapshot: Snapshot,
    data: bytes,
    register: Register,
    who: Signatory,
    call: argparse.Namespace,
    beside: Mapping[str, bytes] = NO_FILES,
) -> int:
    meaning = f"these {len(snapshot.files)} files are in force until {snapshot.expires}"
    act = Act("snapshot.sign", f"snapshot {snapshot.version}", snapshot.digest, meaning, snapshot.time, who)
    file_act(act, call, SNAPSHOT, data, beside)
    if needed := still_needed(data, register):
        print(f"version {snapshot.version} is not in force: it lacks {needed} more of {QUALITY}", file=sys.stderr)
        tell(f"hand {call.attestations} to them, for `pedigree snapshot sign`")
    else:
        (call.attestations / KEPT).unlink(missing_ok=True)
    return EXIT_HOLDS
