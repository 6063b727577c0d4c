"""Whom to believe is said to every command that reads releases in the same words, and counts for the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pedigree.cli.main import main
from pedigree.cli.verdicts import BY_ITSELF
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force, sealed_in

KEY = "attestations/keys/signer.pub"
VERBS: dict[str, list[str]] = {"verify": [], "lineage": [], "export": ["--format", "clauses"]}
every_verb = pytest.mark.parametrize("verb", VERBS)


class Case:
    """A release that was delivered, and what the office published until and since then."""

    def __init__(self, directory: Path, sealer: str = "Ray") -> None:
        self.directory = directory
        self.office = Office(directory)
        put_in_force(self.office)
        self.release = sealed_in(self.office, directory / "work", sealer)
        self.root = directory / "handed.json"
        self.root.write_bytes(self.office.files["root/1.json"])

    def published(self) -> str:
        """The attestations as they are now, as a directory."""
        for path, data in self.office.files.items():
            file = self.directory / "published" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return str(self.directory / "published")

    def by_root(self, verb: str, *more: str, releases: Sequence[Path] = ()) -> int:
        """Run a command that believes the root alone; its exit code."""
        believed = ["--root", str(self.root), "--memory", str(self.directory / "seen"), *more]
        return main([verb, *map(str, releases or [self.release]), *VERBS[verb], *believed])


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


@every_verb
def test_a_release_in_force_is_believed_by_the_root_alone_and_nothing_is_left_to_say(
    case: Case, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert case.by_root(verb) == 0
    told = capsys.readouterr()
    assert told.out and "ot checked" not in told.err and "NOT VERIFIED" not in told.err
    assert len(list((case.directory / "seen").glob("*.json"))) == 1


@every_verb
def test_by_a_key_alone_it_is_said_what_was_not_checked(
    case: Case, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, str(case.release), *VERBS[verb], "--key", str(case.release / KEY)]) == 0
    told = capsys.readouterr()
    assert told.out and told.err.endswith(BY_ITSELF)


@every_verb
def test_every_check_that_does_not_hold_is_told_and_nothing_is_shown(
    case: Case, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.office.revoke("Quentin", "key", {"Ray": case.office.key("Ray").fingerprint}, "it was copied")
    case.office.publish_snapshot(case.office.root(), 2)
    (case.release / "added").write_bytes(b"")
    assert case.by_root(verb, "--attestations", case.published(), "--max-age", "1") == 1
    told = capsys.readouterr()
    said = told.out if verb == "verify" else told.err
    for number in (8, 15, 19):
        assert f"({number}) " in said
    assert "it was copied" in said and (verb == "verify" or told.out == "")


@every_verb
def test_what_is_published_since_counts_and_what_the_release_brings_does_not_know_of_it(case: Case, verb: str) -> None:
    assert case.by_root(verb) == 0
    case.office.revoke("Quentin", "key", {"Ray": case.office.key("Ray").fingerprint}, "it was copied")
    case.office.publish_snapshot(case.office.root(), 2)
    assert case.by_root(verb) == 0
    assert case.by_root(verb, "--attestations", case.published()) == 1


@every_verb
def test_a_developers_build_holds_by_its_key_and_not_by_the_root(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(tmp_path, "Nobody")
    assert main([verb, str(case.release), *VERBS[verb], "--key", str(case.release / KEY)]) == 0
    capsys.readouterr()
    assert case.by_root(verb) == 1
    told = capsys.readouterr()
    assert "a developer's build: its key has no role in the trust root" in told.out + told.err


@pytest.mark.parametrize("later", VERBS)
@pytest.mark.parametrize("first", VERBS)
def test_what_one_command_saw_another_remembers(
    case: Case, first: str, later: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.office.publish_snapshot(case.office.root(), 2)
    assert case.by_root(first, "--attestations", case.published()) == 0
    capsys.readouterr()
    assert case.by_root(later) == 1  # the release brings the first snapshot
    told = capsys.readouterr()
    assert "(14) " in told.out + told.err


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("verify", ["--require-plan"]),
        *((verb, more) for verb in VERBS for more in (["--memory", "."], ["--attestations", "."], ["--max-age", "1"])),
    ],
)
def test_what_counts_by_a_root_is_a_wrong_call_without_one(
    tmp_path: Path, verb: str, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, str(tmp_path), *VERBS[verb], "--key", "x", *more]) == 2
    assert "without --root nothing of that is looked at\nhint: " in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "x", "9" * 20, "\u0663"])
@every_verb
def test_an_age_is_a_number_of_days(tmp_path: Path, verb: str, days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([verb, str(tmp_path), *VERBS[verb], "--root", "x", f"--max-age={days}"])
    assert stopped.value.code == 2 and "is not a number of days above 0" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["verify", "export"])
def test_a_call_that_believes_nobody_is_wrong(case: Case, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, str(case.release), *VERBS[verb]]) == 2
    assert "nothing says whom to believe\nhint: " in capsys.readouterr().err


@pytest.mark.parametrize("signed", ["before", "since", "never"])
def test_a_plan_that_is_required_must_have_been_signed_before(
    tmp_path: Path, signed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(tmp_path)
    if signed != "never":
        sign_plan(case.office, demo_plan(), case.office.root(), "Olga")
        case.office.publish_snapshot(case.office.root(), 2)
    if signed == "before":
        case.release = sealed_in(case.office, tmp_path / "again", "Ray")
    call = ("--attestations", case.published())
    assert case.by_root("verify", *call) == 0
    capsys.readouterr()
    assert case.by_root("verify", *call, "--require-plan") == (0 if signed == "before" else 1)
    lines = capsys.readouterr().out.splitlines()
    told = lines[lines.index(next(line for line in lines if line.startswith("(18)"))) + 1]
    assert told.strip().startswith("inside the plan sha256:" if signed == "before" else "a plan is required: ")


def test_of_several_releases_each_must_hold(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    other = sealed_in(case.office, case.directory / "other", "Nobody")
    assert case.by_root("lineage", releases=(case.release, other)) == 1
    told = capsys.readouterr()
    assert f"{case.release}: the release holds\n" in told.err and told.out == ""
    assert f"error: {other}: the release does not hold\n  (15) " in told.err
