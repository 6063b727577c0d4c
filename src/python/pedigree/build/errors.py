"""What the backend raises when the author of a BUILD file has to mend something."""

from __future__ import annotations


class BuildError(Exception):
    """What happened and where, and how to mend it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}\nhint: {hint}")


def in_field(address: str, field: str, what: str, hint: str) -> BuildError:
    """An error of one field of one target.

    >>> print(in_field("models/x:sft", "seed", "must be set", "add seed=1"))
    target 'models/x:sft', field 'seed': must be set
    hint: add seed=1
    """
    return BuildError(f"target '{address}', field '{field}': {what}", hint)


ROTTEN = "a file in the cache of Pants is not what its digest says"
ROTTEN_HINT = "remove its store (~/.cache/pants/lmdb_store, or what [GLOBAL].local_store_dir names), and build again"
