"""Verification of a delivered release: a list that can be read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes, tree_digest
from pedigree.trust import evaluation_checks, inforce
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import WEIGHTS
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.explanations import EXPLANATIONS
from pedigree.trust.inforce import InForce, Trust
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.lineage import summary_file, test_result_file
from pedigree.trust.links import DELIVERY, INTERPRETER, PIN, SOURCES, TREE, link_file, pin, root_of
from pedigree.trust.modelsig import model_statement, under
from pedigree.trust.owners import brought_plan
from pedigree.trust.public import PublicKey
from pedigree.trust.standing_statement import standing_words
from pedigree.trust.statement import MODEL_SIGNATURE, PROVENANCE, SUMMARY, TEST_RESULT, subjects_of
from pedigree.trust.sums import SEAL, SUMS, sums


@dataclass(frozen=True)
class Check:
    """One line of a verdict.

    Attributes:
        number: Its place in the list, from 1.
        claim: What was checked.
        holds: Whether it holds.
        detail: What was seen, or what is wrong.
        explanation: What it proves, and how to repeat it with tools that are not ours.
    """

    number: int
    claim: str
    holds: bool
    detail: str
    explanation: str


@dataclass(frozen=True)
class Verdict:
    """All checks of a release. None is left out because another failed."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether the release is what its owner allowed."""
        return all(check.holds for check in self.checks)


def verify_release(release: Path, public: PublicKey, trust: Trust | None = None) -> Verdict:
    """Decide whether a delivered release is what the holder of a key allowed, and all of it.

    Args:
        release: The delivered directory.
        public: The key that it must be sealed with.
        trust: Whom to believe beyond that key, and what is in force; None to check the release by itself.

    Never raises for what it finds in the release: a file that is missing, truncated or forged is a check that does not
    hold.
    """
    return verify_delivered(Delivered(release, public), trust)


def verify_delivered(delivered: Delivered, trust: Trust | None = None) -> Verdict:
    """As `verify_release`, for a caller who goes on to read from the evidence what was just verified."""
    checks = [(claim, partial(check, delivered)) for claim, check in _CHECKS]
    if trust is None:
        return _verdict(checks)
    in_force = InForce(delivered, trust)
    verdict = _verdict(checks + [(claim, partial(check, in_force)) for claim, check in inforce.CHECKS])
    return _remembered(verdict, in_force) if verdict.holds else verdict


def _verdict(checks: Iterable[tuple[str, Callable[[], str]]]) -> Verdict:
    return Verdict(tuple(_run(number, claim, check) for number, (claim, check) in enumerate(checks, 1)))


def _remembered(verdict: Verdict, in_force: InForce) -> Verdict:
    """The verdict, after what it believed is remembered; or with a check 14 that another verifier has overtaken."""
    index = len(_CHECKS)
    last = verdict.checks[index]
    again = _run(last.number, last.claim, partial(inforce.remember_it, in_force))
    return Verdict((*verdict.checks[:index], again, *verdict.checks[index + 1 :]))


def _run(number: int, claim: str, check: Callable[[], str]) -> Check:
    explanation = EXPLANATIONS[number - 1]
    try:
        return Check(number, claim, True, check(), explanation)
    except (Refused, MalformedEvidence) as problem:
        return Check(number, claim, False, str(problem), explanation)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, RecursionError) as error:
        return Check(number, claim, False, f"the evidence has not the shape of evidence: {error!r}", explanation)


