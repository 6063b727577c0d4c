"""What a user of `./pants package` and `./pants test` sees."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from system.conftest import DATASETS_BUILD, MODELS_BUILD, Repo, messages, texts


def test_package_builds_the_chain_and_says_where_the_release_is(repo: Repo) -> None:
    done = repo.pants("package", "models/fw")
    assert done.returncode == 0, done.stderr
    assert "The release is dist/models/fw\n  standing:   no plan\n" in done.stderr
    assert "verify dist/models/fw --key" in done.stderr
    assert {"MODEL_CARD.md", "model/adapter_model.safetensors", "model.sig", "evaluation/suite/report.json"} <= set(
        repo.files("dist/models/fw")
    )


def test_the_lineage_names_every_step_of_the_closure(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    steps = json.loads(repo.files("dist/models/fw")["lineage.json"])["steps"]
    expected = {
        "datasets.sealed",
        "datasets.corpus",
        "datasets.train",
        "models.fw.base",
        "models.fw.sft",
        "evals.suite",
        "models.fw",
    }
    judged = {f"evals.review{part}" for part in ("", ".separation", ".predict-0", ".predict-1")}
    assert set(steps) == expected | judged


def test_the_same_again_runs_no_step_and_gives_the_same_bytes(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    first = repo.files("dist/models/fw")
    again = repo.pants("package", "models/fw")
    assert "Starting: finetune" not in again.stderr
    assert repo.files("dist/models/fw") == first


def test_a_hyperparameter_of_the_last_stage_runs_nothing_before_it(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    # Never seen before, also not by the cache that earlier runs of this test filled.
    repo.write("models/fw/sft.yaml", f"rate: '{uuid.uuid4()}'\n")
    done = repo.pants("package", "models/fw")
    assert "Starting: finetune models/fw:sft" in done.stderr
    assert "Starting: finetune models/fw:base" not in done.stderr
    assert "Starting: dataset" not in done.stderr


def test_a_tool_of_another_room_and_a_readme_run_nothing(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    repo.write("models/fw/README.md", "words\n")
    repo.write("src/python/pedigree/trust/other.py", "X = 1\n")
    done = repo.pants("package", "models/fw")
    assert done.returncode == 0
    assert "Starting: finetune" not in done.stderr and "Starting: seal" not in done.stderr


def test_another_signer_seals_again_and_trains_nothing(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    signer = f"file:{uuid.uuid4()}"
    done = repo.pants("package", "models/fw", signer=signer)
    assert "Starting: seal models/fw" in done.stderr
    assert "Starting: finetune" not in done.stderr
    assert signer.encode() in repo.files("dist/models/fw")["model.sig"]


def test_a_red_gate_stops_the_release_and_leaves_the_last_good_one(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    good = repo.files("dist/models/fw")
    build = (repo.root / "evals/BUILD").read_text()
    repo.write("evals/BUILD", build.replace(">= 0.50", ">= 0.80"))
    red = repo.pants("package", "models/fw")
    assert red.returncode != 0
    assert "review_coverage is 0.7500, but must be >= 0.80" in red.stderr
    report = "dist/reports/evals.review/report.html"
    assert report in red.stderr and (repo.root / report).is_file()
    assert repo.files("dist/models/fw") == good


def test_what_was_delivered_while_green_is_not_delivered_again_when_red(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    shutil.rmtree(repo.root / "dist")
    build = (repo.root / "evals/BUILD").read_text()
    repo.write("evals/BUILD", build.replace(">= 0.50", ">= 0.80"))
    assert repo.pants("package", "models/fw").returncode != 0
    assert not (repo.root / "dist/models").exists()


def test_a_model_that_learned_from_a_sealed_set_under_another_name_is_not_judged(repo: Repo) -> None:
    twin = 'dataset(name="twin", sources=["twin.jsonl"], form="messages", license="Apache-2.0", origin="internal")\n'
    repo.write("datasets/BUILD", DATASETS_BUILD + twin)
    repo.write("datasets/twin.jsonl", messages("15.6", "OK", "ESCALATE", "10.1", template="s"))
    repo.write("models/fw/BUILD", MODELS_BUILD.replace('"datasets:train"', '"datasets:train", "datasets:twin"', 1))
    done = repo.pants("package", "models/fw")
    assert done.returncode != 0
    assert "'datasets.twin' and 'datasets.sealed' share 4 templates: s0, s1, s2, s3" in done.stderr
    assert "target 'evals:review': a model was trained on what it is judged by" in done.stderr


def test_files_of_an_older_release_do_not_survive(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    repo.write("dist/models/fw/model/older.safetensors", "")
    repo.pants("package", "models/fw")
    assert "model/older.safetensors" not in repo.files("dist/models/fw")


def test_evaluations_are_tests_with_metrics_beside_gates(repo: Repo) -> None:
    done = repo.pants("test", "evals::")
    assert done.returncode == 0, done.stderr
    assert "review_coverage  0.7500  0.7500     >= 0.50  holds" in done.stderr
    again = repo.pants("test", "evals::")
    assert "(memoized)" in again.stderr
    forced = repo.pants("test", "--force", "evals::")
    assert "Starting: evaluation evals:review" in forced.stderr
    assert (repo.root / "dist/test/evals.review/report.json").is_file()


def test_a_red_evaluation_fails_again_without_running_again(repo: Repo) -> None:
    build = (repo.root / "evals/BUILD").read_text()
    repo.write("evals/BUILD", build.replace(">= 0.50", ">= 0.90"))
    first, second = repo.pants("test", "evals::"), repo.pants("test", "evals::")
    assert first.returncode == second.returncode == 1
    assert "review_coverage is 0.7500, but must be >= 0.90" in second.stderr
    assert "Starting: evaluation" not in second.stderr


def test_artifacts_can_be_looked_at(repo: Repo) -> None:
    done = repo.pants("package", "datasets:train")
    assert done.returncode == 0, done.stderr
    assert set(repo.files("dist/artifacts/datasets/train")) == {"records.jsonl", "manifest.json"}


def test_dependencies_dependents_and_help_answer(repo: Repo) -> None:
    below = repo.pants("dependencies", "--transitive", "models/fw:fw").stdout
    assert "datasets:sealed" in below and "src/python/pedigree/training/sft.py" in below
    above = repo.pants("dependents", "--transitive", "datasets:train").stdout.split()
    assert {"models/fw:sft", "evals:review", "models/fw:fw"} <= set(above)
    assert "One stage of training" in repo.pants("help", "finetune").stdout
    shown = json.loads(repo.pants("peek", "models/fw:sft").stdout)
    assert shown[0]["method"] == "sft" and shown[0]["seed"] == 1


def test_a_machine_without_namespaces_is_told_of(repo: Repo, tmp_path: Path) -> None:
    """The kernel's own limit stands in for a machine without namespaces."""
    limit = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    inner = ["unshare", "--user", "--map-root-user", "/bin/sh", "-c", limit, "sh"]
    if subprocess.run([*inner, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel lets no user make a namespace, or no user limit them")
    done = repo.pants("--no-pantsd", "package", "datasets:train", inside=inner)
    assert done.returncode == 0, done.stderr
    assert "Steps run without a sandbox of the kernel" in done.stderr and "hint: set the sysctl" in done.stderr
    assert "without a sandbox" not in repo.pants("package", "datasets:train").stderr


def test_no_step_sees_the_signer(repo: Repo) -> None:
    repo.write("models/fw/BUILD", MODELS_BUILD.replace("seed=1", "seed=2"))
    repo.write("models/fw/sft.yaml", "show: environment\n")
    done = repo.pants("package", "models/fw:sft", signer="file:a-secret-place")
    assert done.returncode == 0, done.stderr
    environment = repo.files("dist/artifacts/models/fw/sft")["training.json"]
    assert b"OMP_NUM_THREADS" in environment and b"a-secret-place" not in environment


def test_a_sharded_dataset_has_the_same_bytes_and_a_change_runs_one_shard(repo: Repo) -> None:
    repo.write("shards/one.jsonl", texts("OK", "15.6"))
    mark = str(uuid.uuid4())
    repo.write("shards/deep/two.jsonl", f'{{"id": "x", "text": "{mark}"}}\n')
    fields = 'sources=["**/*.jsonl"], form="text", license="MIT", origin="internal"'
    repo.write("shards/BUILD", f'dataset(name="whole", {fields})\ndataset(name="sharded", sharded=True, {fields})\n')
    first = repo.pants("package", "shards:whole", "shards:sharded")
    assert first.returncode == 0, first.stderr
    assert "Starting: dataset shards:sharded (shard.deep.two.jsonl)" in first.stderr
    assert repo.files("dist/artifacts/shards/sharded") == repo.files("dist/artifacts/shards/whole")
    repo.write("shards/deep/two.jsonl", f'{{"id": "y", "text": "{mark}"}}\n')
    again = repo.pants("package", "shards:sharded")
    assert "Starting: dataset shards:sharded (shard.deep.two.jsonl)" in again.stderr
    assert "(shard.one.jsonl)" not in again.stderr
    shutil.rmtree(repo.root / "shards")
