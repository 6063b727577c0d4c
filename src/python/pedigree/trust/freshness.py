"""Whether a snapshot still tells what is in force: a validly signed one may be held back for ever (a freeze attack)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pedigree.trust.errors import PUBLISHED_NOW, Refused
from pedigree.trust.snapshot import Snapshot
from pedigree.trust.times import parse_time, write_time

SKEW = timedelta(minutes=5)
"""By how much the clocks of who signs and who verifies may differ; what RFC 7519 and Kerberos allow."""
_HINT = f"{PUBLISHED_NOW}; if that is as old, have quality sign a new one: `pedigree snapshot`"


def freshness(snapshot: Snapshot, now: datetime, max_age: timedelta | None = None) -> str:
    """How old a snapshot is, if that is not too old.

    Args:
        snapshot: Its signatures are verified already.
        now: The verifier's time, with a time zone.
        max_age: How old it may be, whatever it says itself; None for as old as it says.

    Returns:
        In words, its age and until when it is to be believed.

    Raises:
        Refused: It is of the future, it expired, or it is older than `max_age`.
    """
    made, expires = parse_time(snapshot.time), parse_time(snapshot.expires)
    what = f"version {snapshot.version} of the snapshot"
    if made - now > SKEW:
        raise Refused(
            f"{what} was made at {snapshot.time}, but it is {write_time(now)} now: a clock is wrong", "set the clock"
        )
    if now >= expires:
        raise Refused(f"{what} expired at {snapshot.expires}; what has been revoked since is not known", _HINT)
    age = max(now - made, timedelta())
    if max_age is not None and age > max_age:
        raise Refused(f"{what} was made at {snapshot.time}, more than {_words(max_age)} ago", _HINT)
    return f"{what} is {_words(age)} old and to be believed until {snapshot.expires}"


def _words(duration: timedelta) -> str:
    """A duration in its largest unit, rounded down."""
    whole = int(duration.total_seconds())
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    seconds, unit = next(((seconds, unit) for seconds, unit in units if whole >= seconds), (1, "second"))
    count = whole // seconds
    return f"{count} {unit}{'' if count == 1 else 's'}"
