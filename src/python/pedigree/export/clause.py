"""A clause, and the kinds of evidence that can map to one.

That evidence maps to a clause says that it is something to show when the clause is talked about. It does not say that
the clause is met: that takes procedures, people and decisions which no build knows of.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "provenance": "signed provenance of every step: inputs, code, packages, settings, all by digest",
    "supplied": "signed provenance of base models: each file pinned by digest, license, origin",
    "links": "signed in-toto links and the layout that they are held against",
    "lineage": "the graph of all steps, for people and for programs",
    "test results": "signed test results: which model met which gates on which sealed sets",
    "reports": "reports of evaluations, and the answers that they were made from",
    "traces": "signed ids of requirements and risks with their gates, and the results that answer to them",
    "card": "the model card: intended use, limits, data, figures",
    "signatures": "signatures and sums over every delivered file",
    "verification": "how to verify with tools of others, the key, and the signed summary of verification",
    "register": "entries of base models: files by digest, publisher, terms, report of the scan, cards",
    "approvals": "signed approvals of those entries, with printed name, role, time as it is stated, and meaning",
    "licenses": "terms of base models, what they ask of whoever hands the release on, and who approved that",
    "plan": "what the release may be made of, which gates hold, and what may change, signed beforehand by its owners",
    "standing": "signed statement of how the release stands to that plan, with all that tells it from the plan",
    "revocations": "signed revocations, with printed name, role, time as it is stated, meaning, and reason",
    "trust root": "whose keys count for what, how many must sign, and which keys are retired, signed by the owners",
    "snapshot": "which approvals, revocations and plans are in force together, and until when that is told, signed",
}
"""Kind of evidence -> what it is."""


@dataclass(frozen=True)
class Clause:
    """One clause and the evidence that maps to it.

    Attributes:
        framework: Where the clause stands.
        number: Its number; for guidance without numbers, its part.
        title: Its title, or for untitled clauses what it is about.
        kinds: Kinds of evidence, keys of `KINDS`. A release must hold the first; the others are named where it does.
        why: What in the evidence has to do with the clause.
    """

    framework: str
    number: str
    title: str
    kinds: tuple[str, ...]
    why: str
