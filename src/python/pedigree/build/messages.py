"""What rules ask each other for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest
from pants.engine.process import ProcessResultMetadata
from pants.engine.target import FieldSet
from pants.engine.unions import union
from pants.util.frozendict import FrozenDict

from pedigree.build.plan import Product, Step


@union(in_scope_types=[EnvironmentName])
class StepFieldSet(FieldSet):
    """The fields that the steps of one target type are planned from."""


@dataclass(frozen=True)
class FactsRequest:
    """Ask what a target says about itself; `origin` is the field that names it, for errors."""

    address: Address
    origin: str


@dataclass(frozen=True)
class PlanRequest:
    """Ask for the steps of a target."""

    address: Address


@dataclass(frozen=True)
class ClosureRequest:
    """Ask for the steps of a target and of all that it is made from."""

    address: Address


@dataclass(frozen=True)
class Closure:
    """Steps, each after those whose products it takes."""

    steps: Tuple[Step, ...]


@dataclass(frozen=True)
class Permitted:
    """It may be built."""


@dataclass(frozen=True)
class RevokedRequest:
    """Ask what is revoked in this repository."""


@dataclass(frozen=True)
class Revoked:
    """The answer: sha256 of what is revoked -> who revoked it, when and why."""

    words: FrozenDict[str, str]


@dataclass(frozen=True)
class GraphRequest:
    """Ask for the graph of a closure whose last step is `release`, as decisions are held against it; nothing runs."""

    steps: Tuple[Step, ...]
    release: Product


@dataclass(frozen=True)
class GraphDocument:
    """The graph, a canonical `pedigree.graph/1` document."""

    content: bytes


@dataclass(frozen=True)
class PlaceRequest:
    """Ask where an environment is; `address` is the target that names it, for errors."""

    environment: str
    address: str


@dataclass(frozen=True)
class Place:
    """Where steps run.

    Attributes:
        name: The environment of Pants, None where nothing is configured.
        remote: Whether workers of an engine run them; otherwise this machine does.
        builder: What provenance calls a remote place.
        properties: What a worker is asked to have.
        accelerator: What a worker must have beside processors; empty for nothing.
        resolves: Resolve that a tool asks for -> resolve that it gets here.
    """

    name: Optional[str]
    remote: bool = False
    builder: str = ""
    properties: FrozenDict[str, str] = field(default_factory=FrozenDict)
    accelerator: str = ""
    resolves: FrozenDict[str, str] = field(default_factory=FrozenDict)


@dataclass(frozen=True)
class EnvironmentRequest:
    """Ask for the third-party packages of a resolve and the interpreter that runs them."""

    resolve: str


@dataclass(frozen=True)
class ToolEnvironment:
    """Third-party packages and interpreter of a tool.

    Attributes:
        resolve: Its name.
        packages: Digest that holds the packages as `env.pex`.
        packages_sha256: Digest of that file.
        python: Path of the interpreter on this machine; appears in no record.
        version: What the interpreter reports, `Python 3.11.2`.
        python_sha256: Digest of the interpreter's executable.
        lock: Path of the lock file.
        lock_sha256: Digest of the lock file.
        versions: Package -> version, as the lock file pins them.
    """

    resolve: str
    packages: Digest
    packages_sha256: str
    python: str
    version: str
    python_sha256: str
    lock: str
    lock_sha256: str
    versions: FrozenDict[str, str]


@dataclass(frozen=True)
class ToolCode:
    """The first-party modules that a tool imports, under their paths in the repository."""

    digest: Digest


@dataclass(frozen=True)
class StepRun:
    """Ask to run a step; those that `fresh` names are run though their result is known."""

    step: Step
    fresh: Tuple[str, ...] = ()


@dataclass(frozen=True)
class ProductRequest:
    """Ask for what a step makes; `fresh` as for a step."""

    product: Product
    fresh: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a step made, and what the engine saw of it.

    Attributes:
        step: The step.
        artifact: The products.
        record: The record as canonical JSON.
        passed: Whether its gates hold; true for steps without gates.
        talk: What the tool wrote to stderr.
        metadata: How the result came about; says nothing about the result.
    """

    step: Step
    artifact: Digest
    record: bytes
    passed: bool
    talk: str
    metadata: ProcessResultMetadata = field(compare=False, hash=False)


@dataclass(frozen=True)
class PermitRequest:
    """Ask whether a target may be built.

    Attributes:
        address: The target.
        mode: "release" for what is delivered, "artifact" for all else.
        made: What is made of its closure by now; empty before anything runs.
    """

    address: Address
    mode: str
    made: Tuple[Made, ...] = ()


@dataclass(frozen=True)
class AttestRequest:
    """Ask to sign what is known of a step, if this run of Pants ran it; `fresh` tells it from a cached result."""

    made: Made
    fresh: bool


@dataclass(frozen=True)
class Attested:
    """It is signed, or was not run now."""


@dataclass(frozen=True)
class AdmitRequest:
    """Ask which results have a signed record of the run that made them; `attempt` counts how often this was asked."""

    made: Tuple[Made, ...]
    attempt: int


@dataclass(frozen=True)
class Admitted:
    """The answer.

    Attributes:
        builders: Step -> who ran it, of every step that has a record.
        vouched: Step -> fingerprint of the listed builder's key that signed the record, where one did.
        refused: Steps that have none.
    """

    builders: FrozenDict[str, str]
    vouched: FrozenDict[str, str]
    refused: Tuple[str, ...]


@dataclass(frozen=True)
class IsolationRequest:
    """Ask whether steps are cut off from network and signing keys where they run."""


@dataclass(frozen=True)
class IsolationProbed:
    """It was found out, and a user whose machine cannot do so was told."""


@dataclass(frozen=True)
class InvocationRequest:
    """Ask which run of Pants this is."""


@dataclass(frozen=True)
class Invocation:
    """The answer, which no other run has."""

    name: str


@dataclass(frozen=True)
class Delivery:
    """Ask to make a directory under dist hold just these files, in this run and no other.

    `announced` says so on the terminal.
    """

    path: str
    digest: Digest
    announced: bool
    invocation: Invocation


@dataclass(frozen=True)
class Delivered:
    """Where it is, relative to the root of the repository."""

    path: str


@dataclass(frozen=True)
class PublicKeyRequest:
    """Ask for the public key of whoever signs here."""


@dataclass(frozen=True)
class PublicKey:
    """The signer's public key, and the URI that named the signer, if one did."""

    pem: bytes
    uri: str


@dataclass(frozen=True)
class SealRequest:
    """Ask for the evidence of a release: all that was made for it, the release last."""

    closure: Tuple[Made, ...]
    key: PublicKey


@dataclass(frozen=True)
class Sealed:
    """What sealing adds to a release."""

    files: Digest
