"""The first checks of a delivered release: layout, links and provenance are one chain of signed steps."""

from __future__ import annotations

from datetime import UTC, datetime

from pedigree.step.digests import tree_digest
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.links import (
    DELIVERY,
    INTERPRETER,
    SOURCES,
    TREE,
    files_of,
    link_file,
    pin,
    root_of,
    without_trees,
)
from pedigree.trust.statement import PROVENANCE, subjects_of


# (1) The layout is signed by the given key and has not expired.
def _layout_is_signed(delivered: Delivered) -> str:
    if delivered.read(KEY_FILE).decode() != delivered.public.pem:
        raise Refused(f"{KEY_FILE} is not the given key")
    expires = datetime.strptime(delivered.layout["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if expires <= datetime.now(UTC):
        raise Refused(f"the layout expired on {delivered.layout['expires']}")
    if delivered.layout["keys"] != {delivered.public.keyid: delivered.public.to_json()}:
        raise Refused("the layout trusts other keys than the given one")
    return f"key sha256:{delivered.public.fingerprint}"


# (2) Every step has one link, signed by the key that the layout allows for it, and there is no other link.
def _links_are_signed(delivered: Delivered) -> str:
    for step in delivered.layout["steps"]:
        if step["pubkeys"] != [delivered.public.keyid] or step["threshold"] != 1:
            raise Refused(f"the layout lets another key sign '{step['name']}'")
    expected = {link_file(name, delivered.public.keyid) for name in delivered.links}
    if other := sorted({path.name for path in (delivered.release / "attestations/links").iterdir()} - expected):
        raise Refused(f"attestations/links/{other[0]} belongs to no step of the layout")
    return f"{len(expected)} links"


# (3) All links and the layout are of this very lineage.
def _lineage_is_pinned(delivered: Delivered) -> str:
    root = root_of(delivered.provenance_digests)
    for step in delivered.layout["steps"]:
        if ["REQUIRE", pin(root)] not in step["expected_materials"]:
            raise Refused(f"the layout of '{step['name']}' is of another lineage than the provenance")
        if delivered.materials(step["name"]).get(pin(root)) != root:
            raise Refused(f"the link of '{step['name']}' is of another lineage")
    return f"sha256:{root}"


# (4) What a step consumed is what an earlier step made, or lay under version control.
def _steps_fit_together(delivered: Delivered) -> str:
    made: dict[str, Artifacts] = {}
    sources = delivered.products(SOURCES)
    count = 0
    for step in delivered.step_names:
        for dependency in delivered.dependencies(step):
            origin, digest = dependency["annotations"], dependency["digest"]["sha256"]
            if "step" in origin and made.get(origin["step"], {}).get(origin["product"]) != digest:
                raise Refused(f"'{step}' consumed {dependency['name']}, which '{origin['step']}' did not make")
            if "file" in origin and sources.get(origin["file"]) != digest:
                raise Refused(f"'{step}' consumed {dependency['name']}, which is not among the sources")
            if not {"step", "file"} & set(origin) and origin["use"] not in ("config", "interpreter"):
                raise Refused(f"'{step}' consumed {dependency['name']}, and nothing says where it came from")
            count += 1
        made[step] = files_of(delivered.products(step))
    if files_of(delivered.materials(DELIVERY)) != made[delivered.step_names[-1]]:
        raise Refused("what was delivered is not what the last step made")
    return f"{len(made)} steps, {count} materials"


# (5) Each step's provenance says what its link says.
def _provenance_agrees(delivered: Delivered) -> str:
    for step, statement in delivered.provenance.items():
        if statement["predicateType"] != PROVENANCE or delivered.parameters(step)["step"] != step:
            raise Refused(f"the provenance of '{step}' is of something else")
        products = delivered.products(step)
        if subjects_of(statement) != files_of(products) or products.get(TREE) != tree_digest(files_of(products)):
            raise Refused(f"provenance and link of '{step}' differ in what it made")
        if _consumed(delivered, step) != without_trees(delivered.materials(step)):
            raise Refused(f"provenance and link of '{step}' differ in what it consumed")
        if delivered.parameters(step)["command"] != delivered.links[step]["command"]:
            raise Refused(f"provenance and link of '{step}' differ in the command")
    builders = {item["predicate"]["runDetails"]["builder"]["id"] for item in delivered.provenance.values()}
    return f"built by {', '.join(sorted(builders))}"


CHECKS = (
    ("the layout is signed by the given key and has not expired", _layout_is_signed),
    ("every step has one link, signed by that key, and there is no other", _links_are_signed),
    ("layout, links and provenance are of one lineage", _lineage_is_pinned),
    ("every step consumed what earlier steps made or what lay under version control", _steps_fit_together),
    ("the provenance of every step agrees with its link", _provenance_agrees),
)
"""Claim and check, for the list of `verify`."""


def _consumed(delivered: Delivered, step: str) -> Artifacts:
    """A step's materials by its provenance, as a link names them."""
    consumed = {}
    for dependency in delivered.dependencies(step):
        digest = dependency["digest"]["sha256"]
        is_interpreter = dependency["annotations"]["use"] == "interpreter"
        consumed[f"{INTERPRETER}{digest}" if is_interpreter else dependency["name"]] = digest
    return consumed
