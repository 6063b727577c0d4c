"""What every replay of an attack on a sealed release asks: which check found it, and whether another one would have."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import directory_files, sha256_bytes, sha256_file
from pedigree.step.record import Input, Record
from pedigree.trust import chain_checks, delivery_checks, evaluation_checks, inforce, verify
from pedigree.trust.evidence import Delivered
from pedigree.trust.implied import implied_steps
from pedigree.trust.inforce import Trust
from pedigree.trust.lineage import summary_file
from pedigree.trust.links import DELIVERY, lineage_root
from pedigree.trust.public import PublicKey
from pedigree.trust.seal import seal
from pedigree.trust.sums import SEAL, SUMS, sums
from trust.builder import RELEASE_STEP, Files, deliver, lay_out
from trust.forge import link_of, payload, resign

LAYOUT, LINKS, LINEAGE, FIT_TOGETHER, PROVENANCE = (claim for claim, _ in chain_checks.CHECKS)
PASSED, _ = evaluation_checks.PASSED
MODEL, FILES, SUMMARY, GRAPH = (claim for claim, _ in delivery_checks.CHECKS)
GATES, OF_THIS_RELEASE = (claim for claim, _ in evaluation_checks.CHECKS)
ROOT, SEALER, APPROVED, REVOKED, PLAN, FRESH = (claim for claim, _ in inforce.CHECKS)


def found_by(
    release: Path, public: PublicKey, off: str | tuple[str, ...] = (), trust: Trust | None = None
) -> dict[str, str]:
    """Claim -> detail of every check that does not hold, while some of them may be off."""
    claims = (off,) if isinstance(off, str) else off
    unknown = set(claims).difference(claim for claim, _ in (*verify.CHECKS, *inforce.CHECKS))
    assert not unknown, f"there are no such checks: {unknown}"
    with ExitStack() as stack:
        for module in (verify, inforce):
            checks = [(claim, _off if claim in claims else check) for claim, check in module.CHECKS]
            stack.enter_context(patch.object(module, "CHECKS", tuple(checks)))
        verdict = verify.verify_release(release, public, trust)
    return {check.claim: check.detail for check in verdict.checks if not check.holds}


def _off(_: object) -> str:
    return "off"


def require_layers(release: Path, public: PublicKey, controls: tuple[str, ...], trust: Trust | None = None) -> None:
    """Just these checks find it, the others do when one of them is off, and without all of them it gets through."""
    assert tuple(found_by(release, public, (), trust)) == controls
    for control in controls if len(controls) > 1 else ():
        others = tuple(other for other in controls if other != control)
        assert tuple(found_by(release, public, control, trust)) == others
    assert found_by(release, public, controls, trust) == {}


def sealed(
    directory: Path, uri: str, records: list[Record], delivered: Files, attestations: Files | None = None
) -> Path:
    """A release of these records, as somebody delivers it who holds the key and does not care whether it verifies."""
    lay_out(directory, uri, records, delivered, attestations)
    with patch("pedigree.trust.seal.require_verified"):
        seal(directory, uri)
    return deliver(directory)


def fed(taker: Record, role: str, origin: Record) -> Record:
    """A record whose step consumed, for one role, what another one made."""
    kept = {path: sha for path, sha in taker.materials.items() if not path.startswith(f"inputs/{role}/")}
    taken = {f"inputs/{role}/{path}": sha for path, sha in origin.products.items()}
    fields = {**taker.to_json(), "inputs": {role: vars(source) for role, source in taker.inputs.items()}}
    fields["inputs"][role] = vars(Input(origin.name, ""))
    return Record.from_json({**fields, "materials": {**kept, **taken}})


def named(records: list[Record], name: str) -> Record:
    """The record of a step."""
    return next(each for each in records if each.name == name)


def replaced(records: list[Record], *others: Record) -> list[Record]:
    """The records, some of them by others of the same steps; what is new comes first."""
    by_name = {each.name: each for each in others}
    known = {each.name for each in records}
    return [*(each for each in others if each.name not in known), *(by_name.get(each.name, each) for each in records)]


def close_again(release: Path, uri: str, public: PublicKey) -> None:
    """Have everything signed anew that closes a release over its evidence: graph, summary, sums, delivery, seal.

    Provenance, links of steps and the layout stay as they are.
    """
    evidence = release / "attestations"
    graph = json.loads((release / "lineage.json").read_bytes())
    graph["root"] = lineage_root(
        {step["name"]: payload(evidence / f"{step['name']}.provenance.sigstore.json") for step in graph["steps"]}
    )
    graph["steps"] = list(implied_steps(Delivered(release, public), graph["steps"]))
    (release / "lineage.json").write_bytes(canonical_json(graph))
    resign(release / summary_file(RELEASE_STEP), uri, public, lambda summary: _attest(summary["predicate"], release))
    delivery = link_of(release, DELIVERY)
    closing = {SUMS, SEAL, str(delivery.relative_to(release))}
    files = {path: sha256 for path, sha256 in directory_files(release).items() if path not in closing}
    (release / SUMS).write_bytes(sums(files))
    products = {path: {"sha256": sha256} for path, sha256 in {**files, SUMS: sha256_file(release / SUMS)}.items()}
    resign(delivery, uri, public, lambda link: link.update(products=products))
    ends = [release / SUMS, delivery]
    lines = [sums({str(path.relative_to(release)): sha256_file(path)}) for path in ends]
    (release / SEAL).write_bytes(b"".join(lines))


def _attest(predicate: dict[str, object], release: Path) -> None:
    inputs = predicate["inputAttestations"]
    assert isinstance(inputs, list)
    for attestation in inputs:
        attestation["digest"]["sha256"] = sha256_bytes((release / attestation["uri"]).read_bytes())
