"""The plan of a release and its layout as they are filed: two envelopes that belong together, whoever signed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import step_name
from pedigree.trust.envelope import PAYLOAD_TYPE as IN_TOTO
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.owner_layout import owner_layout
from pedigree.trust.places import LAYOUTS
from pedigree.trust.plan import PAYLOAD_TYPE, Plan, parse_plan
from pedigree.trust.public import PublicKey
from pedigree.trust.root import TrustRoot
from pedigree.trust.signed import Signed, add_signature, parse_signed, unsigned

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]

PLAN_SUFFIX = ".plan.json"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Pair:
    """A plan and its layout in their envelopes. Whether anybody signed them is not known yet.

    Attributes:
        plan: What the plan says.
        signed_plan: Its envelope.
        signed_layout: The envelope of its layout.
    """

    plan: Plan
    signed_plan: Signed
    signed_layout: Signed

    @property
    def layout(self) -> dict[str, Any]:
        """The in-toto layout."""
        return self.signed_layout.document

    def signers(self, keys: Mapping[str, PublicKey]) -> frozenset[str]:
        """Ids of those keys, among the given ones, that signed both."""
        return self.signed_plan.signers(keys) & self.signed_layout.signers(keys)

    def with_signature(self, signer: Signer) -> Pair:
        """The same, with one more signature on both."""
        plan, layout = add_signature(self.signed_plan, signer), add_signature(self.signed_layout, signer)
        return replace(self, signed_plan=plan, signed_layout=layout)

    def to_files(self) -> dict[str, bytes]:
        """Path relative to the directory of attestations -> content."""
        address = self.plan.release
        return {plan_path(address): self.signed_plan.to_bytes(), layout_path(address): self.signed_layout.to_bytes()}


def plan_path(address: str) -> str:
    """Where the plan of a release lies, relative to the directory of attestations.

    >>> plan_path("models/embedded-fw-c")
    'layouts/models.embedded-fw-c.plan.json'
    """
    return f"{LAYOUTS}/{step_name(address)}{PLAN_SUFFIX}"


def layout_path(address: str) -> str:
    """Where its layout lies, which `in-toto-verify --layout` reads."""
    return f"{LAYOUTS}/{step_name(address)}.layout"


def draft_pair(plan: Plan, root: TrustRoot) -> Pair:
    """A plan with the layout that follows from it and from the trust root; nobody has signed them yet.

    Raises:
        ToolError: The trust root gives nobody the role of signing releases.
    """
    layout = owner_layout(plan, root)
    bound = replace(plan, layout=sha256_bytes(canonical_json(layout)))
    return Pair(bound, unsigned(bound.to_json(), PAYLOAD_TYPE), unsigned(layout, IN_TOTO))


def parse_pair(plan: bytes, layout: bytes, address: str) -> Pair:
    """Read a plan and its layout. Their signatures are not checked.

    Raises:
        MalformedEvidence: One of them is not what its place says.
        Refused: They do not belong together, or are of another release.
    """
    path = plan_path(address)
    signed_plan = parse_signed(plan, PAYLOAD_TYPE, path)
    found = parse_plan(signed_plan.document, path)
    signed_layout = parse_signed(layout, IN_TOTO, layout_path(address))
    if signed_layout.document.get("_type") != "layout":
        raise MalformedEvidence(f"{layout_path(address)} is not an in-toto layout")
    if found.layout != sha256_bytes(canonical_json(signed_layout.document)):
        raise Refused(f"{path} goes with another layout than {layout_path(address)}")
    if found.release != address:
        raise Refused(f"{path} is the plan of '{found.release}'")
    return Pair(found, signed_plan, signed_layout)


def filed_pair(files: Files, address: str) -> Pair | None:
    """The plan and the layout that are filed for a release, whoever signed them; None where nothing is.

    Args:
        files: Path relative to the directory of attestations -> content.
        address: The release.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: One of the two files is missing, or they do not belong together.
    """
    paths = (plan_path(address), layout_path(address))
    missing = [path for path in paths if path not in files]
    if len(missing) == len(paths):
        return None
    if missing:
        raise Refused(f"{missing[0]} is missing, and what goes with it does not count alone")
    return parse_pair(files[paths[0]], files[paths[1]], address)


def brought_plan(files: Files, address: str) -> str:
    """The digest of the plan that is filed for a release, whoever signed it; empty where none is.

    Raises:
        MalformedEvidence: As `filed_pair`.
        Refused: As `filed_pair`.
    """
    pair = filed_pair(files, address)
    return pair.plan.digest if pair else ""
