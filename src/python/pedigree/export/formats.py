"""The formats that a release is exported in."""

from __future__ import annotations

from pathlib import Path

from pedigree.export.clause_map import clause_map
from pedigree.export.cyclonedx import cyclonedx
from pedigree.export.evidence import read_evidence
from pedigree.export.spdx import spdx
from pedigree.export.trace_table import trace_csv, trace_json
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.inforce import Trust
from pedigree.trust.public import PublicKey

FORMATS = {
    "cyclonedx": cyclonedx,
    "spdx": spdx,
    "trace-csv": trace_csv,
    "trace-json": trace_json,
    "clauses": clause_map,
}
"""Name -> what writes it."""


def export(release: Path, public: PublicKey, form: str, trust: Trust | None = None) -> bytes:
    """A verified release in one of `FORMATS`. Other arguments as of `read_evidence`.

    Raises:
        Refused: The release does not hold.
        MalformedEvidence: What is signed is not what the format needs.
    """
    try:
        return FORMATS[form](read_evidence(release, public, trust))
    except (Refused, MalformedEvidence):
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, RecursionError) as error:
        raise MalformedEvidence(f"the evidence has not the shape of evidence: {error!r}") from error
