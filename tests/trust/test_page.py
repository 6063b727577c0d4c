from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from pedigree.trust.closure import close
from pedigree.trust.lineage import lineage
from pedigree.trust.page import lineage_page
from trust.builder import RELEASE_STEP, closure_of_demo, with_changes

VOID = {"meta", "br", "rect", "path"}


class Balance(HTMLParser):
    """Checks that every element is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.identifiers += [found["id"] or ""] if "id" in found else []
        self.targets += [(found["href"] or "")] if "href" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_every_step_has_a_node_and_a_section(pristine: Path) -> None:
    text = (pristine / "lineage.html").read_text()
    page = Balance()
    page.feed(text)
    assert page.open == []
    assert set(page.targets) <= {f"#{identifier}" for identifier in page.identifiers}
    assert sum(identifier.startswith("n") for identifier in page.identifiers) == 9
    assert len(set(page.identifiers)) == len(page.identifiers)


def test_the_page_asks_the_network_for_nothing(pristine: Path) -> None:
    text = (pristine / "lineage.html").read_text()
    assert not re.search(r"https?:|src=|@import|<script|<link|url\((?!#)", text)


def test_names_cannot_break_out_of_the_page() -> None:
    records = closure_of_demo()[0]
    evil = '</style><script>alert("x")</script>'
    changed = with_changes(records, "models.demo.sft", config={"stage": evil}, address=f"models/{evil}:sft")
    closure = close({record.name: record for record in changed}, RELEASE_STEP)
    page = lineage_page(lineage(closure, "0" * 64, "1" * 64, frozenset()), "2" * 64, "1" * 64)
    assert b"<script" not in page
