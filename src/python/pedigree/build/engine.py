"""Everything that rules ask of Pants, under the names that later versions of Pants have for it.

Later versions have no `Get`: a move changes this file alone. Each `Get` names its types literally and rules call these
helpers through the module, because Pants finds a rule's dependencies by reading its source.
"""

from __future__ import annotations

from typing import Iterable, Tuple

from pants.backend.python.dependency_inference.module_mapper import PythonModuleOwners, PythonModuleOwnersRequest
from pants.backend.python.target_types import PythonSourceField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import Pex, PexRequest
from pants.backend.python.util_rules.pex_environment import PythonExecutable
from pants.base.exceptions import IntrinsicError as IntrinsicError
from pants.core.target_types import ResourceSourceField
from pants.core.util_rules.environments import EnvironmentNameRequest, EnvironmentTarget
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.addresses import Address, Addresses, AddressInput, UnparsedAddressInputs
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.environment import EnvironmentName
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileContent,
    FileEntry,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    Paths,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet
from pants.engine.target import (
    SourcesField,
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.option.global_options import GlobalOptions

from pedigree.build import remote_errors, sandbox
from pedigree.build.facts import Facts
from pedigree.build.fields import unmatched
from pedigree.build.messages import (
    AdmitRequest,
    Admitted,
    Attested,
    AttestRequest,
    Closure,
    ClosureRequest,
    Delivered,
    Delivery,
    EnvironmentRequest,
    FactsRequest,
    GraphDocument,
    GraphRequest,
    Invocation,
    InvocationRequest,
    IsolationProbed,
    IsolationRequest,
    Made,
    PermitRequest,
    Permitted,
    Place,
    PlaceRequest,
    PlanRequest,
    ProductRequest,
    PublicKey,
    PublicKeyRequest,
    Revoked,
    RevokedRequest,
    Sealed,
    SealRequest,
    StepFieldSet,
    StepRun,
    ToolCode,
    ToolEnvironment,
)
from pedigree.build.plan import Files, Plan, Product, Step, Tool


async def parse_address(spec: str) -> Address:
    """The address that a canonical spec stands for."""
    return await Get(Address, AddressInput, AddressInput.parse(spec, description_of_origin="a step"))


async def resolve_target(address: Address, origin: str = "a step") -> Target:
    """The target at an address; `origin` says in an error who named it."""
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(address, description_of_origin=origin))
    return wrapped.target


async def resolve_addresses(inputs: UnparsedAddressInputs) -> Addresses:
    """The addresses that a field names."""
    return await Get(Addresses, UnparsedAddressInputs, inputs)


async def facts_of(inputs: UnparsedAddressInputs) -> Tuple[Facts, ...]:
    """What the targets that a field names say about themselves."""
    addresses = await Get(Addresses, UnparsedAddressInputs, inputs)
    return await MultiGet(Get(Facts, FactsRequest(address, inputs.description_of_origin)) for address in addresses)


async def facts_at(specs: Iterable[str], origin: str) -> Tuple[Facts, ...]:
    """What the targets at these addresses say about themselves."""
    addresses = await MultiGet(
        Get(Address, AddressInput, AddressInput.parse(spec, description_of_origin=origin)) for spec in specs
    )
    return await MultiGet(Get(Facts, FactsRequest(address, origin)) for address in addresses)


async def plan_steps(field_set: StepFieldSet) -> Plan:
    """The steps of a target."""
    return await Get(Plan, StepFieldSet, field_set)


async def plans_of(addresses: Iterable[Address]) -> Tuple[Plan, ...]:
    """The steps of several targets."""
    return await MultiGet(Get(Plan, PlanRequest(address)) for address in addresses)


async def make(products: Iterable[Product], fresh: Tuple[str, ...] = ()) -> Tuple[Made, ...]:
    """What steps make; runs them where it is not known, and those that `fresh` names in any case."""
    return await MultiGet(Get(Made, ProductRequest(product, fresh)) for product in products)


async def run_step(request: StepRun) -> Made:
    """What one step makes."""
    return await Get(Made, StepRun, request)


