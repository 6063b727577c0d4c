"""`verify_release`, by the numbers of its list."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pedigree.step.digests import list_files
from pedigree.trust.public import PublicKey, read_public_key
from pedigree.trust.verify import verify_release
from trust.builder import JUDGE, RELEASE_STEP
from trust.forge import Change, link_of, resign

SHA = "ab" * 32
SFT = "models.demo.sft"
LAYOUT = "attestations/root.layout"


def failing(release: Path, public: PublicKey) -> dict[int, str]:
    """Number -> detail of every check that does not hold."""
    return {check.number: check.detail for check in verify_release(release, public).checks if not check.holds}


def test_a_sealed_release_holds(release: Path, public: PublicKey) -> None:
    verdict = verify_release(release, public)
    assert verdict.holds
    assert [check.number for check in verdict.checks] == list(range(1, 14))


def test_one_byte_flipped_in_any_file_is_found(release: Path, public: PublicKey) -> None:
    for path in list_files(release):
        data = (release / path).read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            (release / path).write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
            assert 8 in failing(release, public), (path, at)
        (release / path).write_bytes(data)


def test_any_file_removed_truncated_or_emptied_is_found(release: Path, public: PublicKey) -> None:
    for path in list_files(release):
        data = (release / path).read_bytes()
        for rest in (b"", data[: len(data) // 2]):
            (release / path).write_bytes(rest)
            assert not verify_release(release, public).holds, path
        (release / path).unlink()
        assert not verify_release(release, public).holds, path
        (release / path).write_bytes(data)


@pytest.mark.parametrize("path", ["model/extra", "model/x.pyc", "extra", "attestations/links/stray.00000000.link"])
def test_any_file_added_is_found(release: Path, public: PublicKey, path: str) -> None:
    (release / path).write_bytes(b"")
    assert 8 in failing(release, public)


def test_a_symbolic_link_is_found(release: Path, public: PublicKey) -> None:
    weights = release / "model" / "adapter_model.safetensors"
    weights.rename(release.parent / "elsewhere")
    weights.symlink_to(release.parent / "elsewhere")
    assert "neither a file nor a directory" in failing(release, public)[8]


def test_any_piece_of_evidence_of_another_build_is_found(another: Path, release: Path, public: PublicKey) -> None:
    for path in list_files(another):
        data, theirs = (release / path).read_bytes(), (another / path).read_bytes()
        if data != theirs:
            (release / path).write_bytes(theirs)
            assert not verify_release(release, public).holds, path
            (release / path).write_bytes(data)


def test_another_key_is_refused_everywhere(pristine: Path, foreign: Path) -> None:
    other = read_public_key(foreign / "attestations/keys/signer.pub")
    assert set(failing(pristine, other)) == set(range(1, 14))


def test_json_that_is_nested_too_deeply_is_a_check_that_does_not_hold(release: Path, public: PublicKey) -> None:
    for path in ("lineage.json", LAYOUT, "evaluation/suite/report.json"):
        (release / path).write_text('{"a":' * 900 + "1" + "}" * 900)
    assert not verify_release(release, public).holds


def test_an_empty_directory_holds_nothing(tmp_path: Path, public: PublicKey) -> None:
    assert set(failing(tmp_path, public)) == set(range(1, 14))


def put(*keys: Any, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


def test_1_an_expired_layout_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    resign(release / LAYOUT, uri, public, put("expires", value="2020-01-01T00:00:00Z"))
    assert "expired" in failing(release, public)[1]


def test_1_a_layout_that_trusts_another_key_is_refused(
    release: Path, uri: str, public: PublicKey, foreign: Path
) -> None:
    other = read_public_key(foreign / "attestations/keys/signer.pub")
    resign(release / LAYOUT, uri, public, put("keys", other.keyid, value=other.to_json()))
    assert "trusts other keys" in failing(release, public)[1]


def test_2_a_link_signed_by_a_key_that_the_layout_does_not_allow_is_refused(
    release: Path, foreign: Path, public: PublicKey
) -> None:
    shutil.copyfile(link_of(foreign, SFT), link_of(release, SFT))
    assert "not signed by this key" in failing(release, public)[2]


def test_2_a_link_of_no_step_is_refused(release: Path, public: PublicKey) -> None:
    shutil.copyfile(link_of(release, SFT), release / "attestations/links/stray.00000000.link")
    assert "belongs to no step" in failing(release, public)[2]


def test_2_a_link_under_another_steps_name_is_refused(release: Path, public: PublicKey) -> None:
    shutil.copyfile(link_of(release, JUDGE), link_of(release, SFT))
    assert "not the link of step" in failing(release, public)[2]


def test_3_a_link_of_another_lineage_is_refused(release: Path, another: Path, public: PublicKey) -> None:
    shutil.copyfile(link_of(another, SFT), link_of(release, SFT))
    assert "another lineage" in failing(release, public)[3]


def test_3_provenance_of_another_lineage_is_refused(release: Path, another: Path, public: PublicKey) -> None:
    name = f"attestations/{SFT}.provenance.sigstore.json"
    shutil.copyfile(another / name, release / name)
    assert "another lineage" in failing(release, public)[3]


def test_4_a_material_that_no_step_made_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    resign(link_of(release, "models.base.tiny"), uri, public, put("products", "model/config.json", "sha256", value=SHA))
    assert "which 'models.base.tiny' did not make" in failing(release, public)[4]


def test_4_a_file_that_is_not_among_the_sources_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    resign(link_of(release, "sources"), uri, public, put("products", "sft.yaml", "sha256", value=SHA))
    assert "not among the sources" in failing(release, public)[4]


def test_4_a_delivery_of_something_else_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    resign(link_of(release, "delivery"), uri, public, put("materials", "MODEL_CARD.md", "sha256", value=SHA))
    assert "not what the last step made" in failing(release, public)[4]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("products", "model/adapter_config.json", "sha256", value=SHA), "differ in what it made"),
        (put("products", "tree:", "sha256", value=SHA), "differ in what it made"),
        (put("materials", "inputs/base/model/config.json", "sha256", value=SHA), "differ in what it consumed"),
        (put("materials", f"interpreter:sha256:{SHA}", value={"sha256": SHA}), "differ in what it consumed"),
        (put("materials", "added", value={"sha256": SHA}), "differ in what it consumed"),
        (put("command", value=["true"]), "differ in the command"),
    ],
)
def test_5_a_link_that_disagrees_with_provenance_is_refused(
    release: Path, uri: str, public: PublicKey, change: Change, told: str
) -> None:
    resign(link_of(release, SFT), uri, public, change)
    assert told in failing(release, public)[5]


def test_6_a_report_that_says_otherwise_is_refused(release: Path, public: PublicKey) -> None:
    path = release / "evaluation/suite/report.json"
    path.write_text(path.read_text().replace("0.9", "0.99"))
    assert "is not the report" in failing(release, public)[6]


def test_6_a_test_result_that_failed_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    path = release / f"attestations/{JUDGE}.test-result.sigstore.json"
    resign(path, uri, public, put("predicate", "result", value="FAILED"))
    assert "did not pass" in failing(release, public)[6]


def test_6_a_test_result_of_another_model_is_refused(release: Path, uri: str, public: PublicKey) -> None:
    path = release / f"attestations/{JUDGE}.test-result.sigstore.json"
    resign(path, uri, public, put("subject", value=[{"name": "model/x.safetensors", "digest": {"sha256": SHA}}]))
    assert "another model" in failing(release, public)[6]


@pytest.mark.parametrize("change", ["flip", "remove", "add"])
def test_7_a_model_that_was_not_signed_is_refused(release: Path, public: PublicKey, change: str) -> None:
    path = release / "model/adapter_config.json"
    if change == "flip":
        path.write_text('{"r":9}')
    elif change == "remove":
        path.unlink()
    else:
        path = release / "model/added"
        path.write_text("")
    assert f"model/{path.name}" in failing(release, public)[7]


def test_8_sums_of_other_files_are_refused(release: Path, public: PublicKey) -> None:
    (release / "SHA256SUMS").write_text((release / "SHA256SUMS").read_text().upper())
    assert 8 in failing(release, public)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("predicate", "verificationResult", value="FAILED"), "another layout"),
        (put("predicate", "policy", "digest", "sha256", value=SHA), "another layout"),
        (put("predicate", "inputAttestations", 0, "digest", "sha256", value=SHA), "of another attestations/"),
        (put("subject", 0, "digest", "sha256", value=SHA), "another release"),
        (put("predicate", "policy", "digest", "sha256", value="zz"), "not one SHA-256"),
    ],
)
def test_9_a_summary_of_something_else_is_refused(
    release: Path, uri: str, public: PublicKey, change: Change, told: str
) -> None:
    resign(release / f"attestations/{RELEASE_STEP}.summary.sigstore.json", uri, public, change)
    assert told in failing(release, public)[9]


@pytest.mark.parametrize(
    "change",
    [
        lambda graph: graph["steps"].pop(),
        lambda graph: graph["edges"].pop(),
        lambda graph: graph["steps"][0].update(config={"form": "other"}),
        lambda graph: graph["steps"][0]["products"].update({"records.jsonl": SHA}),
        lambda graph: graph.update(root=SHA),
        lambda graph: graph.update(schema="other"),
    ],
)
def test_10_a_graph_that_says_otherwise_is_refused(release: Path, public: PublicKey, change: Change) -> None:
    graph = json.loads((release / "lineage.json").read_text())
    change(graph)
    (release / "lineage.json").write_text(json.dumps(graph, sort_keys=True, separators=(",", ":")))
    assert 10 in failing(release, public)


def test_10_duplicate_keys_in_the_graph_are_refused(release: Path, public: PublicKey) -> None:
    text = (release / "lineage.json").read_text()
    (release / "lineage.json").write_text(text.replace('{"edges"', '{"root":"x","edges"', 1))
    assert "duplicate key 'root'" in failing(release, public)[10]
