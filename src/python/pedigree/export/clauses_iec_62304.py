"""Evidence that maps to IEC 62304: medical device software, software life cycle processes."""

from __future__ import annotations

from pedigree.export.clause import Clause

_IEC_62304 = "IEC 62304:2006+AMD1:2015"

IEC_62304 = (
    Clause(
        _IEC_62304,
        "5.1.10",
        "Supporting items to be controlled",
        ("provenance",),
        "tools, packages, interpreters and settings of each step are named by digest",
    ),
    Clause(
        _IEC_62304,
        "5.7.1",
        "Establish tests for software requirements",
        ("traces", "reports"),
        "each id of a requirement leads to a gate and to what was measured",
    ),
    Clause(
        _IEC_62304,
        "5.7.3",
        "Retest after changes",
        ("test results",),
        "results are of the delivered weights, by digest, and of no other version",
    ),
    Clause(
        _IEC_62304,
        "5.7.5",
        "Software system test record contents",
        ("reports", "test results"),
        "what was tested, on what, with which result and verdict",
    ),
    Clause(
        _IEC_62304,
        "5.8.4",
        "Document released versions",
        ("signatures", "lineage"),
        "a release is fixed file by file, under one digest of its lineage",
    ),
    Clause(
        _IEC_62304,
        "5.8.5",
        "Document how released software was created",
        ("provenance", "links", "lineage"),
        "procedure and environment of every step, from sources to delivery",
    ),
    Clause(
        _IEC_62304,
        "5.8.8",
        "Assure reliable delivery of released software",
        ("signatures", "verification"),
        "who receives a release can tell that it arrived unchanged",
    ),
    Clause(
        _IEC_62304,
        "7.3.3",
        "Document traceability",
        ("traces",),
        "each id of a risk leads to the gate that stands against it, and to its result",
    ),
    Clause(
        _IEC_62304,
        "8.1.1",
        "Establish means to identify configuration items",
        ("provenance", "lineage"),
        "every item is identified by its digest",
    ),
    Clause(
        _IEC_62304,
        "8.1.2",
        "Identify SOUP",
        ("provenance", "supplied"),
        "third-party packages by name and version, base models by digest and origin",
    ),
    Clause(
        _IEC_62304,
        "8.1.2",
        "Identify SOUP",
        ("register",),
        "base models by publisher, source and the digest of each file",
    ),
    Clause(
        _IEC_62304,
        "8.1.3",
        "Identify system configuration documentation",
        ("lineage",),
        "the set of items and versions that a release is made of",
    ),
    Clause(
        _IEC_62304,
        "8.2.1",
        "Approve change requests",
        ("plan", "standing"),
        "which changes the owners allowed before they were made, and which this version has",
    ),
    Clause(
        _IEC_62304,
        "8.2.4",
        "Provide means for traceability of change",
        ("plan", "standing", "lineage"),
        "all that tells this version from what was planned, and what it was made from",
    ),
    Clause(
        _IEC_62304,
        "9.3",
        "Advise relevant parties",
        ("revocations",),
        "what must not be used any more, and why; whoever verifies a release is told",
    ),
)
