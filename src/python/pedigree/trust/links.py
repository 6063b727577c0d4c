"""Classic in-toto links: what each step consumed and made.

Beside files a link names pseudo-artifacts: `tree:` is the digest of a whole artifact or input, `interpreter:...` the
Python that ran, and `pin:sha256:...` carries the digest of the whole lineage in its name, so that a link of another
build cannot stand in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes, tree_digest
from pedigree.step.record import Record
from pedigree.trust.closure import Closure, role_files

LINKS = "attestations/links/"
SOURCES = "sources"
DELIVERY = "delivery"
TREE = "tree:"
PIN = "pin:sha256:"
INTERPRETER = "interpreter:sha256:"


def lineage_root(statements: Mapping[str, dict[str, Any]]) -> str:
    """The digest of a lineage: SHA-256 over the digests of its steps' provenance statements.

    Args:
        statements: Name of the step -> its provenance.
    """
    return root_of({name: sha256_bytes(canonical_json(document)) for name, document in statements.items()})


def root_of(digests: Mapping[str, str]) -> str:
    """The digest of a lineage, from step -> SHA-256 of its provenance statement in canonical JSON."""
    return sha256_bytes(canonical_json(dict(digests)))


def pin(root: str) -> str:
    """The pseudo-artifact that ties a link to one lineage."""
    return f"{PIN}{root}"


def link_file(step: str, keyid: str) -> str:
    """The file name under which in-toto looks for a step's link."""
    return f"{step}.{keyid[:8]}.link"


def sources_link(closure: Closure, root: str) -> dict[str, Any]:
    """Files under version control are a step too, so that they are matched rather than allowed."""
    interpreters = {f"{INTERPRETER}{digest}": digest for digest in closure.interpreters}
    products = {**closure.sources, **interpreters, TREE: tree_digest(closure.sources)}
    return _link(SOURCES, {pin(root): root}, products)


def step_link(record: Record, root: str) -> dict[str, Any]:
    """The link of one step."""
    trees = {f"inputs/{role}/{TREE}": tree_digest(role_files(record, role)) for role in record.inputs}
    tool = record.tool
    interpreter = {f"{INTERPRETER}{tool.interpreter_sha256}": tool.interpreter_sha256}
    materials = {**record.materials, **trees, **interpreter, tool.lock: tool.lock_sha256, pin(root): root}
    products = {**record.products, TREE: tree_digest(record.products)}
    return _link(record.name, materials, products, record.command, record.environment)


def delivery_link(release: Record, root: str, delivered: Mapping[str, str]) -> dict[str, Any]:
    """The link of sealing: the release's products go in, all delivered files but this link and the seal come out."""
    materials = {**release.products, TREE: tree_digest(release.products), pin(root): root}
    return _link(DELIVERY, materials, delivered)


def without_trees(artifacts: Mapping[str, str]) -> dict[str, str]:
    """What one side of a link lists, without the digests of whole directories and of the lineage."""
    return {path: sha for path, sha in artifacts.items() if not path.startswith(PIN) and not path.endswith(TREE)}


def files_of(artifacts: Mapping[str, str]) -> dict[str, str]:
    """What one side of a link lists, without pseudo-artifacts."""
    return {path: sha for path, sha in without_trees(artifacts).items() if not path.startswith(INTERPRETER)}


def _link(
    name: str,
    materials: Mapping[str, str],
    products: Mapping[str, str],
    command: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "_type": "link",
        "name": name,
        "materials": {path: {"sha256": digest} for path, digest in materials.items()},
        "products": {path: {"sha256": digest} for path, digest in products.items()},
        "byproducts": {},
        "command": list(command),
        "environment": dict(environment or {}),
    }
