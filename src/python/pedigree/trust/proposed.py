"""Plans on their way: a readable file that owners edit, and the envelopes that they hand round until enough signed.

They lie apart from what is signed, so that nothing half done can be taken for a plan or stop a build.
"""

from __future__ import annotations

import json
from pathlib import Path

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.errors import ToolError
from pedigree.step.record import step_name
from pedigree.trust.attestations import write_attestation
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.pair import Pair, layout_path, parse_pair, plan_path
from pedigree.trust.plan import Plan, parse_plan
from pedigree.trust.reading import read_plainly

PROPOSED = "proposed"


def proposal_path(address: str) -> str:
    """Where the proposal for a release lies, relative to the directory of attestations.

    >>> proposal_path("models/embedded-fw-c")
    'proposed/models.embedded-fw-c.json'
    """
    return f"{PROPOSED}/{step_name(address)}.json"


def read_proposal(directory: Path, address: str) -> Plan | None:
    """The plan that is proposed, as its owners edited it; None where none is.

    Raises:
        MalformedEvidence: It is no plan, or that of another release.
        Refused: It cannot be read.
    """
    path = proposal_path(address)
    if not (directory / path).exists():
        return None
    try:
        plan = parse_plan(parse_json(read_plainly(directory / path, path), path), path)
    except MalformedJson as error:
        raise MalformedEvidence(str(error)) from error
    if plan.release != address or plan.layout:
        raise MalformedEvidence(f"{path} proposes a plan of '{plan.release}', or names a layout, which signing makes")
    return plan


def write_proposal(directory: Path, plan: Plan) -> str:
    """Write a plan for its owners to read and edit; its path.

    Raises:
        ToolError: There is a proposal already, which somebody may have edited; or it cannot be written.
    """
    path = proposal_path(plan.release)
    if (directory / path).exists():
        what = f"{directory / path} is a proposal already, which somebody may have edited"
        raise ToolError(what, "have it signed (`pedigree layout sign`), or remove it")
    text = json.dumps(plan.to_json(), indent=2, sort_keys=True, ensure_ascii=False)
    write_attestation(directory, path, f"{text}\n".encode())
    return path


def read_pair(directory: Path, address: str) -> Pair | None:
    """What some owners signed already; None where nobody did.

    Raises:
        MalformedEvidence: It is not what its place says.
        Refused: It cannot be read, or the two do not belong together.
    """
    paths = [f"{PROPOSED}/{path}" for path in (plan_path(address), layout_path(address))]
    if not all((directory / path).exists() for path in paths):
        return None
    plan, layout = (read_plainly(directory / path, path) for path in paths)
    return parse_pair(plan, layout, address)


def write_pair(directory: Path, pair: Pair) -> str:
    """Keep what some owners signed; the path of the plan among it.

    Raises:
        ToolError: It cannot be written.
    """
    for path, data in sorted(pair.to_files().items()):
        write_attestation(directory, f"{PROPOSED}/{path}", data)
    return f"{PROPOSED}/{plan_path(pair.plan.release)}"


def clear(directory: Path, address: str) -> None:
    """Remove what is on its way for a release, because enough owners signed it."""
    for path in (
        proposal_path(address),
        *(f"{PROPOSED}/{path}" for path in (plan_path(address), layout_path(address))),
    ):
        (directory / path).unlink(missing_ok=True)
