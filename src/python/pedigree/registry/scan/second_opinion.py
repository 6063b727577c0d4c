"""Check `second-opinion`: another scanner, with a list of its own of what is dangerous, finds nothing either.

It is picklescan, which has been got around before (CVE-2025-1716, CVE-2025-10155 and others): its red counts, and its
green is worth no more than a second pair of eyes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.isolated import NoAnswer, ask
from pedigree.registry.scan.subject import Subject

CLAIM = "picklescan finds nothing that runs code"
TOOL = "picklescan"

_PROCESS = "pedigree.registry.scan.picklescan_process"


def check_second_opinion(subject: Subject) -> Iterator[Finding]:
    """Imports that picklescan finds in any file, whatever its name is."""
    names = sorted(subject.files)
    try:
        answers = ask(_PROCESS, [str(subject.files[name].path.absolute()) for name in names])
    except NoAnswer as error:
        yield refuse("", f"picklescan {error}")
        return
    for name, found in zip(names, answers, strict=True):
        for imported in found["dangerous"]:
            yield refuse(name, f"picklescan: a pickle in it imports {imported}")
        for imported in found["suspicious"]:
            yield review(name, f"picklescan: a pickle in it may import {imported}")
        if found["error"]:
            yield refuse(name, f"picklescan cannot look at it: {found['error']}")
