"""For one release: the evidence that maps to clauses, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from pedigree.export.clause import KINDS, Clause
from pedigree.export.clauses_iec_62304 import IEC_62304
from pedigree.export.clauses_iso_13485 import ISO_13485
from pedigree.export.clauses_iso_42001 import ISO_42001
from pedigree.export.clauses_part_11 import PART_11
from pedigree.export.clauses_pccp import PCCP
from pedigree.export.evidence import CARD, Evidence
from pedigree.export.trace import traces
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.attested import OWNERS
from pedigree.trust.chain import ROOTS
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.lineage import standing_file, summary_file
from pedigree.trust.obligations import LICENSES
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.places import APPROVALS, BUNDLE, REVOCATIONS, SNAPSHOT

CLAUSES = (*PART_11, *IEC_62304, *ISO_13485, *ISO_42001, *PCCP)
_NOTE = (
    "Each line names evidence that maps to a clause: something to show when the clause is talked about. It is no claim "
    "that the clause is met; that takes procedures, people and decisions, and of these a release holds what was signed."
)


def clause_map(evidence: Evidence) -> bytes:
    """Clauses with the kinds of evidence that the release has, and the files of each kind with their digests."""
    files = {kind: paths for kind, paths in evidence_files(evidence).items() if paths}
    lines = [f"# Evidence that maps to clauses: {_cell(evidence.release.address)}", "", _NOTE, ""]
    lines += [f"Lineage sha256:{evidence.root}, signed by the key sha256:{evidence.fingerprint}.", ""]
    lines += [f"Standing: {_cell(evidence.standing)}.", ""] if evidence.standing else []
    lines += [f"Decisions count by the trust root in it: {evidence.brought.root}.", ""] if evidence.brought.root else []
    for framework, clauses in groupby(CLAUSES, key=lambda clause: clause.framework):
        rows = [row for clause in clauses for row in _row(clause, files)]
        if rows:
            lines += [f"## {framework}", "", "| clause | title | evidence that maps to it | why |", "|---|---|---|---|"]
            lines += [*rows, ""]
    for kind, paths in files.items():
        lines += [f"## Evidence: {kind}", "", f"What it is: {KINDS[kind]}.", "", "| file | sha256 |", "|---|---|"]
        lines += [*(f"| {_cell(path)} | {evidence.files[path]} |" for path in paths), ""]
    return "\n".join(lines).encode()


def evidence_files(evidence: Evidence) -> dict[str, list[str]]:
    """Kind of evidence -> files of the release that are of it, sorted."""
    traced = traces(evidence)
    results = [evaluation.result_file for evaluation in evidence.evaluations]
    found: dict[str, Iterable[str]] = {
        "provenance": (step.provenance for step in evidence.steps),
        "supplied": (step.provenance for step in evidence.steps if step.kind == "base_model"),
        "links": (path for path in evidence.files if path.endswith((".link", ".layout"))),
        "lineage": ("lineage.html", "lineage.json"),
        "test results": results,
        "reports": (path for path in evidence.files if path.startswith("evaluation/")),
        "traces": {path for trace in traced for path in (trace.declared, trace.signature)},
        "card": (CARD,),
        "signatures": ("model.sig", "SHA256SUMS", "attestations/delivery.sha256"),
        "verification": ("VERIFY.md", KEY_FILE, summary_file(evidence.release.name)),
        **_decisions(evidence),
    }
    return {kind: sorted(set(paths) & set(evidence.files)) for kind, paths in found.items()}


def _decisions(evidence: Evidence) -> dict[str, Iterable[str]]:
    """The kinds that people signed, or that repeat what they signed."""
    address = evidence.release.address
    planned = {f"{ATTESTED}/{path}" for path in (plan_path(address), layout_path(address))}
    filed = _below(evidence, f"{ATTESTED}/{APPROVALS}/")
    signed = {path for path in filed if path.endswith(BUNDLE)}
    return {
        "register": filed - signed,
        "approvals": signed,
        "licenses": (LICENSES,),
        "plan": planned | _below(evidence, f"{OWNERS}/"),
        "standing": (standing_file(evidence.release.name),),
        "revocations": _below(evidence, f"{ATTESTED}/{REVOCATIONS}/"),
        "trust root": _below(evidence, f"{ATTESTED}/{ROOTS}/"),
        "snapshot": (f"{ATTESTED}/{SNAPSHOT}",),
    }


def _below(evidence: Evidence, place: str) -> set[str]:
    return {path for path in evidence.files if path.startswith(place)}


def _row(clause: Clause, files: dict[str, list[str]]) -> list[str]:
    """The line of a clause; none when the release has not what its reason speaks of."""
    kinds = ", ".join(kind for kind in clause.kinds if kind in files)
    return [f"| {clause.number} | {clause.title} | {kinds} | {clause.why} |"] if clause.kinds[0] in files else []


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
