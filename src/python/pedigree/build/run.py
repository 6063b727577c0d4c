"""The one rule that runs every step."""

from __future__ import annotations

from typing import Dict, List

from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import collect_rules, rule

from pedigree.build import engine, evidence, sandbox
from pedigree.build.errors import BuildError
from pedigree.build.messages import Made, StepRun, ToolEnvironment
from pedigree.build.plan import Files, Product, Role, Step
from pedigree.step.context import INPUTS, OUTPUTS
from pedigree.step.record import Tool as RecordedTool


async def _role_files(role: Role) -> Digest:
    """The files that fill a role, under their paths in the sandbox."""
    source = role.source
    if isinstance(source, Files):
        captured = await engine.capture_files(source.paths)
        digest = await engine.remove_prefix(captured, source.prefix) if source.prefix else captured
    else:
        (made,) = await engine.make((source,))
        _require_passed(made)
        digest = made.artifact
    return await engine.add_prefix(digest, f"{INPUTS}/{role.name}")


def _require_passed(made: Made) -> None:
    if not made.passed:
        raise sandbox.failure(made.step.address, made.step.tool.module, 3, made.talk)


@rule(desc="Make what a step needs")
async def make_product(product: Product) -> Made:
    """Find the step that makes a product, and run it."""
    address = await engine.parse_address(product.address)
    (plan,) = await engine.plans_of((address,))
    return await engine.run_step(StepRun(plan.step(product.part)))


# Helpers stand above the rules that call them: Pants reads a rule's source when it is defined.
async def _made(
    step: Step,
    environment: ToolEnvironment,
    materials: Digest,
    variables: Dict[str, str],
    result: FallibleProcessResult,
) -> Made:
    """What a step made, with its record."""
    captured = await engine.subset(result.output_digest, (f"{OUTPUTS}/**",))
    artifact = await engine.remove_prefix(captured, OUTPUTS)
    went_in = await engine.file_entries(materials)
    came_out = await engine.file_entries(artifact)
    products = {entry.path: entry.file_digest.fingerprint for entry in came_out}
    _require_products(step, products)
    verdict = await engine.file_entries(await engine.subset(result.output_digest, (sandbox.VERDICT,)))
    tool = RecordedTool(
        module=step.tool.module,
        resolve=step.tool.resolve,
        lock=environment.lock,
        lock_sha256=environment.lock_sha256,
        packages=dict(environment.versions),
        interpreter=environment.version,
        interpreter_sha256=environment.python_sha256,
    )
    seen = {entry.path: entry.file_digest.fingerprint for entry in went_in}
    return Made(
        step=step,
        artifact=artifact,
        record=evidence.record(step, tool, variables, seen, products),
        passed=not verdict,
        talk=result.stderr.decode(errors="replace"),
        metadata=result.metadata,
    )


def _require_products(step: Step, products: Dict[str, str]) -> None:
    lost = [file for file in step.files if file not in products]
    lost += [name for name in step.directories if not any(path.startswith(f"{name}/") for path in products)]
    if lost:
        raise BuildError(
            f"target '{step.address}': {step.tool.module} did not write {', '.join(lost)}",
            "this is a mistake in the tool: every step writes all of its outputs",
        )


@rule(desc="Run a step")
async def run_step(request: StepRun) -> Made:
    """Lay out a step's directory, run its tool, and take the digests of all that went in and came out."""
    step = request.step
    environment = await engine.tool_environment(step.tool.resolve)
    code = await engine.tool_code(step.tool)
    await engine.make([role.source for role in step.roles if isinstance(role.source, Product)])
    roles: List[Digest] = [await _role_files(role) for role in step.roles]
    materials = await engine.merge_digests((*roles, code.digest))
    settings = await engine.create_digest([evidence.step_file(step)])
    laid_out = await engine.merge_digests((materials, settings))
    checksums = await engine.checksums(laid_out)
    listed = await engine.create_digest([(sandbox.CHECKSUMS, checksums)])
    variables = {**sandbox.ENVIRONMENT, evidence.INTERPRETER: environment.python_sha256}
    result = await engine.execute_process(
        Process(
            sandbox.wrapped(sandbox.command(environment.python, step.tool.module), step.gate, checksums),
            description=f"{step.kind} {step.address}" + (f" ({step.part})" if step.part else ""),
            input_digest=await engine.merge_digests((laid_out, listed, environment.packages)),
            env=variables,
            append_only_caches={"pex_root": sandbox.PEX_ROOT},
            output_files=[f"{OUTPUTS}/{file}" for file in step.files] + ([sandbox.VERDICT] if step.gate else []),
            output_directories=[f"{OUTPUTS}/{directory}" for directory in step.directories],
            cache_scope=ProcessCacheScope.PER_SESSION if request.fresh else ProcessCacheScope.SUCCESSFUL,
        )
    )
    if result.exit_code != 0:
        raise sandbox.failure(step.address, step.tool.module, result.exit_code, result.stderr.decode(errors="replace"))
    return await _made(step, environment, materials, variables, result)


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
