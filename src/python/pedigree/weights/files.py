"""Where the files of a model are: in its artifact, or in the store of weights that its artifact's manifest names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pedigree.registry.store import step_store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import read_weights_manifest
from pedigree.step.model_files import MODEL, WEIGHTS_MANIFEST


@contextmanager
def model_directory(artifact: Path) -> Iterator[Path]:
    """A directory with the files of a model, each verified as it is opened where the artifact holds none.

    Raises:
        ToolError: The store lacks a file, or has another one.
    """
    if not (artifact / WEIGHTS_MANIFEST).is_file():
        yield artifact / MODEL
        return
    with verified_directory(step_store(), read_weights_manifest(artifact / WEIGHTS_MANIFEST)) as directory:
        yield directory
