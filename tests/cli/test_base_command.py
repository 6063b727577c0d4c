from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.desk import NOON, Desk
from cli.proposing import MEANING, NAME, approve, propose, with_model
from pedigree.cli.main import main
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest
from pedigree.step.digests import directory_files, sha256_bytes, tree_digest
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.modelsig import model_statement
from pedigree.trust.registered import Registered
from pedigree.trust.root import parse_root
from pedigree.trust.signers import load_signer
from registry.scan.models import write_model


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with a trust root, a model, and what is written about it."""
    return with_model(desk)


def registered(desk: Desk, files: dict[str, str]) -> Registered:
    """The entry under which these files are approved, as a build finds it."""
    found = read_attestations(desk.attestations)
    return load_authority(found, parse_root(found["root/1.json"], "root")[0]).approved(NAME, files)


def test_a_model_is_proposed_approved_put_in_force_shown_and_revoked(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    files = directory_files(desk.directory / "model")
    assert propose(desk) == 0
    out = capsys.readouterr().out
    assert out == f"sha256:{tree_digest(files)}\n"
    states = []
    for act in ("", "Lea", "Quentin", "snapshot"):
        if act == "snapshot":
            assert desk.pedigree("snapshot", by="Quentin") == 0
        elif act:
            assert approve(desk, act) == 0
        capsys.readouterr()
        desk.pedigree("base", "list")
        states.append(capsys.readouterr().out.split("  ")[2].strip())
    assert states == [
        "proposed; lacks legal and quality",
        "proposed; lacks quality",
        "approved by all, but not in force: there is no snapshot.json",
        "approved",
    ]
    entry = registered(desk, files).entry
    assert entry.parts["model.safetensors"] == "weights" and entry.parts["README.md"] == "other"
    assert entry.license.obligations == ("hand on the license text and the copyright notice",)
    assert desk.pedigree("base", "show", NAME) == 0
    shown = capsys.readouterr().out
    assert f"  approved by Lea (legal)\n    time: {NOON}\n    meaning: {MEANING}\n" in shown
    assert f"    {files['model.safetensors']}  model.safetensors (weights)\n" in shown
    revoke = ("base", "revoke", NAME, "--reason", "a backdoor was found", "--meaning", "I revoke it")
    assert desk.pedigree(*revoke, by="Olga") == 0
    desk.pedigree("base", "show", tree_digest(files), "--format", "json")
    document = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert document["state"] == "revoked by Olga" and len(document["signatures"]) == 2
    assert document["revocations"][0]["reason"] == "a backdoor was found"
    assert approve(desk, "Lea") == 1
    assert "is revoked by Olga (owner, " in capsys.readouterr().err


def test_the_report_of_the_scan_card_and_addendum_lie_beside_the_entry(desk: Desk) -> None:
    propose(desk)
    (place,) = (desk.attestations / "approvals").iterdir()
    assert {path.name for path in place.iterdir()} == {"entry.json", "scan.json", "card.md", "addendum.md"}
    report = json.loads((place / "scan.json").read_bytes())
    entry = json.loads((place / "entry.json").read_bytes())
    assert report["files"] == entry["files"] and report["verdict"] == entry["verdict"] == "pass"
    assert entry["scan"] == sha256_bytes((place / "scan.json").read_bytes())


def test_some_files_of_a_directory_are_a_model_when_the_target_names_those(desk: Desk) -> None:
    model = desk.directory / "model"
    (model / "BUILD").write_text("base_model()")
    files = tuple(name for name in directory_files(model) if name != "BUILD")
    assert propose(desk) == 1  # all of them: a BUILD file is none of a model
    assert propose(desk, files=files) == 0
    (path,) = (desk.attestations / "approvals").glob("*/entry.json")
    assert set(json.loads(path.read_bytes())["files"]) == set(files)
    for names in (("missing.json",), ("../model/config.json",), ("/etc/hostname",), ("BUILD",)):
        assert propose(desk, files=names) == 2


def test_a_model_that_the_scan_refuses_is_not_proposed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.directory / "model" / "modeling.py").write_text("import os\n")
    assert propose(desk) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: the scan refuses '{NAME}'\n  modeling.py: ")
    assert not (desk.attestations / "approvals").exists()


def test_a_symbolic_link_among_named_files_stays_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    model = desk.directory / "model"
    (model / "extra.json").symlink_to(model / "config.json")
    names = tuple(path.name for path in model.iterdir())
    (model / "left-out.json").write_text("{}")
    assert propose(desk, files=names) == 1
    assert "extra.json: is a symbolic link" in capsys.readouterr().err


def test_terms_decide(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert propose(desk, license="CC-BY-NC-4.0") == 1
    assert "the license CC-BY-NC-4.0 disqualifies" in capsys.readouterr().err
    for license in ("MPL-2.0", "LicenseRef-house"):
        assert propose(desk, license=license) == 2
        assert "and no review of it is named" in capsys.readouterr().err
        assert propose(desk, "--legal-approval", "LEGAL-17", license=license) == 0
    assert propose(desk, license="of my own") == 2
    capsys.readouterr()
    desk.pedigree("base", "show", NAME)
    assert "license: LicenseRef-house, bespoke, reviewed in LEGAL-17" in capsys.readouterr().out


def sign_model(desk: Desk, name: str = "Ada") -> tuple[str, ...]:
    """The options that name a publisher's signature over the model as it is now."""
    key = desk.key(name)
    statement = model_statement(directory_files(desk.directory / "model"))
    path = desk.directory / "model.sig"
    path.write_bytes(sign_bundle(statement, load_signer(desk.uri(name), key), key))
    return ("--publisher-signature", str(path), "--publisher-key", desk.public("Ada"))


