"""Every verb of `pedigree`, and how it is called on input that nobody meant for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pedigree.cli.main import _COMMANDS, _parser

_RELEASE = "models/demo:demo"
STATED = ["--meaning", "I sign it"]
REASON = ["--reason", "it was found to be wrong"]
_NO_DIGEST = "x=" + "0" * 64

# Verbs that read releases -> what follows the release.
OF_RELEASES: dict[str, list[str]] = {"verify": [], "lineage": [], "export": ["--format", "cyclonedx"]}
# Verbs that read what is filed -> their arguments; {file} is a public key.
OF_FILED: dict[str, list[str]] = {
    "keys list": [],
    "keys sign": [],
    "keys enroll": ["--role", "legal", "Linus={file}"],
    "keys rotate": ["Lea={file}"],
    "keys retire": ["Olga"],
    "snapshot make": [],
    "snapshot sign": [],
    "base list": [],
    "base show": ["models/base:tiny"],
    "base approve": ["models/base:tiny", *STATED],
    "base revoke": ["models/base:tiny", *STATED, *REASON],
    "revoke key": ["Ray", *STATED, *REASON],
    "revoke dataset": [_NO_DIGEST, *STATED, *REASON],
}
# Other verbs -> their arguments; {damaged} is a file that is none of what they need, {place} the directory of all else.
OF_ONE_FILE: dict[str, list[str]] = {
    "keys init": ["--owner", "Olga={damaged}", "--note", "for a test", "--attestations", "{place}/new"],
    "keys new": ["{damaged}", "--no-passphrase"],
    "layout propose": [_RELEASE, "--graph", "{damaged}", "--attestations", "{place}/attestations"],
    "layout diff": [_RELEASE, "--graph", "{damaged}", "--attestations", "{place}/rotten"],
    "layout show": [_RELEASE, "--attestations", "{place}/rotten"],
    "layout sign": [_RELEASE, "--attestations", "{place}/rotten"],
    "log append": [
        *("--action", "base.approve", "--subject", _NO_DIGEST, "--meaning", "fit", "--name", "Ada"),
        *("--log", "sqlite://{damaged}"),
    ],
    "log head": ["--log", "sqlite://{damaged}"],
    "log show": ["--log", "sqlite://{damaged}"],
    "log verify": ["--log", "sqlite://{place}/log.db", "--key", "{damaged}"],
    "models gc": ["--keep", "{damaged}", "--store", "{place}/store"],
    "models verify": ["{damaged}", "--store", "{place}/store"],
    "revoke base": ["models/base:tiny", *STATED, *REASON, "--attestations", "{place}/rotten"],
    "revoke release": [_NO_DIGEST, *STATED, *REASON, "--attestations", "{place}/rotten"],
}
# The same for verbs whose packages operators have, and for those whose packages reviewers have.
OF_OPERATORS: dict[str, list[str]] = {
    "models fetch": ["{damaged}", "--store", "{place}/store"],
    "models lock": ["{damaged}"],
}
_PROPOSED = [
    *("--name", "models/base:tiny", "--license", "MIT", "--publisher", "Ada", "--source", "https://example.org/tiny"),
    *("--tier", "2: advises engineers", "--serving", "vllm", "--attestations", "{place}/attestations"),
]
OF_REVIEWERS: dict[str, list[str]] = {
    # Of cards any text will do; of a publisher's signature not.
    "base propose": [
        *("{place}/model", *_PROPOSED, "--card", "{damaged}", "--addendum", "{damaged}"),
        *("--publisher-signature", "{damaged}", "--publisher-key", "{damaged}"),
    ],
    "base scan": ["{damaged}"],
    "base scan-adapter": ["{place}/model", "--base", "{place}/model", "--probe", "{damaged}"],
}


def verbs() -> set[str]:
    """Every verb that the parsers know, for instance `keys list`."""
    return {verb for command in _COMMANDS for verb in _verbs(_parser(command), command)}


def _verbs(parser: argparse.ArgumentParser, chosen: str) -> Iterator[str]:
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    command = commands.choices[chosen]
    for action in command._actions:
        if not action.option_strings and action.choices is not None:  # subcommands, or words in the place of one
            yield from (f"{chosen} {word}" for word in action.choices)
            return
    yield chosen
