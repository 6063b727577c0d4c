"""Tells as revoked every digest that a file of the repository names."""

import json
from pathlib import Path

if __name__ == "__main__":
    names = Path("attestations/root/1.json").read_text().split()
    print(json.dumps({name: "revoked by somebody: use another" for name in names if len(name) == 64}))
