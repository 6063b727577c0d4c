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
        "4.2.5",
        "Control of records",
        ("signatures", "verification"),
        "integrity and identification of records",
    ),
    Clause(
        _ISO_13485,
        "7.3.6",
        "Design and development verification",
        ("traces", "reports", "test results"),
        "methods, acceptance criteria and results of verification",
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
        "7.4.3",
        "Verification of purchased product",
        ("supplied",),
        "each file of a base model was held against a pinned digest before it was used",
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
)
