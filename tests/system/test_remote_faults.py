"""What a user sees of an engine that is misconfigured, broken or half alive; and that nothing wrong comes of it."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi

from system.conftest import MODELS_BUILD
from system.reapi_client import Client
from system.reapi_faults import BATCH_READ, READ
from system.reapi_proxy import Proxy, other_authority, start_proxy
from system.reapi_server import FULL, Casd, free_port, start_casd
from system.remote_site import READER, SOON, WRITER, Machine, machine, on_workers

SFT = "target 'models/fw:sft'"


@pytest.fixture(scope="module")
def casd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casd]:
    """An engine."""
    with start_casd(tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(casd: Casd) -> Iterator[Proxy]:
    """What stands before it, with TLS and tokens, and breaks on demand."""
    with start_proxy(casd.target, tls=True, tokens=[WRITER], read_only=[READER]) as before:
        yield before


@pytest.fixture(scope="module")
def _builder(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy) -> Iterator[Machine]:
    one = machine(tmp_path_factory.mktemp("builder"), proxy)
    one.package()
    yield one
    one.stop()


@pytest.fixture
def builder(_builder: Machine) -> Machine:
    """A machine that has built a release on workers, and is asked for one with a model that nobody has trained yet."""
    ask(_builder)
    return _builder


def ask(builder: Machine, more: str = "") -> None:
    """Want another model than ever before."""
    builder.repo.write("models/fw/sft.yaml", f"rate: '{uuid.uuid4()}' {more}\n")


def refused(builder: Machine, **variables: str) -> str:
    """What a build says that must not deliver anything."""
    good = builder.files()
    said = builder.refused(**variables)
    assert builder.files() == good
    return said


def require_delivered(builder: Machine) -> None:
    """Hold what was delivered against what was asked for."""
    files = builder.files()
    settings = (builder.repo.root / "models/fw/sft.yaml").read_text()
    assert json.loads(files["model/adapter_config.json"]) == {"learned with": settings}
    assert json.loads(files["model/adapter_model.safetensors"]) == ["15.6", "OK"]


def require_mended(builder: Machine) -> None:
    """Build again, without the fault."""
    builder.package()
    require_delivered(builder)


def test_a_token_that_the_engine_does_not_know_is_told_and_not_shown(builder: Machine, proxy: Proxy) -> None:
    said = refused(builder, PEDIGREE_REMOTE_TOKEN="token-of-nobody")
    assert f": the engine at {proxy.address} does not know this token\n" in said
    assert "hint: put a token that it knows into PEDIGREE_REMOTE_TOKEN; the old one may have expired\n" in said


def test_a_token_that_may_only_read_runs_no_step(builder: Machine, proxy: Proxy) -> None:
    said = refused(builder, PEDIGREE_REMOTE_TOKEN=READER)
    assert f": the engine at {proxy.address} lets this token read only, and a step has to run\n" in said
    assert "hint: take a token that may run steps, or set PANTS_REMOTE_EXECUTION=false" in said


def test_an_engine_of_another_authority_is_not_trusted(builder: Machine, proxy: Proxy, tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_bytes(other_authority())
    said = refused(builder, PANTS_REMOTE_CA_CERTS_PATH=str(tmp_path / "authority.pem"))
    assert f"the engine at {proxy.address} shows a certificate of an authority that is not trusted here\n" in said
    assert "hint: name the certificate of its authority in PANTS_REMOTE_CA_CERTS_PATH;" in said


@pytest.mark.parametrize("host", ["localhost", "engine.invalid"])
def test_where_no_engine_answers_the_build_ends_and_runs_nothing_here(builder: Machine, host: str) -> None:
    address = f"grpcs://{host}:{free_port()}"
    said = refused(builder, PEDIGREE_REMOTE=address)
    assert f": the engine at {address} cannot be reached, or went away\n" in said
    assert "hint: look whether it runs, and whether PEDIGREE_REMOTE is its address (grpcs://HOST:PORT)" in said
    assert "Starting: finetune" not in said


def test_an_engine_that_is_not_named_is_told_before_anything_starts(builder: Machine) -> None:
    assert refused(builder, PEDIGREE_REMOTE="") == (
        "error: PEDIGREE_REMOTE is '', and not the address of an engine\n"
        "hint: export PEDIGREE_REMOTE=grpcs://HOST:PORT, or build without pants.remote.toml (docs/remote.md)\n"
    )


def test_after_all_that_the_same_machine_builds(builder: Machine) -> None:
    require_mended(builder)


@pytest.fixture
def on_gpus(builder: Machine) -> Iterator[Machine]:
    """A machine whose models are trained on accelerators."""
    builder.repo.write("models/fw/BUILD", on_workers(MODELS_BUILD, "gpu-workers"))
    yield builder
    builder.repo.write("models/fw/BUILD", on_workers(MODELS_BUILD))


def test_a_step_for_an_accelerator_runs_nowhere_when_no_engine_is_configured(on_gpus: Machine) -> None:
    done = on_gpus.pants("package", "models/fw:fw", remote=False)
    assert done.returncode == 1
    assert (
        "', field 'environment': 'gpu-workers' are workers, and none are configured; the step does not run anywhere "
        "else\nhint: name an engine: PANTS_CONFIG_FILES=pants.remote.toml PEDIGREE_REMOTE=grpcs://HOST:PORT"
        in done.stderr
    )
    assert "Starting: finetune" not in done.stderr


def test_a_step_for_an_accelerator_runs_nowhere_when_no_worker_has_one(on_gpus: Machine, proxy: Proxy) -> None:
    proxy.offers = {"pool": "cpu"}
    with proxy.counting() as tally:
        said = refused(on_gpus)
    proxy.offers = None
    assert "target 'models/fw:base', environment 'gpu-workers': the engine at" in said
    assert "has no worker with the properties that the environment asks for\n  no worker has {'pool': 'gpu'}\n" in said
    assert "hint: start workers of that pool" in said
    assert not tally.ran and "Starting: finetune" not in said


def test_a_worker_whose_accelerator_is_gone_runs_nothing(on_gpus: Machine) -> None:
    said = refused(on_gpus)
    assert (
        "BuildError: target 'models/fw:base': this worker has no NVIDIA GPU that nvidia-smi sees\n"
        "hint: schedule the pool on nodes with one, driver mounted (docs/remote.md)\n" in said
    )


def wait_for(proxy: Proxy) -> None:
    """Wait until what is behind the proxy answers again."""
    with Client(proxy.target, proxy.ca, WRITER) as client:
        while True:
            with suppress(grpc.RpcError):
                client.capabilities()
                return
            time.sleep(0.1)


@contextmanager
def restarted(casd: Casd, proxy: Proxy, *options: str) -> Iterator[None]:
    """The engine with more on its command line."""
    for wanted in (options, ()):
        casd.stop()
        casd.options = wanted
        casd.start()
        wait_for(proxy)
        if wanted:
            yield


def test_a_worker_without_the_interpreter_is_told(builder: Machine, casd: Casd, proxy: Proxy) -> None:
    hidden = [f"--runner-arg=--ro-bind-mount=/dev/null:{place}/python3.11" for place in ("/usr/bin", "/bin")]
    with restarted(casd, proxy, *hidden):
        said = refused(builder)
    assert f"{SFT}: this worker has no python3.11\nhint: give the pool an image that has it (docs/remote.md)\n" in said
    require_mended(builder)


def test_an_engine_that_takes_nothing_has_no_room(builder: Machine, proxy: Proxy) -> None:
    with proxy.fails(full=True):
        said = refused(builder)
    assert f": the engine at {proxy.address} has no room\n" in said
    assert "hint: make room on its disk, or raise its quota (docs/remote.md), then build again" in said
    require_mended(builder)


def test_an_engine_whose_disk_is_full_is_told(builder: Machine, casd: Casd, proxy: Proxy) -> None:
    with restarted(casd, proxy, *FULL):
        said = refused(builder)
    assert f": the engine at {proxy.address} has lost something that it was given\n" in said
    assert "hint: look whether its disk is full or its quota is too small for one build (docs/remote.md)" in said
    require_mended(builder)


def any_size(digest: reapi.Digest) -> bool:
    """Every blob is meant."""
    return digest.size_bytes > 0


def large(digest: reapi.Digest) -> bool:
    """What comes as a stream is meant."""
    return digest.size_bytes > 4_500_000


@pytest.mark.parametrize("fault", ["corrupt", "truncate"])
@pytest.mark.parametrize(("which", "more"), [(any_size, ""), (large, "x" * 5_000_000)], ids=["small", "large"])
def test_what_comes_rotten_from_the_engine_is_refused(
    builder: Machine, proxy: Proxy, fault: str, which: Callable[[reapi.Digest], bool], more: str
) -> None:
    ask(builder, more)
    with proxy.fails(**{fault: which}):
        said = refused(builder)
    assert (
        f"the engine at {proxy.address} sent something else than it was asked for; nothing of that was used\n" in said
    )
    assert "hint: remove what is rotten from its store, and look at its disk and at who may write there" in said
    with proxy.counting() as tally:
        require_mended(builder)
    assert not [seen for seen in tally.ran if seen in trained(proxy)]


def trained(proxy: Proxy) -> list[reapi.Digest]:
    """Actions that train."""
    return [seen.digest for seen in proxy.seen("pedigree.training.sft")]


def test_an_answer_that_breaks_off_loses_nothing(builder: Machine, proxy: Proxy) -> None:
    with proxy.fails(broken=frozenset({READ, BATCH_READ})):
        said = refused(builder)
    assert f"the engine at {proxy.address} cannot be reached, or went away\n" in said
    with proxy.counting() as tally:
        require_mended(builder)
    assert not [seen for seen in tally.ran if seen in trained(proxy)]


def during(proxy: Proxy, happen: Callable[[], None]) -> threading.Thread:
    """Let something happen while a model is trained that was not asked for before."""
    before = trained(proxy)

    def wait() -> None:
        while trained(proxy) == before:
            time.sleep(0.1)
        time.sleep(1)
        happen()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def require_delivered_in_the_end(builder: Machine, proxy: Proxy, happen: Callable[[], None]) -> None:
    """Build while something happens to the engine; what does not recover is told, and loses nothing."""
    ask(builder, "wait")
    good = builder.files()
    event = during(proxy, happen)
    began = time.monotonic()
    done = builder.pants("package", "models/fw:fw")
    assert time.monotonic() - began < SOON
    event.join()
    wait_for(proxy)
    if done.returncode != 0:
        assert f"the engine at {proxy.address} cannot be reached, or went away\n" in done.stderr
        assert "then build again: what has run is kept" in done.stderr
        assert builder.files() == good
        builder.package()
    require_delivered(builder)


def test_a_connection_that_breaks_in_the_middle_of_a_step_loses_nothing(builder: Machine, proxy: Proxy) -> None:
    def drop() -> None:
        proxy.stop()
        proxy.start()

    require_delivered_in_the_end(builder, proxy, drop)


def test_an_engine_that_dies_in_the_middle_of_a_step_and_comes_back_loses_nothing(
    builder: Machine, casd: Casd, proxy: Proxy
) -> None:
    def die() -> None:
        casd.kill()
        casd.start()

    require_delivered_in_the_end(builder, proxy, die)


def test_a_step_on_a_worker_reaches_no_network(builder: Machine) -> None:
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        hosts = {"127.0.0.1", socket.gethostbyname(socket.gethostname())}
        for host in hosts:
            socket.create_connection((host, port), timeout=5).close()
        ask(builder, "dial: " + " ".join(f"{host}:{port}" for host in hosts))
        require_mended(builder)
