"""A rule block as one or two plain English sentences: for whom, when, what to do, what not to do, and what stays open.

Does not look at a claim, and says nothing the block does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingest.codes import CodeSet
from ingest.notes.model import NumberRange, Require, RuleBlock, When

# More codes than this are not repeated in the second sentence.
_FEW = 3


def sentence(block: RuleBlock, *, payer_names: tuple[str, ...]) -> str:
    """The rule in words. `payer_names` empty means every payer. Codes stay exact, ranges as written.

    The condition is always said. A second sentence names what the condition leaves open, where it narrows.
    """
    whom = _and(payer_names) if payer_names else "Every payer"
    when = _told(block)
    circumstances = " ".join(_circumstances(when)) if when else ""
    if when and _never_billed(block):
        # "When 42821 is billed for ..., do not bill 42821" says the same, but needs reading twice.
        text = " ".join(["do not bill", _codes(when.codes), circumstances]).strip()
    else:
        what = "; ".join(_demands(block)) or "nothing is asked"
        subject = _codes(when.codes) if when and when.codes else "any procedure"
        condition = " ".join(["when", subject, "is billed", circumstances]).strip() if when else "on every claim"
        text = f"{condition}, {what}"
    open_ends = ", nor ".join(_open_ends(when)) if when else ""
    left = f" This rule does not say what is needed {open_ends}." if open_ends else ""
    return f"{whom}: {text}.{left}"


def _told(block: RuleBlock) -> When | None:
    """The condition as it is told: "with 59, do not use 59" is the same as "do not use 59"."""
    when, forbid = block.when, block.forbid
    if when and when.modifiers and forbid and set(forbid.modifiers) == set(when.modifiers):
        says_only_that = len(list(_demands(block))) == 1
        return replace(when, modifiers=()) if says_only_that else when
    return when


def _never_billed(block: RuleBlock) -> bool:
    """True when all the block does is to forbid the very codes it selects."""
    when, forbid = block.when, block.forbid
    return bool(when and forbid and when.codes and when.codes == forbid.codes) and list(_demands(block)) == [
        _forbidden_codes(block)
    ]


def _circumstances(when: When) -> Iterator[str]:
    if when.bilateral is not None:
        yield "for both sides" if when.bilateral else "but not for both sides"
    if when.modifiers:
        yield f"with modifier {_or(when.modifiers)}"
    if when.units is not None:
        yield f"with {_range(when.units)} unit{'' if str(when.units) == '1' else 's'}"
    if when.with_codes:
        yield f"together with {_codes(when.with_codes)}"
    if when.without_codes:
        yield f"without {_codes(when.without_codes)} on the claim"
    if when.diagnoses:
        yield f"for diagnosis {_or(when.diagnoses)}"
    if when.places:
        yield f"at place of service {_or(when.places)}"
    patient = _patient(when)
    if patient:
        yield f"for {patient}"
    if when.days_since is not None:
        days = when.days_since.days
        within = "within " if days.high not in (None, days.low) else ""
        yield f"{within}{_range(days)} days after {_codes(when.days_since.codes)}"


def _patient(when: When) -> str:
    if when.new_patient is None and when.sex is None and when.age is None:
        return ""
    kind = "" if when.new_patient is None else ("new" if when.new_patient else "established")
    sex = "" if when.sex is None else {"F": "female", "M": "male"}.get(when.sex.upper(), f"sex {when.sex}")
    article = "an" if (kind or sex).startswith("e") else "a"
    words = [article, kind, sex, "patient", _aged(when.age) if when.age else ""]
    return " ".join(word for word in words if word)


def _demands(block: RuleBlock) -> Iterator[str]:
    if block.require is not None or block.fix == "two-lines-rt-lt":
        require = block.require or Require()
        yield from _billed(block, require)
        if require.places:
            yield f"the place of service must be {_or(require.places)}"
        if require.diagnoses:
            yield f"the line must point to diagnosis {_or(require.diagnoses)}"
        if require.authorization:
            yield "the claim must carry an authorization number"
        if require.documentation:
            yield f"the record must have {_and(_quoted(require.documentation))}"
        if require.attachments:
            yield f"attach {_and(_quoted(require.attachments))}"
    if block.units_max is not None:
        each = "" if _one_code(block.when) else " of each code"
        yield f"bill at most {_units(block.units_max)}{each} in all"
    if block.file_within_days is not None:
        yield f"the payer must get the claim within {block.file_within_days} days of the date of service"
    if forbid := block.forbid:
        if forbid.modifiers:
            yield f"do not use {_or(forbid.modifiers)}"
        if forbid.units is not None:
            yield f"do not bill {_units(forbid.units)}"
        if forbid.places:
            yield f"do not bill it at place of service {_or(forbid.places)}"
        if forbid.diagnoses:
            yield f"do not use diagnosis {_or(forbid.diagnoses)}"
        if forbid.codes:
            yield _forbidden_codes(block)


def _billed(block: RuleBlock, require: Require) -> Iterator[str]:
    """Modifiers and units, which for both sides mean little without the number of lines they stand on."""
    modifiers = f"modifier{'s' if len(require.modifiers) > 1 else ''} {_and(require.modifiers)}"
    parts = ([modifiers] if require.modifiers else []) + ([_units(require.units)] if require.units is not None else [])
    if block.fix == "two-lines-rt-lt" and not require.modifiers:
        each = f", {_units(require.units)} each" if require.units is not None else ""
        yield f"bill two lines, one with RT and one with LT{each}"
    elif parts:
        yield f"bill {'one line with ' if block.fix == 'one-line-50' else ''}{_and(tuple(parts))}"


def _open_ends(when: When) -> Iterator[str]:
    """What the condition shuts out and the rule therefore says nothing about."""
    if when.bilateral is not None:
        yield "for one side" if when.bilateral else "for both sides"
    if when.modifiers:
        yield f"without {_or(when.modifiers)}"
    if when.units is not None:
        yield "with other units"
    if when.with_codes:
        yield f"without {_short(when.with_codes)}"
    if when.without_codes:
        yield f"together with {_short(when.without_codes)}"
    if when.diagnoses:
        yield "for other diagnoses"
    if when.places:
        yield "at other places of service"
    if when.age is not None:
        yield "at other ages"
    if when.sex is not None:
        yield "for patients of another sex"
    if when.new_patient is not None:
        yield "for established patients" if when.new_patient else "for new patients"
    if when.days_since is not None:
        yield "on other days"


def _one_code(when: When | None) -> bool:
    ranges = when.codes.ranges if when else ()
    return len(ranges) == 1 and ranges[0].low == ranges[0].high


def _forbidden_codes(block: RuleBlock) -> str:
    return f"do not bill {_codes(block.forbid.codes)} on the same claim" if block.forbid else ""


def _codes(codes: CodeSet) -> str:
    return _or(tuple(str(code_range) for code_range in codes))


def _short(codes: CodeSet) -> str:
    return _codes(codes) if len(codes.ranges) <= _FEW else "any of those codes"


def _range(numbers: NumberRange) -> str:
    if numbers.high is None:
        return f"{numbers.low} or more"
    return str(numbers.low) if numbers.low == numbers.high else f"{numbers.low} to {numbers.high}"


def _aged(years: NumberRange) -> str:
    return f"aged {years.low} or older" if years.high is None else f"aged {_range(years)}"


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number} units"


def _quoted(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'"{word}"' for word in words)


def _and(items: tuple[str, ...]) -> str:
    return _joined(items, "and")


def _or(items: tuple[str, ...]) -> str:
    return _joined(items, "or")


def _joined(items: tuple[str, ...], word: str) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""
