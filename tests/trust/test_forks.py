from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from pedigree.trust import forks
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.forks import side_by_side
from pedigree.trust.public import PublicKey
from pedigree.trust.seal import seal
from pedigree.trust.verify import verify_release
from trust.builder import deliver, lay_out
from trust.forge import link_of, resign
from trust.large import closure_of

NAMES = [str(number) for number in range(1000)]


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "processors", lambda: 2)


def where(name: str) -> tuple[int, str]:
    return os.getpid(), name * 2


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_results_come_in_order_from_two_other_processes_that_are_gone_afterwards() -> None:
    before = descriptors()
    done = list(side_by_side(where, NAMES))
    assert [text for _, text in done] == [name * 2 for name in NAMES]
    processes = {process for process, _ in done}
    assert len(processes) == 2 and os.getpid() not in processes
    assert descriptors() == before
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_few_names_are_worked_on_here() -> None:
    assert {process for process, _ in side_by_side(where, NAMES[:100])} == {os.getpid()}


def test_beside_other_threads_no_process_is_forked() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert {process for process, _ in side_by_side(where, NAMES)} == {os.getpid()}
    finally:
        stop.set()
        thread.join()


def test_the_first_error_is_raised_and_nobody_is_left() -> None:
    def work(name: str) -> str:
        if int(name) >= 500:
            raise Refused(f"no {name}")
        return name

    before = descriptors()
    with pytest.raises(Refused, match="no 500"):
        list(side_by_side(work, NAMES))
    assert descriptors() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_what_a_killed_process_left_is_done_here() -> None:
    here = os.getpid()

    def work(name: str) -> str:
        if name == "501" and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return name

    assert list(side_by_side(work, NAMES)) == NAMES


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    """A release that is verified in several processes."""
    work = lay_out(tmp_path_factory.mktemp("large") / "work", uri, *closure_of(433))
    seal(work, uri)
    return deliver(work)


def test_a_large_release_holds_and_one_byte_in_it_does_not(large: Path, public: PublicKey) -> None:
    assert verify_release(large, public).holds
    provenance = large / "attestations/models.family-7.sft.provenance.sigstore.json"
    for path in (link_of(large, "models.family-7.sft"), provenance):
        data = path.read_bytes()
        at = data.index(b'"sig":"') + 20
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        failed = {check.number: check.detail for check in verify_release(large, public).checks if not check.holds}
        path.write_bytes(data)
        assert 8 in failed and {2, 3} & set(failed)
        assert "models.family-7.sft" in failed[5]


def test_a_material_that_no_step_made_is_found_among_many(large: Path, uri: str, public: PublicKey) -> None:
    path = link_of(large, "datasets.family-9.part-1")
    data = path.read_bytes()
    resign(path, uri, public, lambda link: link["products"].update({"records.jsonl": {"sha256": "ab" * 32}}))
    failed = {check.number: check.detail for check in verify_release(large, public).checks if not check.holds}
    path.write_bytes(data)
    assert "which 'datasets.family-9.part-1' did not make" in failed[4]


def test_no_process_is_left_when_what_was_signed_is_refused(large: Path, uri: str, public: PublicKey) -> None:
    path = link_of(large, "datasets.family-9.part-1")
    data = path.read_bytes()
    resign(path, uri, public, lambda link: link["products"].update(added={"sha256": "zz"}))
    delivered = Delivered(large, public)
    with pytest.raises(MalformedEvidence):
        _ = delivered.links
    path.write_bytes(data)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
