from __future__ import annotations

from pedigree.registry.scan.findings import Figure, Finding, refuse, result, review, shown, worst
from pedigree.registry.scan.outliers import robust_scores


def test_the_worst_finding_is_the_verdict() -> None:
    assert result("x", "holds", []).verdict == "pass"
    assert result("x", "holds", [review("a", "b")]).verdict == "review"
    assert result("x", "holds", [review("a", "b"), refuse("a", "c")]).verdict == "refuse"
    assert worst(["pass", "refuse", "review"]) == "refuse"


def test_findings_are_sorted_and_said_once() -> None:
    said = result("x", "holds", [refuse("b", "2"), refuse("a", "1"), refuse("b", "2"), Figure("f", "3")])
    assert [finding.file for finding in said.findings] == ["a", "b"] and said.figures == (Figure("f", "3"),)


def test_a_flood_keeps_its_worst_verdict() -> None:
    said = result("x", "holds", [*(review(str(number), "a") for number in range(150)), refuse("z", "b")])
    assert len(said.findings) == 102 and said.verdict == "refuse"
    assert {str(finding) for finding in said.findings} >= {"there are 50 more", "there are 1 more"}


def test_a_finding_says_its_place_as_compilers_do() -> None:
    assert str(Finding("a.jinja", ":3", "is bad", "review")) == "a.jinja:3: is bad"
    assert str(Finding("a.json", "$.b", "is bad", "review")) == "a.json $.b: is bad"
    assert str(Finding("", "", "is bad", "review")) == "is bad"


def test_text_of_strangers_is_escaped_and_cut() -> None:
    assert shown("a\x1b[2J\u202e\ud800é") == "a\\x1b[2J\\u202e\\ud800é"
    assert shown("x" * 1000) == "x" * 400 + "... (1000 characters)"


def test_scores_are_those_of_the_source() -> None:
    # Iglewicz and Hoaglin: 0.6745 (x - median) / MAD; of 1..9 the median is 5 and the MAD 2.
    assert robust_scores([float(value) for value in range(1, 10)], 0.1)[-1] == 0.6745 * 4 / 2
    assert robust_scores([5.0, 5.0, 5.0, 6.0], 0.5)[-1] == 0.6745 * 1 / 0.5
