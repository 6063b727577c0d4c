"""The server of the remote execution API that other tests build with, and the proxy that stands before it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from system.reapi_client import Client
from system.reapi_faults import READ
from system.reapi_proxy import Proxy, other_authority, start_proxy
from system.reapi_server import CACHES, FULL, Casd, small_disk, start_casd


@pytest.fixture(scope="module")
def casd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casd]:
    """A server for the tests that leave it as it was."""
    with start_casd(tmp_path_factory.mktemp("casd")) as casd:
        yield casd


@pytest.fixture
def client(casd: Casd) -> Iterator[Client]:
    """A client that nothing stands before."""
    with Client(casd.target) as client:
        yield client


def once() -> bytes:
    """What makes an action one that nobody ran before."""
    return uuid.uuid4().bytes


def test_an_action_runs_on_its_inputs_and_gives_its_files(client: Client) -> None:
    outcome = client.execute(["/bin/sh", "-c", "tr a-z A-Z <in >out"], {"in": b"abc"}, ["out"], {"PATH": "/usr/bin"})
    assert (outcome.code, outcome.result.exit_code, outcome.cached) == (0, 0, False)
    assert [(file.path, client.get(file.digest)) for file in outcome.result.output_files] == [("out", b"ABC")]


def test_an_action_that_ran_is_not_run_again(client: Client) -> None:
    salt = once()
    assert not client.execute(["/bin/true"], salt=salt).cached
    assert client.execute(["/bin/true"], salt=salt).cached


def test_an_action_reaches_no_network_and_keeps_its_caches(client: Client, casd: Casd) -> None:
    host, port = casd.target.split(":")
    dial = f"import socket; socket.create_connection(({host!r}, {port}))"
    assert client.execute(["/usr/bin/python3", "-c", dial], salt=once()).result.exit_code == 1
    assert client.execute(["/bin/sh", "-c", f"echo kept >{CACHES}/kept"], salt=once()).result.exit_code == 0
    assert (casd.caches / "kept").read_text() == "kept\n"


@pytest.mark.parametrize(("asked", "isolates"), [({}, False), ({"unixUID": "1000", "unixGID": "1000"}, True)])
def test_an_action_isolates_what_it_starts_only_under_another_user_than_root(
    client: Client, asked: dict[str, str], isolates: bool
) -> None:
    """A kernel lets only who may set capabilities map root on; the worker took that away."""
    argv = ["/usr/bin/unshare", "--user", "--map-root-user", "--net", "--mount", "/bin/true"]
    assert (client.execute(argv, platform=asked, salt=once()).result.exit_code == 0) is isolates


def test_an_action_may_ask_for_the_network_of_the_worker_and_for_what_there_is_not(client: Client, casd: Casd) -> None:
    host, port = casd.target.split(":")
    dial = f"import socket; socket.create_connection(({host!r}, {port}))"
    asked = {"network": "on", "gpu": "h200"}
    assert client.execute(["/usr/bin/python3", "-c", dial], platform=asked, salt=once()).result.exit_code == 0
    elsewhere = client.execute(["/bin/true"], platform={"ISA": "pdp-11"}, salt=once())
    assert (elsewhere.code, elsewhere.message) == (13, "Runner exited with non-zero exit code [1]")


def test_a_server_that_is_killed_in_the_middle_of_a_step_serves_again(tmp_path: Path) -> None:
    with start_casd(tmp_path) as casd, Client(casd.target) as client:
        assert client.execute(["/bin/sh", "-c", "echo 1 >out"], outputs=["out"]).result.exit_code == 0
        mark = casd.caches / "begun"
        broken: list[grpc.StatusCode] = []

        def run() -> None:
            with pytest.raises(grpc.RpcError) as error:
                client.execute(["/bin/sh", "-c", f"echo >{CACHES}/begun; sleep 60"])
            broken.append(error.value.code())

        step = threading.Thread(target=run)
        step.start()
        while not mark.exists():
            time.sleep(0.01)
        casd.kill()
        step.join()
        casd.start()
        with Client(casd.target) as again:
            assert again.execute(["/bin/sh", "-c", "echo 1 >out"], outputs=["out"]).cached
            assert again.execute(["/bin/true"], salt=once()).result.exit_code == 0
    assert broken == [grpc.StatusCode.UNAVAILABLE]


def test_a_server_that_has_no_room_reads_and_refuses_to_write(tmp_path: Path) -> None:
    with start_casd(tmp_path) as casd:
        with Client(casd.target) as client:
            kept = client.put(b"kept")
        casd.stop()
        casd.options = FULL
        casd.start()
        with Client(casd.target) as client:
            assert client.get(kept) == b"kept"
            with pytest.raises(grpc.RpcError) as error:
                client.put(b"new")
    assert error.value.code() is grpc.StatusCode.INTERNAL and "OutOfSpace" in error.value.details()


def test_a_server_on_a_disk_that_others_fill_takes_blobs_that_it_cannot_give_back(tmp_path: Path) -> None:
    """What a client must survive: the server says that all went well, and the blob is torn for good."""
    with (
        small_disk(tmp_path / "disk", "8m") as disk,
        start_casd(disk, quota="1G") as casd,
        Client(casd.target) as client,
    ):
        filler = disk / "filler"
        with pytest.raises(OSError), filler.open("wb") as file:
            file.write(bytes(9_000_000))
        torn = client.put(b"torn")
        filler.unlink()
        assert client.put(b"torn") == torn and torn not in client.missing(torn)
        with pytest.raises(grpc.RpcError) as error:
            client.get(torn)
    assert error.value.code() is grpc.StatusCode.INTERNAL


def test_a_worker_without_the_interpreter_says_so(client: Client) -> None:
    outcome = client.execute(["/usr/bin/python0"], salt=once())
    assert (outcome.code, outcome.result.exit_code) == (0, 1)
    assert b"execvp /usr/bin/python0: No such file" in client.get(outcome.result.stderr_digest)


@pytest.fixture
def proxy(casd: Casd) -> Iterator[Proxy]:
    """A proxy that asks for TLS and for a token."""
    with start_proxy(casd.target, tls=True, tokens=["ours"], read_only=["theirs"]) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy) -> Iterator[Client]:
    """A client that goes through the proxy."""
    with Client(proxy.target, proxy.ca, "ours") as client:
        yield client


def test_an_action_runs_through_the_proxy_and_is_counted(proxy: Proxy, through: Client) -> None:
    salt = once()
    with proxy.counting() as tally:
        outcome = through.execute(["/bin/sh", "-c", "cat in >out"], {"in": b"abc"}, ["out"], salt=salt)
        assert through.get(outcome.result.output_files[0].digest) == b"abc"
    assert (tally.ran, tally.reused) == ([outcome.digest], [])
    assert tally.up["ByteStream/Write"] > 3 and tally.down[READ] > 3
    with proxy.counting() as tally:
        through.execute(["/bin/sh", "-c", "cat in >out"], {"in": b"abc"}, ["out"], salt=salt)
    assert (tally.ran, tally.reused, tally.calls["Execution/Execute"]) == ([], [outcome.digest], 1)
    assert [seen.argv[0] for seen in proxy.seen("cat in")] == ["/bin/sh"]


def test_lookups_are_told_apart_by_what_the_cache_held(proxy: Proxy, through: Client) -> None:
    known, unknown = through.execute(["/bin/true"], salt=once()).digest, through.put(once())
    with proxy.counting() as tally:
        assert through.result(known) is not None and through.result(unknown) is None
    assert (tally.hits, tally.misses) == ([known], [unknown])


def refused(client: Client) -> grpc.StatusCode:
    """How a client is refused when it asks for nothing in particular."""
    with pytest.raises(grpc.RpcError) as error:
        client.capabilities()
    code: grpc.StatusCode = error.value.code()
    return code


def test_another_authority_another_token_and_no_token_are_refused(proxy: Proxy) -> None:
    with Client(proxy.target, other_authority(), "ours") as client:
        assert refused(client) is grpc.StatusCode.UNAVAILABLE
    for token in ("another", "theirs ", None):
        with Client(proxy.target, proxy.ca, token) as client:
            assert refused(client) is grpc.StatusCode.UNAUTHENTICATED


def test_who_may_only_read_reads_and_writes_nothing(proxy: Proxy, through: Client) -> None:
    outcome = through.execute(["/bin/sh", "-c", "echo 1 >out"], outputs=["out"], salt=once())
    with Client(proxy.target, proxy.ca, "theirs") as client:
        assert client.result(outcome.digest) == outcome.result
        writes: list[Callable[[], object]] = [
            lambda: client.forge(outcome.digest, {}),
            lambda: client.update(outcome.digest, outcome.result),
            lambda: client.execute_action(outcome.digest),
        ]
        for write in writes:
            with pytest.raises(grpc.RpcError) as error:
                write()
            assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_result_that_never_was_is_believed(through: Client, client: Client) -> None:
    never = ["/bin/false"]
    honest = through.execute(never, outputs=["out"], salt=b"forged")
    assert honest.result.exit_code == 1
    client.forge(honest.digest, {"out": b"forged"})
    forged = through.execute(never, outputs=["out"], salt=b"forged")
    assert forged.cached and through.get(forged.result.output_files[0].digest) == b"forged"
    client.alter(honest.digest, {"out": b"altered"})
    altered = through.result(honest.digest)
    assert altered is not None and through.get(altered.output_files[0].digest) == b"altered"


def test_downloads_rot_and_break_off_while_that_is_switched_on(proxy: Proxy, through: Client) -> None:
    blob = once() * 1000
    large, small = through.put(blob), through.put(b"small")
    with proxy.fails(corrupt=lambda digest: digest.size_bytes > 100):
        rotten = through.get(large)
        assert len(rotten) == len(blob) and sum(a != b for a, b in zip(rotten, blob, strict=True)) == 1
        assert through.get(small) == b"small"
    with proxy.fails(truncate=lambda digest: digest == large):
        assert through.get(large) == blob[:8000]
    with proxy.fails(broken=frozenset({READ})), pytest.raises(grpc.RpcError) as error:
        through.get(large)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert through.get(large) == blob


def test_a_full_disk_takes_nothing_and_a_server_that_is_down_does_nothing(proxy: Proxy, through: Client) -> None:
    with proxy.fails(full=True), pytest.raises(grpc.RpcError) as error:
        through.put(once())
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    action = through.execute(["/bin/true"], salt=once()).digest
    with (
        proxy.fails(down=frozenset({"Execution/Execute"})),
        proxy.counting() as tally,
        pytest.raises(grpc.RpcError) as error,
    ):
        through.execute_action(action)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE and not tally.actions
    assert tally.codes["Execution/Execute", "UNAVAILABLE"] == 1
    proxy.stop()
    assert refused(through) is grpc.StatusCode.UNAVAILABLE
    proxy.start()
    with Client(proxy.target, proxy.ca, "ours") as again:
        assert again.execute_action(action).cached


def test_workers_that_lack_what_an_action_asks_for_are_not_taken(proxy: Proxy, through: Client) -> None:
    proxy.offers = {"pool": "gpu", "gpu": "h200"}
    assert through.execute(["/bin/true"], platform={"gpu": "h200"}, salt=once()).result.exit_code == 0
    with pytest.raises(grpc.RpcError) as error:
        through.execute(["/bin/true"], platform={"gpu": "h100"}, salt=once())
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.value.details() == "no worker has {'gpu': 'h100'}"
