"""From a target's values to its steps: one function per target type. Imports nothing of Pants.

The rules in `plans` hydrate fields and call these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pedigree.build import facts as demand
from pedigree.build import tools
from pedigree.build.errors import in_field
from pedigree.build.facts import DATASETS, MODELS, Facts
from pedigree.build.plan import Files, Plan, Product, Role, Step, settings
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.model_files import MODEL, WEIGHTS_MANIFEST, companion_files, weight_files
from pedigree.step.record import step_name

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"


def relative(files: Files) -> tuple[str, ...]:
    """Paths as the tool sees them."""
    start = len(files.prefix) + 1 if files.prefix else 0
    return tuple(path[start:] for path in files.paths)


def plan_dataset(
    address: str, records: Files, *, form: str, license: str, origin: str, sealed: bool, sharded: bool
) -> Plan:
    """Validate records and write them in canonical form, all at once or file by file."""
    config = settings({"form": form, "license": license, "origin": origin, "sealed": sealed})
    made = (RECORDS, MANIFEST)
    if not sharded:
        return Plan((Step(address, "dataset", tools.DATASET, config, (Role("records", records),), made),))
    shards: dict[str, Step] = {}
    for path, name in zip(records.paths, relative(records)):
        part = f"shard.{name.replace('/', '.')}"
        if part in shards:
            what = f"the shard of '{name}' would have the name of another one, '{part}'"
            raise in_field(address, "sources", what, "rename one of the files")
        role = Role("records", Files((path,), records.prefix))
        shards[part] = Step(address, "dataset", tools.DATASET, config, (role,), made, part=part)
    roles = tuple(Role(f"shards/{part}", step.product) for part, step in shards.items())
    return Plan((*shards.values(), Step(address, "dataset", tools.MERGE, config, roles, made)))


def plan_synthetic_dataset(
    address: str,
    code: Files,
    *,
    generator: str,
    verifier: str,
    seed: int,
    count: int,
    arguments: Mapping[str, str],
    form: str,
    license: str,
    origin: str,
    sealed: bool,
) -> Plan:
    """Generate records and keep those that a verifier agrees with."""
    for field, module in (("generator", generator), ("verifier", verifier)):
        path = module.replace(".", "/")
        if not {f"{path}.py", f"{path}/__init__.py"} & set(relative(code)):
            what = f"module '{module}' is not among the generator_sources: no {path}.py there"
            raise in_field(address, field, what, f"write {code.prefix}/{path}.py, or name another module")
    config = {
        "generator": generator,
        "verifier": verifier,
        "seed": seed,
        "count": count,
        "arguments": dict(arguments),
        "form": form,
        "license": license,
        "origin": origin,
        "sealed": sealed,
    }
    files = (RECORDS, MANIFEST, "report.json")
    roles = (Role("generator", code),)
    return Plan((Step(address, "synthetic_dataset", tools.SYNTHETIC_DATASET, settings(config), roles, files),))


@dataclass(frozen=True)
class WeightsManifest:
    """A manifest of weights that lie elsewhere.

    Attributes:
        source: The file.
        content: What is in it.
    """

    source: Files
    content: bytes


def plan_base_model(
    address: str,
    files: Files,
    weights: WeightsManifest | None,
    digests: Mapping[str, str],
    trained_on: Sequence[str],
    license: str,
    origin: str,
) -> Plan:
    """Check pinned files, here or those that a manifest names, and make a model of them."""
    present, pinned = set(relative(files)), set(digests)
    _require_one_source(address, present - set(trained_on), weights)
    for name in sorted(present - pinned):
        raise in_field(address, "digests", f"does not name '{name}'", f"add what `sha256sum {name}` prints")
    for name in sorted(pinned - present):
        raise in_field(address, "digests", f"names '{name}', which is not in sources", "add it there, or drop it here")
    for name in sorted(set(trained_on) - present):
        raise in_field(
            address, "trained_on", f"names '{name}', which is not in sources", "add it there, with its digest"
        )
    config = {"digests": dict(digests), "trained_on": list(trained_on), "license": license, "origin": origin}
    if weights:
        roles = [Role("weights", weights.source), *([Role("files", files)] if files.paths else [])]
        # What is approved and revoked are weights, not how a manifest of them is written.
        announced = {**config, "weights": _named(address, weights, present)}
        step = Step(
            address, "base_model", tools.BASE_MODEL, settings(announced), tuple(roles), (MANIFEST, WEIGHTS_MANIFEST)
        )
        return Plan((step,))
    roles = [Role("files", files)]
    kept = tuple(f"{MODEL}/{name}" for name in sorted(present - set(trained_on)))
    return Plan((Step(address, "base_model", tools.BASE_MODEL, settings(config), tuple(roles), (MANIFEST, *kept)),))


def _named(address: str, weights: WeightsManifest, beside: Collection[str]) -> dict[str, str]:
    """Name -> sha256 of the files that a manifest names. The step reads it again, and more strictly."""
    (path,) = weights.source.paths
    try:
        found = {file["name"]: file["sha256"] for file in parse_json(weights.content, path)["files"]}
    except (MalformedJson, KeyError, TypeError) as error:
        what = f"names '{path}', which is not a weights manifest: {error}"
        raise in_field(address, "weights_manifest", what, "write it with: pedigree models lock SOURCE") from error
    for name in sorted(found.keys() & set(beside)):
        raise in_field(address, "sources", f"names '{name}', and so does {path}", "name it once")
    return found


def _require_one_source(address: str, files: Collection[str], weights: WeightsManifest | None) -> None:
    if not files and weights is None:
        raise in_field(
            address,
            "sources",
            "must be set, or weights_manifest",
            "write sources=['config.json', 'model.safetensors', 'tokenizer.json'] with digests, "
            "or weights_manifest='weights.json'",
        )
    if files and weights is not None:
        what = f"names {', '.join(sorted(files))}, and weights_manifest names the model's files"
        raise in_field(address, "sources", what, "use one of the two; beside a manifest only what trained_on names")


def default_weights(method: str) -> str:
    """What a method trains when the BUILD file does not say."""
    return "full" if method == "pretrain" else "lora"


def plan_finetune(
    address: str,
    method: str,
    weights: str,
    seed: int,
    hyperparameters: Files,
    base: Facts | None,
    adapter: Facts | None,
    datasets: Sequence[Facts],
) -> Plan:
    """Train a model, or an adapter of one."""
    roles = [*_starting_point(address, method, weights, base, adapter)]
    demand.require_different(address, "datasets", [facts.address for facts in datasets])
    for facts in datasets:
        demand.require_kind(address, "datasets", facts, DATASETS)
        demand.require_open(address, "datasets", facts)
        learns_from = tools.LEARNS_FROM[method]
        demand.require_form(
            address, "datasets", facts, (learns_from,), f"method '{method}' learns from '{learns_from}'"
        )
        roles.append(Role(f"datasets/{step_name(facts.address)}", Product(facts.address)))
    roles.append(Role("hyperparameters", hyperparameters))
    config = settings({"seed": seed, "weights": weights})
    files = ("training.json", *weight_files(weights))
    step = Step(address, "finetune", tools.FINETUNE[method], config, tuple(roles), files, companion_files())
    return Plan((step,))


def _starting_point(
    address: str, method: str, weights: str, base: Facts | None, adapter: Facts | None
) -> Sequence[Role]:
    if method == "pretrain":
        for field, facts in (("base", base), ("adapter", adapter)):
            if facts:
                raise in_field(
                    address, field, "pretraining starts from nothing", f"drop {field}, or use another method"
                )
        if weights != "full":
            raise in_field(address, "weights", "pretraining makes full weights", "drop weights, or set it to 'full'")
        return ()
    if base is None:
        raise in_field(address, "base", f"method '{method}' needs a model to start from", "set base=':<a model>'")
    demand.require_kind(address, "base", base, MODELS)
    demand.require_full_weights(address, "base", base)
    roles = [Role("base", Product(base.address))]
    if method == "dpo" and adapter is None:
        what = "method 'dpo' starts from an adapter, which is its reference as well"
        raise in_field(address, "adapter", what, "set adapter=':<a finetune with method sft>'")
    if adapter:
        demand.require_kind(address, "adapter", adapter, ("finetune",))
        demand.require_adapter_of(address, adapter, base.address)
        if weights != "lora":
            raise in_field(address, "adapter", "full weights cannot start from an adapter", "set weights='lora'")
        roles.append(Role("adapter", Product(adapter.address)))
    return roles
