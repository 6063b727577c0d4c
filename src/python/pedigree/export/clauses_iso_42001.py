"""Evidence that maps to ISO/IEC 42001: artificial intelligence, management system."""

from __future__ import annotations

from pedigree.export.clause import Clause

_ISO_42001 = "ISO/IEC 42001:2023, Annex A"

ISO_42001 = (
    Clause(
        _ISO_42001,
        "A.3.2",
        "AI roles and responsibilities",
        ("trust root",),
        "who has which role, and how many of them must sign",
    ),
    Clause(
        _ISO_42001,
        "A.4.2",
        "Resource documentation",
        ("lineage", "provenance"),
        "the resources of each stage of the life cycle",
    ),
    Clause(
        _ISO_42001,
        "A.4.3",
        "Data resources",
        ("provenance", "card"),
        "datasets by digest, with form, license and origin",
    ),
    Clause(_ISO_42001, "A.4.4", "Tooling resources", ("provenance",), "tools and packages of each step"),
    Clause(
        _ISO_42001,
        "A.4.5",
        "System and computing resources",
        ("provenance",),
        "platform, interpreter and accelerator of each step",
    ),
    Clause(
        _ISO_42001,
        "A.6.2.2",
        "AI system requirements and specification",
        ("traces",),
        "ids of requirements, with the gates that answer to them",
    ),
    Clause(
        _ISO_42001,
        "A.6.2.3",
        "Documentation of AI system design and development",
        ("lineage", "card"),
        "stages, data and settings that made the model",
    ),
    Clause(
        _ISO_42001,
        "A.6.2.4",
        "AI system verification and validation",
        ("reports", "test results", "traces"),
        "measures, criteria and results on sealed sets",
    ),
    Clause(
        _ISO_42001,
        "A.6.2.5",
        "AI system deployment",
        ("plan", "standing"),
        "what had to hold before release, and how this version stands to it",
    ),
    Clause(_ISO_42001, "A.6.2.7", "AI system technical documentation", ("card",), "use, limits, data and figures"),
    Clause(
        _ISO_42001,
        "A.7.5",
        "Data provenance",
        ("provenance", "lineage"),
        "where each dataset came from, and what was done to it",
    ),
    Clause(
        _ISO_42001,
        "A.7.6",
        "Data preparation",
        ("provenance",),
        "the steps that made datasets, with code and settings",
    ),
    Clause(
        _ISO_42001,
        "A.8.2",
        "System documentation and information for users",
        ("card", "verification"),
        "what users are told, and how they check it",
    ),
    Clause(_ISO_42001, "A.9.4", "Intended use of the AI system", ("card",), "the use that the card states"),
    Clause(
        _ISO_42001, "A.10.3", "Suppliers", ("supplied",), "what was taken from others, by digest, license and origin"
    ),
    Clause(
        _ISO_42001,
        "A.10.3",
        "Suppliers",
        ("approvals", "register", "licenses"),
        "who approved what was taken from others, after which findings, and under which terms",
    ),
)
