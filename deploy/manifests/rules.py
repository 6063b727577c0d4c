"""What must hold of the Kubernetes objects of an engine, as a list that can be read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import kubernetes_validate

from manifests.configs import schema
from manifests.render import Object, containers, pod

CACHE = "/var/cache/pedigree"
MODELS = f"{CACHE}/pedigree_models"
QUEUE = "kueue.x-k8s.io/queue-name"
ROLE = "pedigree.role"

Provided = Mapping[str, Mapping[str, list[str]]]


def faults(objects: list[Object], provided: Provided, site: bool = False) -> Iterator[str]:
    """Every fault of a set of objects.

    Args:
        objects: What would be applied.
        provided: What the site makes itself: kind -> name -> keys.
        site: Whether this is what a site applies, so that an image without a digest is refused.
    """
    # (1) Every object fits the schema of its kind; a field that the schema does not know is a fault.
    # (2) Every image has a tag that is not `latest`, and at a site a digest.
    # (3) Whatever an object names exists, or the site makes it.
    # (4) Every selector selects something.
    # (5) No pod carries a token of the API server.
    # (6) A worker has the caches where Pants looks for them, a queue that covers what it asks for, and on a GPU what
    #     that takes.
    for found in objects:
        yield from _schema_faults(found)
        yield from (f"{_name(found)}: {fault}" for fault in _image_faults(found, site))
        yield from (f"{_name(found)}: {fault}" for fault in _reference_faults(found, objects, provided))
        yield from (f"{_name(found)}: {fault}" for fault in _selector_faults(found, objects))
        yield from (f"{_name(found)}: {fault}" for fault in _token_faults(found))
        if _labels(found).get(ROLE) == "worker":
            yield from (f"{_name(found)}: {fault}" for fault in _worker_faults(found, objects))


def files(found: Object, container: Object, objects: list[Object], provided: Provided) -> Iterator[str]:
    """The path of every key that a container of an object has mounted."""
    volumes = {volume["name"]: volume for volume in (pod(found) or {}).get("volumes", [])}
    for path, mount in _mounts(container).items():
        for key in _keys(volumes.get(mount["name"], {}), objects, provided) or []:
            yield f"{path}/{key}"


def _name(found: Object) -> str:
    return f"{found.get('kind')} {found.get('metadata', {}).get('name')}"


def _labels(found: Object) -> dict[str, str]:
    template = found.get("spec", {}).get("template", {}) if pod(found) else {}
    return dict(template.get("metadata", {}).get("labels", {}))


def _of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


# (1)
def _schema_faults(found: Object) -> Iterator[str]:
    kueue = schema("kueue")["kinds"]
    if found.get("kind") in kueue:
        validator = jsonschema.Draft202012Validator(kueue[found["kind"]])
        yield from (f"{_name(found)}: {error.message[:300]}" for error in validator.iter_errors(found))
        return
    try:
        kubernetes_validate.validate(found, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{_name(found)}: {error.message[:300]}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{_name(found)}: no schema of {found.get('apiVersion')} is known here"


# (2)
def _image_faults(found: Object, site: bool) -> Iterator[str]:
    for container in containers(found):
        image = container.get("image", "")
        name, _, digest = image.partition("@")
        tag = name.rsplit("/", 1)[-1].partition(":")[2]
        if tag == "latest" or not (tag or digest):
            yield f"the image {image!r} has no tag that stays"
        if site and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            yield f"the image {image!r} has no digest; name it in `images` of the overlay"


# (3)
def _reference_faults(found: Object, objects: list[Object], provided: Provided) -> Iterator[str]:
    spec = pod(found)
    if spec is not None:
        yield from _volume_faults(found, spec, objects, provided)
        account = spec.get("serviceAccountName")
        if account not in _of_kind(objects, "ServiceAccount"):
            yield f"the service account {account!r} does not exist"
    for kind, name in _named(found):
        if name not in _of_kind(objects, kind):
            yield f"the {kind} {name!r} does not exist"
    queue = found["metadata"].get("labels", {}).get(QUEUE)
    if queue is not None and queue not in _of_kind(objects, "LocalQueue"):
        yield f"the LocalQueue {queue!r} does not exist"


def _named(found: Object) -> list[tuple[str, str]]:
    """The objects that an object names outside of its pods: kind and name."""
    if found["kind"] == "StatefulSet":
        return [("Service", found["spec"].get("serviceName"))]
    if found["kind"] == "LocalQueue":
        return [("ClusterQueue", found["spec"].get("clusterQueue"))]
    if found["kind"] == "ClusterQueue":
        return [("ResourceFlavor", flavor["name"]) for _, flavor in _flavors(found)]
    return []


def _volume_faults(found: Object, spec: Object, objects: list[Object], provided: Provided) -> Iterator[str]:
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    claimed = {claim["metadata"]["name"] for claim in found["spec"].get("volumeClaimTemplates", [])}
    for volume in volumes.values():
        yield from _source_faults(volume, objects, provided)
    mounted = [mount for container in containers(found) for mount in container.get("volumeMounts", [])]
    for mount in mounted:
        if mount["name"] not in {*volumes, *claimed}:
            yield f"the volume {mount['name']!r} does not exist"
        keys = _keys(volumes.get(mount["name"], {}), objects, provided)
        if keys is not None and mount.get("subPath") is not None and mount["subPath"] not in keys:
            yield f"the volume {mount['name']!r} has no key {mount['subPath']!r}"
    for unused in {*volumes, *claimed} - {mount["name"] for mount in mounted}:
        yield f"the volume {unused!r} is mounted nowhere"


def _source_faults(volume: Object, objects: list[Object], provided: Provided) -> Iterator[str]:
    claim = volume.get("persistentVolumeClaim", {}).get("claimName")
    if claim is not None and claim not in _of_kind(objects, "PersistentVolumeClaim"):
        yield f"the PersistentVolumeClaim {claim!r} does not exist"
    source = _source(volume)
    if source is None:
        return
    kind, name = source
    keys = _keys(volume, objects, provided)
    if keys is None:
        yield f"the {kind} {name!r} does not exist, and the site is not told to make it"
        return
    for item in (volume.get("configMap") or volume["secret"]).get("items", []):
        if item["key"] not in keys:
            yield f"the {kind} {name!r} has no key {item['key']!r}"


def _source(volume: Object) -> tuple[str, str] | None:
    if "configMap" in volume:
        return "ConfigMap", volume["configMap"]["name"]
    if "secret" in volume:
        return "Secret", volume["secret"]["secretName"]
    return None


def _keys(volume: Object, objects: list[Object], provided: Provided) -> list[str] | None:
    """The files that a volume of keys has; None for other volumes, and for one that nobody makes."""
    source = _source(volume)
    if source is None:
        return None
    kind, name = source
    made = _of_kind(objects, kind).get(name)
    if made is not None:
        return list(made.get("data", {}))
    return provided.get(kind, {}).get(name)


def _flavors(queue: Object) -> list[tuple[Object, Object]]:
    return [(group, flavor) for group in queue["spec"].get("resourceGroups", []) for flavor in group["flavors"]]


# (4)
def _selector_faults(found: Object, objects: list[Object]) -> Iterator[str]:
    pods = [_labels(other) for other in objects if pod(other)]
    if found["kind"] in ("Deployment", "StatefulSet"):
        wanted = found["spec"]["selector"].get("matchLabels", {})
        if not wanted or not wanted.items() <= _labels(found).items():
            yield f"the selector {wanted} does not match the labels of its own pods"
    elif found["kind"] == "Service":
        yield from _service_faults(found, objects)
    elif found["kind"] == "NetworkPolicy":
        peers = [peer for rule in found["spec"].get("ingress", []) for peer in rule.get("from", [])]
        peers += [peer for rule in found["spec"].get("egress", []) for peer in rule.get("to", [])]
        own = [peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer]
        for selector in [found["spec"]["podSelector"], *own]:
            wanted = selector.get("matchLabels", {})
            if not any(wanted.items() <= labels.items() for labels in pods):
                yield f"the selector {wanted} matches no pod"


def _service_faults(found: Object, objects: list[Object]) -> Iterator[str]:
    wanted = found["spec"].get("selector", {})
    chosen = [other for other in objects if pod(other) and wanted.items() <= _labels(other).items()]
    if not wanted or not chosen:
        yield f"the selector {wanted} matches no pod"
        return
    for port in found["spec"].get("ports", []):
        target = port.get("targetPort", port["port"])
        for other in chosen:
            open_ports = [entry for container in containers(other) for entry in container.get("ports", [])]
            if not any(target in (entry.get("name"), entry["containerPort"]) for entry in open_ports):
                yield f"{_name(other)} has no port {target!r}"


# (5)
def _token_faults(found: Object) -> Iterator[str]:
    spec = pod(found)
    if spec is not None and spec.get("automountServiceAccountToken") is not False:
        yield "its pods mount a token of the API server"
    if found["kind"] == "ServiceAccount" and found.get("automountServiceAccountToken") is not False:
        yield "it gives its pods a token of the API server"


# (6)
def _worker_faults(found: Object, objects: list[Object]) -> Iterator[str]:
    spec = pod(found) or {}
    actions = [container for container in spec["containers"] if CACHE in _mounts(container)]
    if len(actions) != 1:
        yield f"{len(actions)} of its containers mount {CACHE}, and one must"
        return
    (container,) = actions
    if _mounts(container).get(MODELS, {}).get("readOnly") is not True:
        yield f"{MODELS} is not mounted, or can be written"
    kept = {claim["metadata"]["name"] for claim in found["spec"].get("volumeClaimTemplates", [])}
    if _mounts(container)[CACHE]["name"] not in kept:
        yield f"{CACHE} does not outlive the pod"
    yield from _gpu_faults(spec, container)
    yield from _queue_faults(found, objects)


def _mounts(container: Object) -> dict[str, Object]:
    return {mount["mountPath"]: mount for mount in container.get("volumeMounts", [])}


def _gpu_faults(spec: Object, container: Object) -> Iterator[str]:
    asks = "nvidia.com/gpu" in container["resources"].get("limits", {})
    if asks != (spec.get("runtimeClassName") == "nvidia"):
        yield "a GPU takes both the resource nvidia.com/gpu and the runtime class nvidia"
    if asks and not any(entry.get("key") == "nvidia.com/gpu" for entry in spec.get("tolerations", [])):
        yield "it does not tolerate the taint of nodes with a GPU"
    if asks and "nvidia.com/gpu.present" not in spec.get("nodeSelector", {}):
        yield "it is not bound to nodes with a GPU"


def _queue_faults(found: Object, objects: list[Object]) -> Iterator[str]:
    queue = found["metadata"].get("labels", {}).get(QUEUE)
    local = _of_kind(objects, "LocalQueue").get(queue)
    cluster: dict[str, Any] | None = local and _of_kind(objects, "ClusterQueue").get(local["spec"]["clusterQueue"])
    if cluster is None:
        yield f"no queue of Kueue admits it (label {QUEUE})"
        return
    covered = {resource for group, _ in _flavors(cluster) for resource in group["coveredResources"]}
    for container in containers(found):
        asked = set(container.get("resources", {}).get("requests", {}))
        if asked - covered:
            yield f"its queue has no quota for {', '.join(sorted(asked - covered))}"