# (1) The layout is signed by the given key and has not expired.
def _layout_is_signed(delivered: Delivered) -> str:
    if delivered.read(KEY_FILE).decode() != delivered.public.pem:
        raise Refused(f"{KEY_FILE} is not the given key")
    expires = datetime.strptime(delivered.layout["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if expires <= datetime.now(UTC):
        raise Refused(f"the layout expired on {delivered.layout['expires']}")
    if delivered.layout["keys"] != {delivered.public.keyid: delivered.public.to_json()}:
        raise Refused("the layout trusts other keys than the given one")
    return f"key sha256:{delivered.public.fingerprint}"


# (2) Every step has one link, signed by the key that the layout allows for it, and there is no other link.
def _links_are_signed(delivered: Delivered) -> str:
    for step in delivered.layout["steps"]:
        if step["pubkeys"] != [delivered.public.keyid] or step["threshold"] != 1:
            raise Refused(f"the layout lets another key sign '{step['name']}'")
    expected = {link_file(name, delivered.public.keyid) for name in delivered.links}
    if other := sorted({path.name for path in (delivered.release / "attestations/links").iterdir()} - expected):
        raise Refused(f"attestations/links/{other[0]} belongs to no step of the layout")
    return f"{len(expected)} links"


# (3) All links and the layout are of this very lineage.
def _lineage_is_pinned(delivered: Delivered) -> str:
    root = root_of(delivered.provenance_digests)
    for step in delivered.layout["steps"]:
        if ["REQUIRE", pin(root)] not in step["expected_materials"]:
            raise Refused(f"the layout of '{step['name']}' is of another lineage than the provenance")
        if delivered.materials(step["name"]).get(pin(root)) != root:
            raise Refused(f"the link of '{step['name']}' is of another lineage")
    return f"sha256:{root}"


# (4) What a step consumed is what an earlier step made, or lay under version control.
def _steps_fit_together(delivered: Delivered) -> str:
    made: dict[str, Artifacts] = {}
    sources = delivered.products(SOURCES)
    count = 0
    for step in delivered.step_names:
        for dependency in delivered.dependencies(step):
            origin, digest = dependency["annotations"], dependency["digest"]["sha256"]
            if "step" in origin and made.get(origin["step"], {}).get(origin["product"]) != digest:
                raise Refused(f"'{step}' consumed {dependency['name']}, which '{origin['step']}' did not make")
            if "file" in origin and sources.get(origin["file"]) != digest:
                raise Refused(f"'{step}' consumed {dependency['name']}, which is not among the sources")
            if not {"step", "file"} & set(origin) and origin["use"] not in ("config", "interpreter"):
                raise Refused(f"'{step}' consumed {dependency['name']}, and nothing says where it came from")
            count += 1
        made[step] = _files(delivered.products(step))
    if _files(delivered.materials(DELIVERY)) != made[delivered.step_names[-1]]:
        raise Refused("what was delivered is not what the last step made")
    return f"{len(made)} steps, {count} materials"


# (5) Each step's provenance says what its link says.
def _provenance_agrees(delivered: Delivered) -> str:
    for step, statement in delivered.provenance.items():
        if statement["predicateType"] != PROVENANCE or delivered.parameters(step)["step"] != step:
            raise Refused(f"the provenance of '{step}' is of something else")
        products = delivered.products(step)
        if subjects_of(statement) != _files(products) or products.get(TREE) != tree_digest(_files(products)):
            raise Refused(f"provenance and link of '{step}' differ in what it made")
        if _consumed(delivered, step) != _without_trees(delivered.materials(step)):
            raise Refused(f"provenance and link of '{step}' differ in what it consumed")
        if delivered.parameters(step)["command"] != delivered.links[step]["command"]:
            raise Refused(f"provenance and link of '{step}' differ in the command")
    builders = {item["predicate"]["runDetails"]["builder"]["id"] for item in delivered.provenance.values()}
    return f"built by {', '.join(sorted(builders))}"


# (6) Each evaluation met its gates, and its report is the one that was judged.
def _evaluations_passed(delivered: Delivered) -> str:
    judges = delivered.judges()
    for suite, judge in judges.items():
        statement = delivered.statement(test_result_file(judge), TEST_RESULT)
        path = f"evaluation/{suite}/report.json"
        data = delivered.read(path)
        named = {item["name"]: item["digest"]["sha256"] for item in statement["predicate"]["configuration"]}
        if {named.get(path), delivered.products(judge).get("report.json")} != {sha256_bytes(data)}:
            raise Refused(f"{path} is not the report that '{judge}' wrote")
        report = parse_json(data, path)
        if statement["predicate"]["result"] != "PASSED" or report["passed"] is not True:
            raise Refused(f"suite '{suite}' did not pass")
        if not all(gate["passed"] is True for gate in report["gates"]):
            raise Refused(f"suite '{suite}' has a gate that is not met")
        if not set(subjects_of(statement).values()) >= set(_delivered_weights(delivered).values()):
            raise Refused(f"suite '{suite}' judged another model than the delivered one")
    if not judges:
        return "the release carries no evaluation"
    return f"{len(judges)} suites: {', '.join(sorted(judges))}"


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
    if subjects_of(statement) != _files(delivered.products(release)):
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
        products = _files(delivered.products(step["name"]))
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


_CHECKS: tuple[tuple[str, Callable[[Delivered], str]], ...] = (
    ("the layout is signed by the given key and has not expired", _layout_is_signed),
    ("every step has one link, signed by that key, and there is no other", _links_are_signed),
    ("layout, links and provenance are of one lineage", _lineage_is_pinned),
    ("every step consumed what earlier steps made or what lay under version control", _steps_fit_together),
    ("the provenance of every step agrees with its link", _provenance_agrees),
    ("every evaluation met its gates, and its report is the one that was judged", _evaluations_passed),
    ("model.sig signs the files under model/, no more and no fewer", _model_is_signed),
    ("the files on disk are the delivered ones, and there is no other", _files_are_delivered),
    ("the verification summary is of this layout and these attestations", _summary_agrees),
    ("lineage.json says what the signed evidence says", _graph_agrees),
    *evaluation_checks.CHECKS,
    ("the release tells how it stands to the plan that its owners signed", _standing_told),
)


def _consumed(delivered: Delivered, step: str) -> Artifacts:
    """A step's materials by its provenance, as a link names them."""
    consumed = {}
    for dependency in delivered.dependencies(step):
        digest = dependency["digest"]["sha256"]
        is_interpreter = dependency["annotations"]["use"] == "interpreter"
        consumed[f"{INTERPRETER}{digest}" if is_interpreter else dependency["name"]] = digest
    return consumed


def _delivered_weights(delivered: Delivered) -> Artifacts:
    return {path: sha for path, sha in under("model", delivered.digests).items() if path.endswith(WEIGHTS)}


def _without_trees(artifacts: Artifacts) -> Artifacts:
    return {path: sha for path, sha in artifacts.items() if not path.startswith(PIN) and not path.endswith(TREE)}


def _files(artifacts: Artifacts) -> Artifacts:
    """Without pseudo-artifacts."""
    return {path: sha for path, sha in _without_trees(artifacts).items() if not path.startswith(INTERPRETER)}


def _first_difference(one: Artifacts, other: Artifacts) -> str:
    return min(path for path in {*one, *other} if one.get(path) != other.get(path))
