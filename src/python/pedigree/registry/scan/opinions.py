"""The checks for which a scan asks the libraries of others, or an approved model."""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.registry.scan import round_trip, second_opinion, template_change, tokenizer_change
from pedigree.registry.scan.checks import Check

OPINIONS: Mapping[str, Check] = {
    "round-trip": Check(round_trip.CLAIM, round_trip.check_round_trip, (round_trip.TOOL,)),
    "second-opinion": Check(second_opinion.CLAIM, second_opinion.check_second_opinion, (second_opinion.TOOL,)),
}
"""What others' libraries say of the files."""

CHANGES: Mapping[str, Check] = {
    "template-change": Check(template_change.CLAIM, template_change.check_template_change, ("jinja2",)),
    "tokenizer-change": Check(tokenizer_change.CLAIM, tokenizer_change.check_tokenizer_change),
}
"""What is asked when there is an approved model to compare with."""
