"""Evidence that maps to 21 CFR Part 11: electronic records, electronic signatures.

Clauses about times and about signatures of people (11.10(e), 11.50) are not here: nothing that a build signs holds
either.
"""

from __future__ import annotations

from pedigree.export.clause import Clause

_PART_11 = "21 CFR Part 11"

PART_11 = (
    Clause(
        _PART_11,
        "11.10(a)",
        "Validation of systems; the ability to discern invalid or altered records",
        ("signatures", "verification"),
        "an altered or missing file is told from the signed one",
    ),
    Clause(
        _PART_11,
        "11.10(b)",
        "Accurate and complete copies in human readable and electronic form",
        ("lineage", "reports"),
        "graph and reports come as pages for people and as JSON for programs",
    ),
    Clause(
        _PART_11,
        "11.10(c)",
        "Protection of records throughout the retention period",
        ("signatures", "verification"),
        "records are verified offline, without the tools that made them",
    ),
    Clause(
        _PART_11,
        "11.30",
        "Controls for open systems",
        ("provenance", "links", "signatures"),
        "digital signatures show authenticity and integrity of records that travel",
    ),
    Clause(
        _PART_11,
        "11.70",
        "Signature/record linking",
        ("provenance", "test results", "signatures"),
        "each signature is over the digests of its records and cannot be moved to others",
    ),
)
