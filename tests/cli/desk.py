"""People who use `pedigree` on a directory of attestations, each with a key of his own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedigree.cli.main import main
from pedigree.registry.licenses import review_license
from pedigree.registry.parts import part_of
from pedigree.registry.scan.findings import result
from pedigree.registry.scan.outcome import ScanReport
from pedigree.registry.scan.stated import BASE_CHECKS
from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import License
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key
from trust.office import Office

ROLES = {"Olga": "owner", "Otto": "owner", "Bea": "builder", "Quentin": "quality", "Lea": "legal", "Ray": "release"}
NOON = "2026-01-31T12:00:00Z"
BASE = {"config.json": "1" * 64, "model.safetensors": "2" * 64}
"""Digests of the files of a model that nobody has."""


@dataclass(frozen=True)
class Desk:
    """A place with keys and attestations.

    Attributes:
        directory: Holds `attestations/` and everybody's keys.
    """

    directory: Path

    @property
    def attestations(self) -> Path:
        return self.directory / "attestations"

    def uri(self, name: str) -> str:
        """Somebody's signer; the key is made when it is first asked for."""
        path = self.directory / f"{name}.pem"
        return f"file:{path}" if path.exists() else make_key(path)

    def key(self, name: str) -> PublicKey:
        return signer_public_key(self.uri(name))

    def public(self, name: str) -> str:
        """The file of somebody's public key."""
        path = self.directory / f"{name}.pub"
        path.write_text(self.key(name).pem)
        return str(path)

    def pedigree(self, *call: str, by: str = "") -> int:
        """Run a command on these attestations, signed by somebody; its exit code."""
        signer = ["--signer", self.uri(by)] if by else []
        return main([*call, *signer, "--attestations", str(self.attestations)])

    def init(self, *options: str, by: str = "Olga") -> int:
        """Make a trust root of everybody."""
        holders = [(role, f"{name}={self.public(name)}") for name, role in ROLES.items()]
        owners = [part for role, text in holders if role == "owner" for part in ("--owner", text)]
        others = [part for role, text in holders if role != "owner" for part in ("--role", f"{role}={text}")]
        return self.pedigree("keys", "init", *owners, *others, "--note", "for a test", *options, by=by)

    def revoke(self, kind: str, subject: str, by: str = "Quentin") -> int:
        reason = ("--reason", "it was found to be wrong", "--meaning", "I revoke it")
        return self.pedigree("revoke", kind, subject, *reason, by=by)

    def file_entry(self, *approvers: str) -> Path:
        """File an entry for `BASE`, and approvals of it; its directory."""
        office = Office(self.directory)
        checks = tuple(result(name, "it holds", []) for name in sorted(BASE_CHECKS))
        report, terms = ScanReport("base", BASE, "", checks).render(), review_license("Apache-2.0")
        entry = office.propose(
            "models/base:tiny",
            BASE,
            parts={name: part_of(name) for name in BASE},
            license=License(terms.expression, terms.family, terms.obligations, ""),
            scan=sha256_bytes(report),
        )
        office.files[f"approvals/{entry.uid[:16]}/scan.json"] = report
        office.approve(entry, *approvers)
        for path, data in office.files.items():
            (self.attestations / path).parent.mkdir(parents=True, exist_ok=True)
            (self.attestations / path).write_bytes(data)
        return self.attestations / next(iter(office.files)).rpartition("/")[0]
