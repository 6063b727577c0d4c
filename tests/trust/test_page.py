from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pedigree.step.record import Record
from pedigree.trust.closure import close
from pedigree.trust.evidence import Delivered
from pedigree.trust.lineage import lineage
from pedigree.trust.page import lineage_page
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey
from trust.builder import RELEASE_STEP, closure_of_demo, run_stock, with_changes
from trust.large import closure_of

VOID = {"meta", "br", "input"}
EVIL = "</script><script>alert('x')</script><!--<img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium", path="/usr/bin:/usr/local/bin")


class Elements(HTMLParser):
    """Checks that every element is closed in its turn, and keeps attributes and the text of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.text.setdefault(self.open[-1], []).append(data)


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    found.close()
    return found


def page_of(records: list[Record]) -> str:
    closure = close({record.name: record for record in records}, RELEASE_STEP)
    statements = {record.name: provenance(record) for record in closure.steps}
    return lineage_page(
        lineage(closure, "0" * 64, "1" * 64, frozenset(), "no plan"), statements, "2" * 64, "1" * 64
    ).decode()


def block(page: str) -> tuple[dict[str, Any], list[Any]]:
    """The head and the rows of the page's data."""
    first, *rows = elements(page).text["script"][0].split("\n")
    return json.loads(first), [json.loads(row) for row in rows]


def value(place: int, head: Mapping[str, Any], rows: list[Any]) -> Any:
    """What the page's script reads from a place."""
    if isinstance(row := rows[place], str):
        return row
    if row[0] == -2:
        return row[1]
    items = [value(each, head, rows) for each in row[1:]]
    return items if row[0] == -1 else dict(zip(head["shapes"][row[0]], items, strict=True))


def hostile() -> list[Record]:
    records = closure_of_demo()[0]
    return with_changes(records, "models.demo.sft", config={"stage": EVIL}, address=f"models/{EVIL}:sft")


def test_the_page_is_whole_and_every_statement_is_in_it(pristine: Path, public: PublicKey) -> None:
    page = (pristine / "lineage.html").read_text()
    assert elements(page).open == []
    head, rows = block(page)
    read = {value(step[0], head, rows): value(step[4], head, rows) for step in head["steps"]}
    assert read == Delivered(pristine, public).provenance
    edges = {
        (value(head["steps"][one][0], head, rows), value(head["steps"][two][0], head, rows))
        for one, two in (edge[:2] for edge in head["edges"])
    }
    assert edges == {(edge["from"], edge["to"]) for edge in Delivered(pristine, public).lineage["edges"]}


def test_the_page_is_the_same_every_time() -> None:
    records = closure_of_demo()[0]
    assert page_of(records) == page_of(records[::-1])


def test_the_page_asks_the_network_for_nothing_and_its_policy_forbids_it(pristine: Path) -> None:
    page = (pristine / "lineage.html").read_text()
    found = elements(page)
    assert not [attributes for _, attributes in found.found if {"src", "href", "style"} & set(attributes)]
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|innerHTML|eval\(", page)
    (policy,) = (each["content"] for tag, each in found.found if each.get("http-equiv") == "Content-Security-Policy")
    script, style = found.text["script"][1], found.text["style"][0]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; base-uri 'none'; "
        "form-action 'none'"
    )


def test_names_cannot_break_out_of_the_page() -> None:
    page = page_of(hostile())
    found = elements(page)
    assert [tag for tag, _ in found.found].count("script") == 2 and "img" not in dict(found.found)
    assert elements(page).open == []
    assert "<" not in found.text["script"][0]
    head, rows = block(page)
    assert f"models/{EVIL}:sft" in {value(step[1], head, rows) for step in head["steps"]}


def test_equal_numbers_and_truth_values_stay_what_they_are() -> None:
    config = {"one": 1, "true": True, "none": None, "zero": [0, False, "0", [], {}]}
    head, rows = block(page_of(with_changes(closure_of_demo()[0], "models.demo.sft", config=config)))
    (step,) = (step for step in head["steps"] if value(step[0], head, rows) == "models.demo.sft")
    definition = value(step[4], head, rows)["predicate"]["buildDefinition"]
    assert json.dumps(definition["externalParameters"]["config"], sort_keys=True) == json.dumps(config, sort_keys=True)


