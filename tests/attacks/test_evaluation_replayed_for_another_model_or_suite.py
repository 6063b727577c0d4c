"""An evaluation that is true of something else is shown as one of this release.

Every record is of a run that took place. The attacker holds the key that seals, and seals with tools of his own, which
say of the evaluation whatever makes it fit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.on_release import GATES, OF_THIS_RELEASE, PASSED, fed, found_by, named, replaced, require_layers, sealed
from pedigree.step.record import Record
from pedigree.trust import evaluations
from pedigree.trust import seal as sealing
from pedigree.trust.closure import role_files
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import JUDGE, RELEASE_STEP, closure_of_demo, make_key, record

SUITE, SETS, SFT = "evals.demo.suite", "datasets.demo.heldout", "models.demo.sft"
PREDICTIONS = ("models.demo.eval.predict-0", "models.demo.eval.predict-1")
DELIVERED = closure_of_demo()[1]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="module")
def public(uri: str) -> PublicKey:
    return signer_public_key(uri)


def answered_by_another_model() -> list[Record]:
    """The answers that were judged are those of a model that was trained longer and is not delivered."""
    records = closure_of_demo()[0]
    better = record(
        "models/demo:better",
        "finetune",
        "pedigree.training.sft",
        {"model/adapter_model.safetensors": b"better weights", "model/adapter_config.json": b'{"r":8}'},
        config={"seed": 2, "weights": "lora"},
        roles={"base": named(records, "models.base.tiny")},
    )
    return replaced(records, better, fed(named(records, PREDICTIONS[1]), "model", better))


def judged_by_another_suite() -> list[Record]:
    """The gates are those of a suite with the same sets that asks for the same, and is another one's."""
    records = closure_of_demo()[0]
    suite = named(records, SUITE)
    other = replace(suite, name="evals.demo.development", address="evals/demo:development")
    kept = [each for each in records if each.name != SUITE]
    return replaced(kept, other, fed(named(kept, JUDGE), "suite", other))


def asked_on_other_sets(*steps: str) -> list[Record]:
    """Answers to questions that the model was trained on, judged as answers to the sealed ones."""
    records = closure_of_demo()[0]
    known = replace(named(records, SETS), name="datasets.demo.known", address="datasets/demo:known")
    changed = [fed(named(records, step), f"sets/{SETS}", known) for step in steps]
    return replaced(records, known, *changed)


def test_the_evaluation_of_another_model_is_found(
    tmp_path: Path, uri: str, public: PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test result is made to name the delivered model; the graph says whose answers were judged."""
    monkeypatch.setattr(evaluations, "evaluated_model", lambda _, closure: role_files(closure.release, "model"))
    release = sealed(tmp_path / "work", uri, answered_by_another_model(), DELIVERED)
    told = f"suite 'suite' judged the answers of 'models.demo.better', and the release holds '{SFT}'"
    assert found_by(release, public) == {OF_THIS_RELEASE: told}
    assert found_by(release, public, off=OF_THIS_RELEASE) == {}


def test_a_test_result_that_says_which_model_it_is_of_is_found_by_that_too(
    tmp_path: Path, uri: str, public: PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only leaves out what sealing asks, and tells the truth, is found twice."""
    monkeypatch.setattr(evaluations, "_check_model", lambda *_: None)
    monkeypatch.setattr(sealing, "require_verified", lambda *_: None)
    release = sealed(tmp_path / "work", uri, answered_by_another_model(), DELIVERED)
    require_layers(release, public, (PASSED, OF_THIS_RELEASE))


def test_the_evaluation_by_another_suite_is_found(tmp_path: Path, uri: str, public: PublicKey) -> None:
    release = sealed(tmp_path / "work", uri, judged_by_another_suite(), DELIVERED)
    told = "what is shown as suite 'suite' was judged by 'evals/demo:development'"
    assert found_by(release, public) == {OF_THIS_RELEASE: told}
    assert found_by(release, public, off=OF_THIS_RELEASE) == {}


@pytest.mark.parametrize("steps", [PREDICTIONS[1:], PREDICTIONS, (JUDGE,), (*PREDICTIONS, JUDGE)])
def test_the_evaluation_on_other_sets_is_found(
    tmp_path: Path, uri: str, public: PublicKey, steps: tuple[str, ...]
) -> None:
    release = sealed(tmp_path / "work", uri, asked_on_other_sets(*steps), DELIVERED)
    (told,) = found_by(release, public).items()
    assert told[0] == OF_THIS_RELEASE and "was given other sets than suite 'evals/demo:suite' has" in told[1]
    assert found_by(release, public, off=OF_THIS_RELEASE) == {}


def test_what_stands_in_for_a_suite_is_found(tmp_path: Path, uri: str, public: PublicKey) -> None:
    records = closure_of_demo()[0]
    kept = replaced(records, replace(named(records, SUITE), kind="dataset"))
    release = sealed(tmp_path / "work", uri, kept, DELIVERED)
    assert "which is no suite" in found_by(release, public)[OF_THIS_RELEASE]
    require_layers(release, public, (GATES, OF_THIS_RELEASE))


def test_a_release_that_names_a_judge_of_its_own_model_holds(tmp_path: Path, uri: str, public: PublicKey) -> None:
    records, delivered = closure_of_demo()
    assert named(records, RELEASE_STEP).inputs["evaluations/suite"].step == JUDGE
    assert found_by(sealed(tmp_path / "work", uri, records, delivered), public) == {}
