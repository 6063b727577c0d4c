"""Keys in a token that speaks PKCS#11, with SoftHSM as the token."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.desk import Desk
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.passphrase import PASSPHRASE_VARIABLE
from pedigree.trust.root import first_root
from pedigree.trust.signers import load_signer, open_signer, signer_public_key
from pedigree.trust.signers_hsm import MODULE_VARIABLE
from pedigree.trust.verify import verify_release
from trust.builder import build_release, make_key

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
MODULE = next((path for path in MODULES if Path(path).exists()), "")
PIN, OFFICER = "271828", "31415926"
RELEASE, STRANGER, EMPTY = "release signing (Q&A)", "another", "empty"
# What the token is asked to make: number of the key -> curve, and whether its public half is shown without a PIN.
KEYS = {2: ("secp256r1", False), 9: ("secp256r1", False), 11: ("secp384r1", False), 12: ("secp256r1", True)}
URI = "hsm:9?label=release+signing+%28Q%26A%29"

pytestmark = pytest.mark.skipif(not MODULE, reason="SoftHSM is not installed: apt-get install softhsm2")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with tokens of SoftHSM, one of them with keys."""
    place = tmp_path_factory.mktemp("hsm")
    (place / "tokens").mkdir()
    (place / "softhsm2.conf").write_text(f"directories.tokendir = {place / 'tokens'}\nlog.level = ERROR\n")
    for label in (RELEASE, STRANGER, EMPTY):
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", OFFICER]
        environment = {**os.environ, "SOFTHSM2_CONF": str(place / "softhsm2.conf")}
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return place


def make_keys(label: str) -> None:
    """Have a token make the keys of KEYS."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    token = pkcs11.lib(MODULE).get_token(token_label=label)
    with token.open(rw=True, user_pin=PIN) as session:
        for number, (curve, private) in KEYS.items():
            parameters: dict[Any, Any] = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(pkcs11.KeyType.EC, parameters, local=True)
            hidden = {pkcs11.Attribute.PRIVATE: private}
            domain.generate_keypair(store=True, id=bytes([number]), label=f"key-{number}", public_template=hidden)


@pytest.fixture(scope="session")
def tokens(site: Path) -> Path:
    """The same with keys in two of the tokens. The module is loaded once, and reads its settings then."""
    os.environ["SOFTHSM2_CONF"] = str(site / "softhsm2.conf")
    for label in (RELEASE, STRANGER):
        make_keys(label)
    return site


@pytest.fixture(autouse=True)
def pin_file(tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that holds the PIN; module and settings are named as a user names them."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(tokens / "softhsm2.conf"))
    monkeypatch.setenv(MODULE_VARIABLE, MODULE)
    path = tmp_path / "pin"
    path.write_text(PIN)
    path.chmod(0o600)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(path))
    return path


def test_a_release_signed_in_a_token_verifies(tmp_path: Path) -> None:
    release = build_release(tmp_path / "work", URI)
    verdict = verify_release(release, signer_public_key(URI))
    assert verdict.holds, [check for check in verdict.checks if not check.holds]


class TokenDesk(Desk):
    """People of whom an owner and the one of quality have their keys in tokens."""

    def uri(self, name: str) -> str:
        return {"Olga": URI, "Quentin": f"hsm:9?label={STRANGER}"}.get(name) or super().uri(name)


def test_people_sign_by_the_command_with_keys_in_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEDIGREE_LOG", "none")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    desk = TokenDesk(tmp_path)
    assert desk.init(by="Olga") == 0
    assert desk.revoke("dataset", f"datasets/x={'9f' * 32}") == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    files = read_attestations(desk.attestations)
    authority = load_authority(files, first_root(files["root/1.json"], "root/1.json"))
    assert authority.root.holders[signer_public_key(URI).keyid].name == "Olga"
    assert [item.signature.name for item in authority.listed] == ["Quentin"]


def test_the_key_is_that_of_the_token_that_the_label_names() -> None:
    other = signer_public_key(f"hsm:9?label={STRANGER}")
    assert other != signer_public_key(URI)
    signature = open_signer(URI).sign(b"data").signature
    assert signer_public_key(URI).verifies(signature, b"data")
    assert not other.verifies(signature, b"data")


def test_the_key_is_that_of_the_number_and_two_is_meant_without_one() -> None:
    label = URI.partition("?")[2]
    assert signer_public_key(f"hsm:?{label}") == signer_public_key(f"hsm:2?{label}")
    assert signer_public_key(f"hsm:2?{label}") != signer_public_key(URI)


def test_the_public_key_is_told_without_a_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "/nonexistent")
    assert signer_public_key(URI).pem.startswith("-----BEGIN PUBLIC KEY-----")


def test_a_public_key_that_the_token_hides_is_told_with_the_pin() -> None:
    uri = URI.replace("9", "12", 1)
    public = signer_public_key(uri)
    assert public.verifies(load_signer(uri, public).sign(b"data").signature, b"data")


def test_another_key_than_the_announced_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not the signer's public key"):
        load_signer(URI, signer_public_key(make_key(tmp_path / "other.pem")))


def test_a_wrong_pin_is_one_clear_error(pin_file: Path) -> None:
    pin_file.write_text("000000")
    with pytest.raises(ToolError, match=r"cannot use the signer hsm:9.*: the PIN is wrong\nhint: .*tokens lock"):
        open_signer(URI).sign(b"data")


def test_a_pin_of_the_wrong_length_is_one_clear_error(pin_file: Path) -> None:
    pin_file.write_text("0")
    with pytest.raises(ToolError, match="the PIN is wrong"):
        open_signer(URI).sign(b"data")


def test_a_pin_that_is_not_to_be_had_names_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    monkeypatch.setattr(os, "tcgetpgrp", lambda handle: -1)
    with pytest.raises(ToolError, match=r"no terminal to ask on for the PIN of the token 'release signing \(Q&A\)'"):
        open_signer(URI).sign(b"data")


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("hsm:9?label=lost", "No PKCS#11 token found for label lost"),
        ("hsm:9", "Multiple PKCS#11 tokens found"),
        (f"hsm:77?label={STRANGER}", "could not find ECDSA key on the PKCS#11 token"),
        (f"hsm:9?label={EMPTY}", "could not find ECDSA key on the PKCS#11 token"),
        (f"hsm:11?label={STRANGER}", "not an ECDSA key on P-256"),
    ],
)
def test_a_token_or_a_key_that_is_not_there_is_one_clear_error(uri: str, told: str) -> None:
    with pytest.raises(ToolError, match=told):
        signer_public_key(uri)


def test_a_module_that_is_not_named_or_not_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODULE_VARIABLE, "/nonexistent.so")
    with pytest.raises(ToolError, match="PYKCS11LIB names '/nonexistent.so', which is no file"):
        signer_public_key(URI)
    monkeypatch.delenv(MODULE_VARIABLE)
    with pytest.raises(ToolError, match="PYKCS11LIB names no PKCS#11 module\nhint: .*libsofthsm2.so"):
        signer_public_key(URI)


def run_keys(changes: dict[str, str], action: str = "public") -> subprocess.CompletedProcess[str]:
    """Ask for the public key in a process of its own, in which no module is loaded yet."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PEDIGREE_SIGNER": URI,
        **changes,
    }
    command = [sys.executable, "-m", "pedigree.trust.keys", action]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("content", [b"no library", b""])
