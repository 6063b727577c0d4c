"""Statements signed without a key, by the stock client on an instance of the test, and verified offline."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pedigree.step.canonical import canonical_json
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Person, person_of
from pedigree.trust.keyless import open_keyless, sign_keyless
from pedigree.trust.statement import SUMMARY, statement
from trust.signing import clock
from trust.signing.certificates import new_key
from trust.signing.cloud import call
from trust.signing.instance import ISSUER, Instance, Provider, running

SOMEBODY, SOMEBODY_ELSE = "quality@example.org", "sales@example.org"
STATEMENT = statement({"model/config.json": "0" * 64}, SUMMARY, {"meaning": "approved for use in a device"})


@pytest.fixture(scope="module", params=[2, 1], ids=["rekor-v2", "rekor-v1"])
def signed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Person, bytes]:
    """Somebody, and what they signed on an instance that is gone by now."""
    with running(tmp_path_factory.mktemp("instance"), rekor=request.param) as instance:
        person = Person(instance.config, SOMEBODY, ISSUER)
        return person, sign_keyless(STATEMENT, person, instance.provider.token(SOMEBODY))


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that answers."""
    with running(tmp_path / "instance") as found:
        yield found


def test_what_somebody_signed_is_opened_without_a_network(
    signed: tuple[Person, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"asked the network: {arguments}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    person, data = signed
    assert open_keyless(data, person, "approval.json") == STATEMENT
    assert canonical_json(json.loads(data)) == data


def by_the_docs(
    directory: Path, person: Person, data: bytes, sha256: str = "0" * 64
) -> subprocess.CompletedProcess[str]:
    """What the stock client says of a bundle, by the script that stands in the docs."""
    docs = next(up / "docs" / "verify.md" for up in (Path.cwd(), *Path.cwd().parents) if (up / "docs").is_dir())
    (script,) = re.findall(r"```sh\n(# identity\.sh.*?)```", docs.read_text(), re.DOTALL)
    (directory / "identity.sh").write_text(script)
    (directory / "bundle.json").write_bytes(data)
    (directory / "python3").symlink_to(sys.executable)
    environment = {
        "PATH": f"{directory}:/usr/bin:/bin",
        "HOME": str(directory),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    named = (str(person.instance), person.identity, person.issuer, sha256)
    command = ["bash", str(directory / "identity.sh"), str(directory / "bundle.json"), *named]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_stock_client_verifies_it_by_the_command_of_the_docs(signed: tuple[Person, bytes], tmp_path: Path) -> None:
    done = by_the_docs(tmp_path, *signed)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == STATEMENT


@pytest.mark.parametrize(
    ("identity", "issuer", "digit"),
    [(SOMEBODY_ELSE, ISSUER, "0"), (SOMEBODY, f"{ISSUER}/", "0"), (SOMEBODY, ISSUER, "1")],
)
def test_the_stock_client_refuses_another_person_issuer_or_subject(
    identity: str, issuer: str, digit: str, signed: tuple[Person, bytes], tmp_path: Path
) -> None:
    person = Person(signed[0].instance, identity, issuer)
    done = by_the_docs(tmp_path, person, signed[1], digit * 64)
    assert done.returncode == 1 and done.stdout == "" and "FAIL" in done.stderr


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [(SOMEBODY_ELSE, ISSUER), (SOMEBODY, f"{ISSUER}/"), (SOMEBODY, "https://login.example.com")],
)
def test_what_somebody_else_signed_is_refused(identity: str, issuer: str, signed: tuple[Person, bytes]) -> None:
    person, data = signed
    with pytest.raises(Refused, match=f"approval.json is not signed by {identity}"):
        open_keyless(data, Person(person.instance, identity, issuer), "approval.json")


def test_what_another_instance_certified_is_refused(signed: tuple[Person, bytes], instance: Instance) -> None:
    with pytest.raises(Refused, match="approval.json is not signed by"):
        open_keyless(signed[1], Person(instance.config, SOMEBODY, ISSUER), "approval.json")


def test_a_flipped_bit_is_refused_or_changes_nothing_that_was_said(signed: tuple[Person, bytes]) -> None:
    person, data = signed
    generator, refused = random.Random(11), 0
    for _ in range(400):
        changed = bytearray(data)
        changed[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        try:
            assert open_keyless(bytes(changed), person, "approval.json") == STATEMENT
        except (Refused, MalformedEvidence):
            refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b" " + data,
        lambda data: b"[]",
        lambda data: b"{}",
        lambda data: b"\xff",
        lambda data: data.replace(b'"dsseEnvelope"', b'"messageSignature"'),
        lambda data: data.replace(b'{"dsseEnvelope"', b'{"also":1,"dsseEnvelope"'),
        lambda data: data.replace(b'"tlogEntries":[', b'"tlogEntries":[],"x":['),
        lambda data: data.replace(b"bundle.v0.3", b"bundle.v9.9"),
    ],
)
def test_what_is_no_bundle_is_malformed(change: Any, signed: tuple[Person, bytes]) -> None:
    with pytest.raises(MalformedEvidence, match="approval.json"):
        open_keyless(change(signed[1]), signed[0], "approval.json")


def test_a_statement_in_the_place_of_the_signed_one_is_refused(signed: tuple[Person, bytes]) -> None:
    person, data = signed
    document = json.loads(data)
    other = canonical_json({**STATEMENT, "predicate": {"meaning": "rejected"}})
    document["dsseEnvelope"]["payload"] = base64.b64encode(other).decode()
    with pytest.raises(Refused, match="is not signed by"):
        open_keyless(canonical_json(document), person, "approval.json")


def test_who_logged_in_as_somebody_else_signs_nothing(instance: Instance) -> None:
    person = Person(instance.config, SOMEBODY, ISSUER)
    with pytest.raises(ToolError, match=rf"not believed: .*not signed by {SOMEBODY}.*\nhint: log in as {SOMEBODY} at"):
        sign_keyless(STATEMENT, person, instance.provider.token(SOMEBODY_ELSE))
    with pytest.raises(ToolError, match="not believed"):
        sign_keyless(STATEMENT, person, instance.provider.token(SOMEBODY, issuer="https://login.example.com"))


def test_a_token_that_is_forged_expired_or_none_signs_nothing(instance: Instance) -> None:
    person = Person(instance.config, SOMEBODY, ISSUER)
    forger = Provider()
    for token, told in (
        (forger.token(SOMEBODY), "401 Client Error"),
        (instance.provider.token(SOMEBODY, exp=int(time.time()) - 60), "malformed or missing claims"),
        (instance.provider.token(SOMEBODY, aud="another service"), "malformed or missing claims"),
        ("none", "malformed or missing claims"),
    ):
        with pytest.raises(ToolError, match=f"did not sign: .*{told}"):
            sign_keyless(STATEMENT, person, token)


@pytest.mark.parametrize(("service", "key"), [("fulcio", "ca"), ("fulcio", "ct"), ("rekor", "key")])
def test_an_instance_of_which_one_part_is_an_impostor_signs_nothing(service: str, key: str, instance: Instance) -> None:
    setattr(getattr(instance, service), key, new_key())
    with pytest.raises(ToolError, match="did not sign: |is not believed: "):
        sign_keyless(STATEMENT, Person(instance.config, SOMEBODY, ISSUER), instance.provider.token(SOMEBODY))


def test_the_time_of_a_clock_that_is_not_trusted_is_none(instance: Instance) -> None:
    clock.set_up(instance.folder, new_key())
    with pytest.raises(ToolError, match="not believed: .*not enough sources of verified time"):
        sign_keyless(STATEMENT, Person(instance.config, SOMEBODY, ISSUER), instance.provider.token(SOMEBODY))


def test_a_signature_that_was_logged_after_the_certificate_had_expired_is_refused(tmp_path: Path) -> None:
    late = running(tmp_path, rekor=1, late=3600)
    with late as instance, pytest.raises(ToolError, match="not believed: .*(expired|not valid|not_after|validity)"):
        sign_keyless(STATEMENT, Person(instance.config, SOMEBODY, ISSUER), instance.provider.token(SOMEBODY))


def test_an_instance_that_cannot_be_reached_is_one_clear_error(tmp_path: Path) -> None:
    with running(tmp_path) as instance:
        token = instance.provider.token(SOMEBODY)
    with pytest.raises(ToolError, match="did not sign: .*(refused|Max retries)"):
        sign_keyless(STATEMENT, Person(instance.config, SOMEBODY, ISSUER), token)


BROWSER = """#!{python}
import sys, urllib.request
urllib.request.urlopen(sys.argv[1]).read()
"""
LOG_IN = """
import sys
from pedigree.trust.identity import person_of
from pedigree.trust.keyless import sign_keyless
from trust.signing.test_keyless import STATEMENT
sys.stdout.buffer.write(sign_keyless(STATEMENT, person_of(sys.argv[1])))
"""


def test_somebody_without_a_token_logs_in_by_a_browser(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "browser").write_text(BROWSER.format(python=sys.executable))
    (tmp_path / "browser").chmod(0o755)
    uri = f"sigstore:{instance.config}?identity={SOMEBODY}&issuer={ISSUER}"
    done = call(["-c", LOG_IN, uri], {"BROWSER": f"{tmp_path / 'browser'} %s", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert open_keyless(done.stdout.encode(), person_of(uri), "approval.json") == STATEMENT


@pytest.mark.parametrize(
    "uri",
    [
        "sigstore:",
        "sigstore:?ambient=false",
        "sigstore:config.json?identity=a&issuer=b",
        "sigstore:/config.json?identity=a",
        "sigstore:/config.json?identity=a&issuer=b&identity=c",
        "file:/config.json?identity=a&issuer=b",
    ],
)
def test_a_uri_that_leaves_open_who_signs_is_refused(uri: str) -> None:
    with pytest.raises(ToolError, match="does not name a person[\\s\\S]*hint: write sigstore:/absolute"):
        person_of(uri)


def test_a_uri_names_instance_identity_and_issuer() -> None:
    uri = "sigstore:/etc/sigstore/config.json?identity=qa%2Bdevices@example.org&issuer=https://login.example.org/"
    expected = Person(Path("/etc/sigstore/config.json"), "qa+devices@example.org", "https://login.example.org/")
    assert person_of(uri) == expected


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"mediaType": "other"}'])
def test_a_file_that_is_no_trust_config_is_one_clear_error(content: bytes, tmp_path: Path, signed: Any) -> None:
    (tmp_path / "config.json").write_bytes(content)
    person = Person(tmp_path / "config.json", SOMEBODY, ISSUER)
    with pytest.raises(ToolError, match="is not the trust config of a Sigstore instance"):
        sign_keyless(STATEMENT, person, "token")
    with pytest.raises(ToolError, match="is not the trust config of a Sigstore instance"):
        open_keyless(signed[1], person, "approval.json")
    with pytest.raises(ToolError, match="No such file"):
        open_keyless(signed[1], Person(tmp_path / "missing.json", SOMEBODY, ISSUER), "approval.json")
