from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import networkx
import pytest

from pedigree.cli.main import main
from pedigree.step.digests import sha256_bytes
from pedigree.trust.seal import seal
from trust.builder import RELEASE_STEP, build_release, closure_of_demo, deliver, lay_out, make_key, with_changes

KEY = "attestations/keys/signer.pub"
ALL = {record.name for record in closure_of_demo()[0]}
OF_DATA = {"datasets.demo.sft", "models.demo.sft", "models.demo.eval.predict-1", "models.demo.eval", RELEASE_STEP}


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    return build_release(tmp_path_factory.mktemp("one") / "work", uri)


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    """A release from other training data, and from the same base model and evaluation set."""
    return build_release(tmp_path_factory.mktemp("two") / "work", uri, variant=b"another")


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, object]]:
    """What is said of each release, as JSON."""
    assert main(["lineage", *map(str, arguments), "--format", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["releases"]
    return found


def names(answer: dict[str, object]) -> set[str]:
    return {step["name"] for step in answer["steps"]}  # type: ignore[attr-defined]


def test_the_tree_begins_with_the_release_and_names_every_step(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", str(release), "--key", str(release / KEY)]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].startswith("models/demo:demo [release] sha256:")
    assert lines[1].startswith("├── ") and lines[-2].startswith("└── ")
    assert lines[-1].startswith("standing: no plan: no owner signed what this release may be made of")
    for record in closure_of_demo()[0]:
        assert any(f"{record.address}" in line and f"[{record.kind}]" in line for line in lines)
    assert "NOT VERIFIED" not in told.err and "holds" in told.err


def test_a_release_that_is_not_verified_is_called_so_loudly_and_on_stderr_alone(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", str(release)]) == 0
    told = capsys.readouterr()
    assert "NOT VERIFIED" in told.err and "hint: --key" in told.err and "VERIFIED" not in told.out


def test_with_a_key_nothing_is_shown_of_a_release_that_does_not_hold(
    release: Path, tmp_path: Path, uri: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = Path(shutil.copytree(release, tmp_path / "forged"))
    graph = json.loads((forged / "lineage.json").read_text())
    graph["edges"].pop()
    (forged / "lineage.json").write_text(json.dumps(graph, sort_keys=True, separators=(",", ":")))
    assert main(["lineage", str(forged), "--key", str(forged / KEY)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "the release does not hold" in told.err and "(10)" in told.err and "hint:" in told.err


@pytest.mark.parametrize(
    "what",
    [
        "datasets/demo:sft",
        "datasets.demo.sft",
        "datasets/demo/sft [v1].jsonl",
        sha256_bytes(b"{}\nanother"),
        f"sha256:{sha256_bytes(b'{}' + bytes([10]) + b'another')}",
    ],
)
def test_descendants_of_a_step_target_file_or_digest(
    another: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    (answer,) = asked(capsys, another, "--descendants", what)
    assert names(answer) == OF_DATA
    assert answer["starts"] == ["datasets.demo.sft"]
    reached = answer["reached"]
    assert isinstance(reached, dict) and reached["models.demo.sft"] == "datasets.demo.sft"
    assert reached["datasets.demo.sft"] is None and reached[RELEASE_STEP] == "models.demo.sft"


def test_a_directory_a_lock_and_the_weights_of_the_base_are_found(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (answer,) = asked(capsys, release, "--descendants", "datasets/demo")
    assert answer["starts"] == ["datasets.demo.heldout", "datasets.demo.sft"]
    (answer,) = asked(capsys, release, "--descendants", "3rdparty/python/data.lock")
    assert set(answer["starts"]) == ALL  # type: ignore[call-overload]
    (answer,) = asked(capsys, release, "--descendants", sha256_bytes(b"base weights"))
    assert answer["starts"] == ["models.base.tiny"] and RELEASE_STEP in names(answer)


def test_ancestors_are_what_it_was_made_from(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = asked(capsys, release, "--ancestors", "models/demo:sft")
    assert names(answer) == {"models.demo.sft", "datasets.demo.sft", "models.base.tiny"}


def test_of_several_releases_those_that_are_affected_are_listed(
    release: Path, another: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = (release, another, "--key", release / KEY)
    affected = asked(capsys, *both, "--descendants", sha256_bytes(b"{}\nanother"))
    assert [answer["directory"] for answer in affected] == [str(another)]
    affected = asked(capsys, *both, "--descendants", "models/base:tiny")
    assert [answer["directory"] for answer in affected] == [str(release), str(another)]
    assert main(["lineage", *map(str, both), "--descendants", "models/base:tiny"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("models/demo:demo sha256:") for line in lines) == 2
    assert sum(line.endswith(" by models.base.tiny") for line in lines) == 2 * 3  # sft, predict-0, the release


def test_what_no_release_has_is_an_error(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", str(release), "--descendants", "datasets/typo:sft"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "nothing here is 'datasets/typo:sft'" in told.err
    assert "\nhint: give the name of a step, address of a target, " in told.err


def test_networkx_reads_the_graphml(release: Path, another: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["lineage", str(release), "--format", "graphml"]) == 0
    graph = networkx.parse_graphml(capsysbinary.readouterr().out.decode())
    expected = json.loads((release / "lineage.json").read_text())
    assert graph.is_directed() and set(graph) == ALL
    drawn = {(start, end, role) for start, end, role in graph.edges(data="role")}
    assert drawn == {(edge["from"], edge["to"], edge["role"]) for edge in expected["edges"]}
    assert graph.nodes["models.demo.sft"]["kind"] == "finetune"
    assert networkx.ancestors(graph, RELEASE_STEP) == ALL - {RELEASE_STEP}
    assert main(["lineage", str(release), str(another), "--format", "graphml"]) == 0
    graph = networkx.parse_graphml(capsysbinary.readouterr().out.decode())
    assert len(graph) == 2 * len(ALL) and f"1/{RELEASE_STEP}" in graph
    assert networkx.number_weakly_connected_components(graph) == 2


def test_hostile_names_stay_text_in_every_format(
    tmp_path: Path, uri: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    evil = 'models/<a b="c">&\x1b[2J\x01\u202e:sft'
    records, delivered = closure_of_demo()
    work = lay_out(tmp_path / "work", uri, with_changes(records, "models.demo.sft", address=evil), delivered)
    seal(work, uri)
    release = deliver(work)
    assert main(["lineage", str(release), "--format", "graphml"]) == 0
    data = capsysbinary.readouterr().out
    ElementTree.fromstring(data)
    graph = networkx.parse_graphml(data.decode())
    assert graph.nodes["models.demo.sft"]["address"] == evil.replace("\x1b", "\ufffd").replace("\x01", "\ufffd")
    assert main(["lineage", str(release)]) == 0
    tree = capsysbinary.readouterr().out.decode()
    assert "\x1b" not in tree and "\u202e" not in tree and "\\x1b[2J" in tree
    assert main(["lineage", str(release), "--format", "json"]) == 0
    steps = json.loads(capsysbinary.readouterr().out)["releases"][0]["steps"]
    assert evil in {step["address"] for step in steps}


def test_the_page_is_the_one_that_was_sealed(release: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["lineage", str(release), "--key", str(release / KEY), "--format", "html"]) == 0
    assert capsysbinary.readouterr().out == (release / "lineage.html").read_bytes()


def test_a_page_that_names_a_signer_is_not_made_of_what_nobody_verified(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", str(release), "--format", "html"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "lineage.html" in told.err and "\nhint: give --key PUB or --root FILE" in told.err


def test_json_and_graphml_say_whether_they_were_verified(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key, verified in (((), False), (("--key", release / KEY), True)):
        assert [answer["verified"] for answer in asked(capsys, release, *key)] == [verified]
        assert main(["lineage", str(release), *map(str, key), "--format", "graphml"]) == 0
        assert networkx.parse_graphml(capsys.readouterr().out).graph["verified"] is verified


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("lineage.json", b""),
        ("lineage.json", b"[]"),
        ("lineage.json", b'{"schema":"pedigree.lineage/1"}'),
        ("lineage.json", b'{"schema":"pedigree.lineage/1","release":1,"root":"x","steps":[],"edges":[]}'),
        ("lineage.json", b"\xff\xfe"),
        ("lineage.json", b'{"a":' * 5000),
        ("attestations/datasets.demo.sft.provenance.sigstore.json", b"{}"),
        ("attestations/datasets.demo.sft.provenance.sigstore.json", b'{"dsseEnvelope":{"payload":"W10="}}'),
        ("attestations/datasets.demo.sft.provenance.sigstore.json", b'{"dsseEnvelope":{"payload":"!"}}'),
    ],
)
@pytest.mark.parametrize("with_key", [False, True])
def test_malformed_evidence_ends_with_1_and_no_traceback(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, content: bytes, with_key: bool
) -> None:
    broken = Path(shutil.copytree(release, tmp_path / "broken"))
    (broken / path).write_bytes(content)
    key = ("--key", str(release / KEY)) if with_key else ()
    assert main(["lineage", str(broken), *key, "--descendants", "sha256:" + "ab" * 32]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "error: " in told.err and "\nhint: " in told.err


def test_an_edge_that_leads_nowhere_or_backwards_is_malformed(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(release, tmp_path / "broken"))
    graph = json.loads((broken / "lineage.json").read_text())
    for change in ({"from": "nowhere"}, {"from": RELEASE_STEP}):
        edges = [{**graph["edges"][0], **change}, *graph["edges"][1:]]
        (broken / "lineage.json").write_text(json.dumps({**graph, "edges": edges}))
        assert main(["lineage", str(broken)]) == 1
        assert "the lineage has" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing"],
        [".", "--key", "missing.pub"],
        [".", ".", "--format", "html"],
        [".", "--format", "html", "--ancestors", "x"],
    ],
)
def test_a_wrong_call_exits_with_2_and_a_hint(
    release: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(release)
    assert main(["lineage", *arguments]) == 2
    assert "hint:" in capsys.readouterr().err


def test_a_reader_who_leaves_early_is_no_traceback(release: Path) -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; from pedigree.cli.main import main; sys.exit(main())"
    many = '"$1" ' * 30  # more than a pipe holds
    command = f'"{sys.executable}" -c "$0" lineage {many} --format json | head -c 1'
    done = subprocess.run(["bash", "-c", command, program, str(release)], capture_output=True, text=True, check=False)
    assert done.stdout == "{" and "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr
