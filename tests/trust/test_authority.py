from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust import root as roots
from pedigree.trust.authority import Authority
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.graph import Graph, Node, graph_of_records
from pedigree.trust.published import PublishedBy
from pedigree.trust.remembered import recall, remember
from pedigree.trust.root import Role, TrustRoot, first_root
from pedigree.trust.standing import approvals_of, require_not_revoked
from trust.builder import RELEASE_STEP, closure_of_demo
from trust.office import LATER, Office
from trust.plans import demo_plan, sign_plan
from trust.published import BASE


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def root(office: Office) -> TrustRoot:
    return office.publish_root(office.root(), "Olga")


@pytest.fixture
def graph() -> Graph:
    return graph_of_records({record.name: record for record in closure_of_demo()[0]}, RELEASE_STEP)


def approve(office: Office, root: TrustRoot, *names: str) -> None:
    office.approve(office.propose("models/base:tiny", BASE), *names)
    office.publish_snapshot(root)


def test_a_base_model_is_approved_by_all_roles_that_the_root_demands(
    office: Office, root: TrustRoot, graph: Graph
) -> None:
    approve(office, root, "Quentin", "Lea")
    (registered,) = approvals_of(graph, office.authority(root)).values()
    assert {item.signature.name for item in registered.approvals} == {"Quentin", "Lea"}


@pytest.mark.parametrize(
    ("names", "missing"), [(["Lea"], "quality"), (["Quentin"], "legal"), ([], "legal and quality")]
)
def test_an_approval_of_one_role_does_not_stand_for_another(
    office: Office, root: TrustRoot, graph: Graph, names: list[str], missing: str
) -> None:
    approve(office, root, *names)
    with pytest.raises(Refused, match=f"'models/base:tiny' is not approved by {missing}"):
        approvals_of(graph, office.authority(root))


def test_other_bytes_than_the_approved_ones_are_not_approved(office: Office, root: TrustRoot, graph: Graph) -> None:
    other = {**BASE, "config.json": "0" * 64}
    office.approve(office.propose("models/base:tiny", other), "Quentin", "Lea")
    office.publish_snapshot(root)
    with pytest.raises(Refused, match="no entry of attestations/approvals is of these files"):
        approvals_of(graph, office.authority(root))


@pytest.mark.parametrize("of", ["identity", "anchors"])
def test_a_publishers_key_that_is_revoked_takes_what_it_signed_along(
    office: Office, root: TrustRoot, graph: Graph, of: str
) -> None:
    signature, anchors = b"a bundle", b"a key"
    by = PublishedBy("key", f"sha256:{'7' * 64}", "", sha256_bytes(anchors), "")
    entry = office.propose("models/base:tiny", BASE, publisher_signature=sha256_bytes(signature), published_by=by)
    place = f"approvals/{entry.uid[:16]}"
    office.files.update({f"{place}/model.sig": signature, f"{place}/publisher.pub": anchors})
    office.approve(entry, "Quentin", "Lea")
    office.publish_snapshot(root)
    assert approvals_of(graph, office.authority(root))
    revoked = getattr(by, of).removeprefix("sha256:")
    office.revoke("Quentin", "key", {"the publisher": revoked}, "it was stolen")
    with pytest.raises(Refused, match="what the publisher of base model .* signed it with is revoked by Quentin"):
        approvals_of(graph, office.authority(root))


def test_somebody_without_the_role_cannot_approve(office: Office, root: TrustRoot) -> None:
    office.approve(office.propose("models/base:tiny", BASE), "Ray")
    office.publish_snapshot(root)
    with pytest.raises(Refused, match="signed by Ray in the role release, not legal or owner or quality"):
        office.authority(root)


def test_a_retired_key_signs_nothing_more_and_what_it_signed_still_counts(
    office: Office, root: TrustRoot, graph: Graph
) -> None:
    approve(office, root, "Quentin", "Lea")
    lea = office.key("Lea").keyid
    office.people["Linus"] = "legal"
    second = replace(office.root(2, root.digest))
    second = replace(second, holders={**second.holders, lea: replace(second.holders[lea], retired=LATER)})
    office.publish_root(second, "Olga")
    office.publish_snapshot(second, 2)
    assert approvals_of(graph, office.authority(root))
    office.approve(office.propose("models/base:tiny", BASE), "Lea", time=LATER)
    office.publish_snapshot(second, 3)
    with pytest.raises(Refused, match=f"signed by Lea with a key that was retired at {LATER}"):
        office.authority(root)