def test_a_thousand_steps_take_less_than_a_kilobyte_each() -> None:
    # Their statements take 4.8 kB each, and 10,000 steps are to fit into 10 MB.
    assert len(page_of(closure_of(1000)[0])) < 1000 * 1000


def test_the_commands_that_it_shows_verify_each_statement(release: Path, tools: Path) -> None:
    head, rows = block((release / "lineage.html").read_text())
    for step in head["steps"]:
        path = f"attestations/{value(step[0], head, rows)}.provenance.sigstore.json"
        signature, payload = (
            head["commands"][name].replace("{file}", f"'{path}'") for name in ("signature", "payload")
        )
        assert run_stock(signature, release, tools).stdout == "Verified OK\n"
        assert json.loads(run_stock(payload, release, tools).stdout) == value(step[4], head, rows)
        data = (release / path).read_bytes()
        (release / path).write_bytes(data.replace(b'"payload":"eyJf', b'"payload":"eyJg'))
        assert run_stock(signature, release, tools).returncode != 0
        (release / path).write_bytes(data)
    assert run_stock(head["commands"]["lineage"], release, tools).returncode == 0


def in_chromium(page: Path, question: str) -> Any:
    """What a script finds in the page, which Chromium has loaded and run."""
    asking = page.with_name("asking.html")
    # The policy lets nothing else run, which is what it is for; the answer comes by way of a page around it.
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    answer = f"<script>document.title = JSON.stringify({question});</script></body>"
    asking.write_text(text.replace("</body>", answer))
    return json.loads(re.findall(r"<title>(.*?)</title>", dumped(asking), re.DOTALL)[0].replace("&amp;", "&"))


def dumped(page: Path) -> str:
    """The document after Chromium has run it, with the policy that it has."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    command = [str(CHROMIUM), *options, "--virtual-time-budget=5000", "--dump-dom", page.absolute().as_uri()]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(page.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install the package chromium")


@needs_chromium
def test_chromium_runs_it_under_its_policy(tmp_path: Path, pristine: Path) -> None:
    page = Path(shutil.copy(pristine / "lineage.html", tmp_path / "page.html"))
    assert "<h2>This release</h2>" in dumped(page)
    broken = page.with_name("broken.html")
    broken.write_text(page.read_text().replace('"use strict";', '"use strict"; ', 1))
    assert "<h2>This release</h2>" not in dumped(broken)


@needs_chromium
def test_a_chosen_step_shows_its_statement_and_what_it_was_made_from(tmp_path: Path, pristine: Path) -> None:
    page = Path(shutil.copy(pristine / "lineage.html", tmp_path / "page.html"))
    asked = (
        "(choose(named.get('models.demo.sft')),"
        " document.querySelectorAll('details').forEach((each) => each.open = true),"
        " {lit: steps.map((step) => [step.name, lit[step.at]]), text: panel.innerText,"
        " statement: statementOf(steps[chosen])})"
    )
    answer = in_chromium(page, asked)
    marks = dict(answer["lit"])
    assert marks["models.demo.sft"] == 3
    assert {name for name, mark in marks.items() if mark == 1} == {"datasets.demo.sft", "models.base.tiny"}
    assert marks[RELEASE_STEP] == 2 and marks["datasets.demo.heldout"] == 0
    assert "openssl dgst -sha256 -verify" in answer["text"] and "models.base.tiny" in answer["text"]
    assert answer["statement"]["predicate"]["buildDefinition"]["internalParameters"]["step"] == "models.demo.sft"


@needs_chromium
def test_hostile_names_are_shown_as_text_and_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(page_of(hostile()))
    asked = (
        "(field.value = 'ONERROR=alert(1)', search(), take(hits[0].at),"
        " {hits: hits.length, images: document.images.length, title: document.querySelector('h2').textContent})"
    )
    answer = in_chromium(page, asked)
    assert answer["hits"] == 1 and answer["images"] == 0
    assert re.sub(r"&lt;", "<", re.sub(r"&gt;", ">", answer["title"])) == f"models/{EVIL}:sft"
