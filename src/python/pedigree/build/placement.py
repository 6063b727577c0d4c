"""From the name of an environment to where its steps run; nothing that names workers runs anywhere else."""

from __future__ import annotations

from pants.core.util_rules.environments import (
    DockerImageField,
    EnvironmentsSubsystem,
    RemoteExtraPlatformPropertiesField,
    RemoteFallbackEnvironmentField,
    RemotePlatformField,
)
from pants.engine.rules import collect_rules, rule
from pants.engine.target import Target
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict

from pedigree.build import engine
from pedigree.build.environment_targets import AcceleratorField, BuilderField, ResolvesField
from pedigree.build.errors import BuildError, in_field
from pedigree.build.messages import Place, PlaceRequest
from pedigree.build.plan import LOCAL


@rule(desc="Find out where steps run")
async def find_place(request: PlaceRequest, environments: EnvironmentsSubsystem, options: GlobalOptions) -> Place:
    """The place that an environment stands for.

    Raises:
        BuildError: There is no such environment, or it has workers and none are configured.
    """
    if request.environment != LOCAL and request.environment not in environments.names:
        raise in_field(
            request.address,
            "environment",
            f"there is no environment '{request.environment}'",
            f"known: {', '.join([LOCAL, *sorted(environments.names)])}; pants.toml names them",
        )
    if request.environment != LOCAL and not options.remote_execution:
        await _require_fallback(request)
    if request.environment != LOCAL:
        _require_no_way_out(request.environment, await engine.environment_target(engine.named(request.environment)))
    name = await engine.environment_name(request.environment, request.address)
    target = await engine.environment_target(name)
    return _place(name.val, target)


async def _require_fallback(request: PlaceRequest) -> None:
    target = await engine.environment_target(engine.named(request.environment))
    if target is None or not target.has_field(RemoteFallbackEnvironmentField):
        return
    if target[RemoteFallbackEnvironmentField].value is None:
        raise in_field(
            request.address,
            "environment",
            f"'{request.environment}' are workers, and none are configured; the step does not run anywhere else",
            "name an engine: PANTS_CONFIG_FILES=pants.remote.toml PEDIGREE_REMOTE=grpcs://HOST:PORT (docs/remote.md)",
        )


def _require_no_way_out(name: str, target: Target | None) -> None:
    """Refuse a place whose steps could run, or be said to run, where they do not."""
    if target is None:
        return
    if target.has_field(DockerImageField):
        raise BuildError(
            f"environment '{name}' is a container, and records tell of this machine and of workers alone",
            "name a `local_environment` or a `remote_environment`",
        )
    attested = target.has_field(AcceleratorField) and target[AcceleratorField].value
    if attested and target[RemoteFallbackEnvironmentField].value is not None:
        raise BuildError(
            f"environment '{name}' has an accelerator and a fallback_environment",
            "drop fallback_environment: what is attested to have run on an accelerator runs there or nowhere",
        )


def _place(name: str | None, target: Target | None) -> Place:
    if target is None or not target.has_field(RemotePlatformField):
        return Place(name)
    pairs = [pair.partition("=") for pair in target[RemoteExtraPlatformPropertiesField].value]
    for key, equals, _ in pairs:
        if not equals:
            raise BuildError(
                f"environment '{name}', field 'extra_platform_properties': '{key}' is not property=value",
                "write for instance 'pool=gpu-workers'",
            )
    return Place(
        name,
        remote=True,
        builder=str(target[BuilderField].value),
        properties=FrozenDict({key: value for key, _, value in pairs}),
        accelerator=target[AcceleratorField].value or "",
        resolves=FrozenDict(target[ResolvesField].value or {}),
    )


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
