"""What no version of the trust root may change: a key has one role and one holder for ever, and retires once.

Approvals and revocations are read under the newest version. If that could rename a holder, drop him or put his key back
into use, it would change what was signed long ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pedigree.trust.errors import Refused
from pedigree.trust.identity import in_words
from pedigree.trust.times import parse_time

if TYPE_CHECKING:
    from pedigree.trust.root import TrustRoot


def require_lasting(before: TrustRoot, after: TrustRoot, origin: str) -> None:
    """Hold a version against the one that it replaces.

    Args:
        before: The version that is replaced.
        after: The version that replaces it.
        origin: What to call that in an error.

    Raises:
        Refused: It changes what lasts.
    """
    for keyid in before.holders:
        for words in _changed(before, after, keyid):
            raise Refused(f"{origin} {words}")


def _changed(before: TrustRoot, after: TrustRoot, keyid: str) -> Iterator[str]:
    then, now = before.holders[keyid], after.holders.get(keyid)
    what = f"{in_words(then.key)} of {then.name!r}"
    if now is None:
        yield f"drops {what}; a key that is out of use is retired"
        return
    if now.name != then.name:
        yield f"renames the holder of {what} to {now.name!r}"
    if after.role_of(keyid) != before.role_of(keyid):
        yield f"gives {what} the role {after.role_of(keyid) or 'of nobody'} instead of {before.role_of(keyid)}"
    # An earlier time is allowed: it may come out later that somebody else had the key.
    if then.retired and (not now.retired or parse_time(now.retired) > parse_time(then.retired)):
        yield f"puts {what} back into use, which was retired at {then.retired}"
