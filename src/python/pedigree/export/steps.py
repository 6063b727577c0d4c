"""One step of a release as its signed provenance tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.step.digests import tree_digest
from pedigree.step.record import step_name
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.statement import subjects_of

DATASETS = ("dataset", "synthetic_dataset")
BASE_MODEL = "base_model"
MODELS = (BASE_MODEL, "finetune")
Files = Mapping[str, str]


@dataclass(frozen=True)
class Tool:
    """The code and the packages that a step ran with.

    Attributes:
        module: The module that was run.
        code: The digest of the first-party code that it ran.
        resolve: Name of the set of third-party packages.
        lock: Path of its lock file in the repository.
        lock_sha256: Digest of the lock file.
        packages: Package -> version.
        interpreter_sha256: Digest of the interpreter's executable.
    """

    module: str
    code: str
    resolve: str
    lock: str
    lock_sha256: str
    packages: Mapping[str, str]
    interpreter_sha256: str


@dataclass(frozen=True)
class Step:
    """What one step made, from what, and how.

    Attributes:
        name: The step's name, unique in a release.
        address: The address of its target.
        kind: The target type.
        config: The config document.
        tool: Code and packages.
        command: The argument vector.
        build_type: The URI of the kind of build.
        builder: The URI of who ran it.
        reproducibility: `bitwise` or `bounded`.
        inputs: Role -> name of the step whose products fill it.
        sources: Role -> path in the repository -> sha256, of the roles that files under version control fill.
        config_sha256: Digest of the step's config file; empty where provenance does not name it.
        products: Path in the artifact -> sha256.
        provenance: Path of the statement in the release.
    """

    name: str
    address: str
    kind: str
    config: Mapping[str, Any]
    tool: Tool
    command: tuple[str, ...]
    build_type: str
    builder: str
    reproducibility: str
    inputs: Mapping[str, str]
    sources: Mapping[str, Files]
    config_sha256: str
    products: Files
    provenance: str

    @property
    def artifact(self) -> str:
        """The digest of the artifact: SHA-256 of the list of its files, as `sha256sum` prints it, sorted by path."""
        return tree_digest(self.products)

    @property
    def is_whole(self) -> bool:
        """Whether its products are what the target stands for; others are parts of the way there."""
        return self.name == step_name(self.address)

    def setting(self, key: str) -> str:
        """A value of the config if it is text, a number or a truth value; empty otherwise."""
        value = self.config.get(key, "")
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, (str, int)) else ""


def read_step(statement: Mapping[str, Any], path: str) -> Step:
    """Read a step from its provenance, which has been verified.

    Args:
        statement: The provenance.
        path: Where it lies in the release.

    Raises:
        MalformedEvidence: A name is not text.
    """
    definition = statement["predicate"]["buildDefinition"]
    external, internal = definition["externalParameters"], definition["internalParameters"]
    used: dict[str, dict[str, str]] = {}
    inputs: dict[str, str] = {}
    sources: dict[str, dict[str, str]] = {}
    for dependency in definition["resolvedDependencies"]:
        origin, digest = dependency["annotations"], dependency["digest"]["sha256"]
        if origin["use"] != "input":
            used.setdefault(origin["use"], {})[dependency["name"]] = digest
        elif "step" in origin:
            inputs[origin["role"]] = origin["step"]
        else:
            sources.setdefault(origin["role"], {})[origin["file"]] = digest
    ((lock, lock_sha256),) = used["lock"].items()
    (interpreter_sha256,) = used["interpreter"].values()
    step = Step(
        name=internal["step"],
        address=external["target"],
        kind=external["kind"],
        config=external["config"],
        tool=Tool(
            module=internal["tool"],
            code=tree_digest(used.get("code", {})),
            resolve=internal["resolve"],
            lock=lock,
            lock_sha256=lock_sha256,
            packages=internal["packages"],
            interpreter_sha256=interpreter_sha256,
        ),
        command=tuple(internal["command"]),
        build_type=definition["buildType"],
        builder=statement["predicate"]["runDetails"]["builder"]["id"],
        reproducibility=internal["reproducibility"],
        inputs=inputs,
        sources=sources,
        config_sha256=next(iter(used.get("config", {}).values()), ""),
        products=subjects_of(statement),
        provenance=path,
    )
    named = (step.name, step.address, step.kind, step.tool.module, step.tool.resolve, step.builder, step.build_type)
    if not all(isinstance(text, str) for text in (*named, *step.command, step.reproducibility)):
        raise MalformedEvidence(f"{path} holds something else where text must be")
    return step
