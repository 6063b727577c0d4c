"""Another publisher: the authority that certifies a publisher certifies others, and one of them signs in his place."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pedigree.step.digests import directory_files
from pedigree.trust import publisher_certificate
from pedigree.trust.errors import Refused
from pedigree.trust.publisher import verify_publisher
from pedigree.trust.publisher_certificate import CertifiedPublisher
from trust.publishers import LAB, NOW, OTHER, YEAR, Authority, Credential, stated, write_model
from trust.stock_publisher import require_by_certificate, sign_by_certificate


def attack(directory: Path, credential: Credential) -> tuple[Path, bytes]:
    """A model with other weights and its signature, by the stock tool."""
    model = write_model(directory / "model")
    (model / "model.safetensors").write_bytes(b"evil weights")
    return model, sign_by_certificate(model, credential)


def taken_in(model: Path, bundle: bytes, authority: Authority, identity: str, time: datetime = NOW) -> bool:
    publisher = CertifiedPublisher(authority.pem, identity, stated(time))
    found = verify_publisher(bundle, publisher, directory_files(model), [], "model.sig")
    return "model.safetensors" in found.signed


def test_the_name_is_asked_for(tmp_path: Path) -> None:
    authority = Authority()
    model, bundle = attack(tmp_path, authority.certify(OTHER))
    with pytest.raises(Refused, match=f"is not signed by 'cn:{LAB}': the certificate is that of 'cn:{OTHER}'"):
        taken_in(model, bundle, authority, f"cn:{LAB}")


def test_control_off_it_gets_through_as_it_does_by_the_stock_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    model, bundle = attack(tmp_path, authority.certify(OTHER))
    require_by_certificate(model, bundle, authority.pem)
    monkeypatch.setattr(publisher_certificate, "_require_name", lambda *_: None)
    assert taken_in(model, bundle, authority, f"cn:{LAB}")


def test_a_stolen_key_whose_certificate_has_expired_signs_nothing_new(tmp_path: Path) -> None:
    authority = Authority()
    stolen = authority.certify(begin=NOW - YEAR, life=timedelta(days=90))
    model, bundle = attack(tmp_path, stolen)
    with pytest.raises(Refused, match="the certificate in model.sig is valid from"):
        taken_in(model, bundle, authority, f"cn:{LAB}")


def test_control_off_for_who_states_a_time_in_its_life_it_gets_through_as_it_does_by_the_stock_tool(
    tmp_path: Path,
) -> None:
    authority = Authority()
    model, bundle = attack(tmp_path, authority.certify(begin=NOW - YEAR, life=timedelta(days=90)))
    require_by_certificate(model, bundle, authority.pem)
    assert taken_in(model, bundle, authority, f"cn:{LAB}", NOW - YEAR + timedelta(days=30))
