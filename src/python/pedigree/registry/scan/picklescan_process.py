"""`python -m pedigree.registry.scan.picklescan_process`: paths in, what picklescan thinks of each file out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from picklescan.scanner import SafetyLevel, scan_bytes

from pedigree.registry.scan.isolated import answer


def opinions(paths: list[str]) -> list[dict[str, Any]]:
    """One opinion a file, in their order."""
    logging.disable()
    return [_opinion(Path(path)) for path in paths]


def _opinion(path: Path) -> dict[str, Any]:
    found: dict[SafetyLevel, list[str]] = {level: [] for level in SafetyLevel}
    error = ""
    try:
        # It steps back from the end of a file, which in an empty one it cannot.
        if path.stat().st_size:
            with path.open("rb") as stream:
                for imported in scan_bytes(stream, path.name, path.suffix).globals:
                    found[imported.safety].append(f"{imported.module}.{imported.name}")
    except Exception as fault:
        error = f"{type(fault).__name__}: {fault}"
    dangerous, suspicious = (sorted(found[level]) for level in (SafetyLevel.Dangerous, SafetyLevel.Suspicious))
    return {"dangerous": dangerous, "suspicious": suspicious, "error": error}


if __name__ == "__main__":
    answer(opinions)
