"""Evidence that maps to FDA guidance: predetermined change control plans."""

from __future__ import annotations

from pedigree.export.clause import Clause

_PCCP = "FDA guidance on predetermined change control plans for AI-enabled device software functions (August 2025)"

PCCP = (
    Clause(
        _PCCP,
        "Description of Modifications",
        "What is planned to change",
        ("lineage",),
        "what this version was made from, to be held against what was described",
    ),
    Clause(
        _PCCP,
        "Description of Modifications",
        "What is planned to change",
        ("plan", "standing"),
        "what the owners let change beforehand, and all that tells this version from their plan",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: data management practices",
        "How data is collected, kept and separated",
        ("provenance", "test results"),
        "which sets trained the model, and which sealed sets it was judged on",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: data management practices",
        "How data is collected, kept and separated",
        ("plan",),
        "which sets and files may enter which stage, and which stay as they are",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: re-training practices",
        "How a model is trained again",
        ("provenance", "links"),
        "stages, settings and seeds of this version",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: re-training practices",
        "How a model is trained again",
        ("plan",),
        "stages, tools, settings and seeds that stay, and those that may change",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: performance evaluation",
        "How a modification is judged",
        ("reports", "test results", "traces"),
        "metrics, acceptance criteria and results of this version",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: performance evaluation",
        "How a modification is judged",
        ("plan",),
        "gates that were fixed beforehand, and whether they may get stricter",
    ),
    Clause(
        _PCCP,
        "Modification Protocol: update procedures",
        "How a modification is brought to users, and what they are told",
        ("standing", "signatures", "verification"),
        "what an update says of itself, and how its receiver checks it",
    ),
    Clause(
        _PCCP,
        "Impact Assessment",
        "Benefits and risks of a modification",
        ("traces",),
        "ids of risks, with the gates that stand against them",
    ),
    Clause(
        _PCCP,
        "Impact Assessment",
        "Benefits and risks of a modification",
        ("plan", "standing", "traces"),
        "what tells this version from its plan, for those who assess what that means",
    ),
)
