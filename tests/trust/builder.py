"""A small release made by hand: real files, real records, a real key."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Input, Record, Tool
from pedigree.trust.admit import admit
from pedigree.trust.seal import seal
from pedigree.trust.signers import signer_public_key
from trust.keyfile import make_key as make_key
from trust.office import Office

RELEASE = "models/demo:demo"
RELEASE_STEP = "models.demo.demo"
JUDGE = "models.demo.eval"
Files = Mapping[str, bytes]

GATES = [{"metric": "review_coverage", "comparison": ">=", "threshold": "0.80", "value": "0.9", "passed": True}]


def digests(files: Files) -> dict[str, str]:
    return {path: sha256_bytes(data) for path, data in files.items()}


def report(passed: bool = True) -> bytes:
    gates = [{**gate, "passed": passed} for gate in GATES]
    return canonical_json({"schema": "pedigree.evaluation/1", "model": "sft", "gates": gates, "passed": passed})


def record(address: str, kind: str, module: str, products: Files, part: str = "", **given: object) -> Record:
    """A record; `roles` maps a role to a record (its products) or to (prefix, files)."""
    roles: dict[str, Record | tuple[str, Files]] = given.get("roles", {})  # type: ignore[assignment]
    room = module.rpartition(".")[0].replace(".", "/")
    code = {f"src/python/{module.replace('.', '/')}.py": module.encode(), f"src/python/{room}/__init__.py": b""}
    materials, inputs = digests(code), {}
    for role, origin in roles.items():
        found = origin.products if isinstance(origin, Record) else digests(origin[1])
        inputs[role] = Input(origin.name, "") if isinstance(origin, Record) else Input("", origin[0])
        materials.update({f"inputs/{role}/{path}": sha for path, sha in found.items()})
    flat = address.replace("/", ".").replace(":", ".")
    lock = "3rdparty/python/data.lock"
    tool = Tool(
        module=module,
        resolve="data",
        lock=lock,
        lock_sha256=sha256_bytes(b"lock"),
        packages={"torch": "2.13.0+cpu"},
        packages_sha256=sha256_bytes(b"packages"),
        interpreter="Python 3.11.7",
        interpreter_sha256=sha256_bytes(b"python"),
    )
    return Record(
        name=f"{flat}.{part}" if part else flat,
        address=address,
        kind=kind,
        tool=tool,
        config=given.get("config", {}),  # type: ignore[arg-type]
        command=("python", "-m", module, "."),
        environment={"LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"},
        platform={"isa": "x86_64", "system": "linux"},
        properties={},
        accelerator={},
        builder="workstation",
        reproducibility="bitwise",
        inputs=inputs,
        materials=materials,
        products=digests(products),
    )


def closure_of_demo(variant: bytes = b"", passed: bool = True) -> tuple[list[Record], Files]:
    """The records of a release, and the files that its last step made.

    Args:
        variant: Bytes in the training data, so that another variant is another build.
        passed: Whether the gate is met.
    """
    adapter = {"adapter_model.safetensors": b"weights" + variant, "adapter_config.json": b'{"r":8}'}
    base_files = {"config.json": b"{}", "model.safetensors": b"base weights", "tokenizer.json": b"{}"}
    data = record(
        "datasets/demo:sft",
        "dataset",
        "pedigree.data.snapshot",
        {"records.jsonl": b"{}\n" + variant, "manifest.json": b"{}"},
        roles={"records": ("datasets/demo", {"sft [v1].jsonl": b"{}\n" + variant})},
        config={"form": "messages", "license": "Apache-2.0"},
    )
    sealed = record(
        "datasets/demo:heldout",
        "synthetic_dataset",
        "pedigree.data.synthesize",
        {"records.jsonl": b"{}\n", "manifest.json": b"{}"},
        roles={"generator": ("datasets/demo", {"generate.py": b"pass\n"})},
        config={"seed": 7, "sealed": True},
    )
    base = record(
        "models/base:tiny",
        "base_model",
        "pedigree.registry.pin",
        {f"model/{path}": data for path, data in base_files.items()},
        roles={"files": ("models/base", base_files)},
    )
    sft = record(
        "models/demo:sft",
        "finetune",
        "pedigree.training.sft",
        {**{f"model/{p}": d for p, d in adapter.items()}, "training.json": b"{}"},
        roles={"base": base, f"datasets/{data.name}": data, "hyperparameters": ("", {"sft.yaml": b"lr: 1e-3\n"})},
        config={"seed": 1, "weights": "lora"},
    )
    suite = record(
        "evals/demo:suite",
        "eval_suite",
        "pedigree.evaluation.suite",
        {"suite.json": b"{}"},
        roles={f"sets/{sealed.name}": sealed},
        config={"gates": {"review_coverage": ">= 0.80"}},
    )
    predictions = [
        record(
            "models/demo:eval",
            "evaluation",
            "pedigree.evaluation.predict",
            {"predictions.jsonl": stage.encode(), "predict.json": b"{}"},
            part=f"predict-{index}",
            roles={"model": model, f"sets/{sealed.name}": sealed},
            config={"stage": stage},
        )
        for index, (stage, model) in enumerate([("base model", base), ("after SFT", sft)])
    ]
    judged = {"report.json": report(passed), "report.html": b"<p>report</p>", "predictions.jsonl": b"{}\n"}
    judge = record(
        "models/demo:eval",
        "evaluation",
        "pedigree.evaluation.judge",
        judged,
        roles={
            "suite": suite,
            f"sets/{sealed.name}": sealed,
            "predictions/0": predictions[0],
            "predictions/1": predictions[1],
        },
        config={"model": "after SFT", "stages": ["base model", "after SFT"]},
    )
    delivered = {
        **{f"model/{path}": content for path, content in adapter.items()},
        **{f"evaluation/suite/{path}": content for path, content in judged.items()},
        "MODEL_CARD.md": b"# Demo\n",
    }
    release = record(
        RELEASE,
        "release",
        "pedigree.release.assemble",
        delivered,
        roles={"model": sft, "base": base, "evaluations/suite": judge},
        config={"release": "demo"},
    )
    return [data, sealed, base, sft, suite, *predictions, judge, release], delivered


def approvals_of_demo() -> dict[str, bytes]:
    """Attestations that approve the base model of the demo."""
    return approvals_of(closure_of_demo()[0])


def approvals_of(records: list[Record]) -> dict[str, bytes]:
    """Attestations that approve the base models of these records."""
    bases = {each.address: tuple(sorted(base_files(each).items())) for each in records if each.kind == "base_model"}
    return _approvals(tuple(sorted(bases.items())))


@cache
def _approvals(bases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> dict[str, bytes]:
    """Made once, so that two builds bring the same."""
    with tempfile.TemporaryDirectory() as directory:
        office = Office(Path(directory))
        root = office.publish_root(office.root(), "Olga")
        for address, files in bases:
            office.approve(office.propose(address, dict(files)), "Quentin", "Lea")
        office.publish_snapshot(root)
    return office.files


def base_files(base: Record) -> dict[str, str]:
    """Name -> sha256 of what a base model is made from."""
    return {path.removeprefix("inputs/files/"): sha for path, sha in base.materials.items() if path[:7] == "inputs/"}


def lay_out(
    directory: Path, uri: str, records: list[Record], delivered: Files, attestations: Files | None = None
) -> Path:
    """The directory that sealing reads; without other attestations, with those that approve its base models."""
    for path, data in (approvals_of(records) if attestations is None else attestations).items():
        (directory / "attestations" / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / "attestations" / path).write_bytes(data)
    (directory / "records").mkdir(parents=True)
    for each in records:
        (directory / "records" / f"{each.name}.json").write_text(json.dumps(each.to_json()))
    order = {"schema": "pedigree.seal/1", "release": RELEASE, "name": RELEASE_STEP}
    (directory / "seal.json").write_text(json.dumps(order))
    for path, data in delivered.items():
        (directory / "release" / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / "release" / path).write_bytes(data)
    (directory / "signer.pub").write_text(signer_public_key(uri).pem)
    return directory


def build_release(directory: Path, uri: str, variant: bytes = b"") -> Path:
    """A sealed release, as it is delivered."""
    lay_out(directory, uri, *closure_of_demo(variant))
    seal(directory, uri)
    return deliver(directory)


def deliver(directory: Path) -> Path:
    """Products of the release step and outputs of sealing, together."""
    dist = directory / "dist"
    shutil.copytree(directory / "release", dist)
    shutil.copytree(directory / "outputs", dist, dirs_exist_ok=True)
    return dist


def with_changes(records: list[Record], name: str, **changes: object) -> list[Record]:
    """The records, one of them changed."""
    return [replace(each, **changes) if each.name == name else each for each in records]  # type: ignore[arg-type]


def stock_commands(instructions: Path) -> list[str]:
    """The commands of VERIFY.md, in their order."""
    blocks = instructions.read_text().split("```sh\n")[1:]
    return [block.split("```")[0] for block in blocks]


def stock_tools(directory: Path) -> Path:
    """A directory for PATH with the console scripts of in-toto and model-signing, run by this Python."""
    directory.mkdir()
    for name, module in (("in-toto-verify", "in_toto.in_toto_verify"), ("model_signing", "model_signing._cli")):
        script = directory / name
        start = f"import sys; from {module} import main; sys.argv[0] = '{name}'; sys.exit(main())"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
        script.chmod(0o755)
    return directory


def run_stock(command: str, release: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    """Paste a command into a shell in the release directory."""
    search = os.pathsep.join(path for path in sys.path if path)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONPATH": search}
    return subprocess.run(
        ["bash", "-c", command], cwd=release, env=environment, capture_output=True, text=True, check=False
    )


def make_read_only(directory: Path) -> None:
    """Take the right to write from a directory and everything in it."""
    for path in [*directory.rglob("*"), directory]:
        path.chmod(stat.S_IMODE(os.stat(path).st_mode) & ~0o222)


def make_writable(directory: Path) -> None:
    """Give it back, so that pytest can clean up."""
    for path in [directory, *directory.rglob("*")]:
        path.chmod(stat.S_IMODE(os.stat(path).st_mode) | stat.S_IWUSR)


def who_ran(directory: Path) -> tuple[dict[str, str], list[str]]:
    """Step -> builder, of the results that are admitted, and the other steps."""
    words, refused = admit(directory)
    return {step: word.builder for step, word in words.items()}, refused