def test_what_a_revoked_key_approved_is_not_approved(office: Office, root: TrustRoot, graph: Graph) -> None:
    office.approve(office.propose("models/base:tiny", BASE), "Quentin", "Lea")
    office.revoke("Olga", "key", {"Lea": office.key("Lea").fingerprint})
    office.publish_snapshot(root)
    with pytest.raises(Refused, match="is not approved by legal"):
        approvals_of(graph, office.authority(root))


def test_a_revoked_data_set_is_found_with_the_way_that_leads_from_it(
    office: Office, root: TrustRoot, graph: Graph
) -> None:
    records = graph.nodes["datasets.demo.sft"].products["records.jsonl"]
    office.publish_snapshot(root)
    require_not_revoked(graph, office.authority(root))
    office.revoke("Quentin", "dataset", {"datasets/demo:sft": records}, "it holds patient names")
    way = "datasets/demo:sft -> models/demo:sft -> models/demo:demo"
    with pytest.raises(Refused, match=f"revoked by Quentin .*it holds patient names; the way from there is {way}"):
        require_not_revoked(graph, office.authority(root))


def test_a_root_follows_by_the_word_of_old_and_new_owners(office: Office) -> None:
    first = office.publish_root(office.root(owners=2), "Olga", "Otto")
    office.publish_root(office.root(2, first.digest, owners=2), "Olga")
    office.publish_snapshot(first)
    with pytest.raises(Refused, match="root/2.json, by the owners of version 1 has 1 of the 2 signatures"):
        office.authority(first)
    office.people["Oskar"] = "owner"
    second = office.retired(office.root(2, first.digest, owners=2), "Otto")
    office.publish_root(second, "Olga", "Oskar")
    with pytest.raises(Refused, match="by the owners of version 1 has 1 of the 2"):
        office.authority(first)
    office.publish_root(second, "Olga", "Otto")
    with pytest.raises(Refused, match="by its own owners has 1 of the 2"):
        office.authority(first)
    office.publish_root(second, "Olga", "Otto", "Oskar")
    office.publish_snapshot(second)
    assert office.authority(first).root == second


def test_a_root_that_does_not_name_the_one_before_does_not_follow(office: Office, root: TrustRoot) -> None:
    office.publish_root(office.root(2, "0" * 64), "Olga")
    with pytest.raises(Refused, match="version 2 and does not replace version 1"):
        office.authority(root)


def test_one_key_cannot_have_two_roles_nor_two_ids(office: Office) -> None:
    root = office.root()
    olga = office.key("Olga").keyid
    both = replace(root, roles={**root.roles, "legal": Role(frozenset({olga}), 1)})
    with pytest.raises(MalformedEvidence, match="gives 'Olga' two roles by one key"):
        roots.draft(both)
    twice = replace(root, holders={**root.holders, "0" * 64: root.holders[olga]})
    with pytest.raises(MalformedEvidence, match="under the id of another"):
        roots.draft(twice)


def test_a_root_that_nobody_or_a_stranger_signed_is_no_start(office: Office) -> None:
    root = office.root()
    for names in ((), ("Quentin",)):
        with pytest.raises(Refused, match="has 0 of the 1 signatures"):
            first_root(office.sign(roots.draft(root), *names), "1.json")


def test_files_that_the_snapshot_does_not_list_do_not_count_but_for_revocations(
    office: Office, root: TrustRoot
) -> None:
    office.publish_snapshot(root)
    path = office.revoke("Lea", "base", {"tiny": "0" * 64})
    assert office.authority(root).revocation_of("0" * 64) is not None
    office.publish_snapshot(root, 2)
    del office.files[path]
    with pytest.raises(Refused, match=f"{path}, which the snapshot lists, is missing"):
        office.authority(root)
    office.publish_snapshot(root, 3)
    office.propose("models/base:tiny", BASE)
    with pytest.raises(Refused, match="is not listed by the snapshot"):
        office.authority(root)


