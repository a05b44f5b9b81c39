"""YAML values read as the typed values of a note: texts, lists, codes, dates, numbers, choices.

Does not know which key a value belongs to beyond its name in messages, and drops what it cannot read after saying so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from ingest.codes import CARC_FORM, DIAGNOSIS_PREFIX_FORM, RARC_FORM, CodeRange, CodeSet, is_modifier
from ingest.notes.checks import Check, ProblemLog, did_you_mean, shown
from ingest.notes.model import DecimalRange, NumberRange
from ingest.notes.yaml_text import Mapping, Node, Sequence, Text

SLUG_FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_DATE_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_NUMBER_FORM = re.compile(r"([0-9]{1,6})(?:(\+)|\s*-\s*([0-9]{1,6}))?\Z")
_DECIMAL_FORM = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,2})?)(?:(\+)|\s*-\s*([0-9]{1,4}(?:\.[0-9]{1,2})?))\Z")
_PLACE_FORM = re.compile(r"[0-9]{2}\Z")
# No practice's note speaks of a day outside these; a slip of the keyboard does (0206, 20260).
_YEARS = range(1950, 2200)
_YES_NO = {"true": True, "yes": True, "false": False, "no": False}
_SEXES = {"f": "F", "female": "F", "m": "M", "male": "M"}


def read_text(node: Node, key: str, log: ProblemLog) -> str | None:
    """One text, its outer spaces dropped; None when it is empty or no text."""
    if isinstance(node, Text):
        if node.value.strip():
            return node.value.strip()
        log.add(Check.EMPTY_VALUE, node.line, f'"{key}" has no value; fill it in or delete the line')
        return None
    what = "a list" if isinstance(node, Sequence) else "a mapping"
    quoting = ' (a value that holds ": " is written in double quotes)' if isinstance(node, Mapping) else ""
    log.add(Check.SHAPE, node.line, f'"{key}" is {what} where one text belongs{quoting}')
    return None


def read_texts(node: Node, key: str, log: ProblemLog, *, split: bool = True) -> tuple[Text, ...]:
    """The items of a list, each once, in order: a YAML list, or one text whose commas separate items if `split`."""
    if isinstance(node, Text):
        if not node.value.strip():
            read_text(node, key, log)
            return ()
        parts = node.value.split(",") if split else [node.value]
        items = [Text(part.strip(), node.line) for part in parts if part.strip()]
    elif isinstance(node, Mapping):
        items = []
        log.add(Check.SHAPE, node.line, f'"{key}" is a mapping where a list belongs; write {key}: [one, two]')
    else:
        texts = [(item, read_text(item, key, log)) for item in node.items]
        items = [Text(text, item.line) for item, text in texts if text is not None]
    seen: dict[str, Text] = {}
    for item in items:
        seen.setdefault(item.value, item)
    return tuple(seen.values())


def read_list(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """A list of plain texts."""
    return tuple(item.value for item in read_texts(node, key, log))


def read_whole_texts(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """A list of texts that may hold commas, such as sources: one text is one item."""
    return tuple(item.value for item in read_texts(node, key, log, split=False))


def _items(node: Node, key: str, log: ProblemLog) -> list[Text]:
    """Items that never hold a comma: a list item is split at its commas too."""
    texts = read_texts(node, key, log)
    return [Text(part.strip(), text.line) for text in texts for part in text.value.split(",") if part.strip()]


def read_codes(node: Node, key: str, log: ProblemLog) -> CodeSet:
    """Procedure codes and inclusive ranges; what has no code's form is reported and left out."""
    ranges: dict[CodeRange, None] = {}
    for item in _items(node, key, log):
        try:
            # An en dash from a word processor is meant as a hyphen; digits of other scripts are not meant at all.
            code_range = CodeRange.parse(item.value.replace("\u2013", "-").encode("ascii", "replace").decode())
        except ValueError as error:
            log.add(Check.PROCEDURE_CODE, item.line, f'"{key}": {error}{_short_range(item.value)}')
            continue
        ranges[code_range] = None
    return CodeSet(tuple(ranges))


