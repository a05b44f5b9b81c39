"""Codes, modifiers, denial codes, ages and dates as people write them into a question, each found once.

Every function appends the places it has read to `used`, so that the next one reads only what is left. Knows no note.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from ingest.codes import CARC_FORM, RARC_FORM, CodeRange, CodeSet, is_diagnosis_code

_RANGE = re.compile(
    r"(?a)\b(\d{5}|[A-V]\d{4}|\d{4}[A-Z])\s*(?:-|\u2013|to|through|thru)\s*(\d{5}|[A-V]\d{4}|\d{4}[A-Z])\b", re.I
)
_CODE = re.compile(
    r"(?a)(?<![\w.$#-])(\d{5}|[A-V]\d{4}|\d{4}[FTUM])(?:-((?:\d\d|[A-Z][A-Z0-9])(?:-(?:\d\d"
    r"|[A-Z][A-Z0-9]))*))?(?![\w.]*\w)",
    re.I,
)
# "31254/55" and "31254,55"; not "31237,4 weeks after", nor "69210, 50 or two units" with a space between.
_COUNTED = r"weeks?|wks?|days?|months?|mos?|years?|yrs?|units?|times?|sides?|lesions?|tests?|minutes?|min|of|yo|x"
_SHORT_CODE = re.compile(rf"(?<=[/,])\s?(\d{{1,4}})(?!\d)(?!\s*(?:{_COUNTED})\b)(?=[\s/,?.;)]|$)", re.I)
_DIAGNOSIS = re.compile(r"\b([A-TV-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}|[A-TV-Z]\d\d)\b", re.I)
_CARC = re.compile(r"\b(CO|PR|OA|PI)[\s-]?(\d{1,3}|[AB]\d{1,2})\b", re.I)
_CARC_WORD = re.compile(
    r"\b(?:CARC|carc|denial code|reason code|adjustment code|reason|code)\s*#?\s*(\d{1,3}|[AB]\d{1,2})\b(?!\d)", re.I
)
_RARC = re.compile(r"\b(N\d{1,3}|MA\d{1,3}|M\d{1,3})\b", re.I)
_MODIFIER_AFTER = re.compile(
    r"\b(?:modifiers?|mods?\.?)\s+(?:is\s+|a\s+)?-?((?:\d\d|[A-Z][A-Z0-9])\b(?:\s*(?:,|/|or|and|&|versus"
    r"|vs\.?)\s*-?(?:\d\d|[A-Z][A-Z0-9])\b)*)",
    re.I,
)
# Two capitals before the word are a modifier too, also one this program has no rule for; "no modifier" names none.
_MODIFIER_BEFORE = re.compile(
    r"(?<![\w-])-?(\d\d|X[EPSU]|LT|RT|(?-i:(?!NO\b|MY\b|OK\b|IS\b|AN\b|PA\b|ER\b|ED\b)[A-Z][A-Z0-9]))\s+(?:modifier|mod)\b",
    re.I,
)
_MODIFIER_BARE = re.compile(
    r"(?<![\w$.-])-?(2[2-6]|3[23]|5[0-9]|6[26]|7[6-9]|8[02]|9[1259]|X[EPSU]|RT|LT|JW|JZ|GA|GX|GY|GZ|KX|TC|AS|QW"
    r"|G[CEV]|FA|F[1-9]|TA|T[1-9]|E[1-4])(?![\w.%-])"
)
_DAYS_AFTER = re.compile(
    r"^\s*(?:day|week|month|year|minute|min|hour|percent|%|cc|mg|ml|unit|dollar|page|yo|y/o|ft|patient|doses?"
    r"|lesions?|people|times?|stages?)",
    re.I,
)
# A two-digit number after one of these is something else than a modifier.
_NO_MODIFIER_AFTER = re.compile(
    r"\b(?:pos|place|place of service|service|page|pages|p\.?|day|days|box|ext|extension|age|aged|under|over|about|"
    r"within|than|room|item"
    r"|field|form|grade|"
    r"level|class|least|most|number|no\.?|chapter|section|step|title|dept|suite|top|line|kids?|"
    r"jan\w*|feb\w*|mar|march|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)\s+#?$",
    re.I,
)
_MODIFIER_CHOICE = re.compile(
    r"\s*(?:or|vs\.?|versus|/)\s*-?(?:\d\d|X[EPSU]|RT|LT)\b(?!\s*(?:days?|months?|weeks?|units?))", re.I
)
_NUMBER_LIKE = re.compile(
    r"(?:x?\d+(?:\.\d+)?(?:am|pm|k|yo|x|st|nd|rd|th|d|wk|wks|mo|mos|yr|yrs|hrs?|min|mins|cc|ml|mg|mm|cm|s)?"
    r"|\d+[a-z]?)\Z"
)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_US = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_NAMED = re.compile(
    rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b|\b(\d{{1,2}})\s+{_MONTH}\s+(\d{{4}})\b", re.I
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH}\s+(?:of\s+)?(\d{{4}})\b", re.I)
_YEAR = re.compile(
    r"\b(?:in|during|for|from|of|since|a|the|back in|dos|until)\s+(20[12]\d)\b|\b(20[12]\d)\s+(?:dos|date|claim"
    r"|service|visit|surgery|rule|dates)",
    re.I,
)
_HUNG_ON = re.compile(
    r"\b(?:for|on) (?:an? |the )?(?:visit|claim|services?|encounter|date of service|dos|date)s?"
    r"(?: dated| from| of| on)?\s*\Z",
    re.I,
)
_AGO = re.compile(r"\b(last year|last month|a year ago|two years ago)\b", re.I)
_AGE = re.compile(r"\b(\d{1,3})[\s-]*(?:year|yr|yo\b|y/o|y\.o\.|years?)[\s-]*(?:old)?\b|\bage[d]?\s+(\d{1,3})\b", re.I)
_PLACE = re.compile(r"\b(?:pos|place(?: of service)?)\s*#?\s*(\d\d)\b", re.I)


def mask(text: str, used: list[tuple[int, int]]) -> str:
    """The text with the places already read blanked out, so that nothing is read twice."""
    characters = list(text)
    for start, end in used:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def codes_written(text: str, used: list[tuple[int, int]]) -> tuple[CodeSet, tuple[str, ...]]:
    """Procedure codes and ranges, also the short ends of `31254/5`, and the modifiers hung on them."""
    ranges: list[CodeRange] = []
    modifiers: list[str] = []
    for match in _RANGE.finditer(text):
        try:
            ranges.append(CodeRange.parse(f"{match.group(1)}-{match.group(2)}"))
        except ValueError:
            continue
        used.append(match.span())
    remaining = mask(text, used)
    for match in _CODE.finditer(remaining):
        ranges.append(CodeRange.parse(match.group(1)))
        modifiers.extend((match.group(2) or "").upper().split("-") if match.group(2) else ())
        used.append(match.span())
        tail = match.end()
        while (
            short := _SHORT_CODE.match(remaining, tail + 1)
            if remaining[tail : tail + 1] in "/," and remaining[tail + 1 : tail + 2].isdigit()
            else None
        ):
            digits = short.group(1)
            ranges.append(CodeRange.parse(match.group(1)[: -len(digits)] + digits))
            used.append((tail, short.end()))
            tail = short.end()
    return CodeSet(tuple(dict.fromkeys(ranges))), tuple(modifiers)


def diagnoses_written(text: str, used: list[tuple[int, int]]) -> tuple[str, ...]:
    found = []
    for match in _DIAGNOSIS.finditer(text):
        if is_diagnosis_code(match.group(1).upper()) and (("." in match.group(1)) or match.group(1)[0].isupper()):
            found.append(match.group(1).upper())
            used.append(match.span())
    return tuple(dict.fromkeys(found))


def carcs_written(text: str, used: list[tuple[int, int]]) -> tuple[str, ...]:
    """Denial codes as `CO-97`, a bare CARC number as `97`, remark codes as `N122`."""
    found: list[str] = []
    for match in _CARC.finditer(text):
        written = f"{match.group(1).upper()}-{match.group(2).upper()}"
        if CARC_FORM.match(written):
            found.append(written)
            used.append(match.span())
    remaining = mask(text, used)
    for match in _CARC_WORD.finditer(remaining):
        found.append(match.group(1).upper())
        used.append(match.span(1))
    for match in _RARC.finditer(mask(remaining, used)):
        if RARC_FORM.match(match.group(1).upper()) and (
            len(match.group(1)) > 2 or re.search(r"remark|rarc", text, re.I)
        ):
            found.append(match.group(1).upper())
            used.append(match.span())
    return tuple(dict.fromkeys(found))


def modifiers_written(text: str, used: list[tuple[int, int]]) -> tuple[str, ...]:
    """Modifiers by the word beside them, or by their own form where no other reading fits."""
    found: list[tuple[int, str]] = []
    for match in _MODIFIER_AFTER.finditer(text):
        for part in re.finditer(r"\d\d|[A-Z][A-Z0-9]", match.group(1), re.I):
            written = part.group().upper()
            if written not in {
                "OR",
                "IS",
                "ON",
                "DO",
                "IN",
                "TO",
                "WE",
                "IF",
                "AN",
                "AT",
                "BY",
                "OF",
                "US",
                "MY",
                "NO",
                "IT",
                "AND",
                "VS",
            }:
                found.append((match.start(1) + part.start(), written))
                used.append((match.start(1) + part.start(), match.start(1) + part.end()))
    for match in _MODIFIER_BEFORE.finditer(text):
        found.append((match.start(1), match.group(1).upper()))
        used.append(match.span(1))
    remaining = mask(text, used)
    for match in _MODIFIER_BARE.finditer(remaining):
        written = match.group(1).upper()
        if match.group(1).isdigit():
            if _DAYS_AFTER.match(remaining[match.end() :]):
                continue
            if _NO_MODIFIER_AFTER.search(text[: match.start()]) and not _MODIFIER_CHOICE.match(
                remaining[match.end() :]
            ):
                continue
        found.append((match.start(1), written))
        used.append(match.span(1))
    return tuple(dict.fromkeys(written for _, written in sorted(found)))


def age_written(text: str, used: list[tuple[int, int]]) -> int | None:
    for match in _AGE.finditer(text):
        used.append(match.span())
        return int(match.group(1) or match.group(2))
    return None


def date_written(text: str, as_of: date, used: list[tuple[int, int]]) -> date | None:
    """The date the question names. A month stands for its middle, a year for its 1 July; this year is no date.

    Words that only hang the date on something ("for a visit on") are read with it.
    """
    places: list[tuple[int, int]] = []
    found = _date_found(text, as_of, places)
    for start, end in places:
        hung = _HUNG_ON.search(text, 0, start)
        used.append((hung.start() if hung else start, end))
    return found


def _date_found(text: str, as_of: date, used: list[tuple[int, int]]) -> date | None:
    for match in _ISO.finditer(text):
        found = _safe_date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
        if found:
            used.append(match.span())
            return found
    for match in _US.finditer(text):
        year = int(match.group(3))
        found = _safe_date(year + 2000 if year < 100 else year, int(match.group(1)), int(match.group(2)))
        if found:
            used.append(match.span())
            return found
    for match in _NAMED.finditer(text):
        month, day, of_year = match.group(1, 2, 3) if match.group(1) else match.group(5, 4, 6)
        found = _safe_date(int(of_year), _month(month), int(day))
        if found:
            used.append(match.span())
            return found
    for match in _MONTH_YEAR.finditer(text):
        used.append(match.span())
        return _safe_date(int(match.group(2)), _month(match.group(1)), 15)
    for match in _YEAR.finditer(text):
        year = int(match.group(1) or match.group(2))
        used.append(match.span(1) if match.group(1) else match.span(2))
        return None if year == as_of.year else _safe_date(year, 7, 1)
    if ago := _AGO.search(text):
        used.append(ago.span())
        back = {"last month": 30, "two years ago": 730}.get(ago.group(1).lower(), 365)
        return as_of - timedelta(days=min(back, as_of.toordinal() - 1))
    return None


def places_written(text: str, used: list[tuple[int, int]] | None = None) -> tuple[str, ...]:
    """Places of service written with the word in front. `used` None: the places read stay readable as words."""
    found = list(_PLACE.finditer(text))
    if used is not None:
        used.extend(match.span() for match in found)
    return tuple(dict.fromkeys(match.group(1) for match in found))


def is_number_like(form: str) -> bool:
    """True for numbers with or without a unit hung on them (`90`, `x2`, `7pm`, `1st`)."""
    return _NUMBER_LIKE.match(form) is not None


def _month(name: str) -> int:
    return next(place for place, full in enumerate(_MONTHS, start=1) if full.startswith(name.lower().rstrip(".")[:3]))


def _safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
