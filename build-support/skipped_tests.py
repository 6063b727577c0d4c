#!/usr/bin/env python3
"""Prints the tests of the last run that were skipped, a line for each reason; nothing where none was.

A file of tests all of which were skipped is told by Pants to have succeeded.
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def skipped(reports: Path) -> "Counter[str]":
    """Reason -> how many tests were skipped for it, by JUnit reports in a directory."""
    cases = (case for path in sorted(reports.glob("*.xml")) for case in ElementTree.parse(path).iter("skipped"))
    return Counter(" ".join(case.get("message", "").split()) for case in cases)


if __name__ == "__main__":
    for reason, count in sorted(skipped(Path(sys.argv[1])).items()):
        print(f"SKIPPED {count} {'test' if count == 1 else 'tests'}: {reason}")
