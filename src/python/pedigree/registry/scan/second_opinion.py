"""Check `second-opinion`: another scanner, with a list of its own of what is dangerous, finds nothing either.

It is picklescan, which has been got around before (CVE-2025-1716, CVE-2025-10155 and others): its red counts, and its
green is worth no more than a second pair of eyes. It parses what a stranger wrote, so it runs in a process of its own
that gets little memory and time and can write no file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject

CLAIM = "picklescan finds nothing that runs code"
TOOL = "picklescan"

_WORKER = "pedigree.registry.scan.picklescan_process"
_LONGEST = 900  # seconds


def check_second_opinion(subject: Subject) -> Iterator[Finding]:
    """Imports that picklescan finds in any file, whatever its name is."""
    names = sorted(subject.files)
    request = json.dumps([str(subject.files[name].path) for name in names])
    try:
        done = subprocess.run(
            [sys.executable, "-m", _WORKER],
            input=request,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield refuse("", f"picklescan did not end within {_LONGEST} s")
        return
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        yield refuse("", f"picklescan could not look at the files: exit {done.returncode}, {last}")
        return
    for name, found in zip(names, json.loads(done.stdout), strict=True):
        for import_ in found["dangerous"]:
            yield refuse(name, f"picklescan: a pickle in it imports {import_}")
        for import_ in found["suspicious"]:
            yield review(name, f"picklescan: a pickle in it may import {import_}")
        if found["error"]:
            yield refuse(name, f"picklescan cannot look at it: {found['error']}")
