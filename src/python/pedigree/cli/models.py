"""`pedigree models fetch|lock|verify|gc`: weights of real size, by the manifests that name them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.telling import tell_error
from pedigree.registry.keeping import collect_garbage, verify_objects
from pedigree.registry.sizes import parse_bytes, show_bytes
from pedigree.registry.store import Store, default_store
from pedigree.registry.weights_manifest import WeightsFile, read_weights_manifest, render_weights_manifest
from pedigree.step.errors import ToolError

_JOBS = 4


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the commands' arguments."""
    parser.description = (
        "Weights by the manifests that name them. Exits 0 when all holds, 1 when not, 2 for a wrong call."
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for add in (_add_fetch, _add_lock, _add_verify, _add_gc):
        add(actions)


def _add_fetch(actions: Any) -> None:
    parser = actions.add_parser("fetch", help="bring the files of manifests into the store")
    parser.add_argument("manifests", metavar="MANIFEST", type=Path, nargs="+", help="a weights manifest")
    parser.add_argument("--jobs", metavar="N", type=_positive, default=_JOBS, help="files at once (default: 4)")
    parser.add_argument("--limit-rate", metavar="R", type=_bytes, help="bytes a second for all together, as 20M")
    _add_store(parser)
    parser.set_defaults(run=run_fetch)


def _add_lock(actions: Any) -> None:
    parser = actions.add_parser("lock", help="write the manifest of what a source holds")
    parser.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="a directory, https://FILE, s3://BUCKET/PREFIX, hf://ORG/NAME@COMMIT",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="where to write it (default: stdout)")
    parser.add_argument("--include", metavar="GLOB", default="*", help="names of the files that are wanted")
    parser.set_defaults(run=run_lock)


def _add_verify(actions: Any) -> None:
    parser = actions.add_parser("verify", help="hash what the store holds again")
    parser.add_argument("manifests", metavar="MANIFEST", type=Path, nargs="*", help="look at the files of these alone")
    _add_store(parser)
    parser.set_defaults(run=run_verify)


def _add_gc(actions: Any) -> None:
    parser = actions.add_parser("gc", help="remove what no manifest needs")
    parser.add_argument(
        "--keep", metavar="MANIFEST", type=Path, nargs="+", action="extend", required=True, help="what it names stays"
    )
    parser.add_argument("--dry-run", action="store_true", help="remove nothing, and print what would be")
    _add_store(parser)
    parser.set_defaults(run=run_gc)


def _store(call: argparse.Namespace) -> Store:
    store: Store | None = call.store
    return store or default_store()


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        metavar="DIR",
        type=lambda text: Store(Path(text)),
        help="the store (default: $PEDIGREE_MODELS, or where Pants keeps the steps' cache of models)",
    )


def run_fetch(call: argparse.Namespace) -> int:
    """Fetch, and say what could not be fetched.

    Raises:
        ToolError: A manifest is none, or nobody can write to the store.
    """
    _require_network()
    from pedigree.registry.download.fetch import fetch

    faults = fetch(call.manifests, _store(call), call.jobs, call.limit_rate)
    for what, hint in dict.fromkeys((fault.what, fault.hint) for fault in faults):  # a full disk is one, not one a file
        tell_error(what, hint)
    return EXIT_DOES_NOT_HOLD if faults else EXIT_HOLDS


def run_lock(call: argparse.Namespace) -> int:
    """Write a manifest, and say what is not in it.

    Raises:
        ToolError: The source cannot be read, or the manifest cannot be written.
    """
    _require_network()
    from pedigree.registry.download.lock import lock

    locked = lock(call.sources, call.output.parent if call.output else Path(), call.include)
    for name, fault in locked.left_out.items():
        print(f"left out: {name!r} {fault}", file=sys.stderr)
    text = render_weights_manifest(locked.manifest)
    if call.output is None:
        sys.stdout.buffer.write(text)
        return EXIT_HOLDS
    try:
        call.output.write_bytes(text)
    except OSError as error:
        raise ToolError(f"cannot write {call.output}: {error.strerror}", "name a file that can be written") from error
    return EXIT_HOLDS


def run_verify(call: argparse.Namespace) -> int:
    """Hash again, and print what is bad or missing.

    Raises:
        ToolError: A manifest is none.
    """
    files = _files(call.manifests)
    names = {file.sha256: file.name for file in files}
    sizes: dict[str, int | None] = {file.sha256: file.size for file in files}
    if not call.manifests:
        sizes = {path.name: None for path in _store(call).objects()}
    findings = verify_objects(_store(call), sizes)
    for finding in findings:
        print(f"{finding.sha256} {names.get(finding.sha256, '')}: {finding.fault}")
    print(f"{len(sizes) - len(findings)} of {len(sizes)} files are what they should be", file=sys.stderr)
    return EXIT_DOES_NOT_HOLD if findings else EXIT_HOLDS


def run_gc(call: argparse.Namespace) -> int:
    """Remove, and print what.

    Raises:
        ToolError: A manifest is none, somebody is fetching, or the store cannot be written.
    """
    needed = {file.sha256 for file in _files(call.keep)}
    garbage = collect_garbage(_store(call), needed, dry=call.dry_run)
    for item in garbage:
        print(f"{item.size} {item.path}")
    told = "would be removed" if call.dry_run else "removed"
    total = show_bytes(sum(item.size for item in garbage))
    print(f"{len(garbage)} files, {total}, {told}", file=sys.stderr)
    return EXIT_HOLDS


def _files(manifests: Iterable[Path]) -> list[WeightsFile]:
    return [file for path in manifests for file in read_weights_manifest(path).files]


def _require_network() -> None:
    """An auditor's `pedigree` is without the packages that reach the network, so that there is less to trust in it."""
    try:
        import pedigree.registry.download.transfer  # noqa: F401
    except ModuleNotFoundError as error:
        hint = "use the operator's: ./pants package src/python/pedigree/cli:operator"
        raise ToolError("this `pedigree` is the auditor's, and cannot reach the network", hint) from error


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _bytes(text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
