"""Tells once a run when steps cannot be cut off: a build that is less apart than it says must not be so in silence."""

from __future__ import annotations

import logging

from pants.engine.process import Process, ProcessCacheScope
from pants.engine.rules import _uncacheable_rule, collect_rules
from pants.util.logging import LogLevel

from pedigree.build import engine, sandbox
from pedigree.build.messages import IsolationProbed, IsolationRequest

logger = logging.getLogger(__name__)


@_uncacheable_rule
async def probe_isolation(request: IsolationRequest) -> IsolationProbed:
    """Ask where steps run, anew in every run, and warn if they keep network and signing keys in sight."""
    result = await engine.execute_process(
        Process(
            sandbox.PROBE,
            description="Find out whether steps are cut off",
            env={"PATH": sandbox.ENVIRONMENT["PATH"]},
            cache_scope=ProcessCacheScope.PER_SESSION,
            level=LogLevel.DEBUG,
        )
    )
    if result.exit_code != 0:
        logger.warning(sandbox.NOT_APART)
    return IsolationProbed()


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
