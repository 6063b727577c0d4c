"""`package` of a release: build its closure, hold its gates, assemble it, seal it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import List, Tuple

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.fs import EMPTY_DIGEST, Digest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import _uncacheable_rule, collect_rules, rule
from pants.engine.unions import UnionRule

from pedigree.build import dist, engine, evidence, sandbox, signer, verdict
from pedigree.build.addresses import short
from pedigree.build.errors import BuildError
from pedigree.build.judgement import REPORT, REPORT_PAGE
from pedigree.build.judgement_targets import ReleaseDependencies
from pedigree.build.messages import Made, PublicKey, PublicKeyRequest, Sealed, SealRequest
from pedigree.build.plan import Product, Tool
from pedigree.build.tools import KEYS, SEAL
from pedigree.step.canonical import canonical_json
from pedigree.step.context import OUTPUTS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReleaseFieldSet(PackageFieldSet):
    """A release."""

    required_fields = (ReleaseDependencies,)

    dependencies: ReleaseDependencies


async def _trust_process(
    tool: Tool, arguments: Tuple[str, ...], files: Digest, signer_uri: str, scope: ProcessCacheScope, description: str
) -> FallibleProcessResult:
    """Run a tool of the room that holds keys. It is no step: it may reach a signer, and leaves no record."""
    environment = await engine.tool_environment(tool.resolve)
    code = await engine.tool_code(tool)
    inputs = await engine.merge_digests((files, code.digest))
    checksums = await engine.checksums(inputs)
    listed = await engine.create_digest([(sandbox.CHECKSUMS, checksums)])
    return await engine.execute_process(
        Process(
            sandbox.checked((*sandbox.command(environment.python, tool.module)[:-1], *arguments), checksums),
            description=description,
            input_digest=await engine.merge_digests((inputs, listed, environment.packages)),
            env={
                **sandbox.ENVIRONMENT,
                evidence.INTERPRETER: environment.python_sha256,
                **({signer.SIGNER: signer_uri} if signer_uri else {}),
            },
            append_only_caches={"pex_root": sandbox.PEX_ROOT},
            output_directories=[OUTPUTS],
            cache_scope=scope,
        )
    )


def _require_success(what: str, tool: Tool, result: FallibleProcessResult) -> None:
    if result.exit_code != 0:
        raise sandbox.failure(what, tool.module, result.exit_code, result.stderr.decode(errors="replace"))


@_uncacheable_rule
async def find_public_key(request: PublicKeyRequest) -> PublicKey:
    """The signer's public key, read anew in every run; a developer's key is made on first use."""
    variables = await engine.environment_vars((signer.SIGNER,))
    uri = variables.get(signer.SIGNER, "")
    pem = None if uri else signer.developer_public_key()
    if pem is None:
        empty = await engine.create_digest(())
        action = "public" if uri else "init"
        once = ProcessCacheScope.PER_SESSION
        result = await _trust_process(KEYS, (action,), empty, uri, once, "Ask for the signer's public key")
        _require_success(request.release, KEYS, result)
        if not uri:
            logger.warning(result.stderr.decode(errors="replace").strip())
        pem = result.stdout if uri else signer.developer_public_key()
    if not pem:
        raise BuildError(f"no public key at {signer.developer_key()}", "run `python -m pedigree.trust.keys init`")
    return PublicKey(pem, uri)


@rule(desc="Seal release")
async def seal(request: SealRequest) -> Sealed:
    """What the sealing tool adds to a release. Cached under the records and the public key."""
    documents: List[Tuple[str, bytes]] = [(f"records/{made.step.name}.json", made.record) for made in request.closure]
    release = request.closure[-1]
    documents.append(("signer.pub", request.key.pem))
    document = evidence.seal_request(release.step.address, release.step.name)
    documents.append(("seal.json", canonical_json(document)))
    delivered = await engine.add_prefix(release.artifact, "release")
    files = await engine.merge_digests((await engine.create_digest(documents), delivered))
    result = await _trust_process(
        SEAL, (".",), files, request.key.uri, ProcessCacheScope.SUCCESSFUL, f"seal {release.step.address}"
    )
    _require_success(release.step.address, SEAL, result)
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


@rule(desc="Package release")
async def package_release(fields: ReleaseFieldSet) -> BuiltPackage:
    """Stop at the first gate that does not hold; else deliver release and evidence together."""
    closure = await engine.closure_of(fields.address)
    await engine.probe_isolation()
    await _require_green(await engine.make(step.product for step in closure.steps if step.gate))
    made = _in_order(await engine.make(step.product for step in closure.steps), Product(short(fields.address.spec)))
    key = await engine.public_key(short(fields.address.spec))
    sealed = await engine.seal(SealRequest(made, key))
    whole = await engine.merge_digests((made[-1].artifact, sealed.files))
    path = dist.release_path(fields.address.spec_path, fields.address.target_name)
    delivered = await engine.deliver(path, whole, announced=False)
    lines = signer.next_lines(delivered.path, bool(key.uri))
    return BuiltPackage(EMPTY_DIGEST, (BuiltPackageArtifact(None, lines),))


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return (*collect_rules(), UnionRule(PackageFieldSet, ReleaseFieldSet))
