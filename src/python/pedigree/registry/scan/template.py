"""Check `chat-template`: one template for every reader, of accepted Jinja, that no message can steer."""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.template_influence import influences
from pedigree.registry.scan.template_sources import Source, template_sources
from pedigree.registry.scan.template_syntax import MalformedTemplate, clock_lines, forbidden, parse_template

CLAIM = "the chat templates are of accepted Jinja, agree with each other, and no message steers them"

_TOMORROW = "asks what day it is: the model is told something else tomorrow than it was evaluated with"


def check_template(subject: Subject) -> Iterator[Finding]:
    """Jinja that is not accepted, templates of one name that differ, and where a message's words decide."""
    try:
        sources = template_sources(subject)
    except Unreadable as error:
        yield refuse("", str(error))
        return
    first: dict[str, Source] = {}
    for source in sources:
        same = first.setdefault(source.name, source)
        if same.text != source.text:
            what = f"is not the chat template '{source.name}' of {same.file}, and readers take the one or the other"
            yield refuse(source.file, what, source.where)
        yield from _source_findings(source)


def _source_findings(source: Source) -> Iterator[Finding]:
    try:
        tree = parse_template(source.text)
        for line, fault in forbidden(tree):
            yield refuse(source.file, fault, _at(source, line))
        for line in clock_lines(tree):
            yield review(source.file, _TOMORROW, _at(source, line))
        for line, influence in influences(tree):
            yield review(source.file, influence, _at(source, line))
    except MalformedTemplate as error:
        yield refuse(source.file, f"is no chat template: {error}", source.where)
    except RecursionError:
        yield refuse(source.file, "is nested too deeply", source.where)


def _at(source: Source, line: int) -> str:
    return f"{source.where} line {line}" if source.where else f":{line}"
