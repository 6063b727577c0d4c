"""The one rule that runs every step."""

from __future__ import annotations

from typing import Dict, List, Tuple

from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import collect_rules, rule

from pedigree.build import attestation, engine, evidence, revocation, sandbox
from pedigree.build.errors import BuildError
from pedigree.build.messages import Made, Place, ProductRequest, StepRun, ToolEnvironment
from pedigree.build.plan import Files, Product, Role, Step
from pedigree.build.worker import Worker, read_worker
from pedigree.step.context import INPUTS, OUTPUTS
from pedigree.step.record import Tool as RecordedTool


async def _role_files(role: Role, fresh: Tuple[str, ...]) -> Digest:
    """The files that fill a role, under their paths in the sandbox."""
    source = role.source
    if isinstance(source, Files):
        captured = await engine.capture_files(source.paths)
        digest = await engine.remove_prefix(captured, source.prefix) if source.prefix else captured
    else:
        (made,) = await engine.make((source,), fresh)
        _require_passed(made)
        digest = made.artifact
    return await engine.add_prefix(digest, f"{INPUTS}/{role.name}")


def _require_passed(made: Made) -> None:
    if not made.passed:
        raise sandbox.failure(made.step.subject, made.step.tool.module, 3, made.talk)


@rule(desc="Make what a step needs")
async def make_product(request: ProductRequest) -> Made:
    """Find the step that makes a product, and run it."""
    address = await engine.parse_address(request.product.address)
    (plan,) = await engine.plans_of((address,))
    return await engine.run_step(StepRun(plan.step(request.product.part), request.fresh))


# Helpers stand above the rules that call them: Pants reads a rule's source when it is defined.
async def _run(step: Step, place: Place, environment: ToolEnvironment, output: Digest) -> evidence.Run:
    """Where and with what a step ran; a worker says itself what it is."""
    if place.remote:
        said = [file.content for file in await engine.contents(await engine.subset(output, (sandbox.WORKER,)))]
        worker = read_worker(b"".join(said).decode(errors="replace"), step.address)
    else:
        worker = Worker(environment.version, environment.python_sha256)
    tool = RecordedTool(
        module=step.tool.module,
        resolve=environment.resolve,
        lock=environment.lock,
        lock_sha256=environment.lock_sha256,
        packages=dict(environment.versions),
        packages_sha256=environment.packages_sha256,
        interpreter=worker.interpreter,
        interpreter_sha256=worker.interpreter_sha256,
    )
    if not place.remote:
        return evidence.Run(tool, sandbox.ENVIRONMENT)
    return evidence.Run(tool, sandbox.ENVIRONMENT, place.builder, dict(place.properties), worker.accelerator)


async def _made(
    step: Step, place: Place, environment: ToolEnvironment, materials: Digest, result: FallibleProcessResult
) -> Made:
    """What a step made, with its record."""
    if result.exit_code != 0:
        raise sandbox.failure(step.subject, step.tool.module, result.exit_code, result.stderr.decode(errors="replace"))
    captured = await engine.subset(result.output_digest, (f"{OUTPUTS}/**",))
    artifact = await engine.remove_prefix(captured, OUTPUTS)
    went_in = await engine.file_entries(materials)
    came_out = await engine.file_entries(artifact)
    products = {entry.path: entry.file_digest.fingerprint for entry in came_out}
    _require_products(step, products)
    verdict = await engine.file_entries(await engine.subset(result.output_digest, (sandbox.VERDICT,)))
    run = await _run(step, place, environment, result.output_digest)
    seen = {entry.path: entry.file_digest.fingerprint for entry in went_in}
    return Made(
        step=step,
        artifact=artifact,
        record=evidence.record(step, run, seen, products),
        passed=not verdict,
        talk=result.stderr.decode(errors="replace"),
        metadata=result.metadata,
    )


def _require_products(step: Step, products: Dict[str, str]) -> None:
    lost = [file for file in step.files if file not in products]
    if lost:
        raise BuildError(
            f"target '{step.address}': {step.tool.module} did not write {', '.join(lost)}",
            "this is a mistake in the tool: every step writes all of its outputs",
        )


def _process(
    step: Step, place: Place, environment: ToolEnvironment, inputs: Digest, checksums: bytes, fresh: bool
) -> Process:
    variables = dict(sandbox.ENVIRONMENT)
    if place.remote:
        name = sandbox.interpreter_name(environment.version)
        tool = sandbox.command(name, step.tool.module)
        argv = sandbox.wrapped_on_worker(tool, step.gate, checksums, place.accelerator)
    else:
        variables[evidence.INTERPRETER] = environment.python_sha256
        argv = sandbox.wrapped(sandbox.command(environment.python, step.tool.module), step.gate, checksums)
    beside = [sandbox.VERDICT] * step.gate + [sandbox.WORKER] * place.remote
    return Process(
        argv,
        description=f"{step.kind} {step.address}" + (f" ({step.part})" if step.part else ""),
        input_digest=inputs,
        env=variables,
        append_only_caches=sandbox.CACHES,
        # Files by name, never directories: servers differ in what they keep of those, and then nothing is ever a hit.
        output_files=[*(f"{OUTPUTS}/{file}" for file in (*step.files, *step.optional)), *beside],
        cache_scope=ProcessCacheScope.PER_SESSION if fresh else ProcessCacheScope.SUCCESSFUL,
        remote_cache_speculation_delay_millis=sandbox.PATIENCE_MS,
    )


async def _run_step(step: Step, place: Place, fresh_ones: Tuple[str, ...]) -> Tuple[Made, bool]:
    """What a step makes, and whether it was run for it though a result was known."""
    environment = await engine.tool_environment(place.resolves.get(step.tool.resolve, step.tool.resolve))
    code = await engine.tool_code(step.tool)
    products = [role.source for role in step.roles if isinstance(role.source, Product)]
    await revocation.require_unrevoked(step, await engine.make(products, fresh_ones))
    roles: List[Digest] = [await _role_files(role, fresh_ones) for role in step.roles]
    materials = await engine.merge_digests((*roles, code.digest))
    settings = await engine.create_digest([evidence.step_file(step, place.accelerator)])
    laid_out = await engine.merge_digests((materials, settings, environment.packages))
    checksums = await engine.checksums(laid_out)
    listed = await engine.create_digest([(sandbox.CHECKSUMS, checksums)])
    inputs = await engine.merge_digests((laid_out, listed))
    fresh = step.name in fresh_ones
    result = await engine.execute_process_in(place.name, _process(step, place, environment, inputs, checksums, fresh))
    try:
        return await _made(step, place, environment, materials, result), fresh
    except BuildError:
        if fresh or attestation.ran(result.metadata):
            raise
    # No run of this step ends so and is kept: whoever may write the cache has put it there, or it is torn.
    result = await engine.execute_process_in(place.name, _process(step, place, environment, inputs, checksums, True))
    return await _made(step, place, environment, materials, result), True


@rule(desc="Run a step")
async def run_step(request: StepRun) -> Made:
    """Lay out a step's directory, run its tool, and take the digests of all that went in and came out."""
    step = request.step
    place = await engine.place_of(step.environment, step.address)
    # A signer that cannot be used is told before hours of work that could not be signed for.
    await engine.public_key()
    try:
        made, fresh = await _run_step(step, place, request.fresh)
    except engine.IntrinsicError as error:
        where = f", environment '{step.environment}'" if place.remote else ""
        await engine.explain(f"{step.subject}{where}", error)
        raise
    await engine.attest(made, fresh)
    return made


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
