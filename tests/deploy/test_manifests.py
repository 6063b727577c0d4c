"""The manifests under deploy/remote hold, and one that is broken is refused."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jmespath
import pytest
import yaml

from manifests import check, configs, rules
from manifests.render import Object, Unreadable, containers, pod, render

Change = Callable[[Any], None]


def provided(engine: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(
        (configs.REMOTE / engine / "site-provides.yaml").read_text()
    )
    return found


def pick(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = [found for found in objects if (found["kind"], found["metadata"]["name"]) == (kind, name)]
    return found


def everything(engine: str) -> list[Object]:
    return [*render(configs.REMOTE / "quota"), *render(configs.REMOTE / engine)]


def faults_after(engine: str, kind: str, name: str, change: Change) -> list[str]:
    objects = copy.deepcopy(everything(engine))
    change(pick(objects, kind, name))
    return list(rules.faults(objects, provided(engine)))


def test_every_folder_of_this_repository_holds() -> None:
    assert list(check.repository()) == []


def of_worker(path: str, value: object) -> Change:
    """Sets a field of the container in which actions run."""

    def change(found: Object) -> None:
        (container,) = [one for one in containers(found) if rules.CACHE in str(one.get("volumeMounts"))]
        container[path] = value

    return change


def without_mount(path: str) -> Change:
    def change(found: Object) -> None:
        for container in containers(found):
            mounts = container.get("volumeMounts", [])
            container["volumeMounts"] = [mount for mount in mounts if mount["mountPath"] != path]

    return change


def in_pod(**fields: object) -> Change:
    def change(found: Object) -> None:
        found["spec"]["template"]["spec"].update(fields)

    return change


def in_spec(**fields: object) -> Change:
    return lambda found: found["spec"].update(fields)


# (kind, name, change, what is said)
BROKEN: dict[str, tuple[str, str, Change, str]] = {
    "1 unknown field": ("StatefulSet", "worker-gpu", in_pod(runtimeClass="nvidia"), "runtimeClass"),
    "1 wrong type": ("Deployment", "scheduler", in_spec(replicas="one"), "one"),
    "1 unknown field of Kueue": ("ClusterQueue", "pedigree-gpu", in_spec(cohort="all"), "cohort"),
    "1 missing field of Kueue": ("ClusterQueue", "pedigree-cpu", in_spec(resourceGroups=[{"flavors": []}]), "required"),
    "2 latest": ("StatefulSet", "worker-cpu", of_worker("image", "a.example/w:latest"), "no tag that stays"),
    "2 no tag": ("StatefulSet", "worker-cpu", of_worker("image", "a.example:5000/w"), "no tag that stays"),
    "3 no such account": ("Deployment", "frontend", in_pod(serviceAccountName="admin"), "service account 'admin'"),
    "3 no such queue": (
        "StatefulSet",
        "worker-gpu",
        lambda found: found["metadata"]["labels"].update({rules.QUEUE: "gpus"}),
        "LocalQueue 'gpus'",
    ),
    "3 no such cluster queue": ("LocalQueue", "gpu-workers", in_spec(clusterQueue="gpus"), "ClusterQueue 'gpus'"),
    "3 no such secret": (
        "Deployment",
        "scheduler",
        in_pod(volumes=[{"name": "internal-tls", "secret": {"secretName": "tls"}}]),
        "Secret 'tls' does not exist",
    ),
    "3 no such volume": ("StatefulSet", "storage", in_pod(volumes=[]), "the volume 'config' does not exist"),
    "3 no such key": (
        "StatefulSet",
        "worker-cpu",
        lambda found: pod(found)["volumes"][1]["configMap"]["items"][0].update(key="run.jsonnet"),  # type: ignore[index]
        "no key 'run.jsonnet'",
    ),
    "4 selector of a workload": (
        "Deployment",
        "frontend",
        in_spec(selector={"matchLabels": {"app": "fe"}}),
        "own pods",
    ),
    "4 selector of a service": ("Service", "storage", in_spec(selector={"app": "store"}), "matches no pod"),
    "4 port of a service": ("Service", "storage", in_spec(ports=[{"port": 1, "targetPort": "web"}]), "no port 'web'"),
    "4 selector of a policy": (
        "NetworkPolicy",
        "worker",
        in_spec(podSelector={"matchLabels": {"pedigree.role": "workers"}}),
        "matches no pod",
    ),
    "5 token": ("StatefulSet", "worker-cpu", in_pod(automountServiceAccountToken=True), "token"),
    "5 token of an account": (
        "ServiceAccount",
        "worker",
        lambda found: found.update(automountServiceAccountToken=True),
        "token",
    ),
    "6 no cache": ("StatefulSet", "worker-gpu", without_mount(rules.CACHE), f"mount {rules.CACHE}"),
    "6 no models": ("StatefulSet", "worker-gpu", without_mount(rules.MODELS), f"{rules.MODELS} is not mounted"),
    "6 cache goes with the pod": ("StatefulSet", "worker-cpu", in_spec(volumeClaimTemplates=[]), "outlive the pod"),
    "6 no runtime class": ("StatefulSet", "worker-gpu", in_pod(runtimeClassName="runc"), "runtime class nvidia"),
    "6 no toleration": ("StatefulSet", "worker-gpu", in_pod(tolerations=[]), "does not tolerate"),
    "6 any node": ("StatefulSet", "worker-gpu", in_pod(nodeSelector={}), "not bound to nodes with a GPU"),
    "6 no quota": (
        "StatefulSet",
        "worker-gpu",
        lambda found: found["metadata"]["labels"].update({rules.QUEUE: "cpu-workers"}),
        "no quota for nvidia.com/gpu",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_refused(case: str) -> None:
    kind, name, change, said = BROKEN[case]
    found = faults_after("buildbarn", kind, name, change)
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize("engine", check.ENGINES)
def test_a_site_names_every_image_by_its_digest(engine: str) -> None:
    objects = everything(engine)
    assert sum("has no digest" in fault for fault in rules.faults(objects, provided(engine), site=True)) == sum(
        len(containers(found)) for found in objects
    )
    for found in objects:
        for container in containers(found):
            container["image"] += f"@sha256:{'0' * 64}"
    assert list(rules.faults(objects, provided(engine), site=True)) == []


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return shutil.copytree(configs.REMOTE, tmp_path / "remote")


# (engine, file, text, instead, what is said)
CONFIGS = {
    "jsonnet, unknown field": (
        "buildbarn",
        "scheduler.jsonnet",
        "executeAuthorizer",
        "executionAuthorizer",
        "executionAuth",
    ),
    "jsonnet, unknown enum": ("buildbarn", "worker.libsonnet", "LEAST_RECENTLY_USED", "LRU", "LRU"),
    "jsonnet, property": ("buildbarn", "worker-gpu.jsonnet", "pool: 'gpu'", "pool: 'gpus'", "the environment asks for"),
    "jsonnet, no path": (
        "buildbarn",
        "frontend.jsonnet",
        "/jwks/jwks.json",
        "/jwks/keys.json",
        "mounted at /jwks/keys",
    ),
    "json5, unknown field": ("nativelink", "engine.json5", "read_only: true", "readonly: true", "readonly"),
    "json5, property": ("nativelink", "worker-cpu.json5", '"linux"', '"Linux"', "the environment asks for"),
    "json5, no path": ("nativelink", "engine.json5", "/tls/ci/ca.crt", "/tls/ci/tls.crt", "mounted at /tls/ci/tls.crt"),
    "yaml, unknown field": ("buildbuddy", "executor-cpu.yaml", "default_network_mode", "network_mode", "network_mode"),
    "yaml, wrong type": ("buildbuddy", "app.yaml", "enable_ssl: true", 'enable_ssl: "yes"', "yes"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_broken_configuration_is_refused(case: str, remote: Path) -> None:
    engine, name, text, instead, said = CONFIGS[case]
    path = remote / engine / "config" / name
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, instead))
    found = list(check.engine_faults(engine, remote))
    assert any(said in fault for fault in found), found


def test_a_container_of_actions_that_mounts_a_secret_is_refused(remote: Path) -> None:
    path = remote / "buildbarn" / "worker-cpu.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("- {name: cache, ", "- {name: internal-tls, mountPath: /tls}\n            - {name: cache, ")
    )
    assert any("mounts a Secret" in fault for fault in check.engine_faults("buildbarn", remote))


def test_a_pool_without_an_executor_is_refused(remote: Path) -> None:
    path = remote / "buildbuddy" / "worker-gpu.yaml"
    path.write_text(path.read_text().replace("value: gpu}", "value: gpus}"))
    assert any("no executor is of the pool 'gpu'" in fault for fault in check.engine_faults("buildbuddy", remote))


def test_an_unknown_value_of_a_chart_is_refused(remote: Path) -> None:
    path = remote / "cluster" / "gpu-operator.values.yaml"
    path.write_text(path.read_text().replace("toolkit:", "container-toolkit:"))
    assert any("container-toolkit" in fault for fault in check.cluster_faults(remote))


def test_a_kustomization_that_is_not_understood_is_no_kustomization(remote: Path) -> None:
    path = remote / "nativelink" / "kustomization.yaml"
    path.write_text(path.read_text() + "namePrefix: a-\n")
    with pytest.raises(Unreadable, match="namePrefix"):
        list(check.engine_faults("nativelink", remote))


def expressions(config: Any, name: str) -> Iterator[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            if key == name and isinstance(value, dict):
                yield str(value["jmespathExpression"]["expression"])
            else:
                yield from expressions(value, name)


@pytest.mark.parametrize(("role", "may"), [("ci", True), ("reader", False), (None, False)])
def test_buildbarn_lets_ci_alone_write_and_execute(role: str | None, may: bool) -> None:
    config = configs.read(configs.REMOTE / "buildbarn/config/frontend.jsonnet")
    rules_ = [rule for name in ("putAuthorizer", "executeAuthorizer") for rule in expressions(config, name)]
    assert len(rules_) == 3
    metadata = {"authenticationMetadata": {"public": {"role": role}}}
    assert [jmespath.search(rule, metadata) for rule in rules_] == [may] * 3


@pytest.mark.parametrize(
    ("claims", "holds"),
    [
        ({"aud": "pedigree-remote", "exp": 1, "role": "ci"}, True),
        ({"aud": "pedigree-remote", "exp": 1, "role": "reader"}, True),
        ({"aud": "another", "exp": 1, "role": "ci"}, False),
        ({"aud": "pedigree-remote", "role": "ci"}, False),
        ({"aud": "pedigree-remote", "exp": 1, "role": "admin"}, False),
        ({"aud": "pedigree-remote", "exp": 1}, False),
    ],
)
def test_buildbarn_takes_tokens_that_are_meant_for_it_and_end(claims: dict[str, object], holds: bool) -> None:
    (server,) = configs.read(configs.REMOTE / "buildbarn/config/frontend.jsonnet")["grpcServers"]
    rule = server["authenticationPolicy"]["jwt"]["claimsValidationJmespathExpression"]["expression"]
    assert (jmespath.search(rule, {"payload": claims}) is True) is holds


@pytest.mark.parametrize(
    ("part", "may"), [("worker", True), ("frontend", True), ("scheduler", False), ("runner", False)]
)
def test_buildbarns_storage_takes_results_from_its_own_parts_alone(part: str, may: bool) -> None:
    config = configs.read(configs.REMOTE / "buildbarn/config/storage.jsonnet")
    metadata = {"authenticationMetadata": {"public": {"names": [part, f"{part}.pedigree-remote.svc"]}}}
    assert {jmespath.search(rule, metadata) for rule in expressions(config, "putAuthorizer")} == {may}


def test_buildbarns_workers_read_outputs_as_pants_names_them() -> None:
    for pool in ("cpu", "gpu"):
        config = configs.read(configs.REMOTE / f"buildbarn/config/worker-{pool}.jsonnet")
        assert config["supportLegacyOutputFilesAndDirectories"] is True


def test_every_door_of_nativelink_asks_for_a_certificate_and_readers_write_no_result() -> None:
    config = configs.read(configs.REMOTE / "nativelink/config/engine.json5")
    doors = {server["name"]: server for server in config["servers"]}
    authorities = {name: door["listener"]["http"]["tls"]["client_ca_file"] for name, door in doors.items()}
    assert len(set(authorities.values())) == len(doors) == 3
    assert [entry["read_only"] for entry in doors["readers"]["services"]["ac"]] == [True]
    assert {name for name, door in doors.items() if "execution" in door["services"]} == {"ci"}
    assert {name for name, door in doors.items() if "worker_api" in door["services"]} == {"workers"}


def test_buildbuddy_knows_no_anonymous_and_actions_have_no_network() -> None:
    app = configs.read(configs.REMOTE / "buildbuddy/config/app.yaml")
    assert app["auth"]["enable_anonymous_usage"] is False
    assert app["remote_execution"]["require_executor_authorization"] is True
    for pool in ("cpu", "gpu"):
        executor = configs.read(configs.REMOTE / f"buildbuddy/config/executor-{pool}.yaml")["executor"]
        assert executor["oci"]["default_network_mode"] == "off"
        assert {rules.CACHE, rules.MODELS} <= {mount["destination"] for mount in executor["oci"]["mounts"]}
