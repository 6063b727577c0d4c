"""Taking what the probe battery found into the scan of an adapter: the battery needs torch, the scan does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pedigree.registry.scan.findings import CheckResult, Figure, Finding, result, review
from pedigree.registry.scan.outcome import SCHEMA
from pedigree.registry.scan.reactions import battery, findings_of
from pedigree.step.canonical import parse_json
from pedigree.step.errors import ToolError

NAME = "trigger-probes"
_COMMAND = "./pants package src/python/pedigree/registry/scan:prober; dist/prober/probe.pex --base DIR --adapter DIR"
_NOT_GIVEN = "no probe report was given; one is made by src/python/pedigree/registry/scan:prober"
_HINT = f"make it again: {_COMMAND} --out probe.json"


def not_probed() -> CheckResult:
    """What stands in the place of the battery when it was not run."""
    return result(NAME, "the adapter was probed for triggers", [review("", _NOT_GIVEN)])


def read_probe(path: Path, files: Mapping[str, str], base: str) -> CheckResult:
    """The result of a probe report, which must be about these files, of the whole battery, and agree with itself.

    Args:
        path: The `probe.json` that the battery wrote.
        files: Path -> sha256 of the adapter's files.
        base: Digest of the base that it belongs on.

    Raises:
        ToolError: It cannot be read, is none, or is about another adapter or base.
    """
    # A pipe would be waited for, and a device has no end.
    if path.exists() and not path.is_file():
        raise ToolError(f"{path} is not a regular file", _HINT)
    try:
        document = parse_json(path.read_bytes(), str(path))
        check = _check(document)
    except OSError as error:
        raise ToolError(f"cannot read {path}: {error.strerror}", _HINT) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path} is not the report of a probe battery: {error}", _HINT) from error
    if document["files"] != dict(files) or document["approved"] != base:
        raise ToolError(f"{path} is about another adapter, or another base", _HINT)
    return check


def _check(document: dict[str, Any]) -> CheckResult:
    (check,) = document["checks"]
    if document["schema"] != SCHEMA or check["name"] != NAME or document["kind"] != "probe":
        raise KeyError("it holds another check")
    findings = [Finding(one["file"], one["where"], one["what"], one["verdict"]) for one in check["findings"]]
    tools = dict(check["tools"])
    if tools.get("battery") != battery():
        raise ValueError("it answers other questions than the battery asks now")
    if sorted(findings) != sorted(findings_of(check["figures"])):
        raise ValueError("what it found does not follow from its figures")
    figures = [Figure(name, value) for name, value in check["figures"].items()]
    return result(NAME, check["claim"], [*findings, *figures], tuple(sorted(tools.items())))
