"""Whether what is planned may be built: asked before anything runs, of the room that knows whom to believe."""

from __future__ import annotations

from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import _uncacheable_rule, collect_rules

from pedigree.build import engine, trusted
from pedigree.build.addresses import short
from pedigree.build.messages import PermitRequest, Permitted
from pedigree.build.plan import Product
from pedigree.build.tools import PERMIT

ATTESTATIONS = "attestations"
_SIGNED = tuple(
    f"{ATTESTATIONS}/{place}" for place in ("root/", "approvals/", "revocations/", "layouts/", "snapshot.json")
)


async def attestations() -> Tuple[Digest, bool]:
    """What this repository knows of approvals and revocations, and whether it has anything that counts by a trust root.

    Whether it has the trust root, too, is asked where that is an error.
    """
    captured = await engine.capture_present((f"{ATTESTATIONS}/**",))
    return captured, any(entry.path.startswith(_SIGNED) for entry in await engine.file_entries(captured))


@_uncacheable_rule
async def permit(request: PermitRequest) -> Permitted:
    """Refuse what holds something revoked, and a release whose base models are not approved or whose key may not seal.

    The answer holds while the daemon lives; what it warns of is said in every run.
    """
    known, governed = await attestations()
    closure = await engine.closure_of(request.address)
    bases = any(step.kind == "base_model" for step in closure.steps)
    if not governed and not (request.mode == "release" and bases):
        return Permitted()
    document = await engine.graph_of(closure, Product(short(request.address.spec)))
    documents = [("graph.json", document.content)]
    if request.mode == "release":
        documents.append(("signer.pub", (await engine.public_key()).pem))
    files = await engine.merge_digests((await engine.create_digest(documents), known))
    subject = f"target '{short(request.address.spec)}'"
    scope = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    what = f"ask whether {request.address.spec} may be built"
    result = await trusted.run_trusted(PERMIT, (".", request.mode), files, "", scope, what)
    trusted.require_success(subject, PERMIT, result)
    trusted.pass_on(result)
    return Permitted()


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
