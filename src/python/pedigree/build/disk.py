"""The rules that write to the disk: they run anew in every run of Pants."""

from __future__ import annotations

import logging
import uuid

from pants.base.build_root import BuildRoot
from pants.core.util_rules.distdir import DistDir
from pants.engine.rules import _uncacheable_rule, collect_rules

from pedigree.build import dist, engine
from pedigree.build.messages import Delivered, Delivery, Invocation, InvocationRequest

logger = logging.getLogger(__name__)


@_uncacheable_rule
async def name_invocation(request: InvocationRequest) -> Invocation:
    """A name that nothing else has; it is answered once in each run."""
    return Invocation(uuid.uuid4().hex)


@_uncacheable_rule
async def deliver(request: Delivery, build_root: BuildRoot, dist_dir: DistDir) -> Delivered:
    """Bring a directory under dist to what was made, if it is not that already."""
    relative = dist_dir.relpath / request.path
    if request.invocation != await engine.invocation():
        # Before it runs a rule again, Pants asks for all that the rule asked for in an earlier run. What was delivered
        # then may be revoked by now, or red.
        return Delivered(str(relative))
    directory = build_root.pathlib_path / relative
    try:
        entries = await engine.file_entries(request.digest)
        digests = {entry.path: entry.file_digest.fingerprint for entry in entries}
        if not dist.holds(directory, digests):
            files = {file.path: file.content for file in await engine.contents(request.digest)}
            dist.require_intact(files, digests)
            dist.replace(directory, files)
    except engine.IntrinsicError as error:
        await engine.explain(f"cannot write {relative}", error)
        raise
    if request.announced:
        logger.info(f"Wrote {relative}")
    return Delivered(str(relative))


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
