"""What may not be built is not built: not a step of it."""

from __future__ import annotations

import hashlib
import shutil
import uuid

import pytest

from system.conftest import Repo, messages


@pytest.mark.parametrize("goal", [("package", "models/fw"), ("package", "models/fw:sft"), ("test", "evals:review")])
def test_whatever_is_made_from_something_revoked_stops_before_anything_runs(repo: Repo, goal: tuple[str, str]) -> None:
    repo.write("attestations/root/1.json", "datasets:train")
    # Never seen before, also not by the cache that earlier runs filled.
    repo.write("datasets/train.jsonl", messages(str(uuid.uuid4()), "OK"))
    done = repo.pants(*goal)
    assert done.returncode != 0
    assert "'datasets:train' is revoked" in done.stderr and "hint: use another" in done.stderr
    assert not any(f"Starting: {kind} " in done.stderr for kind in ("dataset", "finetune", "evaluation", "release"))


def test_what_is_not_made_from_it_is_built(repo: Repo) -> None:
    repo.write("attestations/root/1.json", "datasets:train")
    done = repo.pants("package", "models/fw:base")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("goal", [("package", "models/fw"), ("package", "models/fw:sft"), ("test", "evals:review")])
def test_what_is_revoked_by_what_was_made_of_it_stops_the_step_that_would_consume_it(
    repo: Repo, goal: tuple[str, str]
) -> None:
    # Never seen before, also not by the cache that earlier runs filled.
    repo.write("datasets/train.jsonl", messages(str(uuid.uuid4()), "OK"))
    assert repo.pants("package", "datasets:train").returncode == 0
    records = (repo.root / "dist/artifacts/datasets/train/records.jsonl").read_bytes()
    repo.write("attestations/root/1.json", hashlib.sha256(records).hexdigest())
    done = repo.pants(*goal)
    assert done.returncode != 0
    assert "records.jsonl, which 'datasets.train' made, is revoked by somebody: use another" in done.stderr
    assert "the way from there is datasets:train -> " in done.stderr
    assert not any(f"Starting: {kind} " in done.stderr for kind in ("finetune models/fw:sft", "evaluation", "release"))
    assert not any((repo.root / path).exists() for path in ("dist/models", "dist/artifacts/models/fw/sft"))


def test_what_was_made_and_is_revoked_is_not_shown(repo: Repo) -> None:
    assert repo.pants("package", "datasets:train").returncode == 0
    records = (repo.root / "dist/artifacts/datasets/train/records.jsonl").read_bytes()
    shutil.rmtree(repo.root / "dist")
    repo.write("attestations/root/1.json", hashlib.sha256(records).hexdigest())
    done = repo.pants("package", "datasets:train")
    assert done.returncode != 0
    assert "'datasets:train' is revoked" in done.stderr and "hint: use another" in done.stderr
    assert not (repo.root / "dist/artifacts/datasets/train").exists()


def test_what_is_warned_of_is_said_once_in_every_run_and_stops_nothing(repo: Repo) -> None:
    repo.write("attestations/snapshot.json", "counts by a trust root")
    repo.write("attestations/root/1.json", "stale")
    for _ in range(2):
        done = repo.pants("package", "models/fw:base")
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("warning: the snapshot expired") == 1
