from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.seal import main, seal
from pedigree.trust.signers import SIGNER_VARIABLE
from trust.builder import JUDGE, RELEASE_STEP, approvals_of_demo, closure_of_demo, lay_out, make_key, with_changes
from trust.forge import payload


@pytest.fixture
def work(tmp_path: Path, uri: str) -> Path:
    return lay_out(tmp_path / "work", uri, *closure_of_demo())


def test_sealing_writes_exactly_the_evidence(work: Path, uri: str) -> None:
    seal(work, uri)
    written = sorted(directory_files(work / "outputs"))
    assert [path for path in written if not path.startswith("attestations/")] == [
        "SHA256SUMS", "VERIFY.md", "lineage.html", "lineage.json", "model.sig",
    ]  # fmt: skip
    names = [record.name for record in closure_of_demo()[0]]
    brought = {f"{ATTESTED}/{path}" for path in approvals_of_demo()}
    assert brought <= set(written)
    rest = [path for path in written if path.startswith("attestations/") and path not in brought]
    assert sum(path.endswith(".provenance.sigstore.json") for path in rest) == len(names)
    assert sum(path.endswith(".link") for path in rest) == len(names) + 2
    others = {
        "attestations/root.layout",
        "attestations/LICENSES.md",
        "attestations/delivery.sha256",
        "attestations/keys/signer.pub",
        f"attestations/{JUDGE}.test-result.sigstore.json",
        f"attestations/{RELEASE_STEP}.summary.sigstore.json",
        f"attestations/{RELEASE_STEP}.standing.sigstore.json",
    }
    assert others <= set(rest) and len(rest) == 2 * len(names) + 2 + len(others)


def test_bytes_depend_on_records_and_key_alone(tmp_path: Path, uri: str) -> None:
    search = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
    found = []
    for number, (seed, zone, language, home) in enumerate(
        [("0", "UTC", "C.UTF-8", "/nonexistent"), ("77", "Asia/Tokyo", "de_DE.UTF-8", str(tmp_path))]
    ):
        work = lay_out(tmp_path / f"{number}" / ("deep" * number) / "work", uri, *closure_of_demo())
        environment = {"PYTHONPATH": search, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "HOME": home}
        call = [sys.executable, "-m", "pedigree.trust.seal", "."]
        subprocess.run(call, cwd=work, env={**environment, SIGNER_VARIABLE: uri, "PATH": "/usr/bin"}, check=True)
        found.append({path: (work / "outputs" / path).read_bytes() for path in directory_files(work / "outputs")})
    assert found[0] == found[1]


def test_neither_the_directory_nor_the_key_file_is_in_the_evidence(work: Path, uri: str) -> None:
    seal(work, uri)
    for path in directory_files(work / "outputs"):
        data = (work / "outputs" / path).read_bytes()
        signed = (
            canonical_json(payload(work / "outputs" / path))
            if path.endswith((".sigstore.json", ".link", ".layout", ".sig"))
            else b""
        )
        for word in (str(work), uri.removeprefix("file:")):
            assert word.encode() not in data + signed, path


def test_a_gate_that_is_not_met_is_named(tmp_path: Path, uri: str) -> None:
    work = lay_out(tmp_path / "work", uri, *closure_of_demo(passed=False))
    with pytest.raises(ToolError, match=r"gates that are not met\n  review_coverage >= 0\.80: 0\.9"):
        seal(work, uri)
    assert not (work / "outputs").exists()


