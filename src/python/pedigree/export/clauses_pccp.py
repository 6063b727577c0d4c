"""Evidence that maps to FDA guidance: predetermined change control plans."""

from __future__ import annotations

from pedigree.export.clause import Clause

_PCCP = "FDA guidance on predetermined change control plans for AI-enabled device software functions (December 2024)"

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
        "Modification Protocol: data management practices",
        "How data is collected, kept and separated",
        ("provenance", "test results"),
        "which sets trained the model, and which sealed sets it was judged on",
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
        "Modification Protocol: performance evaluation",
        "How a modification is judged",
        ("reports", "test results", "traces"),
        "metrics, acceptance criteria and results of this version",
    ),
    Clause(
        _PCCP,
        "Impact Assessment",
        "Benefits and risks of a modification",
        ("traces",),
        "ids of risks, with the gates that stand against them",
    ),
)
