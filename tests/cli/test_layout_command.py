from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.desk import Desk
from pedigree.step.canonical import canonical_json
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.graph import Graph, parse_graph
from pedigree.trust.owners import word_in_force
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.plan import Plan, parse_plan
from pedigree.trust.proposal import propose
from pedigree.trust.root import first_root
from trust.builder import RELEASE
from trust.office import APPROVALS
from trust.plans import before_the_build, changed, configured, demo_graph, fed, planned_steps, with_node

SFT, SUITE, DATA = "models.demo.sft", "evals.demo.suite", "datasets.demo.sft"
Capture = pytest.CaptureFixture[str]


def write_graph(desk: Desk, graph: Graph) -> str:
    """The file that `./pants graph` would have printed."""
    graph = before_the_build(graph)
    path = desk.directory / "graph.json"
    document = {"schema": "pedigree.graph/1", "release": graph.release, "steps": planned_steps(graph)}
    path.write_bytes(canonical_json(document))
    return str(path)


def layout(desk: Desk, action: str, *options: str, graph: Graph | None = None, by: str = "") -> int:
    named = ["--graph", write_graph(desk, graph)] if graph else []
    return desk.pedigree("layout", action, RELEASE, *named, *options, by=by)


def proposal(desk: Desk) -> Path:
    return desk.attestations / "proposed" / "models.demo.demo.json"


