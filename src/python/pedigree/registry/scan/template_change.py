"""Check `template-change`: the chat templates are those of the approved model, but for the way they are written."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

from jinja2 import nodes

from pedigree.registry.scan.findings import Finding, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.template_sources import Source, template_sources
from pedigree.registry.scan.template_syntax import MalformedTemplate, parse_template

CLAIM = "the chat templates are those of the approved model"

_MOST_LINES = 60


def check_template_change(subject: Subject) -> Iterator[Finding]:
    """Templates that are new, are gone, or say something else; nothing when there is no approved model."""
    if subject.approved is None:
        return
    try:
        now, before = (_by_name(template_sources(model)) for model in (subject, subject.approved))
    except Unreadable as error:
        yield review("", f"the templates cannot be compared: {error}")
        return
    for name in sorted(now.keys() | before.keys()):
        if name not in before:
            yield review(now[name].file, f"the approved model has no chat template '{name}'", now[name].where)
        elif name not in now:
            yield review(before[name].file, f"the chat template '{name}' of the approved model is missing")
        else:
            yield from _differences(now[name], before[name])


def _by_name(sources: list[Source]) -> dict[str, Source]:
    return {source.name: source for source in reversed(sources)}


def _differences(now: Source, before: Source) -> Iterator[Finding]:
    if now.text == before.text or _same_tree(now.text, before.text):
        return
    lines = difflib.unified_diff(
        before.text.splitlines(), now.text.splitlines(), "approved", "scanned", n=1, lineterm=""
    )
    shown = list(itertools.islice(lines, _MOST_LINES))
    yield review(now.file, f"the chat template '{now.name}' says something else than the approved one", now.where)
    for number, line in enumerate(shown[2:], start=1):
        yield review(now.file, line, f"{now.where} difference {number:02}".strip())


def _same_tree(one: str, other: str) -> bool:
    try:
        return _shape(parse_template(one)) == _shape(parse_template(other))
    except MalformedTemplate:
        return False


def _shape(node: object) -> object:
    """A syntax tree without the lines it stood on, and with what stands side by side in the output put together."""
    if isinstance(node, nodes.Node):
        return type(node).__name__, *((name, _shape(value)) for name, value in node.iter_fields())
    return tuple(_shape(item) for item in node) if isinstance(node, (list, tuple)) else node
