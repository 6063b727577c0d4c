"""What each check of a release proves, and how an auditor repeats it with tools that are not ours."""

from __future__ import annotations

_KEY = "attestations/keys/signer.pub"

EXPLANATIONS = (
    "The layout says which steps there are and what each may consume. Compare the key's fingerprint with the one\n"
    f"that you were told another way. Repeat it: VERIFY.md, command 2, or openssl (docs/verify.md) with {_KEY}",
    "Each step left one signed link: what it consumed and what it made.\n"
    "Repeat it: VERIFY.md, command 2 (in-toto-verify)",
    "Every link names the digest of the whole lineage, so that none of another build can stand in.\n"
    "Repeat it: VERIFY.md, command 2; look for `pin:sha256:` in attestations/links/",
    "Follows every byte from version control to the delivered model, without a gap.\n"
    "Repeat it: VERIFY.md, command 2 (its MATCH rules)",
    "SLSA provenance is what others read; it must say the same as the links do.\n"
    "Read it: base64 -d of .dsseEnvelope.payload in attestations/*.provenance.sigstore.json",
    "The report that a person reads is the one that the judging step wrote, about this model, and no gate is red.\n"
    "Read it: evaluation/*/report.json beside attestations/*.test-result.sigstore.json",
    "What is loaded is what was signed. Repeat it: VERIFY.md, command 4 (model_signing verify key)",
    "Not a byte differs, nothing is missing, nothing was added. Repeat it: VERIFY.md, command 3 (sha256sum)",
    "The summary that others may rely on is about this release. Read it: attestations/*.summary.sigstore.json",
    "The graph says of every step, input and product what links and provenance say, and nothing else. The page that\n"
    "draws it, lineage.html, is not compared: the signed sums alone cover it (check 8), as whoever sealed wrote it.\n"
    "Read it: lineage.json",
    "A gate that was lowered once the figures were known would hide a failure. Read it: the `gates` of the suite's\n"
    "provenance beside evaluation/*/report.json",
    "A report of another model or of easier questions is validly signed as well; it must not stand here.\n"
    "Read it: the `inputs/model` and `inputs/sets` of the provenance of the judging steps",
    "Whether this was foreseen: what the owners signed beforehand (predetermined change control), or nothing at all.\n"
    "Read it: attestations/*.standing.sigstore.json; attestations/trust/layouts/",
    "Whom to believe was decided by the owners, version by version, from the root that you hold. A verifier that has\n"
    "seen a newer one does not go back (TUF, specification 1.0.34, 5.3). Read it: attestations/trust/root/",
    "A key that may approve or run steps may not therefore release. Whoever receives a release gives --in-force-now,\n"
    "which refuses a key that was retired since. Read it: the roles in the newest trust root",
    "People signed, with printed name, time and meaning, for exactly these files. Read it:\n"
    "attestations/trust/approvals/*/entry.json and the *.sigstore.json beside it",
    "A revocation by anybody who may revoke counts, whatever was approved before. Give --attestations to go by what\n"
    "is published now: a release cannot know what was revoked after it was sealed",
    "The steps, their inputs, gates and hyperparameters are held against what the owners signed, now.\n"
    "Repeat it: in-toto-verify with attestations/trust/layouts/*.layout and the owners' keys (docs/change-control.md)",
    "A revocation that is held back cannot be seen; a snapshot says until when it is to be believed.\n"
    "Read it: attestations/trust/snapshot.json",
)
"""One for each check, in their order."""
