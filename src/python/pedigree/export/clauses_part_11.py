"""Evidence that maps to 21 CFR Part 11: electronic records, electronic signatures.

What a build signs holds no time. People who approve and revoke state theirs, and a release brings what they signed. An
audit trail with times of a computer (11.10(e)) is no part of a release, so that clause is not here.
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
        "11.10(g)",
        "Authority checks: only authorized individuals sign a record or alter one",
        ("trust root", "approvals", "plan"),
        "a signature counts only by a key to which the owners gave the role that is asked for",
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
        "11.50(a)",
        "Signature manifestations: printed name, date and time, meaning",
        ("approvals", "revocations"),
        "each states all three inside of what is signed; the time is the one that the signer states",
    ),
    Clause(
        _PART_11,
        "11.50(b)",
        "Signature manifestations in any human readable form of the record",
        ("licenses",),
        "the page shows the three of each approval; it is under the same signature as the records",
    ),
    Clause(
        _PART_11,
        "11.70",
        "Signature/record linking",
        ("provenance", "test results", "signatures"),
        "each signature is over the digests of its records and cannot be moved to others",
    ),
    Clause(
        _PART_11,
        "11.70",
        "Signature/record linking",
        ("approvals", "register"),
        "each approval names, inside of what is signed, the digests of the files and of the entry that it is for",
    ),
    Clause(
        _PART_11,
        "11.100(a)",
        "Electronic signatures are unique to one individual and never reassigned",
        ("trust root",),
        "each key is listed for one holder; no later version may give it another holder or role",
    ),
)
