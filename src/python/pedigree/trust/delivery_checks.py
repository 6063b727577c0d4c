"""Checks of what is delivered around the chain: signatures, sums, summary and graph say what the chain says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.implied import edges_to, implied_head, implied_steps
from pedigree.trust.lineage import summary_file
from pedigree.trust.links import DELIVERY, files_of, link_file
from pedigree.trust.modelsig import model_statement, under
from pedigree.trust.pair import brought_plan
from pedigree.trust.standing_statement import standing_words
from pedigree.trust.statement import MODEL_SIGNATURE, SUMMARY, subjects_of
from pedigree.trust.sums import SEAL, SUMS, sums


# (7) model.sig signs the files under model/, no more and no fewer.
def _model_is_signed(delivered: Delivered) -> str:
    files = under("model", delivered.digests)
    signed = delivered.statement("model.sig", MODEL_SIGNATURE)
    if signed != model_statement(files):
        listed = {item["name"]: item["digest"] for item in signed["predicate"]["resources"]}
        raise Refused(f"model/{_first_difference(listed, files)} is not as it was signed")
    return f"{len(files)} files"


# (8) The files on disk are the delivered ones, byte for byte, and there is no other.
def _files_are_delivered(delivered: Delivered) -> str:
    link = f"attestations/links/{link_file(DELIVERY, delivered.public.keyid)}"
    on_disk = delivered.digests
    listed = {**delivered.products(DELIVERY), **{path: on_disk.get(path, "") for path in (link, SEAL)}}
    if listed != on_disk:
        raise Refused(f"{_first_difference(listed, on_disk)} is missing, was changed, or was added")
    if delivered.read(SUMS) != sums({path: sha for path, sha in on_disk.items() if path not in (SUMS, SEAL, link)}):
        raise Refused(f"{SUMS} is not the list of the delivered files")
    if delivered.read(SEAL) != b"".join(sums({path: on_disk[path]}) for path in (SUMS, link)):
        raise Refused(f"{SEAL} does not list {SUMS} and {link}")
    return f"{len(on_disk)} files"


# (9) The verification summary is about this release, this layout and these attestations.
def _summary_agrees(delivered: Delivered) -> str:
    release = delivered.step_names[-1]
    statement = delivered.statement(summary_file(release), SUMMARY)
    predicate = statement["predicate"]
    policy = sha256_bytes(delivered.read("attestations/root.layout"))
    if predicate["verificationResult"] != "PASSED" or predicate["policy"]["digest"]["sha256"] != policy:
        raise Refused("the verification summary is of another layout")
    if subjects_of(statement) != files_of(delivered.products(release)):
        raise Refused("the verification summary is of another release")
    for attestation in predicate["inputAttestations"]:
        if delivered.digests.get(attestation["uri"]) != attestation["digest"]["sha256"]:
            raise Refused(f"the verification summary is of another {attestation['uri']}")
    return ", ".join(predicate["verifiedLevels"])


# (10) lineage.json says what the signed evidence says, all of it and no more.
def _graph_agrees(delivered: Delivered) -> str:
    graph = delivered.lineage
    if [step["name"] for step in graph["steps"]] != delivered.step_names:
        raise Refused("lineage.json has other steps than the layout")
    edges = []
    for told, implied in zip(graph["steps"], implied_steps(delivered, graph["steps"]), strict=True):
        edges += edges_to(implied)
        # To Python true is 1; a config, which alone may hold either, is compared as it is written as well.
        same_config = repr(told.get("config")) == repr(implied["config"])
        if differing := _differing(told, implied) or ("" if same_config else "config"):
            raise Refused(f"lineage.json has another '{differing}' of '{told['name']}' than its link and provenance")
    head = {**implied_head(delivered), "steps": graph["steps"], "edges": edges}
    if differing := _differing(graph, head):
        raise Refused(f"lineage.json has another '{differing}' than the signed evidence")
    return f"{len(graph['steps'])} steps, {len(edges)} edges"


# (13) The release tells how it stands to its plan, and tells it everywhere alike.
def _standing_told(delivered: Delivered) -> str:
    told = delivered.standing
    if told is None:
        return "nothing is told of a plan: the release is of an earlier version of the format"
    if delivered.lineage["standing"] != standing_words(told):
        raise Refused("lineage.json tells of another standing than the signed statement")
    if told.plan and told.plan != brought_plan(delivered.attested, delivered.lineage["release"]):
        raise Refused("the release is said to have a plan that it does not bring")
    return f"its signer says: {standing_words(told)}"


CHECKS = (
    ("model.sig signs the files under model/, no more and no fewer", _model_is_signed),
    ("the files on disk are the delivered ones, and there is no other", _files_are_delivered),
    ("the verification summary is of this layout and these attestations", _summary_agrees),
    ("lineage.json says what the signed evidence says", _graph_agrees),
)
STANDING_CHECK = ("the release tells how it stands to the plan that its owners signed", _standing_told)
"""Claim and check, for the list of `verify`."""


def _differing(told: Mapping[str, Any], implied: Mapping[str, Any]) -> str:
    """The first key under which two objects differ; empty where they are equal."""
    for key in sorted(told.keys() | implied.keys()):
        if (key in told, key in implied) != (True, True) or told[key] != implied[key]:
            return key
    return ""


def _first_difference(one: Artifacts, other: Artifacts) -> str:
    return min(path for path in {*one, *other} if one.get(path) != other.get(path))