def edit(desk: Desk, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the proposal as an owner does, by hand."""
    plan = json.loads(proposal(desk).read_text())
    change(plan)
    proposal(desk).write_text(json.dumps(plan, indent=2))


def stage(plan: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(stage for stage in plan["stages"] if stage["name"] == name)
    return found


def in_force(desk: Desk) -> Plan | None:
    files = read_attestations(desk.attestations)
    word = word_in_force(load_authority(files, first_root(files["root/1.json"], "root")), RELEASE)
    return word.plan if word else None


@pytest.fixture
def planned(desk: Desk, capsys: Capture) -> Desk:
    """A desk on which one owner signed the plan of the demo."""
    assert desk.init() == 0 and layout(desk, "propose", graph=demo_graph()) == 0
    assert layout(desk, "sign", by="Olga") == 0
    capsys.readouterr()
    return desk


def test_a_plan_is_proposed_signed_by_two_owners_put_in_force_and_held(desk: Desk, capsys: Capture) -> None:
    desk.init("--threshold", "owner=2")
    desk.pedigree("keys", "sign", by="Otto")
    assert layout(desk, "propose", "--note", "retraining once a quarter", graph=demo_graph()) == 0
    assert capsys.readouterr().out.endswith(f"{proposal(desk)}\n")
    assert layout(desk, "sign", by="Olga") == 0
    assert "it lacks 1 more of the owners" in capsys.readouterr().err
    # What is half signed is no plan yet, and breaks nothing.
    assert layout(desk, "diff", graph=demo_graph()) == 1 and desk.pedigree("snapshot", by="Quentin") == 0
    assert in_force(desk) is None
    assert layout(desk, "sign", by="Otto") == 0
    assert not list((desk.attestations / "proposed").rglob("*.json"))
    capsys.readouterr()
    assert layout(desk, "diff", graph=demo_graph()) == 0
    out, err = capsys.readouterr()
    assert out == "" and err == f"inside: the plan of '{RELEASE}', version 1, signed by Olga and Otto\n"
    assert desk.pedigree("snapshot", by="Quentin") == 0
    plan = in_force(desk)
    assert plan is not None and plan.note == "retraining once a quarter"


def test_what_is_inside_and_what_is_outside_is_told_in_words(planned: Desk, capsys: Capture) -> None:
    y = replace(demo_graph().nodes[DATA], name="datasets.y", address="datasets/y")
    graph = fed(with_node(demo_graph(), y), SFT, {"datasets/datasets.y": "datasets.y"})
    graph = configured(graph, SUITE, gates={"review_coverage": ">= 0.70"})
    materials = {**graph.nodes[SFT].materials, "inputs/hyperparameters/sft.yaml": "ab" * 32}
    assert layout(planned, "diff", graph=changed(graph, SFT, materials=materials)) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "outside: new data set datasets/y enters models/demo:sft",
        "outside: gate review_coverage of evals/demo:suite lowered from >= 0.80 to >= 0.70",
        "inside: hyperparameters of models/demo:sft changed: sft.yaml",
    ]
    assert err.startswith("outside by 2 of 3 differences: the plan of")


def test_what_may_change_does_so_inside_the_plan(planned: Desk, capsys: Capture) -> None:
    sft = demo_graph().nodes[SFT]
    materials = {**sft.materials, "inputs/hyperparameters/sft.yaml": "ab" * 32}
    assert layout(planned, "diff", graph=changed(demo_graph(), SFT, materials=materials)) == 0
    assert capsys.readouterr().out == "inside: hyperparameters of models/demo:sft changed: sft.yaml\n"


def test_without_a_plan_nothing_is_inside(desk: Desk, capsys: Capture) -> None:
    desk.init()
    assert layout(desk, "diff", graph=demo_graph()) == 1
    assert f"no plan: no owner signed what '{RELEASE}' may be made of" in capsys.readouterr().err
    assert layout(desk, "show") == 1
    assert layout(desk, "sign", by="Olga") == 2
    assert f"nothing is proposed for '{RELEASE}'" in capsys.readouterr().err


def test_what_an_owner_edits_is_what_is_signed(desk: Desk) -> None:
    desk.init()
    layout(desk, "propose", graph=demo_graph())
    records = {"*.jsonl": {"sha256": "", "may_change": True}}
    edit(desk, lambda plan: stage(plan, DATA)["sources"]["records"].update(files=records))
    edit(desk, lambda plan: stage(plan, SFT).update(free=["seed"]))
    assert layout(desk, "sign", by="Olga") == 0
    more = {**demo_graph().nodes[DATA].materials, "inputs/records/more.jsonl": "ab" * 32}
    graph = configured(changed(demo_graph(), DATA, materials=more), SFT, seed=2)
    assert layout(desk, "diff", graph=graph) == 0


def test_the_next_plan_lets_change_what_the_last_one_did(desk: Desk, capsys: Capture) -> None:
    desk.init()
    layout(desk, "propose", graph=demo_graph())
    records = {"*.jsonl": {"sha256": "", "may_change": True}}
    edit(desk, lambda plan: stage(plan, DATA)["sources"]["records"].update(files=records))
    edit(desk, lambda plan: stage(plan, SUITE).update(gates_may="stay"))
    edit(
        desk, lambda plan: stage(plan, SFT)["sources"]["hyperparameters"]["files"]["sft.yaml"].update(may_change=False)
    )
    layout(desk, "sign", by="Olga")
    capsys.readouterr()
    assert layout(desk, "propose", graph=configured(demo_graph(), SFT, seed=2)) == 0
    assert "outside version 1: setting 'seed' of models/demo:sft changed from 1 to 2" in capsys.readouterr().err
    plan = parse_plan(json.loads(proposal(desk).read_text()), "plan")
    stages = {one.name: one for one in plan.stages}
    assert plan.version == 2 and stages[SFT].settings["seed"] == 2
    assert list(stages[DATA].sources["records"].files) == ["*.jsonl"]
    assert stages[SUITE].gates_may == "stay"
    assert not stages[SFT].sources["hyperparameters"].files["sft.yaml"].may_change


def test_a_proposal_is_not_written_over(desk: Desk, capsys: Capture) -> None:
    desk.init()
    layout(desk, "propose", graph=demo_graph())
    before = proposal(desk).read_bytes()
    assert layout(desk, "propose", graph=configured(demo_graph(), SFT, seed=2)) == 2
    assert "is a proposal already, which somebody may have edited" in capsys.readouterr().err
    assert proposal(desk).read_bytes() == before


def test_signatures_on_what_was_edited_since_are_dropped(desk: Desk, capsys: Capture) -> None:
    desk.init("--threshold", "owner=2")
    desk.pedigree("keys", "sign", by="Otto")
    layout(desk, "propose", graph=demo_graph())
    layout(desk, "sign", by="Olga")
    edit(desk, lambda plan: plan.update(note="Otto wants it otherwise"))
    assert layout(desk, "sign", by="Otto") == 0
    assert "those signatures are dropped" in capsys.readouterr().err
    assert layout(desk, "diff", graph=demo_graph()) == 1
    assert layout(desk, "sign", by="Olga") == 0
    assert layout(desk, "diff", graph=demo_graph()) == 0


def test_a_proposal_must_be_newer_than_what_is_signed(planned: Desk, capsys: Capture) -> None:
    layout(planned, "propose", graph=demo_graph())
    edit(planned, lambda plan: plan.update(version="1"))
    assert layout(planned, "sign", by="Olga") == 2
    assert "hint: give the proposal the version 2" in capsys.readouterr().err


def test_another_owner_may_sign_what_is_filed(planned: Desk, capsys: Capture) -> None:
    assert layout(planned, "sign", by="Otto") == 0
    assert layout(planned, "show") == 0
    assert f"version 1 of the plan of {RELEASE}, signed by Olga and Otto" in capsys.readouterr().out


def test_a_plan_is_proposed_anew_when_others_seal_releases(planned: Desk, capsys: Capture) -> None:
    """The layout names keys, so that it is of one trust root."""
    planned.pedigree("keys", "rotate", f"Ray={planned.public('Ray2')}", by="Olga")
    assert layout(planned, "sign", by="Otto") == 2
    assert "the trust root is another than when version 1 of this plan was signed" in capsys.readouterr().err
    assert layout(planned, "propose", graph=demo_graph()) == 0 and layout(planned, "sign", by="Otto") == 0


def test_a_plan_stays_in_force_when_builders_come_and_go_and_its_signer_gets_another_key(
    planned: Desk, capsys: Capture
) -> None:
    assert planned.pedigree("snapshot", by="Quentin") == 0
    assert planned.pedigree("keys", "enroll", "--role", "builder", f"Bert={planned.public('Bert')}", by="Olga") == 0
    assert planned.pedigree("keys", "retire", "Bea", by="Olga") == 0
    assert planned.pedigree("keys", "rotate", f"Olga={planned.public('Olga2')}", by="Olga") == 0
    assert planned.pedigree("keys", "sign", by="Olga2") == 0
    assert planned.pedigree("snapshot", by="Quentin") == 0 and in_force(planned) is not None
    capsys.readouterr()
    assert layout(planned, "diff", graph=demo_graph()) == 0 and layout(planned, "show") == 0
    assert f"version 1 of the plan of {RELEASE}, signed by Olga\n" in capsys.readouterr().out


def test_who_may_not_seal_by_the_plan_is_told_of_and_when_nobody_may_all_is_outside(
    planned: Desk, capsys: Capture
) -> None:
    told = "the layout does not let the key of Rose sign, which seals; have the owners sign the plan anew"
    planned.pedigree("keys", "enroll", "--role", "release", f"Rose={planned.public('Rose')}", by="Olga")
    capsys.readouterr()
    assert layout(planned, "diff", graph=demo_graph()) == 0
    assert f"note: what others seal is inside, but {told}\n" in capsys.readouterr().err
    planned.pedigree("keys", "retire", "Ray", by="Olga")
    assert layout(planned, "diff", graph=demo_graph()) == 1
    assert f"outside: {told}\n" in capsys.readouterr().out


def test_a_plan_ends_by_its_owners_word_and_not_by_being_left_out(planned: Desk, capsys: Capture) -> None:
    assert planned.pedigree("snapshot", by="Quentin") == 0
    kept = {path: path.read_bytes() for path in (planned.attestations / "layouts").iterdir()}
    for path in kept:
        path.unlink()
    capsys.readouterr()
    assert planned.pedigree("snapshot", by="Quentin") == 1
    err = capsys.readouterr().err
    assert f"version 1 of the plan of '{RELEASE}', which was seen before, is missing\nhint: bring the directory" in err
    for path, data in kept.items():
        path.write_bytes(data)
    assert layout(planned, "propose", "--withdraw", "--note", "the product ends") == 0
    assert layout(planned, "show") == 0 and "  withdraws the plan: the release" in capsys.readouterr().out
    assert layout(planned, "sign", by="Otto") == 0 and planned.pedigree("snapshot", by="Quentin") == 0
    told = f"the withdrawal of the plan of '{RELEASE}', version 2: the product ends"
    assert told in capsys.readouterr().err
    plan = in_force(planned)
    assert plan is not None and plan.withdrawn
    assert layout(planned, "diff", graph=demo_graph()) == 1
    told = f"no plan: withdrawn by version 2 of the plan of '{RELEASE}', signed by Otto\n"
    assert capsys.readouterr().err == told
    assert layout(planned, "propose", "--withdraw") == 2 and "has no plan to withdraw" in capsys.readouterr().err
    # Owners may make another.
    assert layout(planned, "propose", graph=demo_graph()) == 0 and layout(planned, "sign", by="Olga") == 0
    assert layout(planned, "diff", graph=demo_graph()) == 0


def test_a_plan_that_a_retired_key_signed_is_not_listed_anew(planned: Desk, capsys: Capture) -> None:
    """A plan states no time: whoever has a key that was retired could sign one for ever."""
    assert planned.pedigree("keys", "retire", "Olga", by="Otto") == 0
    capsys.readouterr()
    assert planned.pedigree("snapshot", by="Quentin") == 1
    err = capsys.readouterr().err
    assert "models.demo.demo.plan.json, which the last snapshot did not list so" in err
    assert "have 0 of the 1 owners' signatures they need" in err and f"pedigree layout sign {RELEASE}" in err
    assert layout(planned, "sign", by="Otto") == 0 and planned.pedigree("snapshot", by="Quentin") == 0


@pytest.mark.parametrize(
    ("prepare", "by", "told"),
    [
        ((), "Quentin", "is that of 'Quentin' in the role quality; this takes owner"),
        ((), "Stranger", "is not listed by the trust root"),
        (("keys", "retire", "Otto", "--time", "2026-02-01T00:00:00Z"), "Otto", "was retired at 2026-02-01T00:00:00Z"),
        (("revoke", "key", "Otto", "--reason", "lost", "--meaning", "I revoke it"), "Otto", "was revoked"),
    ],
)
def test_a_key_that_may_not_sign_is_told(
    desk: Desk, capsys: Capture, prepare: tuple[str, ...], by: str, told: str
) -> None:
    desk.init()
    layout(desk, "propose", graph=demo_graph())
    assert not prepare or desk.pedigree(*prepare, by="Olga") == 0
    assert layout(desk, "sign", by=by) == 2
    assert told in capsys.readouterr().err
    assert not (desk.attestations / "layouts").exists()


def test_the_plan_is_shown_for_people(planned: Desk, capsys: Capture) -> None:
    layout(planned, "propose", "--note", "the next one", graph=demo_graph())
    capsys.readouterr()
    assert layout(planned, "show") == 0
    out = capsys.readouterr().out
    for line in (
        f"version 1 of the plan of {RELEASE}, signed by Olga\n",
        f"version 2 of the plan of {RELEASE}, proposed; signed by nobody so far\n",
        "  the next one\n",
        "  every base model is approved by legal and quality\n",
        "  takes hyperparameters from sft.yaml, which may change\n",
        "  takes base from models/base:tiny\n",
        "  takes generator from datasets/demo/generate.py, pinned, sha256:",
        "  gate review_coverage >= 0.80, which may tighten\n",
        "  setting seed = 1\n",
    ):
        assert line in out


def test_of_many_files_it_is_told_how_many_they_are(desk: Desk, capsys: Capture) -> None:
    many = {f"inputs/records/{number}.jsonl": "ab" * 32 for number in range(40)}
    desk.init()
    layout(desk, "propose", graph=changed(demo_graph(), DATA, materials=many))
    capsys.readouterr()
    layout(desk, "show")
    assert "  takes records from datasets/demo: 40 files, which may change\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not valid JSON"),
        (b"\xff\xfe", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"{}", "is not a pedigree.graph/1 document"),
        (b'{"schema":"pedigree.graph/1","release":"x","steps":[]}', "is not a pedigree.graph/1 document"),
        (b'{"schema":"pedigree.graph/1","release":"x","steps":[{"name":"x"}]}', "is not a pedigree.graph/1 document"),
        (b'{"steps":1,"steps":2}', "duplicate key"),
    ],
)
def test_what_is_no_graph_does_not_hold(planned: Desk, capsys: Capture, content: bytes, told: str) -> None:
    path = planned.directory / "bad.json"
    path.write_bytes(content)
    for action in ("diff", "propose"):
        assert planned.pedigree("layout", action, RELEASE, "--graph", str(path)) == 1
        assert told in capsys.readouterr().err
    assert not proposal(planned).exists()


@pytest.mark.parametrize("depth", [200, 400, 600, 800, 900, 950])
def test_settings_may_be_nested_as_deeply_as_json_can_be_read(planned: Desk, capsys: Capture, depth: int) -> None:
    path = Path(write_graph(planned, configured(demo_graph(), SFT, deep="here")))
    path.write_text(path.read_text().replace('"here"', "[" * depth + "]" * depth))
    for action in ("diff", "propose"):
        assert planned.pedigree("layout", action, RELEASE, "--graph", str(path)) in (0, 1)
    if proposal(planned).exists():
        assert layout(planned, "sign", by="Olga") in (0, 1) and layout(planned, "show") in (0, 1)
    assert "Traceback" not in capsys.readouterr().err


def test_a_graph_of_a_gigabyte_is_not_read(planned: Desk, capsys: Capture) -> None:
    path = planned.directory / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    assert planned.pedigree("layout", "diff", RELEASE, "--graph", str(path)) == 2
    assert "is larger than" in capsys.readouterr().err


def test_a_graph_that_is_missing_or_of_another_release_is_a_wrong_call(planned: Desk, capsys: Capture) -> None:
    assert planned.pedigree("layout", "diff", RELEASE, "--graph", str(planned.directory / "none")) == 2
    assert planned.pedigree("layout", "propose", "models/other", "--graph", write_graph(planned, demo_graph())) == 2
    assert f"is of the release '{RELEASE}', not 'models/other'" in capsys.readouterr().err


def test_outside_of_a_repository_the_graph_must_be_named(
    planned: Desk, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(planned.directory)
    assert layout(planned, "diff") == 2
    assert "no pants.toml here or above" in capsys.readouterr().err


@pytest.mark.parametrize(("script", "code"), [("cat graph.json", 0), ("exit 1", 2), ("", 1)])
def test_in_a_repository_pants_is_asked_at_its_root(
    planned: Desk, monkeypatch: pytest.MonkeyPatch, script: str, code: int
) -> None:
    """A launcher of one line stands for Pants; tests/system asks the real one."""
    write_graph(planned, demo_graph())
    (planned.directory / "pants.toml").write_text("")
    launcher = planned.directory / "pants"
    launcher.write_text(f'#!/bin/sh\n[ "$2" = graph ] && [ "$3" = {RELEASE} ] || exit 9\n{script}\n')
    launcher.chmod(0o755)
    deeper = planned.directory / "models/demo"
    deeper.mkdir(parents=True)
    monkeypatch.chdir(deeper)
    assert layout(planned, "diff") == code


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan.update(layout="ab" * 32),
        lambda plan: plan.update(release="models/other"),
        lambda plan: plan.update(version=2),
        lambda plan: plan["stages"].clear(),
    ],
)
def test_a_proposal_that_was_edited_into_none_is_not_signed(
    desk: Desk, capsys: Capture, change: Callable[[dict[str, Any]], object]
) -> None:
    desk.init()
    layout(desk, "propose", graph=demo_graph())
    edit(desk, change)
    capsys.readouterr()
    assert layout(desk, "sign", by="Olga") == 1
    assert capsys.readouterr().err.startswith("error: proposed/models.demo.demo.json")


@pytest.mark.parametrize("path", [plan_path(RELEASE), layout_path(RELEASE)])
def test_a_filed_plan_that_was_changed_is_not_believed(planned: Desk, capsys: Capture, path: str) -> None:
    file = planned.attestations / path
    whole = file.read_bytes()
    for data in (whole[: len(whole) // 2], whole.replace(b"a", b"b", 1), b"", b"\xff"):
        file.write_bytes(data)
        for action in ("diff", "show", "propose"):
            assert layout(planned, action, graph=None if action == "show" else demo_graph()) == 1, data[:20]
        assert "error: " in capsys.readouterr().err


def test_the_graph_of_a_file_is_that_of_the_targets(planned: Desk) -> None:
    graph = parse_graph(json.loads(Path(write_graph(planned, demo_graph())).read_text()), "graph")
    assert graph == before_the_build(demo_graph())
    assert propose(graph, APPROVALS) == propose(demo_graph(), APPROVALS)


def a_gigabyte(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 30)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES: tuple[Callable[[Path], object], ...] = (
    a_gigabyte,
    a_pipe,
    lambda path: path.write_bytes(b"[" * 100_000 + b"]" * 100_000),
    lambda path: path.write_bytes(b"\xff\xfe" * 99),
    lambda path: path.write_bytes(path.read_bytes()[:-7]),
    lambda path: path.write_bytes(b""),
)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("path", "actions"),
    [
        (plan_path(RELEASE), ("diff", "show", "sign", "propose")),
        (layout_path(RELEASE), ("diff", "show", "sign", "propose")),
        ("proposed/models.demo.demo.json", ("show", "sign")),
        (f"proposed/{plan_path(RELEASE)}", ("show", "sign")),
        (f"proposed/{layout_path(RELEASE)}", ("show", "sign")),
    ],
)
def test_files_that_are_damaged_are_told(
    desk: Desk, capsys: Capture, damage: Callable[[Path], object], path: str, actions: tuple[str, ...]
) -> None:
    desk.init("--threshold", "owner=2")
    desk.pedigree("keys", "sign", by="Otto")
    layout(desk, "propose", graph=demo_graph())
    if path.startswith("layouts"):
        assert layout(desk, "sign", by="Otto") == 0
    assert layout(desk, "sign", by="Olga") == 0
    damage(desk.attestations / path)
    for action in actions:
        capsys.readouterr()
        graph = None if action in ("show", "sign") else demo_graph()
        assert layout(desk, action, graph=graph, by="Olga" if action == "sign" else "") in (1, 2)
        assert capsys.readouterr().err.startswith("error: ")