def test_a_file_that_is_no_module_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "module.so").write_bytes(content)
    done = run_keys({MODULE_VARIABLE: str(tmp_path / "module.so")})
    assert done.returncode == 1 and "error: cannot use the signer hsm:9" in done.stderr
    assert "hint: " in done.stderr and "Traceback" not in done.stderr


SIGN_TWICE = """
import sys
from cli.desk import Desk
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.signers import open_signer
signer = open_signer(sys.argv[1])
print(len(signer.sign(b"data").signature) > 0, flush=True)
sys.stdin.readline()
try:
    signer.sign(b"data")
except ToolError as error:
    print(error)
"""


def test_a_token_that_is_lost_between_two_signatures_is_one_clear_error(tokens: Path, tmp_path: Path) -> None:
    # In a process of its own, because SoftHSM does not come back from it.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SIGN_TWICE, URI]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as signing:
        assert signing.stdout is not None and signing.stdout.readline() == "True\n"
        (tokens / "tokens").rename(tmp_path / "lost")
        try:
            said, talk = signing.communicate("\n", timeout=60)
            lost = run_keys({})
        finally:
            (tmp_path / "lost").rename(tokens / "tokens")
    assert said.startswith("error: cannot use the signer hsm:9") and "\nhint: " in said, talk
    assert lost.returncode == 1 and lost.stderr.startswith("error: cannot use the signer hsm:9"), lost.stderr


@pytest.mark.parametrize("action", ["public", "prove"])
def test_a_program_prints_the_public_key_of_a_token(action: str) -> None:
    done = run_keys({}, action)
    assert (done.returncode, done.stdout) == (0, signer_public_key(URI).pem), done.stderr


def test_a_wrong_pin_is_found_before_anything_is_built(pin_file: Path) -> None:
    pin_file.write_text("000000")
    done = run_keys({}, "prove")
    assert done.returncode == 1 and "the PIN is wrong" in done.stderr and done.stdout == ""