def test_another_key_than_the_announced_one_is_refused(work: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not the signer's public key"):
        seal(work, make_key(tmp_path / "other.pem"))


@pytest.mark.parametrize("change", ["flip", "add", "remove"])
def test_a_release_that_is_not_what_the_step_made_is_refused(work: Path, uri: str, change: str) -> None:
    card = work / "release" / "MODEL_CARD.md"
    if change == "flip":
        card.write_text("# Other\n")
    elif change == "add":
        card.with_name("more.md").write_text("")
    else:
        card.unlink()
    with pytest.raises(ToolError, match="does not hold what"):
        seal(work, uri)


def test_a_report_that_was_not_judged_is_refused(tmp_path: Path, uri: str) -> None:
    records, delivered = closure_of_demo()
    judge = next(record for record in records if record.name == JUDGE)
    products = {**judge.products, "report.json": "ab" * 32}
    materials = {
        path: "ab" * 32 if path == "inputs/evaluations/suite/report.json" else sha
        for path, sha in records[-1].materials.items()
    }
    changed = with_changes(with_changes(records, JUDGE, products=products), RELEASE_STEP, materials=materials)
    with pytest.raises(ToolError, match=r"is not what 'models\.demo\.eval' wrote"):
        seal(lay_out(tmp_path / "work", uri, changed, delivered), uri)


def test_an_evaluation_of_another_model_than_the_delivered_one_is_refused(tmp_path: Path, uri: str) -> None:
    records, delivered = closure_of_demo()
    weights = "model/adapter_model.safetensors"
    release = next(record for record in records if record.name == RELEASE_STEP)
    changed = with_changes(records, RELEASE_STEP, products={**release.products, weights: sha256_bytes(b"other")})
    with pytest.raises(ToolError, match="suite 'suite' judged another model"):
        seal(lay_out(tmp_path / "work", uri, changed, {**delivered, weights: b"other"}), uri)


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("seal.json", '{"schema":"pedigree.seal/1","name":"x","name":"y","release":"z"}', "duplicate key 'name'"),
        ("seal.json", '{"schema":"pedigree.seal/2"}', "not a pedigree.seal/1 document"),
        ("seal.json", "{", "not valid JSON"),
        ("records/models.demo.sft.json", "{}", "not the shape"),
        ("records/models.demo.sft.json", '{"schema":"pedigree.record/1"}', "not the shape"),
        ("signer.pub", "no key", "not a public key"),
    ],
)
def test_malformed_inputs_are_one_clear_error(work: Path, uri: str, path: str, content: str, told: str) -> None:
    (work / path).write_text(content)
    with pytest.raises(ToolError, match=told):
        seal(work, uri)


def test_an_error_is_told_on_stderr_with_a_hint(
    work: Path, uri: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGNER_VARIABLE, uri)
    assert main([str(work)]) == 0
    (work / "seal.json").unlink()
    assert main([str(work)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: cannot read") and "\nhint: " in told.err


def test_a_missing_input_is_one_clear_error(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ToolError, match="cannot read"):
        seal(tmp_path, uri)


def test_a_record_under_another_name_is_refused(work: Path, uri: str) -> None:
    (work / "records" / "models.demo.sft.json").rename(work / "records" / "models.demo.other.json")
    with pytest.raises(ToolError, match="is of the step"):
        seal(work, uri)


def test_the_release_must_be_the_one_that_was_asked_for(work: Path, uri: str) -> None:
    order = json.loads((work / "seal.json").read_text())
    (work / "seal.json").write_text(json.dumps({**order, "release": "models/other:other"}))
    with pytest.raises(ToolError, match="not 'models/other:other'"):
        seal(work, uri)


def test_what_an_earlier_sealing_left_does_not_stay(work: Path, uri: str) -> None:
    (work / "outputs").mkdir()
    (work / "outputs" / "stray").write_text("")
    seal(work, uri)
    assert not (work / "outputs" / "stray").exists()


def test_what_does_not_verify_is_not_sealed(work: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in sealing itself: here, instructions that nobody summed."""
    monkeypatch.setattr("pedigree.trust.delivery.sums", lambda digests: b"")
    with pytest.raises(ToolError, match=r"(?s)the sealed release does not verify\n  \d+\. "):
        seal(work, uri)
    assert not (work / "outputs").exists()
