"""The sentence of a rule block."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.rules.block_text import sentence
from ingest.notes.model import RuleBlock


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            'when: {codes: ["31253-31259", "31267"], bilateral: true}\n'
            'require: {modifiers: ["50"], units: 1}\nforbid: {modifiers: [RT, LT]}\nfix: one-line-50',
            "when 31253-31259 or 31267 is billed for both sides, bill one line with modifier 50 and 1 unit; do not use "
            "RT or LT. This rule does not say what is needed for one side.",
        ),
        (
            'when: {codes: ["31255"], bilateral: true}\nrequire: {units: 1}\nforbid: {modifiers: ["50"]}\n'
            "fix: two-lines-rt-lt",
            "when 31255 is billed for both sides, bill two lines, one with RT and one with LT, 1 unit each; do not use "
            "50. This rule does not say what is needed for one side.",
        ),
        (
            'when: {codes: ["31237"], days-since: {codes: ["30520"], days: 1-90}}\nrequire: {modifiers: ["79"]}',
            "when 31237 is billed within 1 to 90 days after 30520, bill modifier 79. "
            "This rule does not say what is needed on other days.",
        ),
        (
            'when: {codes: ["42820"], age: 12+, sex: F, new-patient: false}\nrequire: {authorization: true}',
            "when 42820 is billed for an established female patient aged 12 or older, the claim must carry an "
            "authorization number. This rule does not say what is needed at other ages, nor for patients of another "
            "sex, nor for new patients.",
        ),
        (
            'when: {codes: ["31231"], bilateral: false, modifiers: ["59", XS], with: ["31575"], without: ["31255"], '
            'diagnoses: [J32], places: ["11"], units: 2+}\nrequire: {places: ["22", "24"]}',
            "when 31231 is billed but not for both sides with modifier 59 or XS with 2 or more units together with "
            "31575 without 31255 on the claim for diagnosis J32 at place of service 11, the place of service must be "
            "22 or 24. This rule does not say what is needed for both sides, nor without 59 or XS, nor with other "
            "units, nor without 31575, nor together with 31255, nor for other diagnoses, nor at other "
            "places of service.",
        ),
        ("file-within-days: 90", "on every claim, the payer must get the claim within 90 days of the date of service."),
        ('when: {codes: ["95165"]}\nunits-max: 10', "when 95165 is billed, bill at most 10 units in all."),
        (
            'when: {codes: ["95115", "95117"]}\nunits-max: 1',
            "when 95115 or 95117 is billed, bill at most 1 unit of each code in all.",
        ),
        ("when: {codes: [G0268]}\nforbid: {codes: [G0268]}", "do not bill G0268."),
        (
            'when: {codes: ["42820"], age: 12+}\nforbid: {codes: ["42820"]}',
            "do not bill 42820 for a patient aged 12 or older. This rule does not say what is needed at other ages.",
        ),
        ('when: {modifiers: ["59"]}\nforbid: {modifiers: ["59"]}', "when any procedure is billed, do not use 59."),
        (
            'when: {codes: ["31267"]}\nrequire: {modifiers: ["22", RT], units: 1, diagnoses: [J32, J33], '
            "documentation: [ct report, failed therapy], attachments: [note]}\n"
            'forbid: {units: 2, places: ["11"], diagnoses: [D49.2], codes: ["31256"]}',
            "when 31267 is billed, bill modifiers 22 and RT and 1 unit; the line must point to diagnosis J32 or J33; "
            'the record must have "ct report" and "failed therapy"; attach "note"; do not bill 2 units; do not bill it '
            "at place of service 11; do not use diagnosis D49.2; do not bill 31256 on the same claim.",
        ),
    ],
)
def test_the_sentence_says_condition_demand_and_what_stays_open(
    rule: str, expected: str, make_block: Callable[[str], RuleBlock]
) -> None:
    assert sentence(make_block(rule), payer_names=("Acme",)) == f"Acme: {expected}"


@pytest.mark.parametrize(
    ("names", "whom"),
    [((), "Every payer"), (("Acme",), "Acme"), (("Acme", "Blue"), "Acme and Blue"), (("A", "B", "C"), "A, B and C")],
)
def test_the_sentence_names_the_payers(
    names: tuple[str, ...], whom: str, make_block: Callable[[str], RuleBlock]
) -> None:
    block = make_block('when: {codes: ["30520"]}\nforbid: {modifiers: ["50"]}')
    assert sentence(block, payer_names=names) == f"{whom}: when 30520 is billed, do not use 50."
