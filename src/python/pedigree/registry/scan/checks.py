"""The checks that need nothing but Jinja, in the order in which they are made and reported."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pedigree.registry.scan import contents, limits, paths, remote_code, template, tokenizer, values, weights
from pedigree.registry.scan.findings import CheckResult, Figure, Finding, result
from pedigree.registry.scan.subject import Subject
from pedigree.step.errors import ToolError


@dataclass(frozen=True)
class Check:
    """Something that is looked for.

    Attributes:
        claim: What holds when nothing is found.
        look: Gives what is found, and what was measured.
        tools: Third-party packages that have a say in it.
    """

    claim: str
    look: Callable[[Subject], Iterable[Finding | Figure]]
    tools: tuple[str, ...] = ()


LISTING: Mapping[str, Check] = {
    "paths": Check(paths.CLAIM, paths.check_paths),
    "limits": Check(limits.CLAIM, limits.check_limits),
}
"""What is asked of names and sizes, before anything is opened."""

CONTENTS: Mapping[str, Check] = {
    "formats": Check(contents.CLAIM, contents.check_formats),
    "weights": Check(weights.CLAIM, weights.check_weights),
    "values": Check(values.CLAIM, values.check_values),
    "remote-code": Check(remote_code.CLAIM, remote_code.check_remote_code),
    "chat-template": Check(template.CLAIM, template.check_template, ("jinja2",)),
    "tokenizer": Check(tokenizer.CLAIM, tokenizer.check_tokenizer),
}
"""What is asked of the bytes. Steps that pin a model ask this too."""


def run_checks(checks: Mapping[str, Check], subject: Subject) -> list[CheckResult]:
    """Make the checks, in their order.

    Raises:
        ToolError: A package that has a say in one of them is not installed.
    """
    return [result(name, check.claim, check.look(subject), _versions(check.tools)) for name, check in checks.items()]


def _versions(tools: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((tool, importlib.metadata.version(tool)) for tool in tools)
    except importlib.metadata.PackageNotFoundError as error:
        hint = "run the `pedigree` of reviewers: ./pants package src/python/pedigree/cli:reviewer"
        raise ToolError(f"this scan needs the package {error.name}", hint) from error
