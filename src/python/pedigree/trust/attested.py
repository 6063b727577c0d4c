"""What a release brings of the attestations that are in force when it is sealed, and how it stands to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.attestations import ATTESTED, read_attestations
from pedigree.trust.authority import Authority
from pedigree.trust.chain import ROOTS
from pedigree.trust.closure import Closure
from pedigree.trust.conformity import approvals_lacking, key_differences
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.graph import Graph, graph_of_records
from pedigree.trust.holders import require_sealer
from pedigree.trust.local import local_authority
from pedigree.trust.owners import word_in_force
from pedigree.trust.pair import layout_path
from pedigree.trust.permit import require_approved
from pedigree.trust.places import LAYOUTS, REVOCATIONS, SIGSTORE, SNAPSHOT, place_of
from pedigree.trust.public import PublicKey
from pedigree.trust.registered import Registered
from pedigree.trust.roles import RELEASE
from pedigree.trust.standing import require_not_revoked
from pedigree.trust.standing_statement import INSIDE, Standing, standing

OWNERS = "attestations/keys/owners"


@dataclass(frozen=True)
class Attested:
    """What is in force for a release.

    Attributes:
        files: Path in the release -> content, of the attestations that it brings.
        standing: How it stands to the plan that its owners signed.
        layout: Path in the release of the layout that the owners signed, if the release is inside their plan.
        owners: Paths in the release of the keys of those who signed it.
        bases: The entries under which its base models are approved, as often as it has base models.
    """

    files: Mapping[str, bytes]
    standing: Standing
    layout: str = ""
    owners: tuple[str, ...] = ()
    bases: tuple[Registered, ...] = ()


def attested(directory: Path, closure: Closure, public: PublicKey) -> Attested:
    """Hold what was built against the repository's attestations.

    Args:
        directory: The attestations; it may be missing.
        closure: All steps of the release.
        public: The key that seals.

    Raises:
        ToolError: A base model is not approved, something is revoked, the key may not seal, or the attestations are not
            in order.
    """
    graph = graph_of_records({record.name: record for record in closure.steps}, closure.release.name)
    try:
        authority = local_authority(directory)
        if authority is not None:
            require_sealer(authority, public)
            require_not_revoked(graph, authority)
        bases = tuple(require_approved(graph, authority).values())
        if authority is None:
            return Attested({}, standing(None, graph, ""))
        uids = [item.entry.uid for item in bases]
        files = needed(read_attestations(directory), uids, f"{LAYOUTS}/{closure.release.name}.")
        found = standing_in(graph, closure.release.address, authority, public)
        word = word_in_force(authority, closure.release.address)
    except (Refused, MalformedEvidence) as problem:
        what = f"'{closure.release.address}' may not be released:\n  {problem}"
        raise ToolError(what, "mend the attestations, or build from something else") from problem
    brought = {f"{ATTESTED}/{path}": data for path, data in files.items()}
    if word is None or found.claim != INSIDE:
        return Attested(brought, found, bases=bases)
    owners = {f"{OWNERS}/{key.keyid[:16]}.pub": key.pem.encode() for key in word.keys}
    layout = f"{ATTESTED}/{layout_path(closure.release.address)}"
    return Attested({**brought, **owners}, found, layout, tuple(owners), bases)


def standing_in(
    graph: Graph, address: str, authority: Authority, public: PublicKey, since: frozenset[str] = frozenset()
) -> Standing:
    """How a release stands to the plan that is in force for it.

    Args:
        graph: What it is made of.
        address: Its target.
        authority: What is in force, or was when it was sealed.
        public: The key that seals it.
        since: Fingerprints of keys that were revoked since then; a plan falls with its signers.

    Raises:
        MalformedEvidence: The plan or its layout is none.
        Refused: Too few owners signed it, or a part of it is missing.
    """
    word, role = word_in_force(authority, address, since), authority.speaks(public.keyid)
    if word is None or word.plan.withdrawn:
        return standing(word, graph, role)
    sealing = public.keyid if role == RELEASE else ""
    keys = key_differences(word, authority.root, authority.revoked, sealing)
    return standing(word, graph, role, (*keys, *approvals_lacking(word.plan, graph, authority)))


def needed(files: Mapping[str, bytes], entries: Collection[str], layout: str) -> dict[str, bytes]:
    """What a release brings of a directory of attestations: roots, snapshot, revocations, and what speaks for it.

    Args:
        files: Path relative to the directory -> content, all verified.
        entries: Uids of the base models that it is made from.
        layout: How the paths of its owners' layout start.
    """
    wanted = (f"{ROOTS}/", f"{REVOCATIONS}/", f"{SIGSTORE}/", layout, *(f"{place_of(uid)}/" for uid in entries))
    return {path: data for path, data in files.items() if path == SNAPSHOT or path.startswith(wanted)}
