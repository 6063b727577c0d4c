"""`pedigree keys list`: who has which role and key, and which versions of the trust root say so."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.trust.attestations import read_attestations
from pedigree.trust.changes import changes
from pedigree.trust.decisions import Revocation
from pedigree.trust.identity import Identity
from pedigree.trust.revocations import open_revocations
from pedigree.trust.roles import PURPOSE
from pedigree.trust.root import TrustRoot
from pedigree.trust.versions import Version, read_versions


def run_list(call: argparse.Namespace) -> int:
    """Print roles, holders and versions; 1 when the newest version lacks signatures."""
    files = read_attestations(call.attestations)
    versions = read_versions(files)
    newest = versions[-1]
    revocations = open_revocations(files, newest.root)
    document = {
        "roles": [_role(newest.root, name, revocations) for name in PURPOSE],
        "approvals": list(newest.root.approvals),
        "versions": [_version(version) for version in versions],
        "in_force": not newest.lacks(),
    }
    sys.stdout.write(_PRINT[call.format](document))
    return EXIT_DOES_NOT_HOLD if newest.lacks() else EXIT_HOLDS


def _role(root: TrustRoot, name: str, revocations: tuple[Revocation, ...]) -> dict[str, Any]:
    role = root.roles[name]
    holders = [_holder(root, keyid, revocations) for keyid in role.keyids]
    ordered = sorted(holders, key=lambda item: (item["name"], item["retired"], item["fingerprint"]))
    return {"role": name, "purpose": PURPOSE[name], "threshold": role.threshold, "holders": ordered}


def _holder(root: TrustRoot, keyid: str, revocations: tuple[Revocation, ...]) -> dict[str, Any]:
    holder = root.holders[keyid]
    print_ = holder.key.fingerprint
    words = [item for item in revocations if item.kind == "key" and print_ in item.subjects.values()]
    revoked = [{"by": item.signature.name, "time": item.signature.time, "reason": item.reason} for item in words]
    return {
        "name": holder.name,
        "fingerprint": print_,
        **(holder.key.to_json() if isinstance(holder.key, Identity) else {}),
        "keyid": keyid,
        "retired": holder.retired,
        "revoked": revoked,
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "version": version.root.version,
        "sha256": version.root.digest,
        "note": version.root.note,
        "changes": list(changes(version.before, version.root)),
        "signed_by": sorted(version.signers().values()),
        "lacks": list(version.lacks()),
    }


def _text(document: dict[str, Any]) -> str:
    return "\n".join([*_lines(document), ""])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    for role in document["roles"]:
        yield f"{role['role']}, {role['threshold']} must sign: {role['purpose']}"
        yield from (f"  {_state(item):<10} sha256:{item['fingerprint']}  {_who(item)}" for item in role["holders"])
        for item in role["holders"]:
            yield from (f"    revoked by {word['by']}, {word['time']}: {word['reason']}" for word in item["revoked"])
    yield f"A base model is approved by {' and '.join(document['approvals'])}."
    for version in document["versions"]:
        names = ", ".join(version["signed_by"]) or "nobody"
        yield f"version {version['version']} sha256:{version['sha256']}, signed by {names}: {version['note']}"
        # Of the first version, the list above tells all.
        yield from (f"  {line}" for line in version["changes"] if version["version"] > 1)
        yield from (f"  is not in force; it lacks {line}" for line in version["lacks"])


def _who(item: dict[str, Any]) -> str:
    """The printed name, with the identity of who has no key."""
    return f"{item['name']}, {item['identity']} by {item['issuer']}" if "identity" in item else str(item["name"])


def _state(item: dict[str, Any]) -> str:
    if item["revoked"]:
        return "revoked"
    return "retired" if item["retired"] else "in use"


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True) + "\n"


_PRINT = {"text": _text, "json": _json}