def test_the_publishers_signature_is_verified_and_kept(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    options = sign_model(desk)
    assert propose(desk, *options) == 0
    assert "the publisher signed 6 of these files" in capsys.readouterr().err
    (place,) = (desk.attestations / "approvals").iterdir()
    assert (place / "model.sig").read_bytes() == (desk.directory / "model.sig").read_bytes()
    assert approve(desk, "Lea") == 0 and desk.pedigree("snapshot", by="Quentin") == 0
    (place / "model.sig").unlink()
    assert desk.pedigree("base", "list") == 1
    assert "evidence that is not beside it" in capsys.readouterr().err


def test_a_signature_that_does_not_fit_ends_the_proposal(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert propose(desk, *sign_model(desk, "Mallory")) == 1
    assert "is signed by another key than the publisher's" in capsys.readouterr().err
    options = sign_model(desk)
    (desk.directory / "model" / "config.json").write_text('{"model_type": "qwen2"}')
    assert propose(desk, *options) == 1
    assert "config.json is not the file that" in capsys.readouterr().err
    assert propose(desk, *options[:2]) == 2
    assert not (desk.attestations / "approvals").exists()


def test_what_is_approved_is_not_written_over(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    propose(desk)
    assert propose(desk, "--note", "a better note") == 0
    assert approve(desk, "Lea") == 0
    assert propose(desk, "--note", "a better note") == 0
    assert propose(desk, "--note", "another") == 1
    assert "holds another entry of these files, which is approved" in capsys.readouterr().err


def test_a_model_whose_weights_are_in_the_store_is_scanned_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(desk.directory / "store")
    monkeypatch.setenv("PEDIGREE_MODELS", str(store.root))
    model = desk.directory / "model"
    listed = []
    for name, digest in directory_files(model).items():
        data = (model / name).read_bytes()
        store.object(digest).parent.mkdir(parents=True, exist_ok=True)
        store.object(digest).write_bytes(data)
        listed.append(WeightsFile(name, len(data), digest, ("file:x",)))
        if name != "README.md":
            (model / name).unlink()
    (model / "weights.json").write_bytes(render_weights_manifest(WeightsManifest(tuple(listed))))
    assert propose(desk, "--weights-manifest", "weights.json", files=("weights.json",)) == 0
    (place,) = (desk.attestations / "approvals").iterdir()
    entry = json.loads((place / "entry.json").read_bytes())
    assert entry["files"] == {file.name: file.sha256 for file in listed}
    assert set(entry["parts"]) == set(entry["files"]) and entry["parts"]["model.safetensors"] == "weights"
    report = json.loads((place / "scan.json").read_bytes())
    assert set(report["files"]) == {file.name for file in listed}
    for name, content in (("notes.md", "# Notes\n"), ("settings.json", "{}"), ("list.json", "[]")):
        (model / name).write_text(content)
        assert propose(desk, "--weights-manifest", "weights.json", files=("weights.json", name)) == 1
        assert f"{name} is beside the weights manifest, but is no manifest of a dataset" in capsys.readouterr().err
    (model / "corpus.json").write_text('{"schema":"pedigree.manifest/1"}')
    assert propose(desk, "--weights-manifest", "weights.json", files=("weights.json", "corpus.json")) == 0
    approved = write_model(desk.directory / "approved", {"chat_template.jinja": b"other"})
    against = ("--weights-manifest", "weights.json", "--against", str(approved), "--note", "again")
    assert propose(desk, *against, files=("weights.json",)) == 0
    (told,) = (
        check
        for place in (desk.attestations / "approvals").iterdir()
        for check in json.loads((place / "scan.json").read_bytes())["checks"]
        if check["name"] == "template-change"
    )
    assert told["verdict"] == "review"
    assert propose(desk, "--weights-manifest", "other.json", files=("weights.json",)) == 2
    assert "'other.json' is not among the files" in capsys.readouterr().err


def test_only_roles_that_approve_approve(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    propose(desk)
    for name in ("Olga", "Ray", "Stranger"):
        assert approve(desk, name) == 2
    assert "is not listed by the trust root" in capsys.readouterr().err
    assert approve(desk, "Lea", "models/base:other") == 2
    assert approve(desk, "Lea", "f" * 64) == 2
    with pytest.raises(SystemExit, match="2"):
        desk.pedigree("base", "approve", NAME, by="Lea")


def test_an_entry_that_says_otherwise_than_its_scan_is_not_approved(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    propose(desk)
    (place,) = (desk.attestations / "approvals").iterdir()
    report = (place / "scan.json").read_bytes().replace(b'"verdict":"pass"}\n', b'"verdict":"refuse"}\n')
    entry = json.loads((place / "entry.json").read_bytes())
    forged = json.dumps({**entry, "scan": sha256_bytes(report)}, sort_keys=True, separators=(",", ":"))
    (place / "scan.json").write_bytes(report)
    (place / "entry.json").write_text(forged)
    assert approve(desk, "Lea") == 1
    assert "says 'refuse', but its entry in approvals/" in capsys.readouterr().err
    (place / "entry.json").write_text(forged.replace('"verdict":"pass"', '"verdict":"refuse"'))
    assert approve(desk, "Lea") == 1
    assert "has the verdict 'refuse'" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--card", "--addendum", "--publisher-key", "--publisher-signature"])
@pytest.mark.parametrize("form", ["missing", "a directory", "a gigabyte", "not UTF-8"])
def test_files_that_cannot_be_used_are_told(
    desk: Desk, capsys: pytest.CaptureFixture[str], option: str, form: str
) -> None:
    path = desk.directory / "given"
    if form == "a directory":
        path.mkdir()
    elif form == "a gigabyte":
        with path.open("wb") as stream:
            stream.truncate(1 << 30)
    elif form == "not UTF-8":
        path.write_bytes(b"\xff\xfe\x00")
    signature = sign_model(desk) if option.startswith("--publisher") else ()
    assert propose(desk, *signature, option, str(path)) in (1, 2)
    assert capsys.readouterr().err.startswith("error: ")
    assert not (desk.attestations / "approvals").exists()


def test_a_model_with_a_gigabyte_of_nothing_is_refused_within_little_memory(desk: Desk) -> None:
    with (desk.directory / "model" / "model.safetensors").open("wb") as stream:
        stream.truncate(1 << 30)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_DATA, (1 << 29, 1 << 29))\n"
        "from pedigree.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    described = "--name x --license MIT --publisher x --source x --tier x --serving x".split()
    texts = ["--card", str(desk.directory / "addendum.md"), "--addendum", str(desk.directory / "addendum.md")]
    call = ["base", "propose", str(desk.directory / "model"), *described, *texts]
    done = subprocess.run(
        [sys.executable, "-c", program, *call, "--attestations", str(desk.attestations)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.startswith("error: the scan refuses 'x'"), done.stderr


def test_wrong_calls_end_with_2(desk: Desk, tmp_path: Path) -> None:
    for call in (["base"], ["base", "show"], ["base", "propose"], ["base", "approve"], ["base", "nothing"]):
        with pytest.raises(SystemExit, match="2"):
            main(call)
    assert main(["base", "list", "--attestations", str(tmp_path / "missing")]) == 2