async def source_files(field: SourcesField) -> Files:
    """The files that a field names.

    Raises:
        InvalidFieldException: A name or a glob matches nothing, or a file is not of the right kind.
    """
    prefix = field.address.spec_path
    wanted = [glob for glob in field.globs if not glob.startswith("!")]
    excluded = [glob for glob in field.globs if glob.startswith("!")]
    found = await MultiGet(
        Get(Paths, PathGlobs(SourcesField.prefix_glob_with_dirpath(prefix, part) for part in (glob, *excluded)))
        for glob in wanted
    )
    lost = [glob for glob, paths in zip(wanted, found) if not paths.files]
    if lost:
        raise unmatched(field, lost)
    files = tuple(sorted({file for paths in found for file in paths.files}))
    field.validate_resolved_files(files)
    return Files(files, prefix)


async def capture_files(paths: Iterable[str]) -> Digest:
    """Files of the repository."""
    globs = PathGlobs(
        paths, glob_match_error_behavior=GlobMatchErrorBehavior.error, description_of_origin="a step's files"
    )
    return await Get(Digest, PathGlobs, globs)


async def capture_each(sets: Iterable[Iterable[str]]) -> Tuple[Digest, ...]:
    """Several sets of files of the repository, each as `capture_files` asks for it."""
    error, origin = GlobMatchErrorBehavior.error, "a step's files"
    return await MultiGet(
        Get(Digest, PathGlobs(paths, glob_match_error_behavior=error, description_of_origin=origin)) for paths in sets
    )


async def capture_present(paths: Iterable[str]) -> Digest:
    """Those of these files of the repository that exist."""
    return await Get(Digest, PathGlobs, PathGlobs(paths))


async def code_of(address: Address) -> Digest:
    """A Python target, all first-party Python that it imports, and the resources that these need."""
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest([address]))
    fields = [target[SourcesField] for target in closure.closure if target.has_field(SourcesField)]
    kinds = (PythonSourceField, ResourceSourceField)
    files = await Get(SourceFiles, SourceFilesRequest(fields, for_sources_types=kinds))
    return files.snapshot.digest


async def module_owners(module: str, resolve: str) -> PythonModuleOwners:
    """The Python targets that own a module."""
    return await Get(PythonModuleOwners, PythonModuleOwnersRequest(module, resolve=resolve))


async def create_pex(request: PexRequest) -> Pex:
    """A PEX."""
    return await Get(Pex, PexRequest, request)


async def find_python(constraints: InterpreterConstraints) -> PythonExecutable:
    """The interpreter that Pants finds for constraints."""
    return await Get(PythonExecutable, InterpreterConstraints, constraints)


async def execute_process(process: Process) -> FallibleProcessResult:
    """Run a process on this machine."""
    return await Get(FallibleProcessResult, Process, process)


async def execute_processes(processes: Iterable[Process]) -> Tuple[FallibleProcessResult, ...]:
    """Run processes on this machine, side by side."""
    return await MultiGet(Get(FallibleProcessResult, Process, process) for process in processes)


async def execute_process_in(environment: str | None, process: Process) -> FallibleProcessResult:
    """Run a process in an environment."""
    return await Get(FallibleProcessResult, {process: Process, EnvironmentName(environment): EnvironmentName})


async def explain(where: str, error: IntrinsicError) -> None:
    """Say what an error of Pants means to whoever builds, where it comes from an engine of remote execution.

    Raises:
        BuildError: It does; otherwise the error is the caller's to raise again.
    """
    options = await Get(GlobalOptions)
    told = remote_errors.explained(where, str(error), options.remote_execution_address or options.remote_store_address)
    if told is not None:
        raise told from error


def named(environment: str) -> EnvironmentName:
    """An environment by its name."""
    return EnvironmentName(environment)


async def environment_name(environment: str, origin: str) -> EnvironmentName:
    """The environment that a name stands for, fallbacks applied."""
    return await Get(EnvironmentName, EnvironmentNameRequest(environment, description_of_origin=origin))


async def environment_target(name: EnvironmentName) -> Target | None:
    """The target that describes an environment, if one does."""
    found = await Get(EnvironmentTarget, EnvironmentName, name)
    return found.val


async def place_of(environment: str, address: str) -> Place:
    """Where the steps of a target run."""
    return await Get(Place, PlaceRequest(environment, address))


