"""Points in time as people state them and verifiers compare them: RFC 3339 in UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def is_time(text: object) -> bool:
    """Whether a text is a time in the one form that is written.

    >>> is_time("2026-11-21T09:30:00Z"), is_time("2026-11-21 09:30")
    (True, False)
    """
    try:
        return isinstance(text, str) and parse_time(text).strftime(_FORM) == text
    except ValueError:
        return False


def parse_time(text: str) -> datetime:
    """The point in time.

    Raises:
        ValueError: The text has another form.
    """
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def write_time(time: datetime) -> str:
    """A point in time as text."""
    return time.astimezone(UTC).strftime(_FORM)
