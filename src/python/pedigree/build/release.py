"""`package` of a release: build its closure, hold its gates, assemble it, seal it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import List, Tuple

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import _uncacheable_rule, collect_rules, rule
from pants.engine.unions import UnionRule

from pedigree.build import dist, engine, evidence, permission, signer, trusted, verdict
from pedigree.build.addresses import short
from pedigree.build.errors import BuildError
from pedigree.build.judgement import REPORT, REPORT_PAGE
from pedigree.build.judgement_targets import ReleaseDependencies
from pedigree.build.messages import Admitted, Made, PublicKey, PublicKeyRequest, Sealed, SealRequest
from pedigree.build.plan import Product, Step
from pedigree.build.tools import KEYS, SEAL
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.context import OUTPUTS
from pedigree.step.record import Record

LINEAGE = "lineage.json"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReleaseFieldSet(PackageFieldSet):
    """A release."""

    required_fields = (ReleaseDependencies,)

    dependencies: ReleaseDependencies


@_uncacheable_rule
async def find_public_key(request: PublicKeyRequest) -> PublicKey:
    """The signer's public key, read anew in every run; a developer's key is made on first use."""
    variables = await engine.environment_vars((signer.SIGNER,))
    uri = variables.get(signer.SIGNER, "")
    pem = None if uri else signer.developer_public_key()
    if pem is None:
        empty = await engine.create_digest(())
        action = "prove" if uri else "init"
        once = ProcessCacheScope.PER_SESSION
        result = await trusted.run_trusted(KEYS, (action,), empty, uri, once, "Ask for the signer's public key")
        trusted.require_success("the signer", KEYS, result)
        if not uri:
            logger.warning(result.stderr.decode(errors="replace").strip())
        pem = result.stdout if uri else signer.developer_public_key()
    if not pem:
        raise BuildError(
            f"no public key at {signer.developer_key()}",
            "make one by `pedigree keys new`, and name it in PEDIGREE_SIGNER",
        )
    return PublicKey(pem, uri)


@rule(desc="Seal release")
async def seal(request: SealRequest) -> Sealed:
    """What the sealing tool adds to a release. Known by the records and the public key while the daemon lives."""
    documents: List[Tuple[str, bytes]] = [(f"records/{made.step.name}.json", made.record) for made in request.closure]
    release = request.closure[-1]
    documents.append(("signer.pub", request.key.pem))
    document = evidence.seal_request(release.step.address, release.step.name)
    documents.append(("seal.json", canonical_json(document)))
    delivered = await engine.add_prefix(release.artifact, "release")
    known, _ = await permission.attestations()
    files = await engine.merge_digests((await engine.create_digest(documents), delivered, known))
    scope = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    result = await trusted.run_trusted(SEAL, (".",), files, request.key.uri, scope, f"seal {release.step.address}")
    trusted.require_success(release.step.subject, SEAL, result)
    evidence_files = await engine.remove_prefix(result.output_digest, OUTPUTS)
    return Sealed(evidence_files)


def _in_order(made: Tuple[Made, ...], release: Product) -> Tuple[Made, ...]:
    """All that was made, the release last."""
    return tuple(sorted(made, key=lambda one: (one.step.product == release, one.step.name)))


async def _require_green(judged: Tuple[Made, ...]) -> None:
    """Stop when a gate does not hold, with the reports where a person finds them."""
    red = [made for made in judged if not made.passed]
    if not red:
        return
    documents, pages = [], []
    for made in red:
        wanted = await engine.subset(made.artifact, (REPORT, REPORT_PAGE))
        delivered = await engine.deliver(dist.report_path(made.step.name), wanted, announced=False)
        pages.append(f"{delivered.path}/{REPORT_PAGE}")
        documents += [file.content for file in await engine.contents(wanted) if file.path == REPORT]
    raise verdict.gates_not_met([made.step.address for made in red], documents, pages)


async def _admitted(steps: Tuple[Step, ...], fresh: Tuple[str, ...] = ()) -> Tuple[Tuple[Made, ...], Tuple[str, ...]]:
    """What steps made, and which of them ran now because no signed record of a run vouched for what was known."""
    while True:
        made = await engine.make((step.product for step in steps), fresh)
        admitted = await engine.admit(made, len(fresh))
        if not admitted.refused:
            return tuple(_built_by(one, admitted) for one in made), fresh
        if set(admitted.refused) & set(fresh):
            raise BuildError(
                f"no record of the run was kept for {', '.join(admitted.refused)}",
                "look at what the run printed above; end the daemon (kill $(cat .pids/*/pantsd/pid)) and build again",
            )
        logger.warning(
            "A cache holds results that no signed record of a run vouches for; they are made anew: "
            + ", ".join(admitted.refused)
            + "\nIf this comes again for the same ones, the cache holds other bytes than a run makes: remove them from "
            "the shared cache, and the store of Pants on this machine (docs/remote.md)"
        )
        fresh = (*fresh, *admitted.refused)


def _built_by(made: Made, admitted: Admitted) -> Made:
    """The same, with the builder that its signed record names, and with the key that signed it."""
    name = made.step.name
    record = Record.from_json(parse_json(made.record, name))
    known = replace(record, builder=admitted.builders[name], vouched=admitted.vouched.get(name, ""))
    return replace(made, record=canonical_json(known.to_json()))


async def _deliver(address: Address, steps: Tuple[Step, ...], path: str) -> Tuple[BuiltPackageArtifact, ...]:
    release = Product(short(address.spec))
    # A verdict is believed, green or red, once it is admitted; what the release is put together from is by then.
    before = tuple(step for step in steps if step.product != release)
    judged, fresh = await _admitted(before)
    await engine.require_permitted(address, "release", judged)
    await _require_green(tuple(one for one in judged if one.step.gate))
    made = _in_order((await _admitted(steps, fresh))[0], release)
    key = await engine.public_key()
    sealed = await engine.seal(SealRequest(made, key))
    whole = await engine.merge_digests((made[-1].artifact, sealed.files))
    delivered = await engine.deliver(path, whole, announced=False)
    (graph,) = await engine.contents(await engine.subset(sealed.files, (LINEAGE,)))
    standing = parse_json(graph.content, LINEAGE)["standing"]
    return (BuiltPackageArtifact(None, signer.next_lines(delivered.path, standing, bool(key.uri))),)


@rule(desc="Package release")
async def package_release(fields: ReleaseFieldSet) -> BuiltPackage:
    """Stop at the first gate that does not hold; else deliver release and evidence together."""
    closure = await engine.closure_of(fields.address)
    await engine.require_permitted(fields.address, "release")
    await engine.probe_isolation()
    path = dist.release_path(fields.address.spec_path, fields.address.target_name)
    try:
        return BuiltPackage(EMPTY_DIGEST, await _deliver(fields.address, closure.steps, path))
    except engine.IntrinsicError as error:
        await engine.explain(f"target '{short(fields.address.spec)}'", error)
        raise


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return (*collect_rules(), UnionRule(PackageFieldSet, ReleaseFieldSet))
