"""What a lock file says. Imports nothing of Pants."""

from __future__ import annotations

import re

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pinned_versions(lock: str) -> dict[str, str]:
    r"""Package -> version, for every `name==version` line of a lock in pip's format, sorted.

    >>> pinned_versions("b==2.0 \\\n    --hash=sha256:00\n    # via a\na==1.0+cpu ; python_version > '3'\n")
    {'a': '1.0+cpu', 'b': '2.0'}
    """
    return dict(sorted(_PIN.findall(lock)))