def test_what_was_seen_is_not_seen_older_or_otherwise_again(office: Office, root: TrustRoot, tmp_path: Path) -> None:
    office.publish_snapshot(root, 2)
    seen = tmp_path / "seen"
    assert remember(seen, root.digest, office.authority(root)) == "nothing of it was seen before"
    assert remember(seen, root.digest, office.authority(root)) == "seen before: snapshot 2"
    office.publish_snapshot(root, 1)
    with pytest.raises(Refused, match="version 1 of the snapshot is older than version 2"):
        remember(seen, root.digest, office.authority(root))
    office.publish_snapshot(root, 2, time=LATER)
    with pytest.raises(Refused, match="version 2 of the snapshot is another one"):
        remember(seen, root.digest, office.authority(root))


def named_by_a_manifest(weights: dict[str, str], written: str) -> Graph:
    """A base model whose files a manifest names, however that is written."""
    materials, config = {"inputs/weights/weights.json": written}, {"weights": weights}
    base = Node("base", "models/base", "base_model", "pin", config, {"weights": ""}, materials, {})
    return Graph({"base": base}, "base")


def test_weights_that_a_manifest_names_are_approved_and_revoked_not_the_manifest(
    office: Office, root: TrustRoot
) -> None:
    approve(office, root, "Quentin", "Lea")
    for written in ("1" * 64, "2" * 64):
        assert approvals_of(named_by_a_manifest(BASE, written), office.authority(root))
    other = named_by_a_manifest({**BASE, "config.json": "3" * 64}, "1" * 64)
    with pytest.raises(Refused, match="no entry"):
        approvals_of(other, office.authority(root))
    office.revoke("Lea", "base", {"model.safetensors": BASE["model.safetensors"]})
    with pytest.raises(Refused, match="model.safetensors, which 'base' names, is revoked by Lea"):
        require_not_revoked(named_by_a_manifest(BASE, "2" * 64), office.authority(root))


def test_two_inputs_with_a_file_of_one_name_are_refused() -> None:
    materials = {"inputs/a/x.json": "1" * 64, "inputs/b/x.json": "2" * 64}
    node = Node("base", "models/base", "base_model", "pin", {}, {"a": "", "b": ""}, materials, {})
    with pytest.raises(Refused, match="two inputs of 'models/base' have a file of the name x.json"):
        node.supplied()


def test_a_plan_of_an_earlier_version_than_the_one_seen_is_refused(
    office: Office, root: TrustRoot, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    for number, version in ((1, 2), (2, 2), (3, 3)):
        sign_plan(office, demo_plan(version=version), root, "Olga")
        office.publish_snapshot(root, number)
        remember(seen, root.digest, office.authority(root))
    sign_plan(office, demo_plan(version=2), root, "Olga")
    office.publish_snapshot(root, 4)
    with pytest.raises(Refused, match="version 2 of the plan of 'models/demo:demo' is older than version 3"):
        remember(seen, root.digest, office.authority(root))


def test_a_plan_that_no_owner_signed_is_not_remembered(office: Office, root: TrustRoot, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    for number, version, names in ((1, 10**9, ("Ray",)), (2, 1, ("Olga",))):
        signed = sign_plan(office, demo_plan(version=version), root, *names)
        office.publish_snapshot(root, number)
        remember(seen, root.digest, office.authority(root))
    assert recall(seen, root.digest).plans == {"models/demo:demo": (1, signed.digest)}


def test_of_many_verifiers_at_once_none_writes_the_older_last(office: Office, root: TrustRoot, tmp_path: Path) -> None:
    states = []
    for number in range(1, 9):
        office.publish_snapshot(root, number)
        states.append(office.authority(root))

    def one(authority: Authority) -> bool:
        try:
            remember(tmp_path / "seen", root.digest, authority)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(len(states)) as pool:
        believed = list(pool.map(one, states[::-1]))
    assert believed[0] and recall(tmp_path / "seen", root.digest).snapshot[0] == 8


def test_a_memory_that_somebody_changed_is_none(office: Office, root: TrustRoot, tmp_path: Path) -> None:
    office.publish_snapshot(root)
    authority = office.authority(root)
    (tmp_path / f"{root.digest}.json").write_text('{"schema":"pedigree.seen/1"}')
    with pytest.raises(ToolError, match="is what an earlier `pedigree` remembered.*\nhint: move it away"):
        remember(tmp_path, root.digest, authority)
    for text in ("[]", "{}", '{"schema":"pedigree.seen/2"}', '{"schema":"pedigree.seen/2","roots":[]}', "{"):
        (tmp_path / f"{root.digest}.json").write_text(text)
        with pytest.raises(ToolError, match="is not what a verifier remembers"):
            remember(tmp_path, root.digest, authority)
