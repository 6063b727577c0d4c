"""LICENSES.md: under which terms the base models of a release come, and what these ask of whoever hands it on.

It repeats the entries that people approved. Their words are those of many hands, so none of them may become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pedigree.trust.attestations import ATTESTED
from pedigree.trust.places import ENTRY, place_of
from pedigree.trust.registered import Registered

LICENSES = "attestations/LICENSES.md"
"""Below `attestations/`, where layouts that owners signed before there was such a file let sealing add one."""
_HEAD = """\
# Licenses of the base models in {address}

What is delivered here was made from the base models below. Each was approved with the terms that its entry states; this
page repeats them, and is no legal advice. What is listed as asked for falls to whoever hands the release on.
"""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def licenses_page(address: str, bases: Iterable[Registered]) -> bytes:
    """The page, as Markdown.

    Args:
        address: The release's target.
        bases: The entries under which its base models are approved.
    """
    found = {item.entry.uid: item for item in bases}
    ordered = sorted(found.values(), key=lambda item: (item.entry.name, item.entry.uid))
    lines = [line for item in ordered for line in _section(item)]
    return "\n".join([_HEAD.format(address=plain(address)), *lines]).encode()


def plain(text: str) -> str:
    r"""Words as Markdown that shows just them: on one line, without markup, and without what cannot be printed.

    >>> plain("hand on\n# the *text*")
    'hand on \\# the \\*text\\*'
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return _MARKUP.sub(r"\\\1", " ".join(printable.split()))


def _section(item: Registered) -> Iterator[str]:
    entry, terms = item.entry, item.entry.license
    yield from (f"## {plain(entry.name)}", "", "| what | value |", "|---|---|")
    told = {
        "license (SPDX)": terms.spdx,
        "family": terms.family,
        "legal review": terms.approval,
        "publisher": entry.publisher,
        "source": entry.source,
        "files together, SHA-256": entry.uid,
    }
    yield from (f"| {what} | {plain(value)} |" for what, value in told.items() if value)
    yield from (f"| entry | `{ATTESTED}/{place_of(entry.uid)}/{ENTRY}` |", "")
    if terms.obligations:
        yield from ("It asks whoever hands the release on to:", "")
        yield from (f"- {plain(obligation)}" for obligation in terms.obligations)
    else:
        where = f"; its legal review {plain(terms.approval)} has the rest" if terms.approval else ""
        yield f"Its entry lists nothing that it asks of whoever hands the release on{where}."
    yield from ("", "Approved, in the words of those who signed, by:", "")
    for approval in sorted(item.approvals, key=lambda each: (each.signed_at, each.signature.name, each.keyid)):
        who = approval.signature
        yield f"- {plain(who.name)} ({plain(who.role)}, {who.time}): {plain(who.meaning)}"
    yield ""
