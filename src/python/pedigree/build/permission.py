"""Whether what is planned may be built: asked before anything runs, of the room that knows whom to believe."""

from __future__ import annotations

from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import collect_rules, rule

from pedigree.build import engine, trusted
from pedigree.build.addresses import short
from pedigree.build.messages import PermitRequest, Permitted
from pedigree.build.plan import Product
from pedigree.build.tools import PERMIT

ATTESTATIONS = "attestations"
_FIRST_ROOT = f"{ATTESTATIONS}/root/1.json"


async def attestations() -> Tuple[Digest, bool]:
    """What this repository knows of approvals and revocations, and whether anybody may approve or revoke here."""
    captured = await engine.capture_present((f"{ATTESTATIONS}/**",))
    return captured, any(entry.path == _FIRST_ROOT for entry in await engine.file_entries(captured))


@rule(desc="Ask whether it may be built")
async def permit(request: PermitRequest) -> Permitted:
    """Refuse what holds something revoked, and a release whose base models are not approved."""
    known, rooted = await attestations()
    closure = await engine.closure_of(request.address)
    bases = any(step.kind == "base_model" for step in closure.steps)
    if not rooted and not (request.mode == "release" and bases):
        return Permitted()
    document = await engine.graph_of(closure, Product(short(request.address.spec)))
    graph = await engine.create_digest([("graph.json", document.content)])
    files = await engine.merge_digests((graph, known))
    subject = f"target '{short(request.address.spec)}'"
    scope = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    what = f"ask whether {request.address.spec} may be built"
    result = await trusted.run_trusted(PERMIT, (".", request.mode), files, "", scope, what)
    trusted.require_success(subject, PERMIT, result)
    return Permitted()


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
