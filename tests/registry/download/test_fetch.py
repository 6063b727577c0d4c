"""A fetch ends with the pinned bytes or with an error that names the origin, and leaves nothing else."""

from __future__ import annotations

import os
import time

import pytest

from pedigree.registry.weights_manifest import WeightsFile
from registry.download.conftest import CONTENT, NAME, Place, digest
from registry.download.server import (
    Fault,
    Handler,
    answer,
    hang_up,
    ignore_range,
    redirect,
    running,
    send_instead,
)

PATH = f"/{NAME}"
PART = 1_000_000


def test_what_is_fetched_is_there_and_is_not_fetched_again(place: Place) -> None:
    manifest = place.manifest()
    for _ in range(2):
        assert place.fetch(manifest) == ""
    assert place.stored() and place.server.sent[PATH] == len(CONTENT)
    path = place.store.object(digest(CONTENT))
    assert path.stat().st_mode & 0o777 == 0o444
    assert list((place.store.root / "partial").iterdir()) == []


def test_a_broken_connection_is_taken_up_where_it_broke(place: Place) -> None:
    place.server.faults[PATH] = [hang_up(PART), hang_up(500_000)]
    assert place.fetch(place.manifest()) == ""
    assert place.stored() and place.server.ranges[PATH] == [0, PART, PART + 500_000]
    assert place.server.sent[PATH] == len(CONTENT)


def test_a_server_that_knows_no_ranges_starts_again(place: Place) -> None:
    place.server.faults[PATH] = [hang_up(PART), ignore_range]
    assert place.fetch(place.manifest()) == ""
    assert place.stored() and place.server.ranges[PATH] == [0, PART]


def test_many_breaks_are_borne_as_long_as_there_is_headway(place: Place) -> None:
    content = os.urandom(9 << 20)
    place.server.files[PATH] = content
    place.server.faults[PATH] = [hang_up((1 << 20) + 1) for _ in range(8)]
    assert place.fetch(place.manifest(content=content)) == "" and place.stored(content)


def test_a_server_that_breaks_too_often_is_named_and_what_came_is_kept(place: Place) -> None:
    place.server.faults[PATH] = [hang_up(100_000) for _ in range(5)]
    told = place.fetch(place.manifest())
    assert f"cannot fetch '{NAME}' (1.9 MiB)\n  {place.server.url}{PATH}: breaks off" in told
    assert "5 times in a row, at byte 500000" in told and "hint: what came so far is kept" in told
    assert not place.stored()
    assert place.fetch(place.manifest()) == "" and place.server.ranges[PATH][-1] == 500_000


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(place: Place, status: int) -> None:
    place.server.faults[PATH] = [answer(status), answer(status)]
    assert place.fetch(place.manifest()) == "" and len(place.server.ranges[PATH]) == 3


def test_a_server_that_says_when_to_come_again_is_obeyed(place: Place) -> None:
    place.server.faults[PATH] = [answer(429, Retry_After="1")]
    start = time.monotonic()
    assert place.fetch(place.manifest()) == "" and time.monotonic() - start >= 1


def swapped(handler: Handler, content: bytes, start: int) -> None:
    handler.reply(content, start, Content_Range=f"bytes 0-{len(content) - 1}/{len(content)}")


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([answer(404)], "does not have it"),
        ([answer(403)], "check the credentials"),
        ([answer(401)], "asks who you are"),
        ([answer(418)], "answers with 418"),
        ([send_instead(CONTENT[:-1])], "says that it has 2007999 bytes, but 2008000 are pinned"),
        ([send_instead(CONTENT + b"x")], "says that it has 2008001 bytes"),
        ([send_instead(CONTENT, Content_Length="1000000000000")], "says that it has 1000000000000 bytes"),
        ([send_instead(CONTENT, Content_Length="10")], "says that it has 10 bytes"),
        ([send_instead(bytes(len(CONTENT)))], "has other bytes: sha256"),
        ([send_instead(bytes(len(CONTENT)), ETag='"the right one"')], "has other bytes: sha256"),
        ([send_instead(CONTENT, Content_Encoding="gzip")], "encoded as 'gzip'"),
        ([hang_up(PART), answer(416)], "has fewer bytes than are pinned"),
        ([hang_up(PART), swapped], "answers with others"),
        ([redirect("file:///etc/passwd")], "redirects to file:"),
        ([redirect("/model.safetensors")] * 10, "redirects more than 10 times"),
    ],
)
def test_a_server_that_serves_something_else_is_named_and_the_mirror_is_asked(
    place: Place, faults: list[Fault], words: str
) -> None:
    place.server.faults[PATH] = list(faults)
    told = place.fetch(place.manifest())
    assert f"{place.server.url}{PATH}: " in told and words in told and not place.stored()
    place.server.faults[PATH] = list(faults)
    place.server.files["/mirror/x"] = CONTENT
    mirrored = place.manifest(f"{place.server.url}{PATH}", f"{place.server.url}/mirror/x")
    assert place.fetch(mirrored) == "" and place.stored()


