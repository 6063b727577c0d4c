"""Who signed a base model: by the arguments of whoever proposes it, and again by its entry for whoever approves it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from pedigree.cli.arguments import stated
from pedigree.registry.parts import part_of
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.entry import Entry
from pedigree.trust.errors import Refused
from pedigree.trust.published import ANCHORS, CERTIFICATE, KEY, PublishedBy
from pedigree.trust.publisher import Publisher, PublisherSignature, verify_publisher
from pedigree.trust.reading import read_named
from pedigree.trust.register import PUBLISHER_SIGNATURE, Register, entry_place

_WAYS = (
    "give --publisher-signature with --publisher-key PUB, or with --publisher-ca PEM --publisher-identity cn:NAME, or "
    "with --publisher-identity NAME --publisher-issuer URL [--trust-config FILE]"
)
_REVIEWERS = "use the `pedigree` of reviewers: ./pants package src/python/pedigree/cli:reviewer"


def verified_publisher(
    call: argparse.Namespace, files: Mapping[str, str]
) -> tuple[dict[str, bytes], PublishedBy | None]:
    """What is kept of the publisher's signature, and by whom it is; nothing when none is named.

    Args:
        call: The arguments of `pedigree base propose`.
        files: Name -> sha256 of the model's files.

    Raises:
        ToolError: The arguments name no publisher, or several, or a file that cannot be read.
        MalformedEvidence: A file is not what it must be.
        Refused: The signature is not his, or not over these files.
    """
    publisher = _named(call)
    if publisher is None:
        return {}, None
    bundle = read_named(call.publisher_signature)
    found = _verified(bundle, publisher, files, str(call.publisher_signature))
    print(f"the publisher signed {len(found.signed)} of these files: {found.by.in_words()}", file=sys.stderr)
    _tell_rest(found)
    return {PUBLISHER_SIGNATURE: bundle, ANCHORS[found.by.kind]: publisher.anchors}, found.by


def show_publisher(register: Register, entry: Entry) -> None:
    """Tell an approver who signed the model, once that is found again in what lies beside its entry.

    Raises:
        ToolError: This `pedigree` lacks what verifies such a signature.
        MalformedEvidence: What lies there is no signature.
        Refused: It is not of the kind, of the publisher or over the files that the entry names.
    """
    by = entry.published_by
    if by is None and entry.publisher_signature:
        raise Refused(f"the entry of '{entry.name}' does not say whose its publisher's signature is: propose it again")
    if by is None:
        print(f"published by {entry.publisher}: there is no signature", file=sys.stderr)
        return
    place = entry_place(entry)
    # The register is read with all evidence that the entry names.
    beside = {sha256_bytes(data): data for path, data in register.files.items() if path.startswith(f"{place}/")}
    publisher = _publisher(by.kind, beside[by.anchors], by.identity, by.issuer, by.time)
    found = _verified(beside[entry.publisher_signature], publisher, entry.files, f"{place}/{PUBLISHER_SIGNATURE}")
    if found.by != by:
        raise Refused(f"{place}/{PUBLISHER_SIGNATURE} is signed by {found.by.in_words()}, not by {by.in_words()}")
    told = f"published by {entry.publisher}: signed by {by.in_words()}"
    print(f"{told}; verified again, {len(found.signed)} files", file=sys.stderr)
    _tell_rest(found)


def _tell_rest(found: PublisherSignature) -> None:
    for what, names in (("not signed by the publisher", found.unsigned), ("signed, but not taken", found.absent)):
        if names:
            print(f"  {what}: {', '.join(names)}", file=sys.stderr)


def _verified(bundle: bytes, publisher: Publisher, files: Mapping[str, str], origin: str) -> PublisherSignature:
    ours = [name for name in files if part_of(name) == "other"]
    return verify_publisher(bundle, publisher, files, ours, origin)


def _named(call: argparse.Namespace) -> Publisher | None:
    """The publisher that arguments name, in one of three ways."""
    key, authorities, config = call.publisher_key, call.publisher_ca, call.trust_config
    identity, issuer = call.publisher_identity, call.publisher_issuer
    given = {name for name, value in vars(call).items() if name in _OPTIONS and value is not None}
    if call.time is not None and authorities is None:
        raise ToolError("--time is when a certificate must be valid, and no authority is named", _WAYS)
    if not given:
        return None
    if given == {"publisher_signature", "publisher_key"}:
        return _publisher(KEY, read_named(key), "", "", "")
    if given == {"publisher_signature", "publisher_ca", "publisher_identity"}:
        return _publisher(CERTIFICATE, read_named(authorities), _name(identity), "", stated(call))
    if given - {"trust_config"} == {"publisher_signature", "publisher_identity", "publisher_issuer"}:
        return _sigstore(_root(config), identity, issuer)
    if "publisher_identity" not in given and authorities is not None:
        what = "an authority certifies many: whose signature must it be?"
    else:
        what = "a signature and who must have signed it are needed to verify the publisher, in one way"
    raise ToolError(what, _WAYS)


_OPTIONS = {
    "publisher_signature",
    "publisher_key",
    "publisher_ca",
    "publisher_identity",
    "publisher_issuer",
    "trust_config",
}


def _publisher(kind: str, anchors: bytes, identity: str, issuer: str, time: str) -> Publisher:
    """A publisher of a kind; what each kind needs is imported for it alone."""
    if kind == KEY:
        from pedigree.trust.publisher_key import KeyHolder

        return KeyHolder(anchors)
    if kind == CERTIFICATE:
        from pedigree.trust.publisher_certificate import CertifiedPublisher

        return CertifiedPublisher(anchors, identity, time)
    return _sigstore(anchors, identity, issuer)


def _sigstore(anchors: bytes | None, identity: str, issuer: str) -> Publisher:
    try:
        from pedigree.trust.publisher_sigstore import SigstorePublisher, public_instance
    except ModuleNotFoundError as error:
        what = f"this `pedigree` cannot verify Sigstore identities, because it lacks {error.name}"
        raise ToolError(what, _REVIEWERS) from error
    publisher: Publisher = SigstorePublisher(public_instance() if anchors is None else anchors, identity, issuer)
    return publisher


def _root(config: Path | None) -> bytes | None:
    return None if config is None else read_named(config)


def _name(identity: str) -> str:
    """A name of a certificate, with its kind.

    Raises:
        ToolError: It says no kind.
    """
    from pedigree.trust.publisher_certificate import NAMES

    kind, _, name = identity.partition(":")
    if kind not in NAMES or not name:
        what = f"'{identity}' does not say which name of a certificate it is"
        raise ToolError(what, f"write {', '.join(f'{kind}:NAME' for kind in NAMES)}")
    return identity
