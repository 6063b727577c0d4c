"""Whether what is planned may be built: asked before anything runs, of the room that knows whom to believe."""

from __future__ import annotations

from typing import Tuple

from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import _uncacheable_rule, collect_rules

from pedigree.build import engine, trusted
from pedigree.build.addresses import short
from pedigree.build.messages import Made, PermitRequest, Permitted
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


async def require_sound(address: Address, own: Made) -> None:
    """Stop before an artifact is shown when something that was made for it is revoked; only its digest tells that.

    Args:
        address: Its target.
        own: What the target's last step made.
    """
    closure = await engine.closure_of(address)
    others = await engine.make(step.product for step in closure.steps if step.product != own.step.product)
    await engine.require_permitted(address, "artifact", (*others, own))


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
    documents += [(f"records/{made.step.name}.json", made.record) for made in request.made]
    files = await engine.merge_digests((await engine.create_digest(documents), known))
    subject = f"target '{short(request.address.spec)}'"
    scope = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    what = f"ask whether {request.address.spec} may be built"
    result = await trusted.run_trusted(PERMIT, (".", request.mode), files, "", scope, what)
    trusted.require_success(subject, PERMIT, result)
    if not request.made:
        trusted.pass_on(result)
    return Permitted()


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
