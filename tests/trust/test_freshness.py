from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pedigree.trust.errors import Refused
from pedigree.trust.freshness import SKEW, freshness
from pedigree.trust.snapshot import Snapshot

MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
EXPIRES = datetime(2026, 4, 30, 12, tzinfo=UTC)
SNAPSHOT = Snapshot(3, 1, "0" * 64, "2026-01-31T12:00:00Z", "2026-04-30T12:00:00Z", {})
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "age"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=61), "1 minute"),
        (timedelta(hours=47), "1 day"),
        (-SKEW, "0 seconds"),
    ],
)
def test_its_age_is_told(after: timedelta, age: str) -> None:
    told = f"version 3 of the snapshot is {age} old and to be believed until 2026-04-30T12:00:00Z"
    assert freshness(SNAPSHOT, MADE + after) == told


def test_one_of_the_future_is_refused_unless_clocks_differ_a_little() -> None:
    with pytest.raises(Refused, match="it is 2026-01-31T11:54:59Z now: a clock is wrong"):
        freshness(SNAPSHOT, MADE - SKEW - SECOND)


def test_it_is_believed_until_it_expires_and_not_at_that_second() -> None:
    assert freshness(SNAPSHOT, EXPIRES - SECOND)
    with pytest.raises(Refused, match="expired at 2026-04-30T12:00:00Z"):
        freshness(SNAPSHOT, EXPIRES)


def test_a_verifier_may_want_a_younger_one_than_it_asks_to_be_believed() -> None:
    week = timedelta(days=7)
    assert freshness(SNAPSHOT, MADE + week, week)
    with pytest.raises(Refused, match="was made at 2026-01-31T12:00:00Z, more than 7 days ago"):
        freshness(SNAPSHOT, MADE + week + SECOND, week)
