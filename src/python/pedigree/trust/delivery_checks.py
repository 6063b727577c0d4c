"""Checks of what is delivered around the chain: signatures, sums, summary and graph say what the chain says."""

from __future__ import annotations

from pedigree.step.digests import sha256_bytes, tree_digest
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.lineage import summary_file
from pedigree.trust.links import DELIVERY, files_of, link_file, root_of
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


# (10) lineage.json says what the signed evidence says.
def _graph_agrees(delivered: Delivered) -> str:
    graph = delivered.lineage
    if [step["name"] for step in graph["steps"]] != delivered.step_names:
        raise Refused("lineage.json has other steps than the layout")
    if graph["root"] != root_of(delivered.provenance_digests):
        raise Refused("lineage.json is of another lineage")
    edges = set()
    for step in graph["steps"]:
        products = files_of(delivered.products(step["name"]))
        if step["products"] != products or step["artifact"] != tree_digest(products):
            raise Refused(f"lineage.json has other products of '{step['name']}' than its link")
        parameters = delivered.provenance[step["name"]]["predicate"]["buildDefinition"]["externalParameters"]
        if {key: step[key] for key in ("kind", "config")} != {key: parameters[key] for key in ("kind", "config")}:
            raise Refused(f"lineage.json has another config of '{step['name']}' than its provenance")
        edges |= {
            (origin["annotations"]["step"], step["name"], origin["annotations"]["role"])
            for origin in delivered.dependencies(step["name"])
            if "step" in origin["annotations"]
        }
    if {(edge["from"], edge["to"], edge["role"]) for edge in graph["edges"]} != edges:
        raise Refused("lineage.json has other edges than the provenance")
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


def _first_difference(one: Artifacts, other: Artifacts) -> str:
    return min(path for path in {*one, *other} if one.get(path) != other.get(path))
