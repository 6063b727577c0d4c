"""The verification summary (SLSA VSA v1) of a release: who checked which evidence against which layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.step.digests import sha256_bytes
from pedigree.trust.closure import Closure
from pedigree.trust.statement import SUMMARY, statement

VERIFIER = "https://pedigree/trust/seal"
LEVEL = "SLSA_BUILD_LEVEL_1"


def summary(closure: Closure, layout: bytes, attestations: Mapping[str, bytes]) -> dict[str, Any]:
    """The statement that a release passed the checks made before it was sealed.

    Args:
        closure: The steps, which `closure.close` has checked.
        layout: The signed layout.
        attestations: Name of a file under `attestations/` -> its bytes: provenance and test results.
    """
    inputs = [
        {"uri": f"attestations/{name}", "digest": {"sha256": sha256_bytes(attestations[name])}}
        for name in sorted(attestations)
    ]
    predicate = {
        "verifier": {"id": VERIFIER},
        "resourceUri": f"pedigree:{closure.release.address}",
        "policy": {"uri": "attestations/root.layout", "digest": {"sha256": sha256_bytes(layout)}},
        "inputAttestations": inputs,
        "verificationResult": "PASSED",
        "verifiedLevels": [LEVEL],
        "slsaVersion": "1.0",
    }
    return statement(closure.release.products, SUMMARY, predicate)
