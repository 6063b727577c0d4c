"""What the build engine saw of one step.

Every digest in a record comes from the engine's content-addressed store, never from the tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes

SCHEMA = "pedigree.record/1"
WORKSTATION = "workstation"
"""The builder that nobody vouches for but the person who ran it."""


@dataclass(frozen=True)
class Input:
    """Where one role of a step came from.

    Attributes:
        step: Name of the step whose products fill the role; empty when files under version control do.
        prefix: For files under version control: the directory in the repository that the role's paths start from.
    """

    step: str
    prefix: str


@dataclass(frozen=True)
class Tool:
    """The code and the environment that a step ran with.

    Attributes:
        module: The tool, for instance `pedigree.training.sft`.
        resolve: Name of the set of third-party packages.
        lock: Path of its lock file in the repository.
        lock_sha256: Digest of the lock file.
        packages: Package -> version, for every package of the lock.
        packages_sha256: Digest of the file that holds the installed packages.
        interpreter: Version that the interpreter reports, for instance `Python 3.11.2`.
        interpreter_sha256: Digest of the interpreter's executable.
    """

    module: str
    resolve: str
    lock: str
    lock_sha256: str
    packages: Mapping[str, str]
    packages_sha256: str
    interpreter: str
    interpreter_sha256: str


@dataclass(frozen=True)
class Record:
    """One step as the engine saw it.

    Attributes:
        name: The step's name: the target's address with `/` and `:` as `.`, and the part after `.` where a target has
            several steps; unique in a release.
        address: The target's address, `models/embedded-fw-c:sft`.
        kind: The target type, `finetune`.
        tool: Code and environment.
        config: The config document of the step, JSON without floats.
        command: The argument vector.
        environment: Environment variables of the process.
        platform: What the step ran on: `isa` and `system`.
        properties: What a worker was asked to have, property -> value; empty on a workstation.
        accelerator: `name`, `driver`, `cuda` and `count` of what the step was given beside processors; empty without.
        builder: Who ran it: `workstation`, or the name or URI of a platform.
        reproducibility: `bitwise` or `bounded`.
        inputs: Role -> where it came from.
        materials: Path in the sandbox -> sha256. Inputs lie under `inputs/<role>/`, first-party code under
            `src/python/`.
        products: Path relative to the artifact -> sha256.
        vouched: Fingerprint of the listed builder's key that vouches for the run; empty where none does.
    """

    name: str
    address: str
    kind: str
    tool: Tool
    config: Mapping[str, Any]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    platform: Mapping[str, str]
    properties: Mapping[str, str]
    accelerator: Mapping[str, str]
    builder: str
    reproducibility: str
    inputs: Mapping[str, Input]
    materials: Mapping[str, str]
    products: Mapping[str, str]
    vouched: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        fields = asdict(self)
        if not self.vouched:
            del fields["vouched"]
        return {"schema": SCHEMA, **fields, "command": list(self.command)}

    @property
    def identity(self) -> str:
        """What tells this step with this result from every other, whoever ran it: a digest of all but the builder."""
        document = {key: value for key, value in self.to_json().items() if key not in ("builder", "vouched")}
        return sha256_bytes(canonical_json(document))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Record:
        """Read a record.

        Raises:
            ValueError: The document is not a record of this schema.
        """
        if document.get("schema") != SCHEMA:
            raise ValueError(f"not a {SCHEMA} document: schema is {document.get('schema')!r}")
        fields = {key: value for key, value in document.items() if key != "schema"}
        fields["tool"] = Tool(**fields["tool"])
        fields["command"] = tuple(fields["command"])
        fields["inputs"] = {role: Input(**source) for role, source in fields["inputs"].items()}
        return cls(**fields)


def step_name(address: str, part: str = "") -> str:
    """Flatten an address to a step's name, because a `/` in a name makes a directory of the link's path.

    >>> step_name("models/embedded-fw-c:sft")
    'models.embedded-fw-c.sft'
    >>> step_name("models/embedded-fw-c:eval", "judge")
    'models.embedded-fw-c.eval.judge'
    """
    name = address.lstrip("/").replace("/", ".").replace(":", ".")
    return f"{name}.{part}" if part else name
