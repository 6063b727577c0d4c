"""What a license lets us do with a model: its family, what it asks of whoever hands the model on, and what follows.

Families are those of an engineer's first look, not legal advice: what is in no list here is `bespoke`, and waits for
somebody who can give some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pedigree.registry.license_exceptions import EXCEPTIONS

PERMISSIVE, CONDITIONAL, BESPOKE, DISQUALIFIED = "permissive", "conditional", "bespoke", "disqualified"
FAMILIES = (PERMISSIVE, CONDITIONAL, BESPOKE, DISQUALIFIED)
"""From the easiest to what may not be used at all."""

_TEXT = "hand on the license text and the copyright notice"
_ATTRIBUTION = ("name the authors, as they ask to be", "link the license", "say what was changed")
_SHARE = "put what is derived from it under the same license"
_SOURCE = "offer the source of what is derived from it"

# SPDX id in small letters -> what it asks for.
_PERMISSIVE: dict[str, tuple[str, ...]] = {
    "0bsd": (),
    "apache-2.0": (_TEXT, "hand on the NOTICE file", "say which files were changed"),
    "bsd-2-clause": (_TEXT,),
    "bsd-3-clause": (_TEXT, "do not advertise with the names of its authors"),
    "bsl-1.0": (_TEXT,),
    "cc-by-3.0": _ATTRIBUTION,
    "cc-by-4.0": _ATTRIBUTION,
    "cc0-1.0": (),
    "cdla-permissive-1.0": (_TEXT,),
    "cdla-permissive-2.0": (_TEXT,),
    "isc": (_TEXT,),
    "mit": (_TEXT,),
    "mit-0": (),
    "odc-by-1.0": _ATTRIBUTION,
    "pddl-1.0": (),
    "unlicense": (),
    "upl-1.0": (_TEXT,),
    "zlib": ("say what was changed",),
}
_CONDITIONAL: dict[str, tuple[str, ...]] = {
    "agpl-3.0": (_TEXT, _SHARE, _SOURCE, "offer the source to those who use it over a network"),
    "cc-by-sa-3.0": (*_ATTRIBUTION, _SHARE),
    "cc-by-sa-4.0": (*_ATTRIBUTION, _SHARE),
    "cdla-sharing-1.0": (_TEXT, _SHARE),
    "epl-2.0": (_TEXT, "offer the source of files that were changed"),
    "gpl-2.0": (_TEXT, _SHARE, _SOURCE),
    "gpl-3.0": (_TEXT, _SHARE, _SOURCE),
    "lgpl-2.1": (_TEXT, "offer the source of the library", "let users replace the library"),
    "lgpl-3.0": (_TEXT, "offer the source of the library", "let users replace the library"),
    "mpl-2.0": (_TEXT, "offer the source of files that were changed"),
    "odbl-1.0": (*_ATTRIBUTION, "put derived databases under the same license"),
}
# Words of a name that say non-commercial, research or the like only, or no derivatives: a fine-tuned model is one, and
# a medical device is sold. This is a rule on names: nobody has read the license.
_DISQUALIFIED = re.compile(
    r"(^|-)(nc|nd|non?-?commercial|not-for-commercial|research(ers)?|non?-?deriv(ative)?s?"
    r"|(academic|education(al)?|evaluation|personal)-((use|purposes?)-)?only)(-|$)"
)
_NO_WORD = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_SUFFIX = re.compile(r"(-only|-or-later|\+)$")
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


@dataclass(frozen=True)
class LicenseReview:
    """What is known of a license expression.

    Attributes:
        expression: As it was written.
        family: One of `FAMILIES`.
        licenses: The licenses that apply: of alternatives, those of the easiest.
        obligations: What they ask of whoever hands the model on, sorted.
    """

    expression: str
    family: str
    licenses: tuple[str, ...]
    obligations: tuple[str, ...]


def review_license(expression: str) -> LicenseReview:
    """Read an SPDX expression without parentheses: WITH binds before AND, and AND before OR (SPDX 3.0, annex B).

    Raises:
        ValueError: It is none.

    >>> review_license("GPL-3.0-only OR MIT").obligations
    ('hand on the license text and the copyright notice',)
    """
    if not _EXPRESSION.fullmatch(expression):
        raise ValueError(f"{expression!r} is not an SPDX license expression without parentheses")
    alternatives = [_all_of(part.split(" AND "), expression) for part in expression.split(" OR ")]
    return min(alternatives, key=lambda review: FAMILIES.index(review.family))


def _all_of(licenses: list[str], expression: str) -> LicenseReview:
    """All of them apply: the worst family, and what each of them asks for."""
    found = [_excepted(name) for name in licenses]
    family = max((family for family, _ in found), key=FAMILIES.index)
    obligations = sorted({obligation for _, asked in found for obligation in asked})
    return LicenseReview(expression, family, tuple(licenses), tuple(obligations))


def _excepted(name: str) -> tuple[str, tuple[str, ...]]:
    """A license, with its exceptions where it has some: one that SPDX does not list may take back what it gives."""
    license, *exceptions = name.split(" WITH ")
    family, obligations = _one(license)
    if not all(exception.lower() in EXCEPTIONS for exception in exceptions):
        family = max(_by_name(license), *map(_by_name, exceptions), family, key=FAMILIES.index)
    return family, obligations


def _one(name: str) -> tuple[str, tuple[str, ...]]:
    known = _SUFFIX.sub("", name.lower())
    if known in _PERMISSIVE:
        return PERMISSIVE, _PERMISSIVE[known]
    if known in _CONDITIONAL:
        return CONDITIONAL, _CONDITIONAL[known]
    return _by_name(name), ()


def _by_name(name: str) -> str:
    """The family of what is in no list, by the words of its name: `LicenseRef-NonCommercial` has two of them."""
    return DISQUALIFIED if _DISQUALIFIED.search(_NO_WORD.sub("-", name).lower()) else BESPOKE
