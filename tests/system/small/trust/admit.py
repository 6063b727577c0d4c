"""Admits what this machine has run."""

import json
import sys
from pathlib import Path

from pedigree.step.canonical import read_json
from pedigree.step.record import Record


def main() -> int:
    """Tell which results nobody vouches for."""
    records = [Record.from_json(read_json(path)) for path in sorted(Path("records").iterdir())]
    kept = {record.name: Path(f".cache/runs/{record.identity}.sigstore.json").exists() for record in records}
    builders = {record.name: record.builder for record in records if kept[record.name]}
    refused = [name for name, found in kept.items() if not found]
    print(json.dumps({"builders": builders, "vouched": {}, "refused": refused}))
    return 3 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
