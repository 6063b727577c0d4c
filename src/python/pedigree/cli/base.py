"""`pedigree base propose|scan|scan-adapter|approve|revoke|list|show`: which models training may start from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pedigree.cli import base_scan, base_scan_adapter
from pedigree.cli.answer import PUT_BACK, answering
from pedigree.cli.arguments import add_attestations, add_format, add_statement, add_time, line
from pedigree.cli.base_scan import reviewers_packages
from pedigree.cli.revoke import add_revocation

_SUBJECT = "an entry, by name or by the first 8 or more digits of its uid"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the commands' arguments."""
    parser.description = (
        "The register of base models. An entry is proposed, approved by the roles that the trust root names, and in "
        "force once a snapshot lists it. Exits 0 when done, 1 when it does not hold, 2 for a wrong call."
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    base_scan.declare(actions.add_parser("scan", help="look at the files of a model before anything loads them"))
    adapter = "look at an adapter beside the model that it belongs on"
    base_scan_adapter.declare(actions.add_parser("scan-adapter", help=adapter))
    _declare_propose(actions)
    _declare_approve(actions)
    revoke = actions.add_parser("revoke", help="take a model out of use, and all that was made from it")
    add_revocation(revoke)
    revoke.set_defaults(kind="base")
    _declare_list(actions)


@answering(PUT_BACK)
def run(call: argparse.Namespace) -> int:
    """Approve, list or show.

    Raises:
        ToolError: It is a wrong call.
    """
    from pedigree.cli.base_list import run_list, run_show
    from pedigree.cli.decide import run_approve

    code: int = {"approve": run_approve, "list": run_list, "show": run_show}[call.action](call)
    return code


@answering("have its publisher mend the model, or propose another; `pedigree base scan` tells more")
def run_propose(call: argparse.Namespace) -> int:
    """Propose; its libraries are those of reviewers, which an auditor need not have.

    Raises:
        ToolError: It is a wrong call.
    """
    with reviewers_packages():
        from pedigree.cli.base_propose import run_propose as propose

    return propose(call)


def _declare_propose(actions: Any) -> None:
    parser = actions.add_parser("propose", help="scan a model and write its entry, for others to approve")
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the model's files lie")
    files = "what the target names as sources, relative to DIR (default: all that lies there)"
    parser.add_argument("files", metavar="FILE", nargs="*", help=files)
    for option, (metavar, what) in _DESCRIPTION.items():
        parser.add_argument(f"--{option}", metavar=metavar, type=line, required=True, help=what)
    parser.add_argument("--serving", metavar="NAME", type=line, nargs="+", required=True, help="what can serve it")
    parser.add_argument("--card", metavar="FILE", type=Path, required=True, help="the publisher's model card")
    parser.add_argument(
        "--addendum", metavar="FILE", type=Path, required=True, help="what it is used for here, and its limits"
    )
    approval = "where the legal review is filed; what the license asks for it"
    parser.add_argument("--legal-approval", metavar="REF", type=line, help=approval)
    obligation = (
        "what the license asks of whoever hands the model on, beside what is known of it; bespoke terms need one"
    )
    parser.add_argument("--obligation", metavar="TEXT", type=line, action="append", default=[], help=obligation)
    parser.add_argument("--against", metavar="DIR", type=Path, help="an approved model that it claims to be like")
    manifest = "which FILE is a weights manifest; the files that it names are in the store"
    parser.add_argument("--weights-manifest", metavar="FILE", help=manifest)
    _declare_publisher(parser)
    parser.add_argument("--note", metavar="TEXT", type=line, help="what else a reader must know")
    add_attestations(parser)
    parser.set_defaults(run=run_propose)


def _declare_publisher(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the publisher's signature", _PUBLISHER)
    group.add_argument("--publisher-signature", metavar="BUNDLE", type=Path, help="its OpenSSF Model Signing bundle")
    group.add_argument("--publisher-key", metavar="PUB", type=Path, help="the publisher's public key")
    group.add_argument("--publisher-ca", metavar="PEM", type=Path, help="the authorities that his certificate is under")
    identity = "whose signature it must be: with an authority cn:NAME, dns:NAME, email:ADDRESS or uri:URI of the "
    identity += "certificate, with an issuer a mail address or URI"
    group.add_argument("--publisher-identity", metavar="NAME", type=line, help=identity)
    issuer = "the identity provider that must have said so"
    group.add_argument("--publisher-issuer", metavar="URL", type=line, help=issuer)
    config = "client trust config or trusted root of the Sigstore instance (default: the public instance)"
    group.add_argument("--trust-config", metavar="FILE", type=Path, help=config)
    add_time(group, "when his certificate must be valid")


_PUBLISHER = (
    "With --publisher-key by a key; with --publisher-ca and --publisher-identity by a certificate; with "
    "--publisher-identity and --publisher-issuer by a Sigstore identity."
)
_DESCRIPTION = {
    "name": ("TARGET", "the target that pins it, as models/base:tiny"),
    "license": ("SPDX", "its license"),
    "publisher": ("TEXT", "who made it"),
    "source": ("URL", "the URL or target that it came from"),
    "tier": ("TEXT", "how much depends on it, in the words of your quality system"),
}


def _declare_approve(actions: Any) -> None:
    parser = actions.add_parser("approve", help="sign an entry, in the role of your key")
    parser.add_argument("subject", metavar="UID|NAME", type=line, help=_SUBJECT)
    model = "where the model's files lie: scan them again, and sign only if the report that was filed is the same"
    parser.add_argument("--model", metavar="DIR", type=Path, help=model)
    against = "with --model: the approved model that it was compared with"
    parser.add_argument("--against", metavar="DIR", type=Path, help=against)
    manifest = "with --model: which file of it is a weights manifest"
    parser.add_argument("--weights-manifest", metavar="FILE", help=manifest)
    add_statement(parser)
    parser.set_defaults(run=run, action="approve")


def _declare_list(actions: Any) -> None:
    listing = actions.add_parser("list", help="all entries and how they stand")
    show = actions.add_parser("show", help="one entry, with the signatures under it")
    show.add_argument("subject", metavar="UID|NAME", type=line, help=_SUBJECT)
    for parser, action in ((listing, "list"), (show, "show")):
        add_format(parser)
        add_attestations(parser)
        parser.set_defaults(run=run, action=action)
