"""A repository in a temporary folder, with the real backend and the smallest tools there can be, and a real Pants."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LAUNCHER = os.environ.get("PEDIGREE_PANTS", str(ROOT / "pants"))
RESOLVES = ("data", "ml", "verifiers", "trust")

# What an empty lock installs: Pex itself, of the version that 3rdparty/tools pins.
EMPTY_PEX = "6a9c79eaa70182f945d089fc9a7b966d7e63a1ac14551b735e16d14035562de2\n"

PANTS_TOML = """
[GLOBAL]
pants_version = "2.17.1"
pythonpath = ["%(buildroot)s/src/python"]
backend_packages = ["pants.backend.python", "pedigree.build"]
pants_ignore.add = ["__pycache__/"]
pantsd_max_memory_usage = "2GiB"

[anonymous-telemetry]
enabled = false

[source]
root_patterns = ["/src/python"]

[python]
interpreter_constraints = ["==3.11.*"]
enable_resolves = true
resolves_generate_lockfiles = false
invalid_lockfile_behavior = "ignore"
default_resolve = "data"

[python.resolves]
data = "3rdparty/python/data.lock"
ml = "3rdparty/python/ml.lock"
verifiers = "3rdparty/python/verifiers.lock"
trust = "3rdparty/python/trust.lock"

[python-infer]
use_rust_parser = true

[pex]
executable_search_paths = ["/usr/bin", "/bin", "/usr/local/bin"]

