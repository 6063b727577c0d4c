"""`package` of everything but releases: the artifact, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.rules import collect_rules, rule
from pants.engine.unions import UnionRule

from pedigree.build import dist, engine, permission
from pedigree.build.addresses import short
from pedigree.build.common_fields import ArtifactDependencies
from pedigree.build.plan import Product


@dataclass(frozen=True)
class ArtifactFieldSet(PackageFieldSet):
    """A target whose artifact can be looked at."""

    required_fields = (ArtifactDependencies,)

    dependencies: ArtifactDependencies


@rule(desc="Package artifact")
async def package_artifact(fields: ArtifactFieldSet) -> BuiltPackage:
    """Make an artifact, once its whole closure is planned and permitted, and show it if it still is."""
    await engine.require_permitted(fields.address, "artifact")
    await engine.probe_isolation()
    (made,) = await engine.make((Product(short(fields.address.spec)),))
    await permission.require_sound(fields.address, made)
    path = dist.artifact_path(fields.address.spec_path, fields.address.target_name)
    await engine.deliver(path, made.artifact)
    return BuiltPackage(EMPTY_DIGEST, ())


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return (*collect_rules(), UnionRule(PackageFieldSet, ArtifactFieldSet))
