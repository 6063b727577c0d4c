"""`pedigree layout sign`: an owner's signature on a plan, and on the layout that follows from it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime

from pedigree.cli.acts import Act, file_act, record_act, require_not_put_back, tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.arguments import signer_of
from pedigree.cli.layout_show import plan_lines
from pedigree.step.errors import ToolError
from pedigree.trust.owners import owner_keys
from pedigree.trust.pair import Pair, draft_pair, filed_pair, layout_path, plan_path
from pedigree.trust.places import LAYOUTS
from pedigree.trust.plan import Plan
from pedigree.trust.proposed import clear, read_pair, read_proposal, write_pair
from pedigree.trust.register import Register, open_register
from pedigree.trust.roles import OWNER
from pedigree.trust.signatory import Signatory, find_signatory, open_key
from pedigree.trust.times import write_time


def run(call: argparse.Namespace) -> int:
    """Sign what is proposed, or else what is filed already; file it when enough owners signed.

    Raises:
        ToolError: There is nothing to sign, it is out of date, or the signer is no owner.
    """
    require_not_put_back(call, LAYOUTS)
    register = open_register(call.attestations)
    pair = _to_sign(register, call)
    require_not_put_back(call, LAYOUTS, pair.to_files())
    # Before the key is opened: the proposal is a file, which somebody may have changed since it was read.
    print("\n".join(["this signs:", *plan_lines(pair.plan, "as it is now")]), file=sys.stderr)
    who = find_signatory(open_key(signer_of(call)), register.root, (OWNER,), register.revoked)
    pair = pair.with_signature(who.signer)
    keys, needed = owner_keys(register.root, register.revoked), register.root.roles[OWNER].threshold
    lacking = needed - len(pair.signers(keys))
    if lacking > 0:
        record_act(_act(pair.plan, who))
        path = write_pair(call.attestations, pair)
        print(f"signed by {who.name} ({who.role}); it lacks {lacking} more of the owners", file=sys.stderr)
        print(call.attestations / path)
        tell(f"hand {call.attestations} to them, for `pedigree layout sign {call.release}`")
        return EXIT_HOLDS
    _file(pair, who, call)
    tell("have quality put it in force: pedigree snapshot")
    return EXIT_HOLDS


def _to_sign(register: Register, call: argparse.Namespace) -> Pair:
    """What is proposed, with the signatures that it has, or else what is filed; the layout is made anew in any case."""
    filed, plan = filed_pair(register.files, call.release), read_proposal(call.attestations, call.release)
    if plan is not None:
        _require_newer(plan, filed)
        begun = read_pair(call.attestations, call.release)
    elif filed is not None:
        begun, plan = filed, replace(filed.plan, layout="")
    else:
        raise ToolError(f"nothing is proposed for '{call.release}'", f"pedigree layout propose {call.release}")
    fresh = draft_pair(plan, register.root)
    if begun is None or begun.plan == fresh.plan:
        return begun or fresh
    if begun is filed:
        what = f"the trust root is another than when version {plan.version} of this plan was signed"
        raise ToolError(what, f"pedigree layout propose {call.release}")
    print(
        "what was signed so far is another plan than the proposal is now: those signatures are dropped", file=sys.stderr
    )
    return fresh


def _require_newer(plan: Plan, filed: Pair | None) -> None:
    if filed and plan.version <= filed.plan.version:
        what = f"version {filed.plan.version} of the plan is signed, and the proposal is version {plan.version}"
        raise ToolError(what, f"give the proposal the version {filed.plan.version + 1}")


def _act(plan: Plan, who: Signatory) -> Act:
    said = "has no plan any more" if plan.withdrawn else f"may be made of what version {plan.version} of its plan says"
    meaning = plan.note or f"'{plan.release}' {said}"
    return Act("layout.sign", plan.release, plan.digest, meaning, write_time(datetime.now(UTC)), who)


def _file(pair: Pair, who: Signatory, call: argparse.Namespace) -> None:
    """The layout first: without its plan it does not count."""
    files, plan = pair.to_files(), pair.plan
    path, beside = plan_path(plan.release), layout_path(plan.release)
    file_act(_act(plan, who), call, path, files[path], {beside: files[beside]})
    clear(call.attestations, plan.release)
