"""A scan says what it looked at and what it found, the same for the same files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pedigree.registry.scan import report as module
from pedigree.registry.scan.report import scan_base
from pedigree.registry.scan.subject import look_at
from pedigree.step.canonical import canonical_json
from pedigree.step.digests import directory_files, tree_digest
from pedigree.step.errors import ToolError
from registry.scan.models import write_model

CHECKS = ["paths", "limits", "formats", "weights", "values", "remote-code", "chat-template", "tokenizer", "round-trip",
          "second-opinion"]  # fmt: skip


def test_a_good_model_passes_every_check(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path))
    assert [(check.name, check.verdict) for check in report.checks] == [(name, "pass") for name in (*CHECKS, "digests")]
    assert report.verdict == "pass"


def test_the_report_names_files_by_digest_and_tools_by_version(tmp_path: Path) -> None:
    document = scan_base(write_model(tmp_path)).document()
    assert document["files"] == directory_files(tmp_path)
    assert document["uid"] == f"sha256:{tree_digest(directory_files(tmp_path))}"
    tools = {name for check in document["checks"] for name in check["tools"]}
    assert tools == {"jinja2", "tokenizers", "picklescan"}


def test_the_same_files_give_the_same_report_wherever_they_lie(tmp_path: Path) -> None:
    one, other = write_model(tmp_path / "one"), tmp_path / "deep/er/other"
    shutil.copytree(one, other)
    report = scan_base(one).render()
    assert report == scan_base(other).render() == canonical_json(json.loads(report)) + b"\n"
    assert str(tmp_path) not in report.decode()


def test_with_an_approved_model_changes_are_looked_for_too(tmp_path: Path) -> None:
    one, other = write_model(tmp_path / "one"), write_model(tmp_path / "other", {"README.md": b"# Another\n"})
    report = scan_base(one, other)
    assert [check.name for check in report.checks] == [*CHECKS, "template-change", "tokenizer-change", "digests"]
    assert report.verdict == "pass" and report.approved == scan_base(other).uid


def test_a_flood_of_findings_is_cut_and_counted(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path, {f"{number}.py": b"" for number in range(300)}))
    (formats,) = (check for check in report.checks if check.name == "formats")
    assert len(formats.findings) == 101 and "there are 200 more" in str(formats.findings[0])


def test_what_a_stranger_wrote_does_not_steer_a_terminal(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path, {"\x1b[2Jx.py": b"", "\u202egpj.py": b""}))
    text = "\n".join(str(finding) for check in report.checks for finding in check.findings)
    assert "\x1b" not in text and "\u202e" not in text and r"\x1b[2Jx.py" in text


def test_a_name_that_is_no_utf8_is_reported_and_not_stumbled_over(tmp_path: Path) -> None:
    write_model(tmp_path)
    with open(os.fsencode(tmp_path) + b"/\xff.json", "wb") as stream:
        stream.write(b"{}")
    report = scan_base(tmp_path)
    assert report.verdict == "refuse" and r"\xff.json" in report.document()["files"]


def test_a_directory_that_is_none_is_an_error_of_its_user(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot read"):
        scan_base(tmp_path / "missing")


def test_a_file_that_changes_while_it_is_scanned_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path)

    def look_and_swap(root: Path, *others: object) -> object:
        subject = look_at(root, *others)  # type: ignore[arg-type]
        content = (tmp_path / "config.json").read_bytes()
        (tmp_path / "config.json").write_bytes(content.replace(b"qwen2", b"qwen3"))
        return subject

    monkeypatch.setattr(module, "look_at", look_and_swap)
    report = scan_base(tmp_path)
    assert {str(finding) for finding in report.checks[-1].findings} == {
        "config.json: has changed while it was looked at"
    }