def _short_range(text: str) -> str:
    """Coders write 31253-59; say how it is written here."""
    match = re.fullmatch(r"([0-9]{5})\s*-\s*([0-9]{1,4})", text.strip())
    return f'; write "{match[1]}-{match[1][: -len(match[2])]}{match[2]}"' if match else ""


def _formed(
    node: Node, key: str, log: ProblemLog, check: Check, accepts: Callable[[str], bool], mend: Callable[[str], str]
) -> tuple[str, ...]:
    """Upper-case items of one form; `mend` says how to write one that is not."""
    good: dict[str, None] = {}
    for item in _items(node, key, log):
        if accepts(item.value.upper()):
            good[item.value.upper()] = None
        else:
            log.add(check, item.line, f'"{key}": {mend(item.value)}')
    return tuple(good)


def read_modifiers(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """Modifiers, upper case."""

    def mend(text: str) -> str:
        return f"{shown(text)} is not a modifier (two characters such as 25, RT or XS, separated by commas)"

    return _formed(node, key, log, Check.MODIFIER, lambda text: is_modifier(text) and text.isascii(), mend)


def read_carcs(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """Denial codes, upper case: group and CARC (`CO-97`) or a bare RARC (`N122`)."""

    def accepts(text: str) -> bool:
        return text.isascii() and bool(CARC_FORM.match(text) or RARC_FORM.match(text))

    def mend(text: str) -> str:
        parts = re.fullmatch(r"(CO|PR|OA|PI)?[\s-]*([0-9]{1,3}|[A-Z][0-9]{1,2})", text.upper())
        near = f'; did you mean "{parts[1] or "CO"}-{parts[2]}"?' if parts else ""
        return f"{shown(text)} is neither a CARC with its group (CO-97, PR-1) nor a RARC (N122){near}"

    return _formed(node, key, log, Check.CARC, accepts, mend)


def read_places(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """Places of service, two digits each."""

    def mend(text: str) -> str:
        near = f'; did you mean "0{text}"?' if re.fullmatch("[1-9]", text) else ""
        return f"{shown(text)} is not a place of service (two digits such as 11, 22 or 24){near}"

    return _formed(node, key, log, Check.PLACE, lambda text: _PLACE_FORM.match(text) is not None, mend)


def read_diagnoses(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """ICD-10-CM codes, prefixes (`J32`) and inclusive ranges (`H65.0-H65.9`), upper case."""

    def accepts(text: str) -> bool:
        low, dash, high = (part.strip() for part in text.partition("-"))
        ends = (low, high) if dash else (low,)
        forms = text.isascii() and all(DIAGNOSIS_PREFIX_FORM.match(end) for end in ends)
        return forms and (not dash or low.replace(".", "") <= high.replace(".", ""))

    def mend(text: str) -> str:
        bare = text.upper()
        low, dash, high = (part.strip() for part in bare.partition("-"))
        if dash and accepts(low) and accepts(high):
            return f"{shown(text)} runs backwards"
        pointed = f"{bare[:3]}.{bare[3:]}"
        near = f'; did you mean "{pointed}"?' if accepts(pointed) and "." not in bare else ""
        return f"{shown(text)} is no ICD-10-CM code, prefix or range (J32.0, J32, H65.0-H65.9){near}"

    return _formed(node, key, log, Check.DIAGNOSIS_CODE, accepts, mend)


def read_slugs(node: Node, key: str, log: ProblemLog) -> tuple[str, ...]:
    """Payer slugs: lower-case words joined by hyphens. Whether the payer exists is asked elsewhere."""
    good: list[str] = []
    for item in _items(node, key, log):
        if SLUG_FORM.match(item.value):
            good.append(item.value)
        else:
            slug = slugged(item.value)
            near = f'; did you mean "{slug}"?' if slug else ""
            log.add(Check.PAYER_SLUG, item.line, f"{shown(item.value)} is not a payer's slug{near}")
    return tuple(good)


def slugged(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; "" when none are left."""
    return "-".join(re.findall("[a-z0-9]+", text.lower()))


def read_date(node: Node, key: str, log: ProblemLog) -> date | None:
    """A day of the calendar, written YYYY-MM-DD."""
    text = read_text(node, key, log)
    if text is None:
        return None
    match = _DATE_FORM.match(text)
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        log.add(Check.DATE, node.line, f'"{key}": {shown(text)} is no day of the calendar')
        return None
    if day is None:
        log.add(Check.DATE, node.line, f'"{key}": {shown(text)} is no date; write it as 2026-09-14')
    elif day.year not in _YEARS:
        log.add(Check.DATE, node.line, f'"{key}": the year of {shown(text)} cannot be meant')
        return None
    return day


def read_number(node: Node, key: str, log: ProblemLog) -> int | None:
    """A whole number of at least 1."""
    text = read_text(node, key, log)
    if text is None:
        return None
    if re.fullmatch("[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} is not a whole number from 1 up')
    return None


def read_number_range(node: Node, key: str, log: ProblemLog) -> NumberRange | None:
    """Whole numbers written `n`, `n-m` or `n+`."""
    text = read_text(node, key, log)
    if text is None:
        return None
    match = _NUMBER_FORM.match(text)
    if match is None:
        log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} is not 3, 1-90 or 18+')
        return None
    low = int(match[1])
    high = None if match[2] else int(match[3] or match[1])
    if high is not None and high < low:
        log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} runs backwards')
        return None
    return NumberRange(low, high)


def read_decimal(node: Node, key: str, log: ProblemLog) -> Decimal | None:
    """A number above 0 with at most two decimals."""
    text = read_text(node, key, log)
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,2})?", text) and Decimal(text) > 0:
        return Decimal(text)
    log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} is not a number such as 10 or 0.5')
    return None


def read_decimal_range(node: Node, key: str, log: ProblemLog) -> DecimalRange | None:
    """Numbers with at most two decimals, written `n-m` or `n+`."""
    text = read_text(node, key, log)
    if text is None:
        return None
    match = _DECIMAL_FORM.match(text)
    if match is None:
        log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} is not 0.6-1.0 or 4.1+')
        return None
    low = Decimal(match[1])
    high = Decimal(match[3]) if match[3] else None
    if high is not None and high < low:
        log.add(Check.NUMBER, node.line, f'"{key}": {shown(text)} runs backwards')
        return None
    return DecimalRange(low, high)


def read_yes_no(node: Node, key: str, log: ProblemLog) -> bool | None:
    """True or False, written true, yes, false or no."""
    text = read_text(node, key, log)
    if text is None:
        return None
    if text.lower() not in _YES_NO:
        log.add(Check.UNKNOWN_VALUE, node.line, f'"{key}": {shown(text)} is neither true nor false')
    return _YES_NO.get(text.lower())


def read_sex(node: Node, key: str, log: ProblemLog) -> str | None:
    """`F` or `M`."""
    text = read_text(node, key, log)
    if text is None:
        return None
    if text.lower() not in _SEXES:
        log.add(Check.UNKNOWN_VALUE, node.line, f'"{key}": {shown(text)} is neither F nor M')
    return _SEXES.get(text.lower())


def choice(values: tuple[str, ...]) -> Callable[[Node, str, ProblemLog], str | None]:
    """A reader for one of `values`, as written there."""

    def read(node: Node, key: str, log: ProblemLog) -> str | None:
        text = read_text(node, key, log)
        if text is None or text in values:
            return text
        _refuse(text, node.line, key, values, log)
        return None

    return read


def choices(values: tuple[str, ...]) -> Callable[[Node, str, ProblemLog], tuple[str, ...] | None]:
    """A reader for any of `values`; the empty list is an answer of its own, a key without a value is None."""

    def read(node: Node, key: str, log: ProblemLog) -> tuple[str, ...] | None:
        items = _items(node, key, log)
        for item in items:
            if item.value not in values:
                _refuse(item.value, item.line, key, values, log)
        good = tuple(item.value for item in items if item.value in values)
        return good if items or isinstance(node, Sequence) else None

    return read


def _refuse(text: str, line: int, key: str, values: tuple[str, ...], log: ProblemLog) -> None:
    known = ", ".join(values)
    log.add(Check.UNKNOWN_VALUE, line, f'"{key}" cannot be {shown(text)} (one of {known}){did_you_mean(text, values)}')
