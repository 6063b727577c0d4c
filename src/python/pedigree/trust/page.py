"""`lineage.html`: the lineage on one page that needs neither network nor script.

A node is a link to its step's section; the section that is the target is shown, and the style sheet lights up what
the step was made from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from pedigree.trust.drawing import HEIGHT, WIDTH, Drawing, draw
from pedigree.trust.links import DELIVERY, link_file
from pedigree.trust.pagestyle import STYLE

_LABEL, _TITLE = 30, 27


def lineage_page(document: Mapping[str, Any], fingerprint: str, keyid: str) -> bytes:
    """The page of a lineage.

    Args:
        document: What `lineage.lineage` made.
        fingerprint: Of the signer's key.
        keyid: Of the signer's key.
    """
    steps = document["steps"]
    number = {step["name"]: index for index, step in enumerate(steps)}
    pairs = {(edge["from"], edge["to"]) for edge in document["edges"]}
    edges = sorted(pairs, key=lambda pair: (number[pair[0]], number[pair[1]]))
    drawing = draw([step["name"] for step in steps], edges)
    ancestors = _ancestors(number, edges)
    title = escape(document["release"])
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Lineage of {title}</title>",
        f"<style>{STYLE}{_lights(ancestors)}</style></head><body>",
        f"<header><h1>Lineage of <code>{title}</code></h1><p>{len(steps)} steps, {len(document['sources'])} files "
        f"under version control. Signed by <code>sha256:{fingerprint}</code>. Choose a step to see what it was "
        "made from; <code>VERIFY.md</code> says how to verify all of it.</p></header>",
        f'<main><div class="graph">{_svg(steps, edges, drawing, number)}</div><div class="panel">',
        _overview(document, keyid),
        *(_section(step, number) for step in steps),
        "</div></main></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _ancestors(number: Mapping[str, int], edges: list[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in number:  # each after those it was made from
        parents = [start for start, end in edges if end == name]
        found[name] = {name, *parents}.union(*(found[parent] for parent in parents))
    return found


def _lights(ancestors: Mapping[str, set[str]]) -> str:
    """Rules that light up a chosen step, and the nodes and edges that lead to it."""
    number = {name: index for index, name in enumerate(ancestors)}
    rules = []
    for name, made_from in ancestors.items():
        at = number[name]
        chosen = f"body:has(#s{at}:target)"
        boxes = ",".join(f"{chosen} #n{number[other]}" for other in sorted(made_from, key=number.__getitem__))
        paths = ",".join(f"{chosen} .to{number[other]}" for other in sorted(made_from, key=number.__getitem__))
        rules.append(f"{chosen} svg a,{chosen} svg path.edge{{opacity:.22}}{boxes},{paths}{{opacity:1!important}}")
        rules.append(f"{paths}{{stroke:#3b6ef6!important}}{chosen} #n{at} rect.box{{stroke:#3b6ef6;stroke-width:3}}")
    return "".join(rules)


def _svg(steps: list[dict[str, Any]], edges: list[tuple[str, str]], drawing: Drawing, number: Mapping[str, int]) -> str:
    paths = [
        f'<path class="edge to{number[end]}" d="{_curve(drawing.edges[start, end])}" marker-end="url(#tip)"/>'
        for start, end in edges
    ]
    boxes = [_box(step, number[step["name"]], *drawing.nodes[step["name"]]) for step in steps]
    return (
        f'<svg viewBox="0 0 {drawing.width} {drawing.height}" width="{drawing.width}" height="{drawing.height}" '
        'role="img" aria-label="Graph of the steps of this release"><defs><marker id="tip" viewBox="0 0 8 8" refX="8" '
        'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="context-stroke"/>'
        f"</marker></defs>{''.join(paths)}{''.join(boxes)}</svg>"
    )


def _curve(points: tuple[tuple[int, int], ...]) -> str:
    """A smooth line: curves between columns, straight through a column."""
    (x, y), rest = points[0], points[1:]
    path = [f"M{x} {y}"]
    for index, (right, down) in enumerate(rest):
        middle = (x + right) // 2
        path.append(f"L{right} {down}" if index % 2 else f"C{middle} {y} {middle} {down} {right} {down}")
        x, y = right, down
    return "".join(path)


def _box(step: dict[str, Any], number: int, x: int, y: int) -> str:
    kind, address = step["kind"], step["address"]
    label = address.rpartition(":")[2] if ":" in address else address.rpartition("/")[2]
    part = _part(step)
    where = address.rpartition(":")[0] or address
    return (
        f'<a id="n{number}" href="#s{number}" class="{escape(kind, quote=True)}"><title>{escape(address)}</title>'
        f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="9"/>'
        f'<rect class="band" x="{x}" y="{y + 9}" width="5" height="{HEIGHT - 18}" rx="2.5"/>'
        f'<text class="kind" x="{x + 16}" y="{y + 17}">{escape(_short(kind.replace("_", " ") + part, _LABEL))}</text>'
        f'<text class="name" x="{x + 16}" y="{y + 34}">{escape(_short(label, _TITLE - 3))}</text>'
        f'<text class="where" x="{x + 16}" y="{y + 49}">{escape(_short(where, _LABEL))}</text></a>'
    )


def _part(step: dict[str, Any]) -> str:
    """What tells apart the steps of one target: the stage they are about, or the part of the name."""
    config = step["config"]
    stage = config.get("stage") or config.get("method") or step["tool"]["module"].rpartition(".")[2]
    return f" · {stage}"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _overview(document: Mapping[str, Any], keyid: str) -> str:
    rows = {
        "release": document["release"],
        "lineage": f"sha256:{document['root']}",
        "layout": "attestations/root.layout",
        "summary": document["summary"],
        "delivery": f"attestations/links/{link_file(DELIVERY, keyid)}",
    }
    sources = _files("Sources", document["sources"])
    return f'<section class="overview"><h2>This release</h2>{_table(rows)}{sources}</section>'


def _section(step: dict[str, Any], number: Mapping[str, int]) -> str:
    tool = step["tool"]
    rows = {
        "kind": step["kind"],
        "tool": tool["module"],
        "code": f"{step['code']['files']} files, tree sha256:{step['code']['tree']}",
        "packages": f"{tool['resolve']}, {tool['lock']} sha256:{tool['lock_sha256']}",
        "interpreter": f"{step['interpreter']['version']} sha256:{step['interpreter']['sha256']}",
        "built on": step["builder"],
        **{name: _pairs(step[name]) for name in ("properties", "accelerator") if step[name]},
        "reproducible": step["reproducibility"],
        "artifact": f"tree sha256:{step['artifact']}",
    }
    config = json.dumps(step["config"], sort_keys=True, indent=2, ensure_ascii=False)
    inputs = "".join(_input(role, step["inputs"][role], number) for role in sorted(step["inputs"]))
    return (
        f'<section id="s{number[step["name"]]}"><h2>{escape(step["address"])}</h2>{_table(rows)}'
        f"<h3>Config</h3><pre>{escape(config)}</pre>"
        f"<h3>Made from</h3><ul>{inputs}</ul>{_files('Made', step['products'])}{_how(step)}</section>"
    )


def _pairs(described: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(described.items()))


def _input(role: str, origin: dict[str, Any], number: Mapping[str, int]) -> str:
    if "step" in origin:
        place = f'<a href="#s{number[origin["step"]]}">{escape(origin["step"])}</a>'
    else:
        place = f"version control, {escape(origin['prefix'] or 'the root')}"
    tree = f"<code>tree sha256:{origin['tree']}</code>"
    return f"<li><b>{escape(role)}</b>: {place}, {origin['files']} files<br>{tree}</li>"


def _how(step: dict[str, Any]) -> str:
    evidence = [step["provenance"], step["link"], *([step["test_result"]] if "test_result" in step else [])]
    items = "".join(f"<li><code>{escape(path)}</code></li>" for path in evidence)
    return (
        f"<h3>How to verify it</h3><ul>{items}</ul><p>Command 2 of <code>VERIFY.md</code> checks the link against the "
        "layout. The provenance is a DSSE envelope in a Sigstore bundle; its payload in plain text:</p>"
        f"<pre>python3 -c 'import base64, json, sys; d = json.load(open(sys.argv[1])); "
        f'print(base64.b64decode(d["dsseEnvelope"]["payload"]).decode())\' {escape(step["provenance"])}</pre>'
    )


def _table(rows: Mapping[str, str]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{lines}</table>"


def _files(title: str, files: Mapping[str, str]) -> str:
    lines = "".join(f"<tr><td>{escape(path)}</td><td><code>{files[path]}</code></td></tr>" for path in sorted(files))
    return f'<details open><summary>{title}: {len(files)} files</summary><table class="files">{lines}</table></details>'
