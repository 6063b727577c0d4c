"""How tools of the room that holds keys are run. They are no steps: they may reach a signer, and leave no record."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Dict, Optional, Sequence, Tuple

from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope

from pedigree.build import engine, evidence, sandbox, signer
from pedigree.build.plan import Tool

RUNS = ".cache/runs"
"""Where signed records of runs lie for these tools, on each machine its own."""
_IDENTITIES = "attestations/sigstore/"
"""What lies here only where people decide by identities; it takes Sigstore's client to check what they signed."""
logger = logging.getLogger(__name__)


async def _signer_variables(uri: str) -> Dict[str, str]:
    """What a signer is given beside the environment that all have: its URI, and what it needs of the user's."""
    given = await engine.environment_vars(signer.variables_of(uri))
    signer.require_no_secret(given)
    return {**given, **({signer.SIGNER: uri} if uri else {})}


async def run_trusted(
    tool: Tool,
    arguments: Tuple[str, ...],
    files: Digest,
    signer_uri: Optional[str],
    scope: ProcessCacheScope,
    description: str,
) -> FallibleProcessResult:
    """Run a tool on files.

    No scope here outlives the daemon: a result of these tools is believed, so it may not come from a shared cache.

    Args:
        tool: What is run; the signer says with which packages.
        arguments: Of the command line.
        files: What it finds where it starts.
        signer_uri: The signer that it uses; empty for the developer's key, None for a tool that signs nothing.
        scope: How long its result holds.
        description: What a person reads meanwhile.
    """
    variables = {} if signer_uri is None else await _signer_variables(signer_uri)
    if signer_uri:
        tool = replace(tool, resolve=signer.resolve_of(signer_uri))
    if any(entry.path.startswith(_IDENTITIES) for entry in await engine.file_entries(files)):
        tool = replace(tool, resolve=signer.ALL)
    environment = await engine.tool_environment(tool.resolve)
    code = await engine.tool_code(tool)
    inputs = await engine.merge_digests((files, code.digest, environment.packages))
    checksums = await engine.checksums(inputs)
    listed = await engine.create_digest([(sandbox.CHECKSUMS, checksums)])
    return await engine.execute_process(
        Process(
            sandbox.checked((*sandbox.command(environment.python, tool.module)[:-1], *arguments), checksums),
            description=description,
            input_digest=await engine.merge_digests((inputs, listed)),
            env={
                **sandbox.ENVIRONMENT,
                evidence.INTERPRETER: environment.python_sha256,
                **variables,
            },
            append_only_caches={"pex_root": sandbox.PEX_ROOT, "pedigree_runs": RUNS},
            output_directories=[sandbox.OUTPUTS],
            cache_scope=scope,
        )
    )


def require_success(subject: str, tool: Tool, result: FallibleProcessResult, accepted: Sequence[int] = (0,)) -> None:
    """Refuse a tool that failed.

    Raises:
        BuildError: In the tool's own words.
    """
    if result.exit_code not in accepted:
        raise sandbox.failure(subject, tool.module, result.exit_code, result.stderr.decode(errors="replace"))


def pass_on(result: FallibleProcessResult) -> None:
    """Tell a person what a tool that did not fail warns of."""
    if talk := result.stderr.decode(errors="replace").strip():
        logger.warning(talk)
