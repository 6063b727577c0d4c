"""A site: an engine with its workers behind a proxy, and machines that build on it, each with stores of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from system.conftest import DATASETS_BUILD, EVALS_BUILD, MODELS_BUILD, PANTS_TOML, ROOT, Repo, lay_out, stop_daemon
from system.reapi_proxy import Proxy
from system.reapi_server import CACHES, Casd

ENVIRONMENTS = """
local_environment(name="local", compatible_platforms=["linux_x86_64"])
remote_environment(
    name="cpu-workers",
    builder="cpu-workers",
    extra_platform_properties=["pool=cpu"],
    fallback_environment="local",
)
remote_environment(
    name="gpu-workers",
    builder="gpu-workers",
    accelerator="nvidia",
    extra_platform_properties=["pool=gpu"],
)
"""
NAMES = """
[environments-preview.names]
local = "//:local"
cpu-workers = "//:cpu-workers"
gpu-workers = "//:gpu-workers"
"""
# Rooms of a checkout whose releases are sealed, and whose runs are vouched for, by real keys.
TRUSTED = ("build", "step", "data", "trust")
WRITER, READER = "token-of-ci", "token-of-a-developer"
# In seconds. An error that takes longer is a build that hangs.
SOON = 180


@dataclass(frozen=True)
class Machine:
    """Somebody's machine: a checkout, and the stores of its Pants.

    Attributes:
        repo: The checkout.
        stores: Where its Pants keeps what it has made and fetched.
        engine: What Pants is told of the engine.
        signer: Whose key signs here, as PEDIGREE_SIGNER has it.
    """

    repo: Repo
    stores: Path
    engine: Mapping[str, str]
    signer: str = "file:one"

    def pants(self, *arguments: str, remote: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Pants with the engine, or without."""
        stores = (f"--local-store-dir={self.stores}/store", f"--named-caches-dir={self.stores}/caches")
        engine = dict(self.engine) if remote else {}
        return self.repo.pants(*stores, *arguments, signer=self.signer, variables={**engine, **variables})

    def package(self, *targets: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Build, which has to succeed."""
        done = self.pants("package", *(targets or ("models/fw:fw",)), remote=True, **variables)
        assert done.returncode == 0, done.stderr
        return done

    def anew(self, place: Path, *without: str, **engine: str) -> Machine:
        """The same checkout as another machine would have it: nothing made, nothing fetched.

        Args:
            place: Where its stores are.
            without: What it is not told of the engine.
            engine: What it is told otherwise.
        """
        told = {name: value for name, value in {**self.engine, **engine}.items() if name not in without}
        shutil.rmtree(self.repo.root / "dist", ignore_errors=True)
        return replace(self, stores=place, engine=told)

    def refused(self, *targets: str, **variables: str) -> str:
        """What it says on stderr of a build that has to fail, and soon."""
        began = time.monotonic()
        done = self.pants("package", *(targets or ("models/fw:fw",)), remote=True, **variables)
        took = time.monotonic() - began
        assert done.returncode == 1 and took < SOON, f"{done.returncode} after {took} s: {done.stderr}"
        assert "Traceback" not in done.stderr and "IntrinsicError" not in done.stderr
        token = {**self.engine, **variables}.get("PEDIGREE_REMOTE_TOKEN")
        assert not token or token not in done.stderr + done.stdout
        return done.stderr

    def files(self, directory: str = "dist/models/fw") -> dict[str, bytes]:
        """What it delivered."""
        return self.repo.files(directory)

    def stop(self) -> None:
        """End its daemon."""
        stop_daemon(self.repo.root)


def on_workers(declarations: str, environment: str = "cpu-workers") -> str:
    """The same declarations, for steps that run on workers."""
    for alias in ("dataset(", "finetune(", "evaluation("):
        declarations = declarations.replace(f"\n{alias}", f'\n{alias}environment="{environment}", ')
    return declarations


def machine(
    place: Path,
    proxy: Proxy,
    *,
    token: str = WRITER,
    writes: bool = True,
    runs: bool = True,
    rooms: tuple[str, ...] = ("build", "step", "data"),
    signer: str = "file:one",
) -> Machine:
    """A machine that knows the engine behind a proxy.

    Args:
        place: Where its checkout and its stores are.
        proxy: The engine's address and authority.
        token: Who it says that it is.
        writes: Whether it may write to the shared cache.
        runs: Whether its steps run on workers; otherwise it shares the cache alone.
        rooms: Rooms of ours that its checkout has; the others are small.
        signer: Whose key signs there.
    """
    repo = lay_out(place / "checkout", rooms)
    repo.write("pants.toml", PANTS_TOML + NAMES)
    repo.write("BUILD", ENVIRONMENTS)
    shutil.copyfile(ROOT / "pants.remote.toml", repo.root / "pants.remote.toml")
    repo.write("datasets/BUILD", on_workers(DATASETS_BUILD))
    repo.write("models/fw/BUILD", on_workers(MODELS_BUILD))
    repo.write("evals/BUILD", on_workers(EVALS_BUILD))
    engine = {
        "PANTS_CONFIG_FILES": "pants.remote.toml",
        "PEDIGREE_REMOTE": proxy.address,
        "PEDIGREE_REMOTE_TOKEN": token,
        "PANTS_REMOTE_CACHE_WRITE": str(writes),
        "PANTS_REMOTE_EXECUTION": str(runs),
    }
    if proxy.ca is not None:
        authority = place / "authority.pem"
        authority.write_bytes(proxy.ca)
        engine["PANTS_REMOTE_CA_CERTS_PATH"] = str(authority)
    return Machine(repo, place, engine, signer)


def make_key(path: Path) -> str:
    """A private key in a file, its public key beside it with the suffix `.pub`; its URI."""
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    path.chmod(0o600)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    path.with_suffix(".pub").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, spki))
    return f"file:{path}"


def believe(believer: Machine, signer: str) -> None:
    """Let a checkout name the builder whose key this is."""
    public = Path(signer.removeprefix("file:")).with_suffix(".pub")
    believer.repo.write("attestations/keys/builders/ci.pub", public.read_text())


def caches_of(casd: Casd) -> Path:
    """What outlives the actions of a server's workers, on the host; actions find it at CACHES."""
    assert CACHES == "/var/cache/pedigree"
    return casd.caches
