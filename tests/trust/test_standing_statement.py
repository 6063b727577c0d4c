"""How a release stands to its plan: what may be claimed, what is signed, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.trust.differences import Difference
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.graph import Graph
from pedigree.trust.owners import OwnersWord
from pedigree.trust.standing_statement import (
    INSIDE,
    NO_PLAN,
    OUTSIDE,
    Standing,
    parse_standing,
    standing,
    standing_statement,
    standing_words,
)
from trust.plans import configured, demo_graph, demo_plan

PRODUCTS = {"model/adapter_model.safetensors": "ab" * 32}
WORD = OwnersWord(demo_plan(), {}, ("Olga", "Otto"), ())
LOWERED = configured(demo_graph(), "evals.demo.suite", gates={"review_coverage": ">= 0.70"})
RAISED = configured(demo_graph(), "evals.demo.suite", gates={"review_coverage": ">= 0.90"})


@pytest.mark.parametrize(
    ("word", "graph", "role", "claim"),
    [
        (WORD, demo_graph(), "release", INSIDE),
        (WORD, RAISED, "release", INSIDE),
        (WORD, LOWERED, "release", OUTSIDE),
        (WORD, demo_graph(), "builder", OUTSIDE),
        (WORD, demo_graph(), "", OUTSIDE),
        (None, demo_graph(), "release", NO_PLAN),
        (None, LOWERED, "", NO_PLAN),
    ],
)
def test_inside_the_plan_is_what_the_plan_allows_and_the_release_role_seals(
    word: OwnersWord | None, graph: Graph, role: str, claim: str
) -> None:
    found = standing(word, graph, role)
    assert found.claim == claim
    assert standing_words(found).startswith(claim)


def test_what_else_is_known_counts() -> None:
    further = [Difference("base model models/base:tiny is not approved by owner, whom the plan names")]
    assert standing(WORD, demo_graph(), "release", further).claim == OUTSIDE


@pytest.mark.parametrize(
    ("word", "graph", "role", "told"),
    [
        (WORD, demo_graph(), "release", f"inside the plan sha256:{WORD.plan.digest}"),
        (
            WORD,
            RAISED,
            "release",
            f"inside the plan sha256:{WORD.plan.digest}, which allows: "
            "gate review_coverage of evals/demo:suite raised from >= 0.80 to >= 0.90",
        ),
        (
            WORD,
            LOWERED,
            "",
            f"outside the plan sha256:{WORD.plan.digest}: sealed by a developer's key, which has no role; plans are "
            "for the role release; gate review_coverage of evals/demo:suite lowered from >= 0.80 to >= 0.70",
        ),
        (
            None,
            demo_graph(),
            "",
            "no plan: no owner signed what this release may be made of; it is sealed by a developer's key, which has "
            "no role",
        ),
        (
            None,
            demo_graph(),
            "builder",
            "no plan: no owner signed what this release may be made of; it is sealed by a key of the role builder",
        ),
    ],
)
def test_it_is_told_in_one_line(word: OwnersWord | None, graph: Graph, role: str, told: str) -> None:
    assert standing_words(standing(word, graph, role)) == told


@pytest.mark.parametrize(
    "found", [standing(WORD, RAISED, "release"), standing(WORD, LOWERED, ""), Standing("", "", ())]
)
def test_a_statement_is_read_as_it_was_written(found: Standing) -> None:
    document = parse_json(canonical_json(standing_statement(PRODUCTS, found)), "statement")
    assert parse_standing(document, "statement") == (PRODUCTS, found)


def claim(text: str) -> Callable[[dict[str, Any]], object]:
    return lambda predicate: predicate.update(standing=text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (claim(INSIDE), "claims 'inside the plan', which does not follow"),
        (claim(NO_PLAN), "does not follow"),
        (lambda predicate: predicate.update(plan=None), "does not follow"),
        (lambda predicate: predicate.update(plan={"sha256": "zz"}), "does not follow"),
        (lambda predicate: predicate.update(plan={"sha256": ""}), "does not follow"),
        (lambda predicate: predicate.update(plan=7), "the plan is not of type dict"),
        (lambda predicate: predicate.pop("plan"), "not a statement of standing"),
        (lambda predicate: predicate.update(more=1), "a field too few or too many: 'more'"),
        (lambda predicate: predicate["differences"].append("x"), "not of type dict"),
        (lambda predicate: predicate["signer"].update(role=None), "role is not of type str"),
    ],
)
def test_a_statement_that_claims_more_than_it_tells_is_refused(
    change: Callable[[dict[str, Any]], object], told: str
) -> None:
    document = standing_statement(PRODUCTS, standing(WORD, LOWERED, "release"))
    change(document["predicate"])
    with pytest.raises(MalformedEvidence, match=told):
        parse_standing(document, "statement")
