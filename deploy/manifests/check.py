"""All checks of the folders under deploy/remote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from manifests import configs, rules
from manifests.render import Object, containers, pod, render

ENGINES = ("buildbarn", "buildbuddy", "nativelink")
# NativeLink runs actions in its own container, where its key lies; docs/remote.md says what follows from that.
# BuildBuddy's executor makes a container of its own for each action.
_SEES_A_SECRET = ("buildbuddy", "nativelink")


def repository(remote: Path = configs.REMOTE) -> Iterator[str]:
    """Every fault of every folder."""
    for engine in ENGINES:
        yield from (f"{engine}: {fault}" for fault in engine_faults(engine, remote))
    yield from cluster_faults(remote)


def engine_faults(engine: str, remote: Path = configs.REMOTE) -> Iterator[str]:
    """Every fault of one engine's folder."""
    folder = remote / engine
    objects = [*render(remote / "quota"), *render(folder)]
    provided = yaml.safe_load((folder / "site-provides.yaml").read_text())
    yield from rules.faults(objects, provided)
    if engine not in _SEES_A_SECRET:
        yield from _secret_faults(objects)
    environments = json.loads((remote / "environments.json").read_text())
    pools = {
        path: path.stem.split("-")[1] for path in (folder / "config").iterdir() if path.stem[-4:] in ("-cpu", "-gpu")
    }
    if set(pools.values()) != set(environments):
        yield f"its workers are of {sorted(pools.values())}, and the environments {sorted(environments)}"
    for path in sorted((folder / "config").iterdir()):
        if path.suffix == ".libsonnet":
            continue
        config = configs.read(path)
        yield from configs.faults(engine, path.stem, config)
        yield from _path_faults(path, config, objects, provided)
        if path in pools:
            yield from _platform_faults(engine, path, config, environments[pools[path]], objects)


def cluster_faults(remote: Path = configs.REMOTE) -> Iterator[str]:
    """Every fault of the values for the charts that the cluster needs."""
    for chart in ("gpu-operator", "kueue"):
        values = yaml.safe_load((remote / "cluster" / f"{chart}.values.yaml").read_text())
        yield from configs.helm_faults(chart, values)
        if chart == "kueue":
            inner = yaml.safe_load(values["managerConfig"]["controllerManagerConfigYaml"])
            yield from configs.helm_faults("kueue-configuration", inner)


def _secret_faults(objects: list[Object]) -> Iterator[str]:
    for found in objects:
        secret = {volume["name"] for volume in (pod(found) or {}).get("volumes", []) if "secret" in volume}
        for container in containers(found):
            mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
            if rules.CACHE in mounts and secret & set(mounts.values()):
                yield f"{found['kind']} {found['metadata']['name']}: the container of actions mounts a Secret"


def _path_faults(path: Path, config: configs.Config, objects: list[Object], provided: rules.Provided) -> Iterator[str]:
    """What a configuration names below /tls and /jwks, and its container does not have."""
    for found in objects:
        for container in containers(found):
            words = [word.rsplit("/", 1)[-1] for word in (*container.get("command", []), *container.get("args", []))]
            if path.name not in words and path.stem != container["name"]:
                continue
            files = set(rules.files(found, container, objects, provided))
            for missing in sorted(set(configs.paths(config)) - files):
                yield f"{path.name}: nothing is mounted at {missing}"


def _platform_faults(
    engine: str, path: Path, config: configs.Config, wanted: configs.Properties, objects: list[Object]
) -> Iterator[str]:
    if engine == "buildbuddy":
        pool = wanted["pool"]
        named = {(entry["name"], entry.get("value")) for found in objects for container in containers(found)
                 for entry in container.get("env", [])}  # fmt: skip
        if ("MY_POOL", pool) not in named:
            yield f"{path.name}: no executor is of the pool {pool!r}"
        return
    properties = configs.platform(engine, config)
    if properties != wanted:
        yield f"{path.name}: its platform properties are {properties}, and the environment asks for {wanted}"
    if list(properties) != sorted(properties):
        yield f"{path.name}: its platform properties are not in the order that the protocol asks for"
