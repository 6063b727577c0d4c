"""What somebody who can write the shared cache gets into a release: nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi

from system.conftest import EVALS_BUILD
from system.reapi_client import Client
from system.reapi_proxy import Proxy, start_proxy
from system.reapi_server import Casd, start_casd
from system.remote_site import TRUSTED, WRITER, Machine, believe, machine, make_key, on_workers

ANEW = "[WARN] A cache holds results that no signed record of a run vouches for; they are made anew: "
WEIGHTS, REPORT, VERDICT = "outputs/model/adapter_model.safetensors", "outputs/report.json", "gate-failed"


@pytest.fixture(scope="module")
def casd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casd]:
    """An engine."""
    with start_casd(tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(casd: Casd) -> Iterator[Proxy]:
    """What stands before it; the attacker goes round it."""
    with start_proxy(casd.target, tls=True, tokens=[WRITER]) as before:
        yield before


@pytest.fixture
def attacker(casd: Casd) -> Iterator[Client]:
    """Somebody who may write everything that the engine holds."""
    with Client(casd.target) as client:
        yield client


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Whose key signs."""
    return make_key(tmp_path_factory.mktemp("key") / "ci.pem")


@pytest.fixture(scope="module")
def ci(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy, key: str) -> Iterator[Machine]:
    """The machine that wrote the cache, honestly."""
    one = machine(tmp_path_factory.mktemp("ci"), proxy, rooms=TRUSTED, signer=key)
    believe(one, key)
    one.package()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def _other(tmp_path_factory: pytest.TempPathFactory, ci: Machine, proxy: Proxy, key: str) -> Iterator[Machine]:
    one = machine(tmp_path_factory.mktemp("other"), proxy, writes=False, rooms=TRUSTED, signer=key)
    believe(one, key)
    yield one
    one.stop()


@pytest.fixture
def other(_other: Machine, tmp_path: Path) -> Machine:
    """Another machine, which has nothing yet."""
    return _other.anew(tmp_path)


@contextmanager
def forged(attacker: Client, action: reapi.Digest, change: Callable[[reapi.ActionResult], None]) -> Iterator[None]:
    """Let the cache say something else of an action, until the block ends."""
    honest = attacker.result(action)
    assert honest is not None
    altered = reapi.ActionResult()
    altered.CopyFrom(honest)
    change(altered)
    assert altered != honest
    attacker.update(action, altered)
    try:
        yield
    finally:
        attacker.update(action, honest)


def writes(attacker: Client, content: bytes, path: str) -> Callable[[reapi.ActionResult], None]:
    """Another content of a file."""

    def change(result: reapi.ActionResult) -> None:
        (file,) = [file for file in result.output_files if file.path == path]
        file.digest.CopyFrom(attacker.put(content))

    return change


def says(attacker: Client, content: bytes) -> Callable[[reapi.ActionResult], None]:
    """Another standard output."""

    def change(result: reapi.ActionResult) -> None:
        result.ClearField("stdout_raw")
        result.stdout_digest.CopyFrom(attacker.put(content))

    return change


def action(proxy: Proxy, attacker: Client, word: str, output: str) -> reapi.Digest:
    """The one action with a word in its command that wrote this file."""
    (found,) = [seen.digest for seen in proxy.seen(word) if output in outputs(attacker, seen.digest)]
    return found


def outputs(attacker: Client, digest: reapi.Digest) -> dict[str, reapi.Digest]:
    """The files that an action wrote, as the cache has it."""
    result = attacker.result(digest)
    return {} if result is None else {file.path: file.digest for file in result.output_files}


def exchanged(proxy: Proxy, attacker: Client, module: str) -> tuple[reapi.Digest, bytes]:
    """The action through which the record of a tool's run is exchanged, and the record."""
    for seen in proxy.seen("exchange"):
        result = attacker.result(seen.digest)
        record = (result.stdout_raw or attacker.get(result.stdout_digest)) if result else b""
        if record and module.encode() in base64.b64decode(json.loads(record)["dsseEnvelope"]["payload"]):
            return seen.digest, record
    raise AssertionError(f"no record of a run of {module}")


def test_forged_weights_are_trained_anew(ci: Machine, other: Machine, proxy: Proxy, attacker: Client) -> None:
    training = action(proxy, attacker, "pedigree.training.sft", WEIGHTS)
    with forged(attacker, training, writes(attacker, b'["15.6", "OK", "a back door"]', WEIGHTS)):
        log = other.package().stderr
    assert f"{ANEW}models.fw.sft\n" in log
    assert other.files() == ci.files()


def test_a_forged_report_does_not_turn_a_red_gate_green(
    ci: Machine, other: Machine, proxy: Proxy, attacker: Client
) -> None:
    red = on_workers(EVALS_BUILD.replace(">= 0.50", ">= 0.80"))
    ci.repo.write("evals/BUILD", red)
    assert "review_coverage is 0.7500, but must be >= 0.80" in ci.refused()
    judge = action(proxy, attacker, "pedigree.evaluation.judge", VERDICT)
    report = attacker.get(outputs(attacker, judge)[REPORT])
    green = report.replace(b'"passed": false', b'"passed": true').replace(b"0.7500", b"0.9900")

    def pass_all(result: reapi.ActionResult) -> None:
        writes(attacker, green, REPORT)(result)
        kept = [file for file in result.output_files if file.path != VERDICT]
        del result.output_files[:]
        result.output_files.extend(kept)

    other.repo.write("evals/BUILD", red)
    with forged(attacker, judge, pass_all):
        said = other.refused()
    for one in (ci, other):
        one.repo.write("evals/BUILD", on_workers(EVALS_BUILD))
    assert f"{ANEW}evals.review" in said
    assert "review_coverage is 0.7500, but must be >= 0.80" in said
    assert not [path for path in other.files("dist") if not path.startswith("reports/")]
    other.package()
    assert other.files() == ci.files()


@pytest.mark.parametrize("whose", ["nobody", "another step"])
def test_a_record_that_is_altered_or_of_another_step_vouches_for_nothing(
    ci: Machine, other: Machine, proxy: Proxy, attacker: Client, whose: str
) -> None:
    exchange, record = exchanged(proxy, attacker, "pedigree.training.sft")
    altered = record.replace(b'"payload":"', b'"payload":"A') if whose == "nobody" else b""
    forgery = altered or exchanged(proxy, attacker, "pedigree.training.pretrain")[1]
    with forged(attacker, exchange, says(attacker, forgery)):
        log = other.package().stderr
    assert f"{ANEW}models.fw.sft\n" in log
    assert other.files() == ci.files()


def test_forged_packages_of_a_tool_are_not_run(ci: Machine, other: Machine, proxy: Proxy, attacker: Client) -> None:
    """What holds the keys, and decides what is believed, is itself installed through the cache."""
    install = action(proxy, attacker, "trust.lock", "env.pex")
    with forged(attacker, install, writes(attacker, b"an attacker's program", "env.pex")):
        said = other.refused()
    assert "BuildError: the packages of 3rdparty/python/trust.lock have the digest " in said
    assert ", and 3rdparty/python/trust.pex.sha256 pins " in said
    assert "hint: if you moved the lock, write the new digest into the pin; if not, a cache gave you something" in said
    assert other.files("dist") == {}
    assert "Starting: finetune" not in said
