"""`./pants graph RELEASE`: what a release is made from, as JSON on stdout, before any of it runs."""

from __future__ import annotations

from typing import Dict

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import collect_rules, goal_rule, rule
from pants.engine.target import Targets

from pedigree.build import engine, evidence, graph
from pedigree.build.addresses import short
from pedigree.build.errors import BuildError
from pedigree.build.judgement_targets import ReleaseDependencies
from pedigree.build.locks import lock_of
from pedigree.build.messages import GraphDocument, GraphRequest
from pedigree.build.plan import Product


@rule(desc="Draw the graph of a release")
async def draw(request: GraphRequest, python_setup: PythonSetup) -> GraphDocument:
    """The graph of a closure; of files under version control it takes the digests, and runs nothing."""
    surroundings: Dict[str, graph.Surroundings] = {}
    for step in request.steps:
        place = await engine.place_of(step.environment, step.address)
        resolve = place.resolves.get(step.tool.resolve, step.tool.resolve)
        lock = lock_of(resolve, python_setup.resolves)
        surroundings[step.name] = graph.Surroundings(lock, evidence.reproducibility(place.accelerator))
    # Set by set, as the steps will ask for them: the engine then knows the answers.
    captured = await engine.capture_each(files.paths for files in graph.files_of(request.steps))
    entries = await engine.file_entries(await engine.merge_digests(captured))
    digests = {entry.path: entry.file_digest.fingerprint for entry in entries}
    return GraphDocument(graph.document(request.steps, surroundings, digests, request.release))


class GraphSubsystem(GoalSubsystem):
    """The goal's name, and what `help` says of it."""

    name = "graph"
    help = (
        "Print what a release is made from, as JSON: every step with its tool, its settings and its inputs, and the "
        "digests of what lies under version control. Runs no step. `pedigree layout` compares it with what the owners "
        "signed."
    )


class GraphGoal(Goal):
    """What the goal ends with."""

    subsystem_cls = GraphSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def print_graph(console: Console, targets: Targets) -> GraphGoal:
    """Print the graph of the one release that is named."""
    releases = [target.address for target in targets if target.has_field(ReleaseDependencies)]
    if len(releases) != 1:
        named = ", ".join(short(address.spec) for address in releases) or "none"
        raise BuildError(f"`graph` is of one release, and these are named: {named}", "name the target of a release")
    closure = await engine.closure_of(releases[0])
    found = await engine.graph_of(closure, Product(short(releases[0].spec)))
    console.write_stdout(found.content.decode() + "\n")
    return GraphGoal(exit_code=0)


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
