"""What gets into an export: what is verified, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.staged import GATES, build_staged, report
from pedigree.export import evidence as reader
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.export.formats import FORMATS, export
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.inforce import Trust
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from pedigree.trust.verify import require_holding, verify_release
from trust.builder import make_key

PROVENANCE = "attestations/evals.demo.suite.provenance.sigstore.json"


@pytest.fixture
def release(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the release, to be changed."""
    return Path(shutil.copytree(pristine, tmp_path / "release"))


@pytest.mark.parametrize("form", FORMATS)
def test_of_a_release_that_does_not_hold_nothing_is_exported(release: Path, public: PublicKey, form: str) -> None:
    (release / "evaluation/suite/report.json").write_bytes(report({}))
    with pytest.raises(Refused, match=r"the release does not hold.*\n  \(6\) every evaluation met its gates"):
        export(release, public, form)


def test_a_release_signed_by_another_key_is_not_exported(pristine: Path, tmp_path: Path) -> None:
    other = signer_public_key(make_key(tmp_path / "other.pem"))
    with pytest.raises(Refused, match=r"\(1\) the layout is signed by the given key"):
        read_evidence(pristine, other)


@pytest.fixture
def swap(release: Path, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Arrange that a file is swapped when the release was just verified."""
    # The swapped-in file is of another build by the same signer, so that its signature holds.
    other = build_staged(tmp_path / "other", uri, card=b"# Other\n", judged=report({}), traces=None)

    def arrange(path: str) -> None:
        def verify_then_swap(delivered: Delivered, trust: Trust | None) -> None:
            require_holding(delivered, trust)
            shutil.copyfile(other / path, release / path)

        monkeypatch.setattr(reader, "require_holding", verify_then_swap)

    return arrange


@pytest.mark.parametrize("path", ["evaluation/suite/report.json", "MODEL_CARD.md"])
def test_a_file_that_is_swapped_after_the_verification_is_found(
    release: Path, public: PublicKey, swap: Callable[[str], None], path: str
) -> None:
    swap(path)
    with pytest.raises(Refused, match=f"{path} was changed while it was read"):
        read_evidence(release, public)


def test_a_statement_that_is_swapped_after_the_verification_is_not_read_again(
    release: Path, public: PublicKey, swap: Callable[[str], None], evidence: Evidence
) -> None:
    before = (release / PROVENANCE).read_bytes()
    swap(PROVENANCE)
    assert read_evidence(release, public) == evidence
    assert (release / PROVENANCE).read_bytes() != before


def test_files_have_the_digests_that_the_sums_list(pristine: Path, evidence: Evidence) -> None:
    lines = (line.split("  ", 1) for line in (pristine / "SHA256SUMS").read_text().splitlines())
    listed = {path: sha256 for sha256, path in lines}
    assert listed.items() <= evidence.files.items()
    (link,) = (pristine / "attestations/links").glob("delivery.*.link")
    closing = {"SHA256SUMS", "attestations/delivery.sha256", f"attestations/links/{link.name}"}
    assert set(evidence.files) - set(listed) == closing


def test_steps_are_read_from_their_provenance(evidence: Evidence) -> None:
    dpo = evidence.by_name["models.demo.dpo"]
    assert (dpo.address, dpo.kind, dpo.is_whole) == ("models/demo:dpo", "finetune", True)
    assert dict(dpo.inputs) == {
        "base": "models.base.tiny",
        "adapter": "models.demo.sft",
        "datasets/datasets.demo.pairs": "datasets.demo.pairs",
    }
    assert list(dpo.sources["hyperparameters"]) == ["models/demo/dpo.yaml"]
    assert not evidence.by_name["models.demo.eval.predict-0"].is_whole
    assert evidence.release.address == "models/demo:demo"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"card": b"# Demo\n\xff"}, "MODEL_CARD.md is not UTF-8: invalid start byte at byte 7"),
        ({"judged": report().replace(b'"0.5000"', b"0.5000")}, "report.json holds 0.5 where text must be"),
        ({"judged": report().replace(b'"lower":"0.1000"', b'"lower":null')}, "report.json holds None where text"),
    ],
)
def test_signed_evidence_of_another_shape_is_told_without_a_traceback(
    uri: str, public: PublicKey, tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    release = build_staged(tmp_path / "work", uri, **given)
    assert verify_release(release, public).holds
    with pytest.raises(MalformedEvidence, match=told):
        export(release, public, "cyclonedx")


@pytest.mark.parametrize("stages", [b"4", b"[4]", b'[{"metrics":4}]', b'[{"metrics":{"m":4}}]'])
@pytest.mark.parametrize("form", FORMATS)
def test_a_report_whose_stages_are_none_is_refused_in_every_format(
    uri: str, public: PublicKey, tmp_path: Path, stages: bytes, form: str
) -> None:
    judged = b'{"gates":[],"passed":true,"stages":%s}' % stages
    release = build_staged(tmp_path / "work", uri, judged=judged, traces=None)
    with pytest.raises(MalformedEvidence, match="has not the shape of evidence"):
        export(release, public, form)


def test_gates_are_those_of_the_report(evidence: Evidence) -> None:
    (evaluation,) = evidence.evaluations
    found = {gate.metric: (gate.comparison, gate.threshold, gate.value) for gate in evaluation.gates.values()}
    assert found == GATES and all(gate.passed for gate in evaluation.gates.values())
