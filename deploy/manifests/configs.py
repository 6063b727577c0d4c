"""Evaluates the configuration of each engine and holds it against the names and types that its release knows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import _jsonnet
import json5
import jsonschema
import yaml

REMOTE = Path(__file__).parent.parent / "remote"
# What a configuration reads at run time, and what an engine's pod tells it.
_PEM = b"PEM\n"
_POD = {"POD_NAME": "pod", "NODE_NAME": "node"}

Config = dict[str, Any]
Properties = dict[str, str]


@cache
def schema(name: str) -> Config:
    """One of the files under deploy/remote/schemas."""
    found: Config = json.loads((REMOTE / "schemas" / f"{name}.json").read_text())
    return found


def read(path: Path) -> Config:
    """A configuration file as the value that its engine sees."""
    readers = {".jsonnet": _jsonnet_value, ".json5": _json5_value, ".yaml": _yaml_value}
    return readers[path.suffix](path)


def faults(engine: str, name: str, config: Config) -> Iterator[str]:
    """What does not fit in the configuration `name` of an engine."""
    yield from _against(_schema_of(engine, name), config, f"{engine}/config/{name}")


def helm_faults(name: str, values: Config) -> Iterator[str]:
    """What does not fit in the values for a Helm chart."""
    yield from _against(schema("helm")["values"][name], values, name)


def platform(engine: str, config: Config) -> Properties:
    """The platform properties of a worker's configuration; none for an engine that knows workers by pool."""
    if engine == "buildbarn":
        runner = config["buildDirectories"][0]["runners"][0]
        return {entry["name"]: entry["value"] for entry in runner["platform"]["properties"]}
    if engine == "nativelink":
        properties = config["workers"][0]["local"]["platform_properties"]
        return {name: found["values"][0] for name, found in properties.items()}
    return {}


def paths(config: Any) -> Iterator[str]:
    """Every path below /tls or /jwks that a configuration names."""
    if isinstance(config, str) and config.startswith(("/tls/", "/jwks/")):
        yield config
    elif isinstance(config, dict | list):
        for value in config.values() if isinstance(config, dict) else config:
            yield from paths(value)


def _schema_of(engine: str, name: str) -> Config:
    found = schema(engine)
    if "configurations" not in found:
        return found
    key = name if name in found["configurations"] else name.split("-")[0]
    return {"$defs": found.get("$defs", {}), **found["configurations"][key]}


def _against(rules: Config, value: Config, where: str) -> Iterator[str]:
    for error in jsonschema.Draft202012Validator(rules).iter_errors(value):
        place = ".".join(str(step) for step in error.absolute_path)
        yield f"{where}: {place or 'the whole'}: {error.message[:300]}"


def _jsonnet_value(path: Path) -> Config:
    found: Config = json.loads(_jsonnet.evaluate_file(str(path), import_callback=_import, ext_vars=_POD))
    return found


def _import(folder: str, name: str) -> tuple[str, bytes]:
    if name.startswith("/tls/"):
        return name, _PEM
    path = os.path.join(folder, name)
    return path, Path(path).read_bytes()


def _json5_value(path: Path) -> Config:
    found: Config = json5.loads(path.read_text(), allow_duplicate_keys=False)
    return found


def _yaml_value(path: Path) -> Config:
    found: Config = yaml.safe_load(path.read_text())
    return found
