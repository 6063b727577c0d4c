"""The publisher's signature, from the arguments of whoever proposes a model to what those see who approve it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from cli.desk import Desk
from cli.proposing import NAME, approve, propose, with_model
from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.trust.entry import Entry, parse_entry
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.identity import Person
from pedigree.trust.keyless import sign_keyless
from pedigree.trust.modelsig import model_statement
from pedigree.trust.signers import load_signer
from trust.publishers import LAB, NOW, OTHER, YEAR, Authority, Credential, stated
from trust.signing.instance import ISSUER, Instance, running

PERSON = "release@lab.example"
AUTHORITY = Authority()


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with a trust root, a model, and what is written about it."""
    return with_model(desk)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with running(tmp_path / "instance") as found:
        yield found


def statement(desk: Desk) -> dict[str, Any]:
    return model_statement(directory_files(desk.directory / "model"))


def by_certificate(desk: Desk, credential: Credential | None = None, identity: str = f"cn:{LAB}") -> tuple[str, ...]:
    """The options of a model that is signed with a certificate."""
    signature, anchors = desk.directory / "model.sig", desk.directory / "lab-ca.pem"
    signature.write_bytes((credential or AUTHORITY.certify()).sign(statement(desk)))
    anchors.write_bytes(AUTHORITY.pem)
    named = ("--publisher-ca", str(anchors), "--publisher-identity", identity)
    return ("--publisher-signature", str(signature), *named)


def by_identity(desk: Desk, instance: Instance, person: str = PERSON, issuer: str = ISSUER) -> tuple[str, ...]:
    """The options of a model that somebody signed in a Sigstore instance."""
    signature, who = desk.directory / "model.sig", Person(instance.config, PERSON, ISSUER)
    signature.write_bytes(sign_keyless(statement(desk), who, instance.provider.token(PERSON)))
    named = ("--publisher-identity", person, "--publisher-issuer", issuer, "--trust-config", str(instance.config))
    return ("--publisher-signature", str(signature), *named)


def filed(desk: Desk) -> tuple[Path, Entry]:
    """The entry that is filed, and its directory."""
    (path,) = (desk.attestations / "approvals").glob("*/entry.json")
    return path.parent, parse_entry(path.read_bytes(), "entry.json")


def test_a_certificate_is_verified_kept_shown_and_verified_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    time, issuer = stated(NOW - YEAR), f"sha256:{AUTHORITY.root.fingerprint(SHA256()).hex()}"
    credential = AUTHORITY.certify(begin=NOW - YEAR, life=timedelta(days=2))
    assert propose(desk, *by_certificate(desk, credential), "--time", time) == 0
    words = f"'cn:{LAB}', by a certificate under the authority {issuer}, valid at {time}"
    assert f"the publisher signed 6 of these files: {words}\n" in capsys.readouterr().err
    place, entry = filed(desk)
    assert (place / "model.sig").read_bytes() == (desk.directory / "model.sig").read_bytes()
    assert (place / "publisher-ca.pem").read_bytes() == AUTHORITY.pem
    assert entry.publisher_signature == sha256_bytes((place / "model.sig").read_bytes())
    assert entry.published_by is not None and entry.published_by.anchors == sha256_bytes(AUTHORITY.pem)
    desk.pedigree("base", "show", NAME)
    assert f"  signed by its publisher: {words}; verified when it was proposed\n" in capsys.readouterr().out
    assert approve(desk, "Lea") == 0
    assert f"published by Ada: signed by {words}; verified again, 6 files\n" in capsys.readouterr().err
    assert approve(desk, "Quentin") == 0 and desk.pedigree("snapshot", by="Quentin") == 0
    desk.pedigree("base", "list")
    assert "approved\n" in capsys.readouterr().out


