"""The same graph on workers and from a shared cache, against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.reapi_proxy import Proxy, start_proxy
from system.reapi_server import Casd, start_casd
from system.remote_release import differences
from system.remote_site import READER, TRUSTED, WRITER, Machine, believe, machine, make_key


@pytest.fixture(scope="module")
def casd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casd]:
    """An engine."""
    with start_casd(tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(casd: Casd) -> Iterator[Proxy]:
    """What stands before it, with TLS and tokens."""
    with start_proxy(casd.target, tls=True, tokens=[WRITER], read_only=[READER]) as before:
        yield before


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy) -> Iterator[Machine]:
    """A machine that runs steps on workers and writes the shared cache."""
    one = machine(tmp_path_factory.mktemp("builder"), proxy)
    yield one
    one.stop()


def test_the_whole_chain_runs_on_workers_and_its_bytes_are_those_of_a_local_build(
    builder: Machine, proxy: Proxy, tmp_path: Path
) -> None:
    with proxy.counting() as tally:
        builder.package()
    assert len(tally.ran) == 9
    remote = builder.files()
    local = machine(tmp_path, proxy)
    local.pants("package", "models/fw:fw", remote=False)
    local.stop()
    assert local.files() == remote


def test_releases_sealed_by_real_keys_differ_in_what_says_where_steps_ran_alone(proxy: Proxy, tmp_path: Path) -> None:
    signer = make_key(tmp_path / "ci.pem")
    remote = machine(tmp_path / "remote", proxy, rooms=TRUSTED, signer=signer)
    believe(remote, signer)
    remote.package()
    remote.stop()
    local = machine(tmp_path / "local", proxy, rooms=TRUSTED, signer=signer)
    believe(local, signer)
    assert local.pants("package", "models/fw:fw", remote=False).returncode == 0
    local.stop()
    releases = [one.repo.root / "dist/models/fw" for one in (remote, local)]
    assert differences(*releases) == set()
    builders = [step["builder"] for step in json.loads((releases[0] / "lineage.json").read_text())["steps"]]
    assert set(builders) == {"cpu-workers", "ci"}
    builders = [step["builder"] for step in json.loads((releases[1] / "lineage.json").read_text())["steps"]]
    assert set(builders) == {"ci"}