def endless(handler: Handler, content: bytes, start: int) -> None:
    """Zeros without end, and no word about how many."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.send(bytes(1 << 16))
    except OSError:
        return


def test_more_bytes_than_are_pinned_are_never_written(place: Place) -> None:
    place.server.faults[PATH] = [endless]
    assert "sends more than the 2008000 bytes that are pinned" in place.fetch(place.manifest())
    assert sum(path.stat().st_size for path in place.store.root.rglob("*") if path.is_file()) == 0


def truncated(handler: Handler, content: bytes, start: int) -> None:
    """A part, no word about its length, and a proper end."""
    handler.send_response(200)
    handler.end_headers()
    handler.send(content[:PART])
    handler.close_connection = True


def test_an_end_that_comes_too_early_is_no_end(place: Place) -> None:
    place.server.faults[PATH] = [truncated]
    assert place.fetch(place.manifest()) == "" and place.server.ranges[PATH] == [0, PART]


def test_bytes_that_lay_here_and_were_wrong_are_fetched_again(place: Place) -> None:
    partial = place.store.partial(digest(CONTENT))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(PART))
    assert place.fetch(place.manifest()) == "" and place.server.ranges[PATH] == [PART, 0]


def test_a_file_that_was_whole_when_its_fetcher_died_costs_no_request(place: Place) -> None:
    partial = place.store.partial(digest(CONTENT))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CONTENT)
    assert place.fetch(place.manifest()) == "" and place.stored() and place.server.ranges == {}


def test_a_server_that_is_not_there_is_named(place: Place) -> None:
    told = place.fetch(place.manifest("http://127.0.0.1:1/x"))
    assert "http://127.0.0.1:1/x: cannot be reached: Connection refused, 5 times in a row" in told


def test_credentials_of_one_host_are_not_sent_to_another(place: Place) -> None:
    (place.folder / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    with running() as other:
        other.files["/x"] = CONTENT
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        place.server.faults[PATH] = [redirect("/second"), redirect("/third")]
        place.server.faults["/second"] = [redirect(f"{elsewhere}/x")]
        assert place.fetch(place.manifest()) == ""
        assert [bool(value) for value in place.server.authorizations] == [True, True]
        assert other.authorizations == [""]


def test_files_come_from_beside_the_manifest(place: Place) -> None:
    (place.folder / "my weights").mkdir()
    (place.folder / "my weights" / NAME).write_bytes(CONTENT)
    assert place.fetch(place.manifest(f"file:my%20weights/{NAME}")) == "" and place.stored()
    assert "file:none: is no file here" in place.fetch(place.manifest("file:none", content=b"x"))


def test_several_files_come_at_once_and_one_that_fails_does_not_stop_the_others(place: Place) -> None:
    contents = {f"{number}.json": b"%d" % number * 1000 for number in range(8)}
    files = {}
    for name, content in contents.items():
        place.server.files[f"/{name}"] = content
        files[name] = WeightsFile(name, len(content), digest(content), (f"{place.server.url}/{name}",))
    del place.server.files["/3.json"]
    told = place.fetch(place.write(files), jobs=3)
    assert told.count("error:") == 1 and "cannot fetch '3.json'" in told
    assert [place.stored(content) for content in contents.values()].count(False) == 1


def test_a_limit_holds_for_all_downloads_together(place: Place) -> None:
    files = {}
    for number in range(4):
        content = os.urandom(500_000)
        place.server.files[f"/{number}.json"] = content
        origin = f"{place.server.url}/{number}.json"
        files[str(number)] = WeightsFile(f"{number}.json", len(content), digest(content), (origin,))
    start = time.monotonic()
    assert place.fetch(place.write(files), jobs=4, limit=1_000_000) == ""
    assert 1.9 <= time.monotonic() - start <= 4


def test_two_manifests_that_name_the_same_bytes_fetch_them_once(place: Place) -> None:
    first = place.manifest()
    second = first.with_name("second.json")
    second.write_bytes(first.read_bytes())
    assert place.fetch(first, second) == "" and place.server.sent[PATH] == len(CONTENT)


def test_an_object_that_was_cut_short_is_fetched_again(place: Place) -> None:
    manifest = place.manifest()
    assert place.fetch(manifest) == ""
    path = place.store.object(digest(CONTENT))
    path.chmod(0o644)
    path.write_bytes(b"short")
    assert place.fetch(manifest) == "" and place.stored()


def test_where_there_is_no_terminal_each_file_is_a_line(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.fetch(place.manifest()) == ""
    assert capsys.readouterr() == ("", f"fetched {NAME} (1.9 MiB)\n")
