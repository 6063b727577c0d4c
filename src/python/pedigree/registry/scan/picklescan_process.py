"""`python -m pedigree.registry.scan.picklescan_process`: a JSON list of paths in, what picklescan thinks of each out."""

from __future__ import annotations

import json
import logging
import resource
import sys
from pathlib import Path
from typing import Any

from picklescan.scanner import SafetyLevel, scan_bytes

_MEMORY = 4 << 30
_SECONDS = 600


def main() -> None:
    """Look at every file, and write one answer for each, in their order."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable()
    answers = [_opinion(Path(path)) for path in json.load(sys.stdin)]
    # A limit on file sizes holds for pipes no more than for terminals, so the answer still gets out.
    json.dump(answers, sys.stdout)


def _opinion(path: Path) -> dict[str, Any]:
    found: dict[SafetyLevel, list[str]] = {SafetyLevel.Dangerous: [], SafetyLevel.Suspicious: []}
    error = ""
    try:
        if path.stat().st_size:
            with path.open("rb") as stream:
                result = scan_bytes(stream, path.name, path.suffix)
            for imported in result.globals:
                found.setdefault(imported.safety, []).append(f"{imported.module}.{imported.name}")
    except Exception as fault:
        error = f"{type(fault).__name__}: {fault}"
    return {
        "dangerous": sorted(found[SafetyLevel.Dangerous]),
        "suspicious": sorted(found[SafetyLevel.Suspicious]),
        "error": error,
    }


if __name__ == "__main__":
    main()