def test_an_identity_is_verified_kept_shown_and_verified_again(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert propose(desk, *by_identity(desk, instance)) == 0
    words = f"'{PERSON}', by the word of {ISSUER} in Sigstore"
    assert f"the publisher signed 6 of these files: {words}\n" in capsys.readouterr().err
    place, entry = filed(desk)
    assert (place / "publisher-trust.json").read_bytes() == instance.config.read_bytes()
    assert entry.published_by is not None and entry.published_by.kind == "sigstore"
    assert approve(desk, "Lea") == 0
    assert f"published by Ada: signed by {words}; verified again, 6 files\n" in capsys.readouterr().err
    assert desk.pedigree("base", "show", NAME, "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)["entry"]["published_by"]
    assert (shown["identity"], shown["issuer"]) == (PERSON, ISSUER)


def test_a_pedigree_without_sigstore_says_so(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = by_identity(desk, instance)
    assert propose(desk, *options) == 0
    for name in [name for name in sys.modules if name == "sigstore" or name.startswith("sigstore.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pedigree.trust.keyless", "pedigree.trust.publisher_sigstore"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    capsys.readouterr()
    assert approve(desk, "Lea") == 2
    lacks = "this `pedigree` cannot verify Sigstore identities, because it lacks sigstore"
    assert lacks in capsys.readouterr().err
    assert propose(desk, *options) == 2
    told = capsys.readouterr().err
    assert "this `pedigree` cannot verify Sigstore identities, because it lacks sigstore" in told
    assert "hint: use the `pedigree` of reviewers: ./pants package src/python/pedigree/cli:reviewer" in told


def test_signatures_that_do_not_fit_end_the_proposal(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    expired = AUTHORITY.certify(begin=NOW - YEAR, life=timedelta(days=2))
    cases: tuple[tuple[Callable[[], tuple[str, ...]], str], ...] = (
        (
            lambda: by_certificate(desk, AUTHORITY.certify(OTHER)),
            f"not signed by 'cn:{LAB}': the certificate is that of",
        ),
        (lambda: by_certificate(desk, Authority().certify()), "is not under the publisher's authorities"),
        (lambda: by_certificate(desk, expired), "is valid from"),
        (lambda: by_identity(desk, instance, "intern@lab.example"), "is not signed by intern@lab.example"),
        (lambda: by_identity(desk, instance, issuer="https://accounts.example"), f"is not signed by {PERSON}"),
        # The public instance does not know him.
        (lambda: by_identity(desk, instance)[:-2], f"is not signed by {PERSON}"),
        (lambda: (*by_certificate(desk)[:2], *by_identity_options(instance)), "has no entry of a transparency log"),
    )
    for sign, told in cases:
        assert propose(desk, *sign()) == 1
        assert told in capsys.readouterr().err
    anchors = by_certificate(desk)[2:]
    assert propose(desk, *by_identity(desk, instance)[:2], *anchors) == 1
    assert "is not signed by a certificate under an authority, but by a Sigstore identity" in capsys.readouterr().err
    options = by_certificate(desk)
    (desk.directory / "model" / "config.json").write_text('{"model_type": "qwen2"}')
    assert propose(desk, *options) == 1
    assert "config.json is not the file that" in capsys.readouterr().err
    assert not (desk.attestations / "approvals").exists()


def by_identity_options(instance: Instance) -> tuple[str, ...]:
    """Whom to expect, without a signature."""
    named = ("--publisher-identity", PERSON, "--publisher-issuer", ISSUER)
    return (*named, "--trust-config", str(instance.config))


def test_arguments_that_name_no_publisher_or_several_are_a_wrong_call(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, identity = by_certificate(desk), by_identity_options(instance)
    signature, authority, name = certificate[:2], certificate[2:4], certificate[4:]
    key = ("--publisher-key", desk.public("Ada"))
    for options in (
        signature,
        key,
        authority,
        name,
        (*signature, *authority),
        (*signature, *name),
        (*signature, *identity[2:4]),
        (*signature, *identity[4:]),
        (*certificate, *key),
        (*certificate, *identity[2:4]),
        (*certificate, *identity[4:]),
        (*signature, *key, *identity),
        identity,
        ("--time", stated(NOW)),
        (*signature, *key, "--time", stated(NOW)),
        (*signature, *authority, "--publisher-identity", LAB),
        (*signature, *authority, "--publisher-identity", "cn:"),
        (*signature, "--publisher-ca", str(desk.directory / "missing.pem"), *name),
    ):
        assert propose(desk, *options) == 2, options
        assert "\nhint: " in capsys.readouterr().err
    assert not (desk.attestations / "approvals").exists()


@pytest.mark.parametrize("option", ["--publisher-ca", "--trust-config", "--publisher-signature"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{}", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_files_that_cannot_be_used_are_told(
    desk: Desk, instance: Instance, option: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    options = by_identity(desk, instance) if option == "--trust-config" else by_certificate(desk)
    (desk.directory / "given").write_bytes(content)
    assert propose(desk, *options, option, str(desk.directory / "given")) == 1
    assert capsys.readouterr().err.startswith("error: ")


def rewrite(desk: Desk, **changes: Any) -> None:
    """Forge what an entry says of its publisher; entry and evidence stay where they are."""
    place, entry = filed(desk)
    assert entry.published_by is not None
    forged = replace(entry, published_by=replace(entry.published_by, **changes))
    (place / "entry.json").write_bytes(forged.to_bytes())


def test_an_entry_that_says_otherwise_than_its_signature_is_not_approved(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert propose(desk, *by_certificate(desk)) == 0
    place, entry = filed(desk)
    sigstore = {"kind": "sigstore", "identity": PERSON, "issuer": ISSUER, "time": ""}
    config = instance.config.read_bytes()
    (place / "publisher-trust.json").write_bytes(config)
    for changes, told in (
        ({"identity": f"cn:{OTHER}"}, f"is not signed by 'cn:{OTHER}'"),
        ({"issuer": f"sha256:{'0' * 64}"}, "is signed by 'cn:Example Lab'"),
        ({"time": stated(NOW - YEAR)}, f"not at {stated(NOW - YEAR)}"),
        ({**sigstore, "anchors": sha256_bytes(config)}, "has no entry of a transparency log"),
        ({"kind": "key", "identity": f"sha256:{'0' * 64}", "issuer": "", "time": ""}, "the publisher's key is not"),
        ({"kind": "key"}, "its publisher cannot have been verified so"),
        ({"kind": "none"}, "its publisher cannot have been verified so"),
        ({"anchors": "0" * 64}, "names evidence that is not beside it"),
    ):
        (place / "entry.json").write_bytes(entry.to_bytes())
        rewrite(desk, **changes)
        assert approve(desk, "Lea") == 1
        assert told in capsys.readouterr().err
    (place / "entry.json").write_bytes(entry.to_bytes())
    assert approve(desk, "Lea") == 0


def test_a_key_is_written_down_and_an_entry_that_leaves_it_out_is_not_approved_anew(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    public = desk.key("Ada")
    (desk.directory / "model.sig").write_bytes(
        sign_bundle(statement(desk), load_signer(desk.uri("Ada"), public), public)
    )
    options = ("--publisher-signature", str(desk.directory / "model.sig"), "--publisher-key", desk.public("Ada"))
    assert propose(desk, *options) == 0
    place, entry = filed(desk)
    assert entry.published_by is not None and entry.published_by.identity == f"sha256:{public.fingerprint}"
    assert json.loads(entry.to_bytes())["schema"] == "pedigree.base-entry/2"
    first = replace(entry, published_by=None)
    assert json.loads(first.to_bytes())["schema"] == "pedigree.base-entry/1"
    (place / "entry.json").write_bytes(first.to_bytes())
    capsys.readouterr()
    assert approve(desk, "Lea") == 1
    told = capsys.readouterr().err
    assert "does not say whose its publisher's signature is: propose it again" in told


def test_an_entry_names_a_publisher_with_a_signature_alone(desk: Desk) -> None:
    assert propose(desk, *by_certificate(desk)) == 0
    _, entry = filed(desk)
    with pytest.raises(MalformedEvidence, match="says who signed the model, but names no signature"):
        parse_entry(replace(entry, publisher_signature="").to_bytes(), "entry.json")
    document = json.loads(entry.to_bytes())
    wrong: tuple[Any, ...] = (
        {},
        None,
        [],
        {**document["published_by"], "more": ""},
        {**document["published_by"], "time": 3},
    )
    for broken in wrong:
        data = json.dumps({**document, "published_by": broken}, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(MalformedEvidence):
            parse_entry(data, "entry.json")
