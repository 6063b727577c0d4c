"""`pedigree lineage DIR...`: what releases were made from, and what derives from a data set, a file or a digest."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.believed import declare_believed, key_of, trust_of
from pedigree.cli.telling import tell_error
from pedigree.cli.verdicts import BY_ITSELF
from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.trust.inforce import Trust
    from pedigree.trust.lineage_graph import Graph
    from pedigree.trust.public import PublicKey
    from pedigree.trust.unverified import Readable

_PAGE = "html"
_ASK = "ask for the release again"
_NAMED = (
    "the name of a step, address of a target, path of a file under version control, or sha256 of anything or of a key"
)


@dataclass(frozen=True)
class Answer:
    """What is said of one release.

    Attributes:
        directory: The release.
        graph: What was asked for of its graph.
        starts: The steps that were named; the release's own where none was.
        reached: Step -> the step before it on a shortest way from one of `starts`; empty where nothing was named.
        verified: Whether the release was verified.
    """

    directory: Path
    graph: Graph
    starts: tuple[str, ...]
    reached: dict[str, str | None]
    verified: bool


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Show what releases were made from, verified first if there is a key or a trust root. "
        "Exits 0; 1 when a release does not verify, cannot be read, or nothing in any is what was named; "
        "2 for a wrong call."
    )
    parser.add_argument("releases", metavar="DIR", type=Path, nargs="+", help="a delivered directory")
    declare_believed(parser)
    parser.add_argument("--format", choices=(*_PRINT, _PAGE), default="tree", help="how to print it (default: tree)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--descendants", metavar="WHAT", help=f"only what derives from WHAT: {_NAMED}")
    which.add_argument("--ancestors", metavar="WHAT", help="only what WHAT was made from")
    parser.set_defaults(run=run)


def run(call: argparse.Namespace) -> int:
    """Read, verify if somebody is believed, and print.

    Raises:
        ToolError: A directory, the key or the root cannot be used, or the page is asked for of more than one release,
            or of one that nobody verifies.
    """
    from pedigree.trust.errors import MalformedEvidence, Refused

    named = call.descendants or call.ancestors
    _require_page_possible(call)
    trust = trust_of(call)
    answers = []
    for directory in call.releases:
        if not directory.is_dir():
            raise ToolError(f"{directory} is not a directory", "name the directory that was delivered")
        try:
            release = _open(directory, call, trust)
            if call.format == _PAGE:
                sys.stdout.buffer.write(_page(release, key_of(call, directory)))
                return EXIT_HOLDS
            answers.append(_answer(directory, release, call))
        except Refused as problem:
            tell_error(f"{directory}: {problem}", problem.hint or _ASK)
            return EXIT_DOES_NOT_HOLD
        except MalformedEvidence as problem:
            tell_error(f"{directory}: {problem}", _ASK)
            return EXIT_DOES_NOT_HOLD
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
            tell_error(f"{directory}: the evidence has not the shape of evidence: {problem!r}", _ASK)
            return EXIT_DOES_NOT_HOLD
    if named and not any(answer.starts for answer in answers):
        tell_error(f"nothing here is {named!r}", f"give {_NAMED}")
        return EXIT_DOES_NOT_HOLD
    sys.stdout.buffer.write(_PRINT[call.format]([answer for answer in answers if answer.starts]))
    return EXIT_HOLDS


def _require_page_possible(call: argparse.Namespace) -> None:
    """Refuse a page of more than one release, of a part of one, or of one that nobody verifies: it names a signer."""
    if call.format != _PAGE:
        return
    if call.descendants or call.ancestors or len(call.releases) > 1:
        raise ToolError("the page is of one whole release", "name one DIR, and search in the page")
    if call.key is None and call.root is None:
        hint = "give --key PUB or --root FILE; the page that was sealed is lineage.html in the release"
        raise ToolError("a page says who signed, and nobody is believed", hint)


def _open(directory: Path, call: argparse.Namespace, trust: Trust | None) -> Readable:
    """The release: verified, or, where nobody is believed, not at all, which is said."""
    from pedigree.trust.evidence import Delivered
    from pedigree.trust.unverified import Unverified
    from pedigree.trust.verify import require_holding

    if call.key is None and trust is None:
        told = f"warning: {directory} is NOT VERIFIED: anybody could have written what follows"
        print(f"{told}\nhint: --key PUB, with the signer's public key, or --root FILE", file=sys.stderr)
        return Unverified(directory)
    delivered = Delivered(directory, key_of(call, directory))
    require_holding(delivered, trust)
    print(f"{directory}: the release holds\n{'' if trust else BY_ITSELF}", end="", file=sys.stderr)
    return delivered


def _answer(directory: Path, release: Readable, call: argparse.Namespace) -> Answer:
    from pedigree.trust.evidence import Delivered
    from pedigree.trust.lineage_graph import ancestors, descendants, read_graph
    from pedigree.trust.naming import steps_named
    from pedigree.trust.tree import printable

    graph, verified = read_graph(release.lineage), isinstance(release, Delivered)
    if not (named := call.descendants or call.ancestors):
        return Answer(directory, graph, tuple(name for name in graph.steps if not graph.consumers[name]), {}, verified)
    starts = steps_named(graph, release, named)
    reached = (descendants if call.descendants else ancestors)(graph, starts)
    if not starts:
        print(printable(f"{directory}: {graph.release} has nothing of {named!r}"), file=sys.stderr)
    return Answer(directory, graph.only(reached), tuple(sorted(starts)), reached, verified)


def _page(release: Readable, signer: PublicKey) -> bytes:
    from pedigree.trust.page import lineage_page

    return lineage_page(release.lineage, release.provenance, signer.fingerprint, signer.keyid)


def _tree(answers: Sequence[Answer]) -> bytes:
    return "".join(f"{line}\n" for answer in answers for line in _lines(answer)).encode()


def _lines(answer: Answer) -> Iterator[str]:
    from pedigree.trust.lineage_graph import way
    from pedigree.trust.tree import label, printable, tree

    graph, reached = answer.graph, answer.reached
    if not reached:
        yield from tree(graph, answer.starts)
        yield from [f"standing: {printable(graph.standing)}"] if graph.standing else []
        return
    last = next(reversed(reached))
    path = " > ".join(printable(each) for each in way(last, reached))
    yield f"{printable(graph.release)} sha256:{graph.root}: {len(reached)} steps, the farthest by {path}"
    for name in graph.steps:
        before = reached[name]
        yield f"  {label(graph, name)}{f' by {printable(before)}' if before is not None else ''}"


def _json(answers: Sequence[Answer]) -> bytes:
    releases = [
        {
            "directory": str(answer.directory),
            "verified": answer.verified,
            "release": answer.graph.release,
            "root": answer.graph.root,
            "standing": answer.graph.standing,
            "starts": answer.starts,
            "steps": list(answer.graph.steps.values()),
            "reached": answer.reached,
            "edges": [{"from": start, "to": end, "role": role} for start, end, role in answer.graph.edges],
        }
        for answer in answers
    ]
    return (json.dumps({"releases": releases}, sort_keys=True) + "\n").encode()


def _graphml(answers: Sequence[Answer]) -> bytes:
    from pedigree.trust.graphml import graphml

    return graphml([answer.graph for answer in answers], all(answer.verified for answer in answers))


_PRINT: dict[str, Callable[[Sequence[Answer]], bytes]] = {
    "tree": _tree,
    "json": _json,
    "graphml": _graphml,
}
