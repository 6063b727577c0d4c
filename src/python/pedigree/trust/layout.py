"""The in-toto layout of a release: a fixed number of rules per input of a step, whatever the number of files.

Naive MATCH and DISALLOW rules pass when something is left out or replayed. Therefore every link must carry the pin of
this lineage and the digest of every input as a whole (REQUIRE takes literal names and stands before the rule that
consumes them), sources are a step, and an inspection ties the products to the files on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from glob import escape
from typing import Any

from pedigree.step.record import Record
from pedigree.trust.closure import CODE, STEP_FILE, Closure
from pedigree.trust.links import DELIVERY, INTERPRETER, SOURCES, TREE, pin
from pedigree.trust.public import PublicKey
from pedigree.trust.sums import SEAL, SUMS

# Archived releases must stay verifiable: revoke by a new layout or key, not by a date.
EXPIRES = "2999-12-31T23:59:59Z"
INSPECTION = "delivered-files"
MADE_BY_SEALING = ("model.sig", "VERIFY.md", "lineage.json", "lineage.html", SUMS, "attestations/*")

Rule = list[str]


def layout(closure: Closure, root: str, public: PublicKey) -> dict[str, Any]:
    """The layout that allows this release and no other."""
    keys, release = {public.keyid: public}, closure.release
    steps = [
        step(SOURCES, _pinned(root), PRODUCTS, keys),
        *(step(record.name, _materials(record, root), PRODUCTS, keys, record.command) for record in closure.steps),
        step(DELIVERY, [*_pinned(root), *delivery_materials(release.name)], delivery_products(release.name), keys),
    ]
    return document(f"What {release.address} was made from, and which files were delivered.", keys, steps)


PRODUCTS: list[Rule] = [["REQUIRE", TREE], ["CREATE", "*"]]
"""A step may make what it likes, and must say so as a whole."""


def _pinned(root: str) -> list[Rule]:
    return [["REQUIRE", pin(root)], ["ALLOW", escape(pin(root))]]


def _materials(record: Record, root: str) -> list[Rule]:
    rules = _pinned(root)
    for role, origin in sorted(record.inputs.items()):
        place = f"inputs/{role}"
        rules.append(["REQUIRE", f"{place}/{TREE}"])
        if origin.step:
            rules.append(["MATCH", "*", "IN", place, "WITH", "PRODUCTS", "FROM", origin.step])
        else:
            # The tree of a role is of a part of the sources, which have one tree for all: pinned, not matched.
            rules.append(["ALLOW", escape(f"{place}/{TREE}")])
            within = ["IN", origin.prefix] if origin.prefix else []
            rules.append(["MATCH", "*", "IN", place, "WITH", "PRODUCTS", *within, "FROM", SOURCES])
    if STEP_FILE in record.materials:
        rules.append(["ALLOW", STEP_FILE])
    interpreter = f"{INTERPRETER}{record.tool.interpreter_sha256}"
    for needed in (record.tool.lock, interpreter):
        rules.append(["REQUIRE", needed])
        rules.append(["MATCH", escape(needed), "WITH", "PRODUCTS", "FROM", SOURCES])
    rules.append(["MATCH", f"{CODE}*", "WITH", "PRODUCTS", "FROM", SOURCES])
    return rules


def delivery_materials(release: str) -> list[Rule]:
    """What is delivered is what the step of this name made."""
    return [["REQUIRE", TREE], ["MATCH", "*", "WITH", "PRODUCTS", "FROM", release]]


def delivery_products(release: str) -> list[Rule]:
    """Delivered is what that step made, unchanged, and what sealing adds."""
    kept: Rule = ["MATCH", "*", "WITH", "PRODUCTS", "FROM", release]
    return [["REQUIRE", SUMS], ["REQUIRE", "model.sig"], kept, *(["CREATE", path] for path in MADE_BY_SEALING)]


def step(
    name: str, materials: list[Rule], products: list[Rule], keyids: Iterable[str], command: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A step of a layout, which one of these keys must have signed; what no rule speaks of is not allowed."""
    closing: Rule = ["DISALLOW", "*"]
    return {
        "_type": "step",
        "name": name,
        "pubkeys": sorted(keyids),
        "threshold": 1,
        "expected_command": list(command),
        "expected_materials": [*materials, closing],
        "expected_products": [*products, closing],
    }


def document(readme: str, keys: Mapping[str, PublicKey], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """A layout whose inspection binds the files on disk; `keys` are all that a step may be signed with."""
    return {
        "_type": "layout",
        "expires": EXPIRES,
        "readme": readme,
        "keys": {keyid: key.to_json() for keyid, key in keys.items()},
        "steps": steps,
        "inspect": [_inspection()],
    }


def _inspection() -> dict[str, Any]:
    """Run in the release: no file may differ from the delivery link, or be missing, or be there besides.

    in-toto's recorder passes over links, so SHA256SUMS covers them; the seal lists the link that signs SHA256SUMS.
    """
    files: list[Rule] = [
        ["REQUIRE", SUMS],
        ["MATCH", "*", "WITH", "PRODUCTS", "FROM", DELIVERY],
        ["ALLOW", SEAL],
        ["DISALLOW", "*"],
    ]
    return {
        "_type": "inspection",
        "name": INSPECTION,
        "run": ["sha256sum", "--quiet", "--strict", "-c", SUMS],
        "expected_materials": files,
        "expected_products": files,
    }
