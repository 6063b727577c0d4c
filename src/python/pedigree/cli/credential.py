"""What somebody is enrolled with: a public key in a file, or an identity at a Sigstore instance."""

from __future__ import annotations

from pathlib import Path

from pedigree.trust.identity import Credential, is_person, person_of
from pedigree.trust.instance import require_instance
from pedigree.trust.public import read_public_key
from pedigree.trust.reading import read_named


def read_credential(text: str) -> tuple[Credential, bytes]:
    """What somebody is to sign by: a public key; or an identity, with the trust config of its Sigstore instance.

    Args:
        text: The file of a public key, or a URI as `person_of` takes it.

    Raises:
        ToolError: The file cannot be read, or it is neither, or nobody can sign by the trust config.
    """
    if not is_person(text):
        return read_public_key(Path(text)), b""
    person = person_of(text)
    config = read_named(person.instance)
    require_instance(config, str(person.instance))
    return person.listed_as(config), config
