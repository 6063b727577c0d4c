"""The roles that a trust root gives to keys, and what each of them may say."""

from __future__ import annotations

OWNER = "owner"
BUILDER = "builder"
QUALITY = "quality"
LEGAL = "legal"
RELEASE = "release"

PURPOSE = {
    OWNER: "says whom to trust, and what a release may be made of: trust roots, layouts",
    BUILDER: "says what a step was made from: records of runs",
    QUALITY: "approves what training may start from, and says what is in force: approvals, revocations, snapshots",
    LEGAL: "approves terms and licenses: approvals, revocations",
    RELEASE: "seals what is delivered: releases",
}
"""Role -> what its holders sign for."""

KEYLESS = (LEGAL, QUALITY)
"""Roles whose holders may be identities. Trust roots, layouts and releases are signed by keys alone."""

APPROVERS = (LEGAL, OWNER, QUALITY)
"""Roles that may approve a base model, where trust root or plan asks for it; who builds or seals judges nothing."""
