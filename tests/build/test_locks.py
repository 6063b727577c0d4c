from __future__ import annotations

from pathlib import Path

from pedigree.build.locks import pinned_versions

LOCK = """torch==2.13.0+cpu \\
    --hash=sha256:00
    # via -r ml.in
accelerate==1.15.0 ; python_version >= "3.11" \\
    --hash=sha256:01
# nothing==1.0
"""


def test_every_pin_is_a_version_and_comments_are_not() -> None:
    assert pinned_versions(LOCK) == {"accelerate": "1.15.0", "torch": "2.13.0+cpu"}


def test_the_locks_of_this_repository_are_read_whole() -> None:
    locks = list(Path("3rdparty/python").glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert len(pinned_versions(text)) == sum(line[:1].isalnum() for line in text.splitlines()), lock
