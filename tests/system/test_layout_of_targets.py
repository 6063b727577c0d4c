"""An owner's afternoon: a key, a trust root, a plan of what the targets say, and targets that leave it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.conftest import LAUNCHER, SOURCES_BUILD, Repo, lay_out, stop_daemon

CLI_BUILD = """
python_sources(name="cli-sources", sources=["cli/*.py", "log/*.py"], resolve="trust")
pex_binary(
    name="cli",
    entry_point="pedigree.cli.main:main",
    resolve="trust",
    dependencies=[":cli-sources"],
    output_path="pedigree.pex",
    execution_mode="venv",
)
"""


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Repo]:
    """A repository with the real rooms of trust and of commands."""
    repo = lay_out(tmp_path / "repo", ("build", "step", "data", "trust", "cli", "log"))
    repo.write("src/python/pedigree/BUILD", SOURCES_BUILD + CLI_BUILD)
    repo.write("pants", f'#!/bin/sh\nexec {LAUNCHER} "$@"\n')
    (repo.root / "pants").chmod(0o755)
    yield repo
    stop_daemon(repo.root)


def test_a_plan_follows_from_targets_and_tells_when_they_leave_it(planned: Repo, tmp_path: Path) -> None:
    packaged = planned.pants("package", "src/python/pedigree:cli")
    assert packaged.returncode == 0, packaged.stderr

    def pedigree(*call: str, code: int = 0) -> str:
        command = [str(planned.root / "dist/pedigree.pex"), *call]
        own = {"PEDIGREE_LOG": "none", "XDG_STATE_HOME": str(tmp_path / "state")}
        environment = {**os.environ, "PEDIGREE_SIGNER": f"file:{tmp_path}/olga.pem", **own}
        done = subprocess.run(
            command, cwd=planned.root, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    pedigree("keys", "new", f"{tmp_path}/olga.pem", "--no-passphrase")
    pedigree("keys", "new", f"{tmp_path}/ray.pem", "--no-passphrase")
    owner, sealer = f"Olga={tmp_path}/olga.pub", f"release=Ray={tmp_path}/ray.pub"
    pedigree("keys", "init", "--owner", owner, "--role", sealer, "--note", "for a test")
    assert pedigree("layout", "propose", "models/fw") == "attestations/proposed/models.fw.json\n"
    pedigree("layout", "sign", "models/fw")
    assert pedigree("layout", "diff", "models/fw") == ""

    planned.write("models/fw/sft.yaml", "rate: '17'\n")
    assert pedigree("layout", "diff", "models/fw") == (
        "inside: hyperparameters of models/fw:sft changed: models/fw/sft.yaml\n"
    )
    build = (planned.root / "evals/BUILD").read_text()
    planned.write("evals/BUILD", build.replace(">= 0.50", ">= 0.40"))
    models = (planned.root / "models/fw/BUILD").read_text()
    planned.write("models/fw/BUILD", models.replace('["datasets:train"]', '["datasets:train", "datasets:more"]'))
    more = 'dataset(name="more", sources=["train.jsonl"], form="messages", license="Apache-2.0", origin="internal")\n'
    planned.write("datasets/BUILD", (planned.root / "datasets/BUILD").read_text() + more)
    assert pedigree("layout", "diff", "models/fw", code=1).splitlines() == [
        "outside: new data set datasets:more enters evals:review (separation), models/fw, models/fw:sft",
        "outside: gate review_coverage of evals:suite lowered from >= 0.50 to >= 0.40",
        "inside: hyperparameters of models/fw:sft changed: models/fw/sft.yaml",
    ]
