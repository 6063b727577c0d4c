"""Reads Kubernetes objects: a folder with a kustomization.yaml, or YAML that `kubectl kustomize` has rendered.

Of kustomize it knows what our folders use: `resources`, `namespace`, `configMapGenerator` with files, and `images`.
Anything else in a kustomization is an error, so that nothing is checked differently from how it is applied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

_CLUSTER_WIDE = {"Namespace"}
_KNOWN = {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "images"}


class Unreadable(Exception):
    """A file is not what this module can read."""


def parse(text: str) -> list[Object]:
    r"""The objects of a YAML stream.

    >>> [found["kind"] for found in parse("kind: A\n---\nkind: B\n---\n")]
    ['A', 'B']
    """
    return [found for found in yaml.safe_load_all(text) if found is not None]


def render(folder: Path) -> list[Object]:
    """The objects of a folder, as `kubectl kustomize` shows them, but with ConfigMaps under their plain names."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(kustomization) - _KNOWN:
        raise Unreadable(f"{folder}/kustomization.yaml: {', '.join(sorted(unknown))} is not checked here")
    objects: list[Object] = []
    for resource in kustomization.get("resources", []):
        path = folder / resource
        objects += render(path) if path.is_dir() else parse(path.read_text())
    objects += [_config_map(folder, generator) for generator in kustomization.get("configMapGenerator", [])]
    for found in objects:
        # As kustomize does it: a kind that it does not know is taken for one of the namespace.
        if "namespace" in kustomization and found["kind"] not in _CLUSTER_WIDE:
            found["metadata"]["namespace"] = kustomization["namespace"]
        for container in containers(found):
            container["image"] = _image(container["image"], kustomization.get("images", []))
    return objects


def pod(found: Object) -> Object | None:
    """The pod spec that an object makes pods from, if it makes any."""
    if found["kind"] == "Pod":
        return dict(found["spec"])
    template = found.get("spec", {}).get("template") if isinstance(found.get("spec"), dict) else None
    return template["spec"] if isinstance(template, dict) and "spec" in template else None


def containers(found: Object) -> list[Object]:
    """All containers of an object's pods, those that start before the others too."""
    spec = pod(found) or {}
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _config_map(folder: Path, generator: Object) -> Object:
    data = {Path(file).name: (folder / file).read_text() for file in generator["files"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data}


def _image(image: str, images: list[Object]) -> str:
    name = image.split("@")[0]
    name = name.rsplit(":", 1)[0] if ":" in name.rsplit("/", 1)[-1] else name
    for change in images:
        if change["name"] == name:
            if unknown := set(change) - {"name", "newName", "newTag", "digest"}:
                raise Unreadable(f"images: {', '.join(sorted(unknown))} is not checked here")
            tag = f":{change['newTag']}" if "newTag" in change else ""
            digest = f"@{change['digest']}" if "digest" in change else ""
            return f"{change.get('newName', name)}{tag}{digest}" if tag or digest else image
    return image
