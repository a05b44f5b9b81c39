"""The kinds of value a question wants to be told, read from how it asks: a length of time, a form, whom to call.

Reads the words around the question mark only, whatever the question is about; a passage that holds no value of a wanted
kind speaks of the matter and does not answer. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from assistant.ask.passage import Passage, codes_in, holds

_UNIT = r"(?:calendar |business |working )?(?:days?|weeks?|months?|years?|hours?|minutes)\b"
_ASKS = {
    "length": re.compile(
        rf"how (?:long|late|soon|fast|quick|far ahead|early)\b|(?:how many|number of|per|\bof|^|[-?,]) ?{_UNIT}"
        r"|\bdays?\?|deadline|time limit|cut ?off|until when|too late",
        re.IGNORECASE,
    ),
    "day": re.compile(r"\b(?:what|which) (?:day|date|weekday)\b", re.IGNORECASE),
    "form": re.compile(
        r"\b(?:which|what|name of the|the right|number of the)\b(?: \w+){0,2} forms?\b(?! of)"
        r"|\bform(?: number| name|\?)|\bwh?ich form\b",
        re.IGNORECASE,
    ),
    "contact": re.compile(
        r"\b(?:tele)?phone(?: number| no)?\?|\bring\b|\bnumber to call\b|\bwho(?:m)? do (?:i|we) (?:call|ring)\b"
        r"|\bextension\?|\bdial\b",
        re.IGNORECASE,
    ),
    "amount": re.compile(
        r"how much\b(?! time| must| of)|\bprice\b|\bcosts?\?|\bpercent(?:age)?\b|what rate|\bdollars?\b", re.IGNORECASE
    ),
    "code": re.compile(
        r"\b(?:which|what|right|correct) (?:\w+ )?(?:cpt|hcpcs|codes?)\b|\bcodes?\?|\bcpt\?"
        r"|(?:\d{5}|[A-V]\d{4}) or (?:\d{5}|[A-V]\d{4})|\bone code\b",
        re.IGNORECASE,
    ),
    "modifier": re.compile(r"\bmodif\w*|\bmods?\b|\bmdfr\b", re.IGNORECASE),
    "number": re.compile(
        r"\bhow many\b(?! (?:calendar |business |working )?(?:days|weeks|months|years|hours|minutes))"
        r"|\bmax(?:imum)?\b|\bcap\b|\bhow often\b",
        re.IGNORECASE,
    ),
}
_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:mon|tue|wed|thu|fri)\b|\b\d{1,2}(?:st|nd|rd|th)\b"
    r"|\b\d{4}-\d\d-\d\d\b|\b(?:jan|febr)uary\b|\b(?:march|april|may|june|july|august) \d"
    r"|\b(?:septem|octo|novem|decem)ber\b|\bday \d+\b",
    re.IGNORECASE,
)
_WRITTEN_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@lru_cache(maxsize=256)
def wanted(text: str) -> tuple[str, ...]:
    """The kinds of value the question asks for, as `length`, `form`, `contact`; none when its words name no kind."""
    return tuple(kind for kind, asks in _ASKS.items() if asks.search(text))


def gives(kind: str, passage: Passage) -> bool:
    """Whether a passage holds a value of a wanted kind, in its lines or in its rules."""
    return _GIVES[kind](passage)


def _length(passage: Passage) -> bool:
    # The day something happened is no length of time.
    return any(rule.file_within_days is not None for rule in passage.rules) or holds(
        "duration", _WRITTEN_DATE.sub(" ", passage.prose)
    )


_GIVES: dict[str, Callable[[Passage], bool]] = {
    "length": _length,
    "day": lambda passage: _DAY.search(passage.prose) is not None,
    "form": lambda passage: passage.holds("form"),
    "contact": lambda passage: passage.holds("contact"),
    "amount": lambda passage: passage.holds("amount"),
    "code": lambda passage: bool(passage.own_codes or codes_in(passage.headline)),
    "modifier": lambda passage: bool(passage.modifiers),
    "number": lambda passage: passage.holds("number"),
}
