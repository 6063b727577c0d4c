"""What owners enroll somebody with who signs by an identity: a file by which he can sign, or one clear error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.desk import Desk
from cli.identified import EVE
from trust.signing.instance import ISSUER, Instance, running

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that answers."""
    with running(tmp_path / "instance") as found:
        yield found


def enroll(desk: Desk, document: object) -> int:
    """Whether Eve gets a role by a trust config."""
    desk.init()
    path = desk.directory / "config.json"
    path.write_text(json.dumps(document, indent=1))
    return desk.pedigree(
        "keys", "enroll", "--role", "legal", f"Eve=sigstore:{path}?identity={EVE}&issuer={ISSUER}", by="Olga"
    )


def config(instance: Instance) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(instance.config.read_bytes())
    return found


LACKS: dict[str, Change] = {
    "trustedRoot": lambda it: it.pop("trustedRoot"),
    "signingConfig": lambda it: it.pop("signingConfig"),
    "trustedRoot.tlogs": lambda it: it["trustedRoot"].update(tlogs=[]),
    "trustedRoot.ctlogs": lambda it: it["trustedRoot"].pop("ctlogs"),
    "trustedRoot.certificateAuthorities": lambda it: it["trustedRoot"].update(certificateAuthorities={}),
    "signingConfig.caUrls": lambda it: it["signingConfig"].update(caUrls=[]),
    "signingConfig.rekorTlogUrls": lambda it: it["signingConfig"].update(rekorTlogUrls=None),
}
UNREADABLE: dict[str, Change] = {
    "trustedRoot.tlogs.0.baseUrl: Field required": lambda it: it["trustedRoot"]["tlogs"][0].pop("baseUrl"),
    "signingConfig.more: Extra inputs": lambda it: it["signingConfig"].update(more=1),
    "unsupported signing config format": lambda it: it["signingConfig"].update(
        mediaType="application/vnd.dev.sigstore.signingconfig.v0.1+json"
    ),
    "No valid Fulcio CA": lambda it: it["signingConfig"]["caUrls"][0].update(majorApiVersion=9),
    "error parsing asn1 value": lambda it: it["trustedRoot"]["certificateAuthorities"][0]["certChain"].update(
        certificates=[{"rawBytes": "AAAA"}]
    ),
}


def test_a_trust_config_is_enrolled_with_and_without_the_client(
    desk: Desk, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enroll(desk, config(instance)) == 0
    monkeypatch.setitem(sys.modules, "pedigree.trust.keyless", None)
    max_ = f"Max=sigstore:{instance.config}?identity=max@example.org&issuer={ISSUER}"
    assert desk.pedigree("keys", "enroll", "--role", "legal", max_, by="Olga") == 0


@pytest.mark.parametrize("client", [True, False], ids=["with the client", "without it"])
@pytest.mark.parametrize("lacks", LACKS)
def test_a_config_that_lacks_what_it_needs_is_not_enrolled(
    lacks: str,
    client: bool,
    desk: Desk,
    instance: Instance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not client:
        monkeypatch.setitem(sys.modules, "pedigree.trust.keyless", None)
    document = config(instance)
    LACKS[lacks](document)
    assert enroll(desk, document) == 2
    assert f"is not the trust config of a Sigstore instance: it has no {lacks}\nhint: ask" in capsys.readouterr().err


@pytest.mark.parametrize("told", UNREADABLE)
def test_a_config_that_the_client_cannot_use_is_not_enrolled_and_it_is_said_where(
    told: str, desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    document = config(instance)
    UNREADABLE[told](document)
    assert enroll(desk, document) == 2
    said = capsys.readouterr().err
    assert f"is not the trust config of a Sigstore instance: {told}" in said
    assert "pydantic" not in said and "type=" not in said


def test_a_trusted_root_alone_is_not_enrolled_because_nobody_can_sign_by_it(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enroll(desk, config(instance)["trustedRoot"]) == 2
    said = capsys.readouterr().err
    assert "is the trusted root of a Sigstore instance and no more; nobody can sign by it" in said
    assert "hint: ask whoever runs the instance for its client trust config, v0.1: it holds the trusted root" in said
