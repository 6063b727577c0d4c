"""VERIFY.md: how to verify a release with tools that are not ours."""

from __future__ import annotations

from pedigree.trust.attested import Attested
from pedigree.trust.commands import IN_TOTO_COMMAND, in_toto_command
from pedigree.trust.links import DELIVERY, link_file
from pedigree.trust.obligations import LICENSES
from pedigree.trust.public import PublicKey
from pedigree.trust.standing_statement import standing_words
from pedigree.trust.sums import SEAL, SUMS

KEY_FILE = "attestations/keys/signer.pub"
_TEXT = """\
# How to verify this release

**Standing: {standing}.**

`{address}` is delivered with signed evidence of everything it was made from. Nothing below needs a network, the
repository or the tools that made it; it needs Linux with GNU coreutils and findutils, and Python 3.10 or later with

```console
pip install in-toto==3.1.0 model-signing==1.1.1 pyOpenSSL
```

(model-signing 1.1.1 imports pyOpenSSL without declaring it. Commands 1 to 3 do without model-signing.)

Run the commands in this directory, which may be read-only. **The release holds if all {commands} exit with 0.**

## 1. The key is the one that you know

```sh
echo "{fingerprint}  {key}" | sha256sum --strict -c
```

This file could have been changed together with the key. So compare the fingerprint

    {fingerprint}

with the one that the signer gave you by another way: in a contract, on the phone, on a page that you trust. Or put
the absolute path of your own copy of the key in the place of `{key}` in the commands below.

## 2. The lineage is what the signer allowed, and these are the files

```sh
{in_toto}
```

in-toto-verify checks the signatures of layout and links, that every step consumed exactly what earlier steps made, and
that the files on disk are the ones that were delivered. It leaves a file where it runs; hence the view, which is made
of symbolic links.

## 3. No byte differs, no file is missing, none was added

```sh
find . -type f ! -path ./{sums} ! -path ./{link} ! -path ./{seal} -printf '%P\\0' \\
  | LC_ALL=C sort -z | xargs -0 sha256sum -- | cmp - {sums} \\
  && sha256sum {sums} {link} | cmp - {seal} \\
  && test -z "$(find . ! -type f ! -type d)"
```

`{sums}` is signed through the delivery link. The comparison also finds what a signature cannot cover, such as spare
bits in the encoding of the signature itself.

## 4. The model is the one that was signed

```sh
model_signing verify key model --signature model.sig --public_key {key}
```

{plan}{licenses}## What is where

| path | what it is |
|---|---|
| `lineage.html` | the graph of all steps, to look at in a browser without network |
| `lineage.json` | the same for programs |
| `attestations/root.layout` | what the signer allows: steps, keys, rules (in-toto) |
| `attestations/links/` | what each step consumed and made (in-toto) |
| `attestations/*.provenance.sigstore.json` | SLSA provenance v1 of each step |
| `attestations/*.test-result.sigstore.json` | which gates an evaluation met |
| `attestations/*.summary.sigstore.json` | SLSA verification summary of the release |
| `attestations/*.standing.sigstore.json` | how the release stands to the plan that its owners signed |
| `attestations/trust/` | what was in force when it was sealed: trust roots, approvals, revocations, plan |
{licenses_row}| `model.sig` | OpenSSF Model Signing signature over `model/` |
| `{sums}`, `{seal}` | digests of all files |

A build on a workstation says so in `builder.id` and claims SLSA Build L1, not more.
"""


_PLAN = """\
## 5. The release is inside the plan that its owners signed beforehand

```sh
{in_toto}
```

The owners signed this layout before there was a release. Their keys lie beside it; compare their fingerprints
(`sha256sum attestations/keys/owners/*.pub`) with what the owners gave you by another way. What in-toto has no words
for, gates and settings, stands in `attestations/trust/layouts/*.plan.json`.

"""
_LICENSES = f"""\
## Before you hand it on

The licenses of the base models that it was made from ask something of whoever does: `{LICENSES}` lists what.

"""
_LICENSES_ROW = f"| `{LICENSES}` | licenses of base models, what they ask, and who approved that |\n"


def instructions(address: str, brought: Attested, public: PublicKey) -> bytes:
    """The text for one release and one key.

    Args:
        address: The release's target.
        brought: How it stands to the plan that its owners signed, where their layout and keys are, and its base models.
        public: The key that sealed it.
    """
    plan = _PLAN.format(in_toto=in_toto_command(brought.layout, brought.owners)) if brought.layout else ""
    link = f"attestations/links/{link_file(DELIVERY, public.keyid)}"
    text = _TEXT.format(
        address=address,
        standing=standing_words(brought.standing),
        commands="five" if plan else "four",
        plan=plan,
        licenses=_LICENSES if any(item.entry.license.obligations for item in brought.bases) else "",
        licenses_row=_LICENSES_ROW if brought.bases else "",
        fingerprint=public.fingerprint,
        key=KEY_FILE,
        in_toto=IN_TOTO_COMMAND,
        sums=SUMS,
        link=link,
        seal=SEAL,
    )
    return text.encode()
