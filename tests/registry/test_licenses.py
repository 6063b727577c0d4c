"""Licenses by family: what may be used, what that asks for, and what legal has to look at."""

from __future__ import annotations

import pytest

from pedigree.build.validation import license_name
from pedigree.registry.licenses import BESPOKE, CONDITIONAL, DISQUALIFIED, PERMISSIVE, review_license


@pytest.mark.parametrize(
    ("expression", "family"),
    [
        ("Apache-2.0", PERMISSIVE),
        ("mit", PERMISSIVE),  # SPDX ids are compared without case
        ("Apache-2.0 WITH LLVM-exception", PERMISSIVE),
        ("CC-BY-4.0", PERMISSIVE),
        ("GPL-2.0-or-later", CONDITIONAL),
        ("LGPL-2.1+", CONDITIONAL),
        ("CC-BY-SA-4.0", CONDITIONAL),
        ("LicenseRef-llama3.1", BESPOKE),
        ("gemma", BESPOKE),
        ("BUSL-1.1", BESPOKE),
        ("CC-BY-NC-4.0", DISQUALIFIED),
        ("CC-BY-NC-SA-4.0", DISQUALIFIED),
        ("CC-BY-ND-4.0", DISQUALIFIED),
        ("PolyForm-Noncommercial-1.0.0", DISQUALIFIED),
        ("CC-BY-NC-ND-4.0", DISQUALIFIED),
        ("LicenseRef-some-research-only", DISQUALIFIED),
        ("LicenseRef-research-use-only", DISQUALIFIED),
        ("LicenseRef-mistral-research-1.0", DISQUALIFIED),
        ("LicenseRef-house-non-commercial-2.0", DISQUALIFIED),
        ("LicenseRef-NonCommercial", DISQUALIFIED),
        ("LicenseRef-AcmeResearchOnly", DISQUALIFIED),
        ("LicenseRef-acme-nc", DISQUALIFIED),
        ("LicenseRef-no-derivatives", DISQUALIFIED),
        ("LicenseRef-academic-use-only", DISQUALIFIED),
        ("LicenseRef-evaluation-only", DISQUALIFIED),
        # The words must be words: these only hold their letters.
        ("NCSA", BESPOKE),
        ("LicenseRef-android", BESPOKE),
        ("LicenseRef-sync", BESPOKE),
        ("LicenseRef-commercial", BESPOKE),
        ("LicenseRef-academic", BESPOKE),
    ],
)
def test_a_license_is_of_a_family(expression: str, family: str) -> None:
    assert review_license(expression).family == family


@pytest.mark.parametrize(
    ("expression", "family", "licenses"),
    [
        ("MIT AND GPL-3.0-only", CONDITIONAL, ("MIT", "GPL-3.0-only")),
        ("MIT OR GPL-3.0-only", PERMISSIVE, ("MIT",)),
        ("CC-BY-NC-4.0 OR LicenseRef-paid", BESPOKE, ("LicenseRef-paid",)),
        ("MIT AND CC-BY-NC-4.0", DISQUALIFIED, ("MIT", "CC-BY-NC-4.0")),
        # AND binds first: MIT or (Apache-2.0 and CC-BY-NC-4.0).
        ("MIT OR Apache-2.0 AND CC-BY-NC-4.0", PERMISSIVE, ("MIT",)),
    ],
)
def test_of_alternatives_the_easiest_counts_and_of_those_that_all_apply_the_worst(
    expression: str, family: str, licenses: tuple[str, ...]
) -> None:
    review = review_license(expression)
    assert (review.family, review.licenses) == (family, licenses)


@pytest.mark.parametrize(
    ("expression", "family"),
    [
        ("GPL-2.0-only WITH Classpath-exception-2.0", CONDITIONAL),
        ("Apache-2.0 WITH llvm-exception", PERMISSIVE),  # SPDX ids are compared without case
        ("MIT WITH unknown-exception", BESPOKE),
        ("MIT WITH LLVM-exception WITH unknown-exception", BESPOKE),
        ("GPL-3.0-only WITH unknown-exception", BESPOKE),
        ("MIT WITH AdditionRef-non-commercial", DISQUALIFIED),
        ("CC-BY-NC-4.0 WITH unknown-exception", DISQUALIFIED),
        ("CC-BY-NC-4.0 WITH LLVM-exception", DISQUALIFIED),
        ("MIT WITH unknown-exception OR MPL-2.0", CONDITIONAL),
        ("MIT AND MIT WITH unknown-exception", BESPOKE),
    ],
)
def test_an_exception_that_spdx_does_not_list_may_say_anything(expression: str, family: str) -> None:
    assert review_license(expression).family == family


def test_what_a_license_asks_for_is_asked_for_whatever_is_excepted() -> None:
    for exception in ("LLVM-exception", "unknown-exception"):
        assert review_license(f"MIT WITH {exception}").obligations == review_license("MIT").obligations


def test_obligations_are_those_of_all_licenses_that_apply() -> None:
    review = review_license("MIT AND CC-BY-SA-4.0")
    assert "hand on the license text and the copyright notice" in review.obligations
    assert "put what is derived from it under the same license" in review.obligations
    assert review_license("CC0-1.0").obligations == ()


@pytest.mark.parametrize(
    "text", ["", "MIT AND", "(MIT)", "MIT,GPL-3.0", "MIT  OR ISC", "MIT/ISC", "Apache-2.0", "A OR B"]
)
def test_an_expression_is_what_a_build_file_accepts(text: str) -> None:
    if license_name(text) is None:
        assert review_license(text).expression == text
    else:
        with pytest.raises(ValueError, match="SPDX"):
            review_license(text)
