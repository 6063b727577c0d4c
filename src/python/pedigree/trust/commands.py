"""What anybody can paste into a shell in a release, with tools that are not ours."""

from __future__ import annotations

from collections.abc import Sequence


def in_toto_command(layout: str, keys: Sequence[str]) -> str:
    """Checks the links of a release, and its files, against a layout that each of some keys must have signed."""
    return f"""\
(
  set -e
  view=$(mktemp -d)
  trap 'rm -rf "$view"' EXIT
  cp -rs --no-preserve=mode "$PWD/." "$view"
  cd "$view"
  in-toto-verify --layout {layout} --verification-keys {" ".join(keys)} \\
    --link-dir attestations/links --inspection-timeout 3600
)"""


IN_TOTO_COMMAND = in_toto_command("attestations/root.layout", ["attestations/keys/signer.pub"])
"""Exits with 0 if layout, links and files fit together. in-toto-verify leaves a file where it runs; hence the view."""

SIGNATURE_COMMAND = """\
(
  f={file}
  field() { grep -o "\\"$1\\":\\"[^\\"]*\\"" "$f" | cut -d'"' -f4 | base64 -d; }
  printf 'DSSEv1 28 application/vnd.in-toto+json %s %s' "$(field payload | wc -c)" "$(field payload)" |
    openssl dgst -sha256 -verify attestations/keys/signer.pub -signature <(field sig)
)"""
"""For bash. Exits with 0 if the signer signed `{file}`, a DSSE envelope, alone or in a Sigstore bundle."""

PAYLOAD_COMMAND = """\
grep -o '"payload":"[^"]*"' {file} | cut -d'"' -f4 | base64 -d"""
"""Prints the document in `{file}`."""
