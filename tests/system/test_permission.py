"""What may not be built is not built: not a step of it."""

from __future__ import annotations

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
