"""What a version of the trust root changes, in words: its note is what somebody says of it, this is what it does."""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.trust.identity import in_words
from pedigree.trust.root import TrustRoot


def changes(before: TrustRoot | None, root: TrustRoot) -> Iterator[str]:
    """A line for each difference that decides whom to believe.

    Args:
        before: The version that is replaced; None for the first.
        root: The version that replaces it.
    """
    yield from _keys(before, root)
    for name, role in sorted(root.roles.items()):
        known = before.roles[name].threshold if before else 1
        if role.threshold != known:
            yield f"the role {name} takes {role.threshold} signatures instead of {known}"
    if before and before.approvals != root.approvals:
        yield f"a base model is approved by {' and '.join(root.approvals)} instead of {' and '.join(before.approvals)}"


def _keys(before: TrustRoot | None, root: TrustRoot) -> Iterator[str]:
    known = before.holders if before else {}
    for keyid in sorted(root.holders.keys() | known.keys(), key=lambda keyid: (root.role_of(keyid), keyid)):
        now, then = root.holders.get(keyid), known.get(keyid)
        role, earlier = root.role_of(keyid), before.role_of(keyid) if before else ""
        if now is None and then is not None:
            yield f"{in_words(then.key)} of {then.name}, {earlier}, is no longer listed"
        elif now is not None and (then is None or earlier != role):
            yield f"{now.name} has the role {role or 'of nobody'} by {in_words(now.key)}"
        if now is not None and then is not None and now.name != then.name:
            yield f"{in_words(now.key)} is called {now.name}'s instead of {then.name}'s"
        if now is not None and now.retired != (then.retired if then else ""):
            state = f"retired at {now.retired}" if now.retired else "in use again"
            yield f"{in_words(now.key)} of {now.name}, {role}, is {state}"
