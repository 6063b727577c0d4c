"""Names that lead elsewhere, are no files, or are another name on another system: eight kinds and more."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from attacks.replay import found_by, off, says, scan_without
from pedigree.registry.scan import tree, weights
from pedigree.registry.scan.report import scan_base
from pedigree.step.errors import ToolError
from pedigree.step.file_names import name_fault
from registry.scan.models import write_model


def link_to_a_file_outside(model: Path) -> None:
    (model.parent / "secret.json").write_text("{}")
    (model / "a.json").symlink_to("../secret.json")


def link_to_a_directory_outside(model: Path) -> None:
    (model / "more").symlink_to("/", target_is_directory=True)


def link_to_nowhere(model: Path) -> None:
    (model / "a.json").symlink_to("nowhere")


def link_to_itself(model: Path) -> None:
    (model / "a.json").symlink_to("a.json")


def link_to_endless_zeros(model: Path) -> None:
    (model / "a.safetensors").symlink_to("/dev/zero")


def pipe(model: Path) -> None:
    os.mkfifo(model / "a.json")


def listening_socket(model: Path) -> None:
    before = Path.cwd()
    os.chdir(model)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as endpoint:
            endpoint.bind("a.json")
    finally:
        os.chdir(before)


def directory_named_like_a_file(model: Path) -> None:
    (model / "a.safetensors").mkdir()


def other_case(model: Path) -> None:
    (model / "CONFIG.json").write_text("{}")


def other_normal_form(model: Path) -> None:
    for name in ("é.json", "e\u0301.json"):
        (model / name).write_text("{}")


def compatible_character(model: Path) -> None:
    (model / "con\ufb01g.json").write_text("{}")  # the ligature fi


def right_to_left(model: Path) -> None:
    (model / "a\u202enosj.json").write_text("{}")


def nobody_sees_it(model: Path) -> None:
    (model / "config\u200b.json").write_text("{}")


def line_break(model: Path) -> None:
    (model / "a\nb.json").write_text("{}")


def backslashes(model: Path) -> None:
    (model / "..\\..\\a.json").write_text("{}")


def device_of_windows(model: Path) -> None:
    (model / "nul.json").write_text("{}")


def stream_of_windows(model: Path) -> None:
    (model / "config.json:evil.json").write_text("{}")


def dot_at_the_end(model: Path) -> None:
    (model / "sub.").mkdir()


TRICKS: tuple[tuple[Callable[[Path], None], str], ...] = (
    (link_to_a_file_outside, "is a symbolic link to ../secret.json"),
    (link_to_a_directory_outside, "is a symbolic link to /"),
    (link_to_nowhere, "is a symbolic link to nowhere"),
    (link_to_itself, "is a symbolic link to a.json"),
    (link_to_endless_zeros, "is a symbolic link to /dev/zero"),
    (pipe, "is a pipe"),
    (listening_socket, "is a socket"),
    (directory_named_like_a_file, "is a directory that is named like a file"),
    (other_case, "is the same name as CONFIG.json"),
    (other_normal_form, "is the same name as"),
    (compatible_character, "is the same name as"),
    (right_to_left, "holds a character that nobody sees"),
    (nobody_sees_it, "holds a character that nobody sees"),
    (line_break, "holds a character that nobody sees"),
    (backslashes, "some systems read as something else"),
    (device_of_windows, "is the name of a device on Windows"),
    (stream_of_windows, "some systems read as something else"),
    (dot_at_the_end, "ends with a dot"),
)


@pytest.mark.parametrize(("trick", "words"), TRICKS)
def test_it_is_found_by_its_path(tmp_path: Path, trick: Callable[[Path], None], words: str) -> None:
    trick(write_model(tmp_path / "model"))
    report = scan_base(tmp_path / "model")
    assert found_by(report) == {"paths": "refuse"} and words in says(report, "paths")


@pytest.mark.parametrize("trick", [trick for trick, _ in TRICKS])
def test_control_off_it_gets_through(tmp_path: Path, trick: Callable[[Path], None]) -> None:
    trick(write_model(tmp_path / "model"))
    assert scan_without("paths", tmp_path / "model").verdict == "pass"


def test_what_a_link_leads_to_is_never_read(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", {"config.json": None})
    link_to_a_file_outside(model)
    (model / "config.json").symlink_to("../secret.json")
    assert "config.json" not in scan_base(model).files


def a_thousand_directories(model: Path) -> None:
    (model / "/".join("d" * 20)).mkdir(parents=True)


def ten_thousand_names(model: Path) -> None:
    for number in range(10_001):
        (model / str(number)).mkdir()


# What keeps a reader of directories busy, what is told, and the limit that it goes beyond.
CROWDS = (
    (a_thousand_directories, "more than 8 directories deep", "_DEEPEST"),
    (ten_thousand_names, "more than 10000 names", "_MOST_ENTRIES"),
)


@pytest.mark.parametrize(("crowd", "words", "limit"), CROWDS)
def test_what_would_keep_a_reader_of_directories_busy_is_an_error_and_no_traceback(
    tmp_path: Path, crowd: Callable[[Path], None], words: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(model := write_model(tmp_path / "model"))
    with pytest.raises(ToolError, match=words):
        scan_base(model)
    monkeypatch.setattr(tree, limit, 1 << 20)
    assert scan_base(model).verdict == "pass"


NAMES = pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../a.json", "leads out"),
        ("/a.json", "leads out"),
        ("a/../../b.json", "leads out"),
        ("a//b.json", "plainly"),
        ("./a.json", "plainly"),
        ("a%2e%2e/b.json", "something else"),
        ("COM1.json", "a device"),
        (" a.json", "starts or ends with a space"),
        ("a" * 256, "longer"),
        ("\udcff.json", "nobody sees"),
    ],
)


@NAMES
def test_a_name_in_a_list_is_held_to_the_same(name: str, words: str) -> None:
    assert words in name_fault(name)
    assert name_fault("model-00001-of-00002.safetensors") == name_fault("1_Pooling/config.json") == ""


@NAMES
def test_control_off_an_index_may_name_it(
    tmp_path: Path, name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = json.dumps({"weight_map": {"model.embed_tokens.weight": name}})
    model = write_model(tmp_path, {"model.safetensors.index.json": index.encode()})
    with off("round-trip", "second-opinion"):
        assert found_by(report := scan_base(model)) == {"weights": "refuse"} and words in says(report, "weights")
    monkeypatch.setattr(weights, "name_fault", lambda _: "")
    assert words not in says(scan_base(model), "weights")
