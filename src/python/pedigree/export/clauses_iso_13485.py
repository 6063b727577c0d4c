"""Evidence that maps to ISO 13485: medical devices, quality management systems."""

from __future__ import annotations

from pedigree.export.clause import Clause

_ISO_13485 = "ISO 13485:2016"

ISO_13485 = (
    Clause(
        _ISO_13485,
        "4.1.6",
        "Validation of the application of computer software used in the quality management system",
        ("reports", "test results", "card"),
        "records of how the model was judged, against limits fixed before, for a stated use",
    ),
    Clause(
        _ISO_13485,
        "4.2.4",
        "Control of documents",
        ("snapshot", "trust root"),
        "which version of each decision is in force, and which was taken back",
    ),
    Clause(
        _ISO_13485,
        "4.2.5",
        "Control of records",
        ("signatures", "verification"),
        "integrity and identification of records",
    ),
    Clause(
        _ISO_13485,
        "5.5.1",
        "Responsibility and authority",
        ("trust root",),
        "who has which role, and how many of them must sign",
    ),
    Clause(
        _ISO_13485,
        "7.3.6",
        "Design and development verification",
        ("reports", "test results", "traces"),
        "methods, acceptance criteria and results of verification",
    ),
    Clause(
        _ISO_13485,
        "7.3.9",
        "Control of design and development changes",
        ("plan", "standing"),
        "which changes were approved before they were made, and how this version stands to that",
    ),
    Clause(
        _ISO_13485,
        "7.3.10",
        "Design and development files",
        ("lineage", "provenance", "card"),
        "records of what was developed from what",
    ),
    Clause(
        _ISO_13485,
        "7.4.1",
        "Purchasing process",
        ("approvals", "register"),
        "what was found when a base model was looked at, and who approved it before it was used",
    ),
    Clause(
        _ISO_13485,
        "7.4.3",
        "Verification of purchased product",
        ("supplied",),
        "each file of a base model was held against a pinned digest before it was used",
    ),
    Clause(
        _ISO_13485,
        "7.4.3",
        "Verification of purchased product",
        ("approvals", "register"),
        "each file of a base model has the digest that was scanned and approved",
    ),
    Clause(
        _ISO_13485,
        "7.5.6",
        "Validation of processes for production and service provision",
        ("reports", "test results"),
        "where the model is software used in production: records of how it was judged",
    ),
    Clause(
        _ISO_13485,
        "7.5.8",
        "Identification",
        ("signatures", "lineage"),
        "model, data and tools are identified by digest at every step",
    ),
    Clause(
        _ISO_13485,
        "7.5.9.1",
        "Traceability: general",
        ("lineage", "provenance"),
        "from a delivered file back to every source",
    ),
    Clause(
        _ISO_13485,
        "8.3.3",
        "Actions in response to nonconforming product detected after delivery",
        ("revocations",),
        "what was revoked, by whom, when and why; what derives from it does not verify any more",
    ),
)
