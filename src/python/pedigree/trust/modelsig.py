"""`model.sig`: the OpenSSF Model Signing statement over a directory, for `model_signing verify key`.

Written here, because the stock writer's bytes differ from process to process and it would read the weights again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pedigree.trust.statement import MODEL_SIGNATURE, statement


def model_statement(files: Mapping[str, str]) -> dict[str, Any]:
    """The statement over a model's files.

    Args:
        files: Path relative to the model's directory -> sha256.
    """
    # The root is over the raw digests in the order in which the resources are listed.
    root = hashlib.sha256(b"".join(bytes.fromhex(files[path]) for path in sorted(files))).hexdigest()
    serialization = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []}
    resources = [{"name": path, "algorithm": "sha256", "digest": files[path]} for path in sorted(files)]
    return statement({"model": root}, MODEL_SIGNATURE, {"serialization": serialization, "resources": resources})


def under(directory: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files under a directory, relative to it."""
    prefix = f"{directory}/"
    return {path[len(prefix) :]: digest for path, digest in files.items() if path.startswith(prefix)}
