"""What a tool runs with: the packages of its resolve, an interpreter, and the first-party modules that it imports."""

from __future__ import annotations

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PexLayout
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest
from pants.backend.python.util_rules.pex_requirements import PexRequirements, Resolve
from pants.engine.process import Process, ProcessCacheScope
from pants.engine.rules import collect_rules, rule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pedigree.build import engine
from pedigree.build.errors import BuildError
from pedigree.build.locks import lock_of, pin_file, pinned_versions, require_pinned
from pedigree.build.messages import EnvironmentRequest, ToolCode, ToolEnvironment
from pedigree.build.plan import Tool
from pedigree.build.sandbox import PEX

# A venv with real files: imports are faster than from a zip, and tools find the data files of their packages.
_PEX_ARGUMENTS = ("--venv", "prepend", "--venv-site-packages-copies", "--non-hermetic-venv-scripts")


@rule(desc="Prepare the packages of a tool")
async def prepare_environment(request: EnvironmentRequest, python_setup: PythonSetup) -> ToolEnvironment:
    """Resolve a lock file into a PEX, and say which interpreter runs it."""
    lock = lock_of(request.resolve, python_setup.resolves)
    constraints = InterpreterConstraints(python_setup.interpreter_constraints)
    python = await engine.find_python(constraints)
    pex = await engine.create_pex(
        PexRequest(
            output_filename=PEX,
            internal_only=True,
            # One file: what is known by one digest can be pinned, and shared caches find it again.
            layout=PexLayout.ZIPAPP,
            interpreter_constraints=constraints,
            requirements=PexRequirements(from_superset=Resolve(request.resolve, use_entire_lockfile=True)),
            additional_args=_PEX_ARGUMENTS,
            description=f"Install the packages of {request.resolve}",
        )
    )
    version = await engine.execute_process(
        Process(
            (python.path, "--version"),
            description="Ask the interpreter for its version",
            env={"INTERPRETER": python.fingerprint},
            # Never from a cache that others write.
            cache_scope=ProcessCacheScope.PER_RESTART_SUCCESSFUL,
            level=LogLevel.DEBUG,
        )
    )
    captured = await engine.capture_files((lock,))
    (entry,) = await engine.file_entries(captured)
    (content,) = await engine.contents(captured)
    (packages,) = await engine.file_entries(pex.digest)
    pins = await engine.contents(await engine.capture_present((pin_file(lock),)))
    require_pinned(lock, packages.file_digest.fingerprint, pins[0].content.decode() if pins else None)
    return ToolEnvironment(
        resolve=request.resolve,
        packages=pex.digest,
        packages_sha256=packages.file_digest.fingerprint,
        python=python.path,
        version=version.stdout.decode().strip(),
        python_sha256=python.fingerprint,
        lock=lock,
        lock_sha256=entry.file_digest.fingerprint,
        versions=FrozenDict(pinned_versions(content.content.decode())),
    )


@rule(desc="Find the modules that a tool imports")
async def find_code(tool: Tool) -> ToolCode:
    """The tool's module and all first-party modules that it imports, and nothing beside them."""
    owners = await engine.module_owners(tool.module, tool.resolve)
    if not owners.unambiguous:
        raise BuildError(
            f"no one target owns the module '{tool.module}' in the resolve '{tool.resolve}'",
            f"declare python_sources() beside it with resolve='{tool.resolve}', and once only",
        )
    return ToolCode(await engine.code_of(owners.unambiguous[0]))


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