[subprocess-environment]
env_vars = ["LANG=C.UTF-8"]
"""

SOURCES_BUILD = """
python_sources(
    name="sources",
    sources=["*.py", "step/*.py"],
    resolve=parametrize("data", "ml", "verifiers", "trust"),
)
python_sources(name="training", sources=["training/*.py"], resolve="ml")
python_sources(
    name="pin",
    sources=["registry/pin.py", "registry/safetensors.py", "registry/scan/*.py"],
    resolve="data",
)
python_sources(
    name="registry",
    sources=["registry/*.py", "!registry/pin.py", "!registry/safetensors.py"],
    resolve=parametrize("data", "ml", "trust"),
)
python_sources(name="data", sources=["data/*.py", "release/*.py", "evaluation/suite.py"], resolve="data")
python_sources(name="predict", sources=["evaluation/predict.py"], resolve="ml")
python_sources(name="judge", sources=["evaluation/judge.py"], resolve="verifiers")
python_sources(name="trust", sources=["trust/*.py"], resolve="trust")
"""

DATASETS_BUILD = """
dataset(name="corpus", sources=["corpus.jsonl"], form="text", license="Apache-2.0", origin="internal")
dataset(name="train", sources=["train.jsonl"], form="messages", license="Apache-2.0", origin="internal")
dataset(name="sealed", sources=["sealed.jsonl"], form="review", license="Apache-2.0", origin="internal", sealed=True)
"""

MODELS_BUILD = """
finetune(name="base", method="pretrain", datasets=["datasets:corpus"], hyperparameters="base.yaml", seed=1)
finetune(name="sft", method="sft", base=":base", datasets=["datasets:train"], hyperparameters="sft.yaml", seed=1)
release(model=":sft", evaluations=["evals:review"], card="card.md")
"""

EVALS_BUILD = """
eval_suite(name="suite", sets=["datasets:sealed"], metrics=["review_coverage"], gates={"review_coverage": ">= 0.50"})
evaluation(name="review", model="models/fw:sft", suite=":suite", stages={"base": "models/fw:base"}, label="after SFT")
"""


def reviews(*labels: str) -> str:
    """Sealed records with these labels."""
    return _lines(
        {"id": f"r{n}", "template": f"s{n}", "task": "review", "prompt": f"int s{n};", "label": label}
        for n, label in enumerate(labels)
    )


def messages(*labels: str, template: str = "t") -> str:
    """Records that teach these labels."""
    return _lines(
        {
            "id": f"m{n}",
            "template": f"{template}{n}",
            "messages": [{"role": "user", "content": f"int t{n};"}, {"role": "assistant", "content": label}],
        }
        for n, label in enumerate(labels)
    )


def texts(*labels: str) -> str:
    """Documents that hold these labels, and nothing else."""
    return _lines({"id": f"d{n}", "text": label} for n, label in enumerate(labels))


def _lines(rows: Iterable[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@dataclass(frozen=True)
class Repo:
    """A repository that Pedigree builds."""

    root: Path

    def write(self, path: str, content: str) -> None:
        """Write a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    def pants(
        self,
        *arguments: str,
        signer: str | None = "file:one",
        inside: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run Pants as a user does, perhaps inside another command or with more variables in the environment."""
        environment = {**os.environ, "PANTS_CONCURRENT": "False", **(variables or {})}
        if signer is not None:
            environment["PEDIGREE_SIGNER"] = signer
        return subprocess.run(
            [*inside, LAUNCHER, "--no-dynamic-ui", "--no-colors", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def files(self, directory: str) -> dict[str, bytes]:
        """Files below a directory, with their content."""
        base = self.root / directory
        return {str(path.relative_to(base)): path.read_bytes() for path in base.rglob("*") if path.is_file()}

    def reset(self) -> None:
        """Bring every file that tests change back to how it was."""
        self.write("datasets/BUILD", DATASETS_BUILD)
        self.write("datasets/corpus.jsonl", texts("15.6", "OK"))
        self.write("datasets/train.jsonl", messages("15.6", "OK"))
        self.write("datasets/sealed.jsonl", reviews("15.6", "OK", "ESCALATE", "10.1"))
        self.write("models/fw/BUILD", MODELS_BUILD)
        self.write("models/fw/card.md", "Tells labels.\n")
        self.write("models/fw/base.yaml", "rate: '1'\n")
        self.write("models/fw/sft.yaml", "rate: '2'\n")
        self.write("evals/BUILD", EVALS_BUILD)
        for left in ("attestations", "mistakes", "dist"):
            shutil.rmtree(self.root / left, ignore_errors=True)


@pytest.fixture(scope="session")
def _repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    repo = lay_out(tmp_path_factory.mktemp("repo"), ("build", "step", "data"))
    yield repo
    stop_daemon(repo.root)


def lay_out(root: Path, rooms: Sequence[str]) -> Repo:
    """A repository with these rooms of ours, and small ones in the place of the others."""
    if not Path(LAUNCHER).exists():
        pytest.skip(f"no Pants at {LAUNCHER}; name one in PEDIGREE_PANTS")
    repo = Repo(root)
    package = repo.root / "src/python/pedigree"
    shutil.copytree(HERE / "small", package, ignore=shutil.ignore_patterns("__pycache__"))
    # Whatever loads a model knows of the store.
    for room in {*rooms, "registry"}:
        shutil.rmtree(package / room, ignore_errors=True)
        shutil.copytree(
            ROOT / "src/python/pedigree" / room, package / room, ignore=shutil.ignore_patterns("__pycache__")
        )
        for build in (package / room).rglob("BUILD"):
            build.unlink()
    shutil.copyfile(ROOT / "src/python/pedigree/__init__.py", package / "__init__.py")
    repo.write("pants.toml", PANTS_TOML)
    repo.write("src/python/pedigree/BUILD", SOURCES_BUILD)
    for resolve in RESOLVES:
        repo.write(f"3rdparty/python/{resolve}.lock", "")
        repo.write(f"3rdparty/python/{resolve}.pex.sha256", EMPTY_PEX)
    for name in ("data.lock", "data.pex.sha256", "trust.lock", "trust.pex.sha256"):
        shutil.copyfile(ROOT / "3rdparty/python" / name, repo.root / "3rdparty/python" / name)
    repo.reset()
    return repo


_TRUST_FOR_ALL = 'sources=["trust/*.py"], resolve=parametrize("trust", "signers")'


def add_signers(repo: Repo) -> None:
    """Give a repository with the room of trust the packages of all signers."""
    for name in ("signers.lock", "signers.pex.sha256"):
        shutil.copyfile(ROOT / "3rdparty/python" / name, repo.root / "3rdparty/python" / name)
    resolve = 'trust = "3rdparty/python/trust.lock"\n'
    repo.write("pants.toml", PANTS_TOML.replace(resolve, resolve + resolve.replace("trust", "signers")))
    sources = SOURCES_BUILD.replace('"verifiers", "trust")', '"verifiers", "trust", "signers")')
    repo.write("src/python/pedigree/BUILD", sources.replace('sources=["trust/*.py"], resolve="trust"', _TRUST_FOR_ALL))


def stop_daemon(root: Path) -> None:
    """End the daemon of a repository."""
    for file in root.glob(".pids/**/pantsd/pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), 15)
    time.sleep(0.5)


@pytest.fixture
def repo(_repo: Repo) -> Repo:
    """The repository, with every file as at first; the daemon is shared."""
    _repo.reset()
    return _repo
