"""Starting a module of ours beside what a stranger wrote: none of his files is taken for one of ours."""

from __future__ import annotations

import os
import sys

NOWHERE = "/"
"""Where such a process works."""
_KEPT = ("LD_LIBRARY_PATH", "PATH", "TMPDIR")
# Where they lie as of now: a relative place is one to where this process was started, whatever it looks into later.
_PACKAGES = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)


def module_command(module: str) -> list[str]:
    """How to start a module. Give it the environment `packages_alone`, and `NOWHERE` to work in.

    Python looks for modules where it is started, which may be the very model that somebody looks into: a `json.py` in
    it would be run in the place of Python's own. `-P` forbids that.
    """
    return [sys.executable, "-P", "-m", module]


def packages_alone() -> dict[str, str]:
    """An environment with the packages that this process has found, and with none of the user's secrets."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": _PACKAGES, "PYTHONSAFEPATH": "1"}
