"""`pedigree layout show`: the plan of a release for people to read, signed or proposed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.step.digests import tree_digest
from pedigree.trust.closure import source_path
from pedigree.trust.owners import counted, owner_keys
from pedigree.trust.pair import filed_pair
from pedigree.trust.plan import TIGHTEN, Plan, Source, Stage
from pedigree.trust.proposed import read_pair, read_proposal
from pedigree.trust.register import Register, open_register

_FEW = 3
"""Files that are told one by one; of more it is told how many they are."""


def run(call: argparse.Namespace) -> int:
    """Print the plan that is signed and the one that is proposed; 1 when enough owners signed none."""
    register = open_register(call.attestations)
    filed, proposed = filed_pair(register.files, call.release), read_proposal(call.attestations, call.release)
    signers, needed = counted(filed.signers, (*register.earlier, register.root), register.revoked) if filed else ((), 1)
    signed = _names(register, signers)
    if filed:
        _print(filed.plan, f"signed by {' and '.join(signed) or 'nobody who counts'}")
    if proposed:
        begun = read_pair(call.attestations, call.release)
        keys = owner_keys(register.root, register.revoked)
        so_far = _names(register, begun.signers(keys)) if begun else ()
        _print(proposed, f"proposed; signed by {' and '.join(so_far) or 'nobody'} so far")
    if not filed and not proposed:
        print(f"no plan: nothing is signed or proposed for '{call.release}'")
    return EXIT_HOLDS if len(signed) >= needed else EXIT_DOES_NOT_HOLD


def _names(register: Register, keyids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(register.root.holders[keyid].name for keyid in keyids))


def _print(plan: Plan, standing: str) -> None:
    print("\n".join(plan_lines(plan, standing)))


def plan_lines(plan: Plan, standing: str) -> Iterator[str]:
    """A plan for people to read."""
    yield f"version {plan.version} of the plan of {plan.release}, {standing}"
    yield f"  sha256:{plan.digest}"
    if plan.note:
        yield f"  {plan.note}"
    if plan.withdrawn:
        yield "  withdraws the plan: the release has none any more"
        return
    yield f"  every base model is approved by {' and '.join(plan.approvals) or 'whom the trust root names'}"
    labels = {stage.name: stage.label for stage in plan.stages}
    for stage in plan.stages:
        yield f"{stage.label} ({stage.kind})"
        yield from (f"  {line}" for line in _stage_lines(stage, labels))


def _stage_lines(stage: Stage, labels: dict[str, str]) -> Iterator[str]:
    yield f"runs {stage.module} with {stage.lock}, {stage.reproducibility}"
    for role, origin in sorted(stage.inputs.items()):
        yield f"takes {role} from {labels[origin]}"
    for role, source in sorted(stage.sources.items()):
        yield from _source_lines(role, source)
    if stage.base:
        yield f"is the base model sha256:{stage.base}"
    for metric, gate in sorted(stage.gates.items()):
        yield f"gate {metric} {gate}, which may {'tighten' if stage.gates_may == TIGHTEN else 'not change'}"
    for name, value in sorted(stage.settings.items()):
        told = json.dumps(value, sort_keys=True)
        yield f"setting {name} = {told}{', which may change' if name in stage.free else ''}"


def _source_lines(role: str, source: Source) -> Iterator[str]:
    for may_change in (False, True):
        files = {pattern: file for pattern, file in source.files.items() if file.may_change == may_change}
        if len(files) > _FEW:
            tree = tree_digest({pattern: file.sha256 for pattern, file in files.items()})
            told = "which may change" if may_change else f"pinned, tree sha256:{tree}"
            yield f"takes {role} from {source.prefix or 'the root'}: {len(files)} files, {told}"
            continue
        for pattern, file in sorted(files.items()):
            told = "which may change" if may_change else f"pinned, sha256:{file.sha256}"
            yield f"takes {role} from {source_path(source.prefix, pattern)}, {told}"
