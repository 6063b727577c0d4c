from __future__ import annotations

import pytest

from cli.desk import Desk
from pedigree.step.digests import sha256_bytes, tree_digest
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.errors import Refused
from pedigree.trust.graph import Graph, graph_of_records
from pedigree.trust.root import parse_root
from pedigree.trust.standing import require_not_revoked
from trust.builder import RELEASE_STEP, closure_of_demo, digests

TINY = digests({"config.json": b"{}", "model.safetensors": b"base weights", "tokenizer.json": b"{}"})
"""What the base model of the demonstration consumes."""


@pytest.fixture
def graph() -> Graph:
    return graph_of_records({record.name: record for record in closure_of_demo()[0]}, RELEASE_STEP)


def authority(desk: Desk) -> Authority:
    files = read_attestations(desk.attestations)
    return load_authority(files, parse_root(files["root/1.json"], "root")[0])


def found(desk: Desk, graph: Graph) -> str:
    """What a verifier says of a release."""
    with pytest.raises(Refused) as refused:
        require_not_revoked(graph, authority(desk))
    return str(refused.value)


@pytest.fixture
def started(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk with a trust root and a snapshot."""
    desk.init()
    desk.pedigree("snapshot", by="Quentin")
    capsys.readouterr()
    return desk


def test_a_revoked_base_is_found_in_what_was_made_from_it(
    started: Desk, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started.revoke("base", f"models/base:tiny={tree_digest(TINY)}", by="Lea") == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{started.attestations}/revocations/base-{tree_digest(TINY)[:16]}.")
    assert "./pants dependents --transitive models/base:tiny" in err
    assert "pedigree lineage DIR --descendants models/base:tiny" in err
    assert "the way from there is models/base:tiny -> models/demo:" in found(started, graph)


@pytest.mark.parametrize("form", ["{tree}", "{file}", "sha256:{file}"])
def test_a_revoked_dataset_is_found_by_its_artifact_and_by_one_of_its_files(
    started: Desk, graph: Graph, form: str
) -> None:
    products = graph.nodes["datasets.demo.sft"].products
    digest = form.format(tree=tree_digest(products), file=products["records.jsonl"])
    assert started.revoke("dataset", f"datasets/demo:sft={digest}") == 0
    assert "datasets/demo:sft -> models/demo:sft -> models/demo:demo" in found(started, graph)


def test_a_revoked_release_is_found_by_what_its_last_step_made(started: Desk, graph: Graph) -> None:
    digest = tree_digest(graph.nodes[RELEASE_STEP].products)
    assert started.revoke("release", f"models/demo:demo={digest}", by="Olga") == 0
    assert f"what '{RELEASE_STEP}' made, is revoked by Olga (owner, " in found(started, graph)


def test_a_revoked_key_speaks_no_more(started: Desk) -> None:
    keyid = started.key("Ray").keyid
    assert authority(started).speaks(keyid) == "release"
    assert started.revoke("key", "Ray") == 0
    assert authority(started).speaks(keyid) == ""


def test_a_key_is_named_by_its_fingerprint_too_and_must_be_when_there_are_two(
    started: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    started.pedigree("keys", "rotate", f"Ray={started.public('Ray2')}", by="Olga")
    assert started.revoke("key", "Ray") == 2
    assert "'Ray' has several keys" in capsys.readouterr().err
    assert started.revoke("key", started.key("Ray").fingerprint) == 0
    assert started.revoke("key", f"a stranger={started.key('Stranger').fingerprint}") == 0
    assert started.revoke("key", "Nobody") == 2


def test_an_entry_is_revoked_by_its_name_or_uid(started: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    place = started.file_entry()
    assert started.pedigree("base", "list") == 0
    assert "proposed; lacks legal and quality" in capsys.readouterr().out
    assert started.revoke("base", "models/base:tiny", by="Olga") == 0
    assert started.revoke("base", place.name, by="Lea") == 0
    assert len(list((started.attestations / "revocations").iterdir())) == 2
    capsys.readouterr()
    started.pedigree("base", "list")
    assert "revoked by" in capsys.readouterr().out
    assert started.revoke("base", "models/base:large", by="Lea") == 2


def test_a_revocation_counts_at_once_and_cannot_be_taken_away_once_it_is_listed(started: Desk) -> None:
    started.revoke("key", "Ray")
    assert authority(started).revocations
    assert started.pedigree("snapshot", by="Quentin") == 0
    (path,) = (started.attestations / "revocations").iterdir()
    path.unlink()
    with pytest.raises(Refused, match="is missing"):
        authority(started)


def test_who_may_revoke_and_who_may_not(started: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Ray", "Bea"):
        assert started.revoke("key", "Otto", by=name) == 2
        assert "this takes legal or owner or quality" in capsys.readouterr().err
    assert started.revoke("key", "Otto", by="Stranger") == 2
    assert started.revoke("key", "Otto", by="Quentin") == 0
    assert started.revoke("key", "Otto", by="Quentin") == 1
    assert "'Quentin' revoked this before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "subject", "told"),
    [
        ("dataset", "datasets/demo:sft", "is not a name and a SHA-256"),
        ("dataset", "datasets/demo:sft=abc", "is not a name and a SHA-256"),
        ("release", "=" + "0" * 64, "is not a name and a SHA-256"),
        ("release", "demo=" + "A" * 64, "is not a name and a SHA-256"),
        ("dataset", f"demo={sha256_bytes(b'')}", "is the digest of an empty file"),
        ("base", "0" * 16, "there is no entry"),
        ("key", "0" * 64, "lists no key"),
    ],
)
def test_subjects_that_name_nothing_are_wrong_calls(
    started: Desk, capsys: pytest.CaptureFixture[str], kind: str, subject: str, told: str
) -> None:
    assert started.revoke(kind, subject) == 2
    assert told in capsys.readouterr().err
    assert not (started.attestations / "revocations").exists()


@pytest.mark.parametrize("text", ["", " ", "two\nlines", "x" * 501, "\udcff", "\x1b[31mred"])
def test_reasons_are_one_line_of_text(started: Desk, text: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        started.pedigree("revoke", "key", "Ray", f"--reason={text}", "--meaning", "I revoke it", by="Quentin")
