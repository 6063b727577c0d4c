"""The in-toto layout that goes with a plan: which steps there are, what they take, and whose links count.

The layout in a release is pinned to one lineage (`layout`). This one was signed before there was any, so it says by
names and patterns what `layout` says by digests: a step that is new, one that was dropped, a data set that enters a
stage beside the planned ones, and files or tools from elsewhere are refused by stock `in-toto-verify`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from glob import escape
from typing import Any

from pedigree.step.errors import ToolError
from pedigree.trust.closure import CODE, STEP_FILE, source_path
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.layout import PRODUCTS, Rule, delivery_materials, delivery_products, document, step
from pedigree.trust.links import DELIVERY, INTERPRETER, PIN, SOURCES, TREE
from pedigree.trust.plan import Plan, Source, Stage
from pedigree.trust.public import PublicKey
from pedigree.trust.roles import BUILDER, RELEASE
from pedigree.trust.root import TrustRoot

_ANY_PIN, _ANY_INTERPRETER = f"{PIN}*", f"{INTERPRETER}*"
# The lineage is not known yet. All links must have the pin of the first one: those of two builds do not mix.
_ONE_LINEAGE: Rule = ["MATCH", _ANY_PIN, "WITH", "MATERIALS", "FROM", SOURCES]


def owner_layout(plan: Plan, root: TrustRoot) -> dict[str, Any]:
    """The layout of a plan. Builders and the release role may sign steps; what is delivered, the release role alone.

    Raises:
        ToolError: The trust root gives nobody the role of signing releases.
    """
    if not root.keys(RELEASE):
        what = f"the trust root gives nobody the role {RELEASE}, so that no release could be inside a plan"
        raise ToolError(what, f"give somebody the role {RELEASE}: pedigree keys enroll")
    return _layout(plan, root.keys(BUILDER), root.keys(RELEASE))


def keys_named(layout: Mapping[str, Any], plan: Plan, root: TrustRoot) -> dict[str, PublicKey] | None:
    """Key id -> key, of those that a layout of a plan lets sign; None if it lets others sign than a trust root would.

    It may have been signed under an earlier version: builders and releasers who came since are not named, and those
    who retired since are. What else it says is left alone.

    Raises:
        MalformedEvidence: It lists no keys, or no steps.
    """
    named = _named(layout)
    builders, sealing = (_held(root, role, named[0]) for role in (BUILDER, RELEASE))
    return {**builders, **sealing} if named == _named(_layout(plan, builders, sealing)) else None


def _held(root: TrustRoot, role: str, among: Collection[str]) -> dict[str, PublicKey]:
    """Key id -> key, of those among some that have a role, or had it before they were retired."""
    return {keyid: key for keyid, key in root.all_keys(role).items() if keyid in among}


def _layout(plan: Plan, builders: Mapping[str, PublicKey], sealing: Mapping[str, PublicKey]) -> dict[str, Any]:
    keys = {**builders, **sealing}
    steps = [
        step(SOURCES, [["ALLOW", _ANY_PIN]], _supplied(plan), keys),
        *(step(stage.name, _materials(stage), PRODUCTS, keys) for stage in plan.stages),
        step(DELIVERY, [_ONE_LINEAGE, *delivery_materials(plan.step)], delivery_products(plan.step), sealing),
    ]
    return document(f"What {plan.release} may be made of, by version {plan.version} of its plan.", keys, steps)


def _named(layout: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keys that a layout lists, and those of each step."""
    try:
        return dict(layout["keys"].items()), {step["name"]: step["pubkeys"] for step in layout["steps"]}
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedEvidence("the owners' layout lists no keys, or no steps") from error


def _supplied(plan: Plan) -> list[Rule]:
    """What may come from version control: first-party code, locks, and the files that a stage takes."""
    locks = {escape(stage.lock) for stage in plan.stages}
    files = {
        source_path(escape(source.prefix), pattern)
        for stage in plan.stages
        for source in stage.sources.values()
        for pattern in source.files
    }
    allowed = [TREE, _ANY_INTERPRETER, f"{CODE}*", *sorted(locks | files)]
    return [["REQUIRE", TREE], *(["CREATE", pattern] for pattern in allowed)]


def _materials(stage: Stage) -> list[Rule]:
    rules = [_ONE_LINEAGE]
    for role, origin in sorted(stage.inputs.items()):
        place = f"inputs/{role}"
        rules.append(["REQUIRE", f"{place}/{TREE}"])
        rules.append(["MATCH", "*", "IN", place, "WITH", "PRODUCTS", "FROM", origin])
    for role, source in sorted(stage.sources.items()):
        rules += _from_sources(f"inputs/{role}", source)
    for needed in (stage.lock, f"{CODE}{stage.module.replace('.', '/')}.py"):
        rules.append(["REQUIRE", needed])
        rules.append(["MATCH", escape(needed), "WITH", "PRODUCTS", "FROM", SOURCES])
    for pattern in (_ANY_INTERPRETER, f"{CODE}*"):
        rules.append(["MATCH", pattern, "WITH", "PRODUCTS", "FROM", SOURCES])
    return [*rules, ["ALLOW", STEP_FILE]]


def _from_sources(place: str, source: Source) -> list[Rule]:
    within = ["IN", source.prefix] if source.prefix else []
    tree = f"{place}/{TREE}"
    files = [["MATCH", pattern, "IN", place, "WITH", "PRODUCTS", *within, "FROM", SOURCES] for pattern in source.files]
    return [["REQUIRE", tree], ["ALLOW", escape(tree)], *sorted(files)]
