"""Checks an engine's folder, or what a site applies.

kubectl kustomize my-site | build-support/check_manifests.sh --engine buildbarn --site -
build-support/check_manifests.sh                 # the folders of this repository
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from manifests import check
from manifests.configs import REMOTE
from manifests.render import parse
from manifests.rules import faults


def main() -> int:
    """Print every fault; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="check_manifests.sh", description="Checks the manifests of remote workers.")
    parser.add_argument("--engine", choices=check.ENGINES, help="which engine the site's objects are for")
    parser.add_argument("--site", metavar="FILE", help="what the site applies, rendered; - for stdin")
    arguments = parser.parse_args()
    if (arguments.engine is None) != (arguments.site is None):
        parser.error("--engine and --site go together")
    found = list(_site(arguments.engine, arguments.site) if arguments.site else check.repository())
    for fault in found:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if found else 0


def _site(engine: str, file: str) -> Iterator[str]:
    text = sys.stdin.read() if file == "-" else Path(file).read_text()
    provided = yaml.safe_load((REMOTE / engine / "site-provides.yaml").read_text())
    yield from faults(parse(text), provided, site=True)


if __name__ == "__main__":
    sys.exit(main())