async def places_of(steps: Iterable[Step]) -> Tuple[Place, ...]:
    """Where steps run; raises when one of them can run nowhere."""
    wanted = sorted({(step.environment, step.address) for step in steps})
    return await MultiGet(Get(Place, PlaceRequest(environment, address)) for environment, address in wanted)


async def environment_vars(names: Iterable[str]) -> EnvironmentVars:
    """Variables of the environment that Pants was called in."""
    return await Get(EnvironmentVars, EnvironmentVarsRequest(tuple(names)))


async def attest(made: Made, fresh: bool) -> None:
    """Sign what is known of a step that this run of Pants ran."""
    await Get(Attested, AttestRequest(made, fresh))


async def admit(made: Tuple[Made, ...], attempt: int) -> Admitted:
    """Which results have a signed record of the run that made them."""
    return await Get(Admitted, AdmitRequest(made, attempt))


async def probe_isolation() -> None:
    """Warn if steps are not cut off from network and signing keys."""
    await Get(IsolationProbed, IsolationRequest())


async def create_digest(files: Iterable[Tuple[str, bytes]]) -> Digest:
    """Files with this content."""
    return await Get(Digest, CreateDigest(FileContent(path, content) for path, content in files))


async def merge_digests(digests: Iterable[Digest]) -> Digest:
    """Several directories in one."""
    return await Get(Digest, MergeDigests(digests))


async def add_prefix(digest: Digest, prefix: str) -> Digest:
    """A directory, moved below a path."""
    return await Get(Digest, AddPrefix(digest, prefix))


async def remove_prefix(digest: Digest, prefix: str) -> Digest:
    """What lies below a path, moved to the top."""
    return await Get(Digest, RemovePrefix(digest, prefix))


async def subset(digest: Digest, globs: Iterable[str]) -> Digest:
    """The files of a directory that match."""
    return await Get(Digest, DigestSubset(digest, PathGlobs(globs)))


async def contents(digest: Digest) -> DigestContents:
    """Files with their content."""
    return await Get(DigestContents, Digest, digest)


async def file_entries(digest: Digest) -> Tuple[FileEntry, ...]:
    """Files with their digests, sorted by path."""
    entries = await Get(DigestEntries, Digest, digest)
    return tuple(sorted((e for e in entries if isinstance(e, FileEntry)), key=lambda entry: entry.path))


async def checksums(digest: Digest) -> bytes:
    """The list that the files of a directory are held against where they are used."""
    entries = await Get(DigestEntries, Digest, digest)
    return sandbox.checksums({e.path: e.file_digest.fingerprint for e in entries if isinstance(e, FileEntry)})


async def tool_environment(resolve: str) -> ToolEnvironment:
    """Packages and interpreter of a resolve."""
    return await Get(ToolEnvironment, EnvironmentRequest(resolve))


async def tool_code(tool: Tool) -> ToolCode:
    """First-party modules of a tool."""
    return await Get(ToolCode, Tool, tool)


async def closure_of(address: Address) -> Closure:
    """The steps of a target and of all that it is made from."""
    return await Get(Closure, ClosureRequest(address))


async def require_permitted(address: Address, mode: str, made: Tuple[Made, ...] = ()) -> None:
    """Stop when a target may not be built; before anything runs, or by what is made of it by now."""
    await Get(Permitted, PermitRequest(address, mode, made))


async def revoked() -> Revoked:
    """What is revoked in this repository."""
    return await Get(Revoked, RevokedRequest())


async def graph_of(closure: Closure, release: Product) -> GraphDocument:
    """The graph of a closure before anything of it runs."""
    return await Get(GraphDocument, GraphRequest(closure.steps, release))


async def invocation() -> Invocation:
    """Which run of Pants this is."""
    return await Get(Invocation, InvocationRequest())


async def deliver(path: str, digest: Digest, announced: bool = True) -> Delivered:
    """Write a directory under dist."""
    return await Get(Delivered, Delivery(path, digest, announced, await invocation()))


async def snapshot(digest: Digest) -> Snapshot:
    """A directory with the list of its files."""
    return await Get(Snapshot, Digest, digest)


async def public_key() -> PublicKey:
    """The public key of whoever signs."""
    return await Get(PublicKey, PublicKeyRequest())


async def seal(request: SealRequest) -> Sealed:
    """The evidence of a release."""
    return await Get(Sealed, SealRequest, request)
