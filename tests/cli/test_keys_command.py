from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from cli.desk import ROLES, Desk
from pedigree.cli.main import main
from pedigree.step.canonical import canonical_json
from pedigree.trust.attestations import read_attestations
from pedigree.trust.chain import walk_roots
from pedigree.trust.root import TrustRoot, parse_root


def newest(desk: Desk) -> TrustRoot:
    """The root in force, as a verifier finds it from the first one."""
    files = read_attestations(desk.attestations)
    return walk_roots(files, parse_root(files["root/1.json"], "root")[0], lambda _: frozenset(), {})[-1]


def listing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    code = desk.pedigree("keys", "list", "--format", "json")
    return code, json.loads(capsys.readouterr().out)


def test_a_trust_root_is_in_force_when_enough_owners_signed_it(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.init("--threshold", "owner=2") == 0
    out, err = capsys.readouterr()
    assert out == f"{desk.attestations}/root/1.json\n" and "it lacks 1 more of the owners of its own: Otto" in err
    assert listing(desk, capsys)[0] == 1
    assert desk.pedigree("keys", "sign", by="Otto") == 0
    code, document = listing(desk, capsys)
    assert code == 0 and document["versions"][0]["signed_by"] == ["Olga", "Otto"]  # type: ignore[index]
    assert newest(desk).version == 1


def test_one_can_be_made_without_a_key_at_hand_and_signed_later(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.init(by="") == 0
    assert "it lacks 1 more of the owners of its own: Olga, Otto" in capsys.readouterr().err
    assert desk.pedigree("keys", "sign", by="Otto") == 0 and newest(desk).note == "for a test"


def test_the_signer_of_the_environment_signs_and_must_be_an_owner(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEDIGREE_SIGNER", desk.uri("Bea"))
    assert desk.init(by="") == 2
    assert "is that of 'Bea' in the role builder; this takes owner" in capsys.readouterr().err
    assert not desk.attestations.exists()


def test_everybody_is_listed_with_role_and_fingerprint(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    capsys.readouterr()
    assert desk.pedigree("keys", "list") == 0
    out = capsys.readouterr().out
    for name in ROLES:
        assert f"  in use     sha256:{desk.key(name).fingerprint}  {name}\n" in out
    assert "signed by Olga: for a test" in out and "approved by legal and quality" in out


def test_somebody_is_enrolled_gets_another_key_and_retires(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Linus={desk.public('Linus')}", by="Olga") == 0
    assert desk.pedigree("keys", "rotate", f"Linus={desk.public('Linus2')}", by="Otto") == 0
    capsys.readouterr()
    time = "2026-02-01T00:00:00Z"
    assert desk.pedigree("keys", "retire", "Lea", "--time", time, by="Olga") == 0
    assert "next: have quality sign a snapshot" in capsys.readouterr().err
    root = newest(desk)
    assert root.version == 4 and set(root.keys("legal")) == {desk.key("Linus2").keyid}
    assert root.holders[desk.key("Lea").keyid].retired == time
    assert root.holders[desk.key("Linus").keyid].retired


def test_an_owner_who_gets_another_key_signs_with_the_old_and_the_new(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    owner, reader = f"Olga={desk.public('Olga')}", f"quality=Quentin={desk.public('Quentin')}"
    assert desk.pedigree("keys", "init", "--owner", owner, "--role", reader, "--note", "one owner", by="Olga") == 0
    assert desk.pedigree("keys", "rotate", f"Olga={desk.public('Olga2')}", by="Olga") == 0
    assert "it lacks 1 more of the owners of its own: Olga" in capsys.readouterr().err
    assert desk.pedigree("keys", "sign", by="Olga2") == 0
    assert newest(desk).version == 2
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Lea={desk.public('Lea')}", by="Olga") == 2
    assert "is one of 'Olga' that was retired at" in capsys.readouterr().err


def test_who_signs_is_told_what_a_version_does_whatever_its_note_says(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.init("--threshold", "owner=2")
    desk.pedigree("keys", "sign", by="Otto")
    enroll = ("keys", "enroll", "--role", "owner", f"Mallory={desk.public('Mallory')}", "--threshold", "1")
    assert desk.pedigree(*enroll, "--note", "mends a typing error", by="Olga") == 0
    capsys.readouterr()
    assert desk.pedigree("keys", "list") == 1
    told = [
        f"Mallory has the role owner by the key sha256:{desk.key('Mallory').fingerprint}",
        "the role owner takes 1 signatures instead of 2",
    ]
    assert f"signed by Olga: mends a typing error\n  {told[0]}\n  {told[1]}\n" in capsys.readouterr().out
    assert desk.pedigree("keys", "sign", by="Otto") == 0
    err = capsys.readouterr().err
    assert all(f"this signs that {line}\n" in err for line in told)


def test_a_version_follows_only_one_that_is_in_force(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init("--threshold", "owner=2")
    desk.pedigree("keys", "sign", by="Otto")
    assert desk.pedigree("keys", "retire", "Ray", by="Olga") == 2  # the last of his role
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Linus={desk.public('Linus')}", by="Olga") == 0
    capsys.readouterr()
    assert desk.pedigree("keys", "retire", "Lea", by="Otto") == 1
    lacks = "it lacks 1 more of the owners of the version before: Otto; 1 more of the owners of its own: Otto"
    assert f"version 2 of the trust root is not in force; {lacks}" in capsys.readouterr().err
    assert not (desk.attestations / "root" / "3.json").exists()


@pytest.mark.parametrize(
    ("call", "code", "told"),
    [
        (["enroll", "--role", "legal", "Ray={Lea}"], 2, "is listed already: it is that of 'Lea', in the role legal"),
        (["enroll", "--role", "legal", "Lea={Linus}"], 2, "'Lea' has a key in the role legal already"),
        (["enroll", "--role", "legal", "Linus={Linus}", "--threshold", "3"], 2, "take 3 signatures and have 2 holders"),
        (["enroll", "--role", "king", "Linus={Linus}"], 2, "'king' is no role"),
        (["enroll", "--role", "legal", "Linus={nothing}"], 2, "No such file or directory"),
        (["enroll", "--role", "legal", "Linus={text}"], 2, "is not a public key in PEM"),
        (["enroll", "--role", "legal", "Linus={rsa}"], 2, "is not an ECDSA key on P-256"),
        (["enroll", "--role", "legal", "Linus"], 2, "is not NAME=PUB"),
        (["enroll", "--role", "legal", "L\n={Linus}"], 2, "printable"),
        (["rotate", "Nobody={Linus}"], 2, "lists no key in use of 'Nobody'"),
        (["rotate", "Lea={Ray}"], 2, "is listed already"),
        (["retire", "Lea"], 2, "'Lea' is the last who has the role legal"),
        (["retire", "Olga", "--time", "yesterday"], 2, "is not a time"),
        (["retire", "Olga", "--time", "2999-01-01T00:00:00Z"], 2, "lies in the future"),
        (["retire", "Olga", "--threshold", "2"], 2, "the role owner would take 2 signatures and have 1 holders"),
    ],
)
def test_wrong_calls_are_told(
    desk: Desk, capsys: pytest.CaptureFixture[str], call: list[str], code: int, told: str
) -> None:
    desk.init()
    (desk.directory / "text").write_text("no key")
    (desk.directory / "rsa").write_bytes(rsa())
    files = {name: desk.public(name) for name in ("Lea", "Linus", "Ray")}
    files.update({name: str(desk.directory / name) for name in ("nothing", "text", "rsa")})
    filled = [part.format(**files) for part in call]
    try:
        found = desk.pedigree("keys", *filled, by="Olga")
    except SystemExit as wrong:
        found = int(str(wrong.code))
    assert found == code and told in capsys.readouterr().err
    assert sorted(path.name for path in (desk.attestations / "root").iterdir()) == ["1.json"]


def rsa() -> bytes:
    """A public key of another kind."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return generate_private_key(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_first_version_must_make_sense(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    olga = f"Olga={desk.public('Olga')}"
    note = ("--note", "for a test")
    assert desk.pedigree("keys", "init", "--owner", olga, "--role", f"legal={olga}", *note) == 2
    assert "is listed already: it is that of 'Olga', in the role owner" in capsys.readouterr().err
    assert desk.pedigree("keys", "init", "--owner", olga, "--threshold", "owner=2", *note) == 2
    assert "the role owner would take 2 signatures and have 1 holders" in capsys.readouterr().err
    assert desk.init() == 0 and desk.init() == 2
    assert "has a trust root already" in capsys.readouterr().err


def test_somebody_with_two_roles_says_in_which_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    enroll = ("keys", "enroll", "--role", "legal", f"Quentin={desk.public('Quentin as legal')}")
    assert desk.pedigree(*enroll, by="Olga") == 0
    rotate = ("keys", "rotate", f"Quentin={desk.public('Quentin2')}")
    assert desk.pedigree(*rotate, by="Olga") == 2
    assert "'Quentin' has keys in the roles quality and legal" in capsys.readouterr().err
    assert desk.pedigree(*rotate, "--role", "legal", by="Olga") == 0
    assert set(newest(desk).keys("legal")) == {desk.key("Lea").keyid, desk.key("Quentin2").keyid}


def test_a_revoked_key_is_listed_as_such_and_signs_no_root(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    assert desk.revoke("key", "Otto", by="Olga") == 0
    capsys.readouterr()
    assert desk.pedigree("keys", "list") == 0
    out = capsys.readouterr().out
    assert f"  revoked    sha256:{desk.key('Otto').fingerprint}  Otto\n    revoked by Olga, " in out
    assert desk.pedigree("keys", "retire", "Otto", by="Otto") == 2
    assert "was revoked" in capsys.readouterr().err


def test_a_pair_is_made_with_a_passphrase_and_signs_with_the_right_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passphrase, path = desk.directory / "passphrase", desk.directory / "ada.pem"
    passphrase.write_text("twelve bridges\n")
    passphrase.chmod(0o600)
    monkeypatch.setenv("PEDIGREE_PASSPHRASE_FILE", str(passphrase))
    assert main(["keys", "new", str(path)]) == 0
    public = capsys.readouterr().out.strip()
    assert public == str(desk.directory / "ada.pub") and "ENCRYPTED" in path.read_text()
    call = ["keys", "init", "--owner", f"Ada={public}", "--note", "hers"]
    assert desk.pedigree(*call, "--signer", f"file:{path}") == 0
    passphrase.write_text("another\n")
    assert desk.pedigree("keys", "sign", "--signer", f"file:{path}") == 2
    assert "the passphrase does not open the private key" in capsys.readouterr().err


def test_a_pair_is_never_written_over(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.directory / "service.pem"
    assert main(["keys", "new", str(path), "--no-passphrase"]) == 0
    before = path.read_bytes()
    assert main(["keys", "new", str(path), "--no-passphrase"]) == 2
    path.with_suffix(".pub").unlink()
    assert main(["keys", "new", str(path), "--no-passphrase"]) == 2
    assert path.read_bytes() == before and "a key is never written over" in capsys.readouterr().err
    assert main(["keys", "new", str(desk.directory / "x.pub"), "--no-passphrase"]) == 2
    assert main(["keys", "new", "/proc/nowhere/x.pem", "--no-passphrase"]) == 2


def test_a_damaged_root_is_found_by_every_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    path = desk.attestations / "root" / "1.json"
    whole = path.read_bytes()
    forms = {"truncated": whole[:-9], "empty": b"", "not UTF-8": b"\xff" + whole, "spaced": whole + b"\n"}
    for form, data in forms.items():
        path.write_bytes(data)
        for call in (["keys", "list"], ["keys", "retire", "Lea"], ["keys", "sign"], ["snapshot"], ["base", "list"]):
            capsys.readouterr()
            assert desk.pedigree(*call, by="" if "list" in call else "Olga") in (1, 2), (form, call)
            assert capsys.readouterr().err.startswith("error: "), (form, call)


def test_a_forged_root_has_no_signature_that_holds(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    path = desk.attestations / "root" / "1.json"
    envelope = json.loads(path.read_bytes())
    forged = base64.b64decode(envelope["payload"]).replace(b"for a test", b"for a jest")
    path.write_bytes(canonical_json({**envelope, "payload": base64.b64encode(forged).decode()}))
    assert desk.pedigree("keys", "list") == 1
    assert "signed by nobody: for a jest\n  is not in force" in capsys.readouterr().out
    assert desk.pedigree("keys", "retire", "Lea", by="Olga") == 1
    assert "lacks 1 more of the owners of its own: Olga, Otto" in capsys.readouterr().err


def test_without_attestations_there_is_nothing_to_list(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.pedigree("keys", "list") == 2
    assert "is not a directory" in capsys.readouterr().err
    Path(desk.attestations).mkdir()
    assert desk.pedigree("keys", "list") == 1
    assert "there is no trust root" in capsys.readouterr().err
