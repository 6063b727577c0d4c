"""What each check of a log proves, and how an auditor repeats it with tools that are not ours."""

from __future__ import annotations

EXPLANATIONS = (
    "The tables refuse changes by themselves, and nothing else stands in their place. That keeps honest programs from\n"
    "mistakes; against others there is the rest of this list. Read it: .schema in the shell of sqlite3, \\d in psql",
    "What is shown is what is hashed, and nothing is hidden in it. Read it: pedigree log show --format json",
    "Whoever edits, deletes or moves an entry has to make every later hash anew. Repeat it, for each line of\n"
    "pedigree log show --format json: (printf 'pedigree.log.entry/1\\n'; printf %s \"$line\") | sha256sum",
    "Each time is what its actor stated when it was written down. It is no timestamp of a third party.",
    "Whoever makes the hashes anew cannot sign them. Repeat it with any reader of DSSE, or with\n"
    "openssl (docs/log.md), over what pedigree log head prints",
    "Nobody can write in the name of another, nor take back what was written. With --root the printed name is the one\n"
    "that the owners listed for the key, and the key was not retired at that time.",
    "The hash of the last entry stands for all before it. Repeat it: base64 -d of the payload of what\n"
    "pedigree log head prints, beside the hash of the last line",
    "A log that was cut, or a second one that its own signers made, holds by itself. What you saw before finds it; so\n"
    "does a head that somebody else saw: name it with --head",
    "Nothing was signed past the log: whoever signed without an entry, or states another time in the file than in the\n"
    "log, is found. Repeat it, for each file: pedigree log show --subject SHA256",
    "A thief who writes with a key that is known to be stolen is found. Repeat it:\n"
    "pedigree log show --action key.revoke, and look for the key in later entries",
)
"""One for each check, in their order; the last two are of checks beside a directory of attestations."""
