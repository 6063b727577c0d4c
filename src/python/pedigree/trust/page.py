"""`lineage.html`: the lineage on one page that needs no network: a graph to zoom and search, and every statement in it.

All of the release's own text is data in one block of JSON lines, which the script shows as text. The policy in the
page lets nothing run but that script, by its digest, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pedigree.trust.commands import IN_TOTO_COMMAND, PAYLOAD_COMMAND, SIGNATURE_COMMAND
from pedigree.trust.drawing import HEIGHT, WIDTH, draw
from pedigree.trust.links import DELIVERY, LINKS, link_file
from pedigree.trust.pagecontrols import CONTROLS
from pedigree.trust.pagedetails import DETAILS
from pedigree.trust.pagegraph import GRAPH
from pedigree.trust.pagestyle import STYLE
from pedigree.trust.pool import Pool

SCRIPT = GRAPH + DETAILS + CONTROLS
_BODY = """\
<header><div><h1>Lineage of <code>{release}</code></h1>
<p>{steps} steps, {sources} files under version control. Signed by <code>sha256:{fingerprint}</code>;
<code>VERIFY.md</code> says how to verify all of it.</p>
<p class="standing">{standing}</p></div>
<div class="search"><input type="search" placeholder="Search: name, kind, config, digest ( / )"
aria-label="Search steps by name, kind, config or digest" autocomplete="off" spellcheck="false">
<ul id="found" role="listbox" aria-label="Steps found"></ul></div></header>
<noscript><p>This page needs JavaScript. <code>lineage.json</code> holds the same graph.</p></noscript>
<main><div class="graph"><canvas tabindex="0" role="img" aria-label="Graph of the steps of this release; search to reach
a step by keyboard"></canvas>
<div class="tools"><button type="button" id="in" aria-label="Zoom in">+</button>
<button type="button" id="out" aria-label="Zoom out">−</button><button type="button" id="all">Fit</button></div>
<div class="legend"></div></div><section class="panel" aria-live="polite"></section></main>
"""


def lineage_page(
    document: Mapping[str, Any], statements: Mapping[str, Mapping[str, Any]], fingerprint: str, keyid: str
) -> bytes:
    """The page of a lineage.

    Args:
        document: What `lineage.lineage` made.
        statements: Step -> its provenance.
        fingerprint: Of the signer's key.
        keyid: Of the signer's key.
    """
    body = _BODY.format(
        release=escape(document["release"]),
        steps=len(document["steps"]),
        sources=len(document["sources"]),
        fingerprint=fingerprint,
        standing=escape(document.get("standing", "")),
    )
    pool = Pool()
    head = _head(document, statements, fingerprint, keyid, pool)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Lineage of {escape(document['release'])}</title>",
        f"<style>{STYLE}</style></head><body>",
        body,
        f'<script type="application/jsonl" id="lineage">{_block(head, pool.rows)}</script>',
        f"<script>{SCRIPT}</script></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _policy() -> str:
    """Nothing but this script and this style sheet: what broke out of the data would neither run nor reach anybody."""
    own = {name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for name, text in _INLINE.items()}
    allowed = "; ".join(f"{name} 'sha256-{digest}'" for name, digest in own.items())
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


_INLINE = {"script-src": SCRIPT, "style-src": STYLE}


def _block(head: Mapping[str, Any], rows: Sequence[str]) -> str:
    """Lines of JSON in which no HTML parser finds a tag or a comment: what the page needs at once, then the pool."""
    first = json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "\n".join([first, *rows]).replace("<", "\\u003c")


def _head(
    document: Mapping[str, Any],
    statements: Mapping[str, Mapping[str, Any]],
    fingerprint: str,
    keyid: str,
    pool: Pool,
) -> dict[str, Any]:
    steps = document["steps"]
    number = {step["name"]: index for index, step in enumerate(steps)}
    pairs = {(edge["from"], edge["to"]) for edge in document["edges"]}
    edges = sorted(pairs, key=lambda pair: (number[pair[0]], number[pair[1]]))
    drawing = draw([step["name"] for step in steps], edges)
    return {
        "release": document["release"],
        "root": document["root"],
        "fingerprint": fingerprint,
        "summary": document["summary"],
        "delivery": f"{LINKS}{link_file(DELIVERY, keyid)}",
        "links": LINKS,
        "link": link_file("", keyid).lstrip("."),
        "sources": len(document["sources"]),
        "commands": {"signature": SIGNATURE_COMMAND, "payload": PAYLOAD_COMMAND, "lineage": IN_TOTO_COMMAND},
        "box": [WIDTH, HEIGHT],
        "size": [drawing.width, drawing.height],
        "steps": [_step(step, statements[step["name"]], drawing.nodes[step["name"]], pool) for step in steps],
        "edges": [
            [number[start], number[end], *(y for _, y in drawing.edges[start, end][1:-1:2])] for start, end in edges
        ],
        "shapes": pool.shapes,
    }


def _step(step: Mapping[str, Any], statement: Mapping[str, Any], corner: tuple[int, int], pool: Pool) -> list[int]:
    texts = [pool.add(step[name]) for name in ("name", "address", "kind", "artifact")]
    return [*texts, pool.add(statement), *corner, int("test_result" in step)]
