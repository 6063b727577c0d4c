"""Commands that read releases, in a process with little memory, on files that nobody would deliver."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.damage import a_gigabyte, a_pipe, dense, nested, not_utf8, require_told, run_apart, truncated
from cli.verbs import OF_RELEASES
from pedigree.trust.instructions import KEY_FILE
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force, sealed_in

EVIDENCE = (
    "lineage.json",
    "attestations/root.layout",
    "attestations/links/models.demo.sft.*.link",
    "attestations/models.demo.sft.provenance.sigstore.json",
    "attestations/models.demo.demo.standing.sigstore.json",
    "model.sig",
    "SHA256SUMS",
    "evaluation/suite/report.json",
    "MODEL_CARD.md",
    "attestations/trust/snapshot.json",
)
Damage = Callable[[Path], None]
each_damage = pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, truncated, nested, dense, a_pipe])
each_verb = pytest.mark.parametrize("verb", OF_RELEASES)


@dataclass(frozen=True)
class Place:
    """A delivered release, and all that a verifier of it may name.

    Attributes:
        directory: Holds the release, what is published, the trust root, the key, and what was seen.
    """

    directory: Path

    def call(self, verb: str, *more: str) -> None:
        """Run a command by the root, which must tell what is wrong."""
        done = run_apart(verb, str(self.directory / "release"), *OF_RELEASES[verb], *more)
        require_told(done)

    def by_root(self) -> list[str]:
        return [
            *("--root", str(self.directory / "root.json"), "--memory", str(self.directory / "seen")),
            *("--attestations", str(self.directory / "published")),
        ]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where all is well, that no test may change."""
    directory = tmp_path_factory.mktemp("pristine")
    office = Office(directory)
    put_in_force(office)
    sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    shutil.copytree(sealed_in(office, directory / "work", "Ray"), directory / "place/release")
    for path, data in office.files.items():
        (directory / "place/published" / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / "place/published" / path).write_bytes(data)
    (directory / "place/root.json").write_bytes(office.files["root/1.json"])
    (directory / "place/key.pub").write_text(office.key("Ray").pem)
    place = Place(directory / "place")
    done = run_apart("verify", str(place.directory / "release"), *place.by_root(), "--require-plan")
    assert done.returncode == 0, done.stdout
    return place.directory


@pytest.fixture
def place(pristine: Path, tmp_path: Path) -> Place:
    """A copy, to be changed; there, something was seen already."""
    return Place(Path(shutil.copytree(pristine, tmp_path / "place")))


@each_damage
@each_verb
def test_every_verb_tells_what_is_wrong_with_a_release(place: Place, verb: str, damage: Damage) -> None:
    # A gigabyte is hashed whole before a release is refused, which takes seconds.
    for pattern in EVIDENCE[:3] if damage is a_gigabyte else EVIDENCE:
        (path,) = (place.directory / "release").glob(pattern)
        whole = path.read_bytes()
        damage(path)
        place.call(verb, "--key", str(place.directory / "key.pub"), *place.by_root()[:4])
        path.unlink()
        path.write_bytes(whole)


@each_damage
def test_a_lineage_that_nobody_verifies_costs_no_more(place: Place, damage: Damage) -> None:
    for pattern in ("lineage.json", "attestations/models.demo.sft.provenance.sigstore.json"):
        (path,) = (place.directory / "release").glob(pattern)
        whole = path.read_bytes()
        damage(path)
        place.call("lineage", "--descendants", "9" * 64)  # a digest, for which all provenance is read
        path.unlink()
        path.write_bytes(whole)


@each_damage
@each_verb
def test_every_verb_tells_what_is_wrong_with_what_it_is_to_believe(place: Place, verb: str, damage: Damage) -> None:
    (seen,) = (place.directory / "seen").glob("*.json")
    published = ("root/1.json", "snapshot.json", "approvals/*/entry.json", "approvals/*/legal.*", "layouts/*.layout")
    files = [next((place.directory / "published").glob(pattern)) for pattern in published]
    for path in (*files, seen, place.directory / "root.json", place.directory / "release" / KEY_FILE):
        whole = path.read_bytes()
        damage(path)
        place.call(verb, *place.by_root())
        path.unlink()
        path.write_bytes(whole)
    damage(place.directory / "key.pub")
    place.call(verb, "--key", str(place.directory / "key.pub"))


@each_verb
def test_a_name_that_is_no_text_or_steers_a_terminal_is_told_as_it_may_be_printed(place: Place, verb: str) -> None:
    for name in (b"\xff", b"\x1b[2J"):
        path = os.fsencode(place.directory / "release/model") + b"/" + name
        os.close(os.open(path, os.O_CREAT))
        call = (str(place.directory / "release"), *OF_RELEASES[verb], "--key", str(place.directory / "key.pub"))
        done = run_apart(verb, *call)
        said = done.stdout if verb == "verify" else done.stderr
        assert done.returncode == 1 and b"\x1b" not in said and b"Traceback" not in done.stderr
        assert {b"\xff": b"model/\\udcff", b"\x1b[2J": b"model/\\x1b[2J"}[name] in said
        os.unlink(path)


@each_verb
def test_paths_that_are_not_utf8_are_wrong_calls(place: Place, verb: str) -> None:
    release = str(place.directory / "release")
    for option in ("--key", "--root"):
        require_told(run_apart(verb, release, *OF_RELEASES[verb], option, b"\xff\xfe"))
    require_told(run_apart(verb, b"\xff\xfe", *OF_RELEASES[verb], "--key", str(place.directory / "key.pub")))
    done = run_apart(verb, release, *OF_RELEASES[verb], *place.by_root()[:4], "--attestations", b"\xff\xfe")
    require_told(done)
    assert done.returncode == 2
