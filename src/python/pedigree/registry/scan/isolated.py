"""Asking a library of others about what a stranger wrote: in a process of its own, with little memory and time.

A parser may loop, fill memory or break in a way that no `except` catches. Then the answer is missing, and not the scan.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from pedigree.registry.scan.started import NOWHERE, module_command, packages_alone

_SECONDS = 600
_LIMITS = {
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_CPU: _SECONDS,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}


class NoAnswer(RuntimeError):
    """The process ended without an answer; the message says how."""


def ask(module: str, request: Any) -> Any:
    """Run `python -m module` on a JSON value, and get the one that it answers.

    Raises:
        NoAnswer: It gave none.
    """
    try:
        done = subprocess.run(
            module_command(module),
            input=json.dumps(request),
            env=packages_alone(),
            cwd=NOWHERE,
            capture_output=True,
            text=True,
            timeout=2 * _SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"did not end within {2 * _SECONDS} s") from error
    if done.returncode:
        raise NoAnswer(f"ended with {done.returncode}: {done.stderr.strip().rpartition(chr(10))[2]}")
    return json.loads(done.stdout)


def answer(opinion: Callable[[Any], Any]) -> None:
    """Be that process: give up what is not needed, read the request, and write what `opinion` makes of it."""
    # Nothing is written to a disk; a pipe is no file, so the answer still gets out.
    for limit, most in _LIMITS.items():
        allowed = resource.getrlimit(limit)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(limit, (most, most))
    json.dump(opinion(json.load(sys.stdin)), sys.stdout)
