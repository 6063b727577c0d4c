"""A second machine gets the whole release from the shared cache, of builders that it believes and of no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from system.reapi_faults import WRITES
from system.reapi_proxy import Proxy, start_proxy
from system.reapi_server import free_port, start_casd
from system.reapi_tally import Tally
from system.remote_site import READER, TRUSTED, WRITER, Machine, believe, machine, make_key

RUNS, DOES_NOT_RUN = {"PANTS_REMOTE_EXECUTION": "True"}, {"PANTS_REMOTE_EXECUTION": "False"}
STEPS = (
    "datasets.corpus, datasets.sealed, datasets.train, evals.review, evals.review.predict-0, evals.review.predict-1, "
    "evals.review.separation, evals.suite, models.fw.base, models.fw.sft"
)
ANEW = "[WARN] A cache holds results that no signed record of a run vouches for; they are made anew: "
KINDS = ("dataset ", "finetune ", "eval_suite ", "evaluation ", "release ")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An engine, with what stands before it."""
    with (
        start_casd(tmp_path_factory.mktemp("engine")) as casd,
        start_proxy(casd.target, tls=True, tokens=[WRITER], read_only=[READER]) as before,
    ):
        yield before


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Whose key signs in CI."""
    return make_key(tmp_path_factory.mktemp("key") / "ci.pem")


@pytest.fixture(scope="module")
def ci(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy, key: str) -> Iterator[Machine]:
    """The machine that writes the cache."""
    one = machine(tmp_path_factory.mktemp("ci"), proxy, rooms=TRUSTED, signer=key)
    believe(one, key)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def developer(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy, key: str) -> Iterator[Machine]:
    """A machine that may read the cache; elsewhere, with stores of its own."""
    # A checkout may lie anywhere. Pex takes no space in the path of its cache.
    checkout, stores = tmp_path_factory.mktemp("developer") / "a place of their own", tmp_path_factory.mktemp("stores")
    one = machine(checkout, proxy, token=READER, writes=False, rooms=TRUSTED, signer=key).anew(stores)
    believe(one, key)
    yield one
    one.stop()


def done_by(log: str) -> list[str]:
    """What a machine itself did of the work, or began to do."""
    return [line for line in log.splitlines() for kind in KINDS if f"ing: {kind}" in line]


def require_nothing_ran(tally: Tally, log: str) -> None:
    """Hold that a release came from the cache alone."""
    assert (tally.ran, tally.reused, tally.updated, done_by(log)) == ([], [], [], [])
    assert tally.hits and "made anew" not in log


@pytest.mark.parametrize("mode", [RUNS, DOES_NOT_RUN], ids=["workers", "cache-only"])
def test_a_second_machine_runs_nothing_and_delivers_the_same_bytes(
    ci: Machine, developer: Machine, proxy: Proxy, tmp_path: Path, mode: dict[str, str]
) -> None:
    """What workers made and what a machine made are two actions each: Pants tells them apart."""
    writer, reader = ci.anew(tmp_path / "ci", **mode), developer.anew(tmp_path / "developer", **mode)
    writer.package()
    with proxy.counting() as tally:
        log = reader.package().stderr
    require_nothing_ran(tally, log)
    assert reader.files() == writer.files()


def test_with_a_key_of_its_own_it_still_believes_ci(
    developer: Machine, ci: Machine, proxy: Proxy, tmp_path: Path
) -> None:
    reader = replace(developer.anew(tmp_path / "developer"), signer=make_key(tmp_path / "own.pem"))
    with proxy.counting() as tally:
        log = reader.package().stderr
    require_nothing_ran(tally, log)
    assert unsigned(reader) == unsigned(ci)


def unsigned(one: Machine) -> dict[str, bytes]:
    """What was delivered, without what depends on who signs."""
    return {path: data for path, data in one.files().items() if path.startswith(("model/", "evaluation/"))}


def test_where_nobody_believes_ci_everything_is_made_anew(
    developer: Machine, ci: Machine, proxy: Proxy, tmp_path: Path
) -> None:
    listed = developer.repo.root / "attestations/keys/builders/ci.pub"
    kept = listed.read_text()
    listed.unlink()
    reader = replace(developer.anew(tmp_path / "developer", **DOES_NOT_RUN), signer=make_key(tmp_path / "own.pem"))
    with proxy.counting() as tally:
        log = reader.package().stderr
    listed.write_text(kept)
    assert f"{ANEW}{STEPS}\n" in log and "Starting: release models/fw" in log
    assert (tally.ran, tally.updated) == ([], [])
    assert unsigned(reader) == unsigned(ci)


def want(developer: Machine, settings: str) -> Machine:
    """The developer's machine, asked for a model that no cache holds."""
    developer.repo.write("models/fw/sft.yaml", settings)
    return developer


def require_delivered(developer: Machine, settings: str) -> None:
    """Hold what was delivered against what was asked for."""
    assert json.loads(developer.files()["model/adapter_config.json"]) == {"learned with": settings}


def test_who_may_not_write_builds_and_leaves_the_cache_as_it_was(developer: Machine, proxy: Proxy) -> None:
    mine = "rate: 'mine'\n"
    with proxy.counting() as tally:
        log = want(developer, mine).package(PANTS_REMOTE_CACHE_WRITE="True", **DOES_NOT_RUN).stderr
    assert 'Failed to write to remote cache (1 occurrences so far): PermissionDenied: "this token may only read"' in log
    assert tally.updated == []
    assert {code for (method, code) in tally.codes if method in WRITES} == {"PERMISSION_DENIED"}
    require_delivered(developer, mine)


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"PEDIGREE_REMOTE": f"grpcs://localhost:{free_port()}"}, "Unavailable"),
        ({"PEDIGREE_REMOTE_TOKEN": "token-of-nobody"}, 'Unauthenticated: "no such token"'),
    ],
    ids=["away", "token"],
)
def test_a_cache_that_does_not_answer_costs_time_and_nothing_else(
    developer: Machine, told: dict[str, str], refusal: str
) -> None:
    settings = f"rate: '{refusal[:5]}'\n"
    log = want(developer, settings).package(**told, **DOES_NOT_RUN).stderr
    assert f"Failed to read from remote cache (1 occurrences so far): {refusal}" in log
    assert "token-of-nobody" not in log
    require_delivered(developer, settings)
