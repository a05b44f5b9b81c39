"""The kinds of value a question wants to be told, read from how it asks: a length of time, a form, whom to call.

Reads the words around the question mark only, whatever the question is about; a passage that holds no value of a wanted
kind speaks of the matter and does not answer. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from assistant.ask.lexicon import Lexicon
from assistant.ask.passage import NEEDS, Passage, codes_in
from assistant.ask.question import Question
from assistant.ask.words import words

_UNIT = r"(?:calendar |business |working |full )?(?:days?|weeks?|months?|years?|hours?|minutes|yrs?|mos?|wks?)\b"
_COUNTED = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|eighteen|twenty|thirty|forty"
    r"|sixty|ninety)"
)
_MONTH_DAY = (
    r"(?:\b(?:jan|febr)uary|\b(?:march|april|may|june|july|august)|\b(?:septem|octo|novem|decem)ber) (?:\d|the \d)"
)
_ASKS = {
    "length": re.compile(
        rf"how (?:long|late|soon|fast|quick|quickly|far (?:ahead|back)|early|recent)\b(?! ago)"
        rf"|how old (?:may|can|is|must|could)\b(?! (?:the |a )?(?:patient|kid|child))|(?:how many|number of) {_UNIT}"
        r"|\b(?:days|weeks|months|years|minutes|yrs|mos|wks) *(?:\?|$)|deadline|time (?:limit|frame)|cut ?off"
        r"|filing (?:limit|clock|window|time)|\btimely\b|\bclock\b|until when|too late|turnaround",
        re.IGNORECASE,
    ),
    "day": re.compile(r"\b(?:what|which) (?:day|date|weekday)s?\b", re.IGNORECASE),
    "hours": re.compile(
        r"\b(?:what|which) hours\b|\bopening hours\b|\bopen (?:on|at|until|till)\b|\bhours (?:is|are)\b"
        r"|(?<!many )\bhours *(?:\?|$)"
        r"|\bon (?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
        re.IGNORECASE,
    ),
    "form": re.compile(
        r"\b(?:which|what|wh?ich|name of the|the right|number of the)\b(?: \w+){0,2} (?:forms?|cover sheet|cover)\b"
        r"(?! of)|\bforms?(?: number| name|\?| *$)",
        re.IGNORECASE,
    ),
    "contact": re.compile(
        r"\b(?:tele)?phone(?: number| no| line)?\b(?! (?:visit|call|only|in\b|the|them|and|or|with|my))|\bring\b"
        r"|\bnumber to call\b|\bwho(?:m)? (?:do|should) (?:i|we) (?:call|ring)\b|\bextension\?|\bdial\b|\bhot ?line\b",
        re.IGNORECASE,
    ),
    "fax": re.compile(
        r"(?<!on the )(?<!by )(?<!via )\bfax(?: number| no\b| for\b| to\b|\?| *$)|\b(?:what|which) fax\b",
        re.IGNORECASE,
    ),
    "address": re.compile(
        r"(?<!e-mail )(?<!email )\baddress\b|\bp\.?o\.? box\b|where (?:do|should|can) (?:i|we) mail\b", re.IGNORECASE
    ),
    "person": re.compile(
        r"(?:^|[,:;?.-] *|\b(?:and|or|so) )who(?:m|se)?\b|\b(?:rep|adjuster|manager|contact|nurse)(?:'?s)? name\b"
        r"|\bname of (?:the|our|their) (?:rep|adjuster|manager|contact|nurse)"
        r"|\bwhich (?:adjuster|doctor|rep|nurse|surgeon)\b",
        re.IGNORECASE,
    ),
    "amount": re.compile(
        # "How much bone" asks for no money.
        r"how much(?= *[?,.]| *$| (?:a|an|each|do|does|did|is|are|was|were|can|will|would|should|for|to|they|we|money"
        r"|per|goes|gets|extra|off)\b)|\bprices?\b|\bcosts?\?|\bpercent(?:age)?\b|what rate|\bdollars?\b"
        r"|\bwhat do(?:es)? \w+(?: \w+)? (?:pay|charge)\b|\bwhat (?:do|should) we charge\b",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"\b(?:which|what|right|correct) (?:\w+ )?(?:cpt|hcpcs|codes?)\b|\bcodes?\?|\bcpt\b|\bcode for\b"
        r"|(?:\d{5}|[A-V]\d{4}) or (?:\d{5}|[A-V]\d{4})|\bone code\b"
        r"|\bwhat (?:do|should|can) (?:we|i) (?:bill|code|report)\b|\bwhat (?:gets|is) billed\b",
        re.IGNORECASE,
    ),
    "modifier": re.compile(r"\bmodif\w*|\bmods?\b|\bmdfr\b", re.IGNORECASE),
    "number": re.compile(
        rf"\bhow many\b(?! {_UNIT})|\bmax(?:imum)?\b|\bcap\b|\bhow often\b|\blimits?\b(?! to file)|\bunits?\?",
        re.IGNORECASE,
    ),
    "lines": re.compile(
        r"\bhow many lines\b|\bhow (?:do|does|should|would|must)\b[^?]{0,40}\blines?\b",
        re.IGNORECASE,
    ),
}
# The day something happened and somebody's age are no length of time.
_NO_LENGTH = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b(?:under|over|below|above|aged?|turn(?:s|ed)?) (?:\d+|{_COUNTED})(?: {_UNIT})?"
    r"|\b\w+[ -](?:year|month)s?(?:[ -]old| of age)\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"\b(?:\d+|{_COUNTED}(?:-\w+)?|half an?|an?)[\s-]*{_UNIT}|\b\d+ ?(?:d|bd|h)\b"
    r"|\b(?:by|on|before|until) the \d{1,2}(?:st|nd|rd|th)\b"
    r"|\b\d{1,2}(?:st|nd|rd|th) of\b|\b(?:same|next|following) (?:business )?day\b|\b(?:no|without) (?:time )?limit\b"
    # A table with a column of days has the unit in its header row, which leads every row.
    rf"|\bdays?\b[^.;]{{0,40}}: ?\d+|\bcalendar year\b|{_MONTH_DAY}|\b(?:daily|weekly|monthly)\b|\bexpires?\b"
    r"|\buntil (?:\w+ ){0,2}(?:january|february|march|april|june|july|august|september|october|november|december)",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:mon|tue|tu|wed|thu|th|fri)\b|\b\d{1,2}(?:st|nd|rd|th)\b"
    rf"|\b\d{{4}}-\d\d-\d\d\b|\b(?:jan|febr)uary\b|{_MONTH_DAY}|\b(?:septem|octo|novem|decem)ber\b|\bday \d+\b"
    r"|\b(?:the|on|no) (?:\w+ )?(?:day|date)\b",
    re.IGNORECASE,
)
# What a length of time is counted from is no answer to "which day".
_FROM_A_DAY = re.compile(r"\b(?:from|after|since|of|before|within) the (?:\w+ )?(?:day|date)\b", re.IGNORECASE)
_HOURS = re.compile(
    r"\b\d{1,2}(?::\d\d)? ?(?:am|pm|a\.m|p\.m)\b|\b\d{1,2}:\d\d\b|\b\d{1,2} (?:to|and|-) \d{1,2}\b|\bnoon\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun|week)days?\b|\b(?:mon|tue|tu|wed|thu|th|fri)\b|around the clock",
    re.IGNORECASE,
)
# The name or number of one form; "forms" alone names none. A denial (CO-97) and a code look alike.
_FORM = re.compile(
    r"\b(?!(?:CO|PR|OA|PI)-?\d)(?![A-V]\d{4})[A-Z]{1,6}-?\d{1,4}[A-Z]{0,2}\b(?!-|\.\d)|\b\d{3,4}-[A-Z]\b"
    r"|\b[Ff]orms? (?:called |named )?[\"\u201cA-Z]|\b(?:waiver|sheet|slip)s?\b"
    r"|[\"\u201c][A-Z][^\"\u201d]{2,30}[\"\u201d]"
)
_PHONE = re.compile(r"\b\d{3}[-.\s]\d{4}\b|\bext(?:ension|\.)? *\d+|\boption \d\b|@", re.IGNORECASE)
_FAXED = re.compile(r"\bfax(?:ed)?\b[^.;|\n]{0,20}?[\d(][\d() .-]{6,}\d", re.IGNORECASE)
_ANY_FAX = re.compile(r"\bfax", re.IGNORECASE)
_NOBODY = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday"
    r"|Thursday|Friday|Saturday|Sunday|Medicare|Medicaid|Claims?|Portal|Level|Form)\b"
)
_NOT_A_NAME = r"(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|The|All|Most|Some|Our|Their|No)\b"
_PERSON = re.compile(
    rf"\b[a-z]+\.[a-z]+@|\b(?:Dr|Mr|Ms|Mrs)\.? [A-Z]|(?<=[a-z,;(:] )(?!{_NOBODY})[A-Z][a-z]{{2,}}\b"
    rf"|(?:^|[.:|] )(?!{_NOT_A_NAME})[A-Z][a-z]+ [a-z]+s\b|\b(?:desk|department|coordinator|manager|doctor|surgeon"
    r"|practitioner|nurse|parents?|patient|trustees?|administrator|biller|coder|assistant|reps?|staff)\b",
    re.MULTILINE,
)
_AMOUNT = re.compile(
    r"[$%]|\bpercent\b|\bdollars?\b|\bcents?\b|\bfree\b|\bhalf\b|\bno charge\b|\bdoubled?\b|\bin full\b|\bfull price\b"
    r"|\bpa(?:id|ys?) (?:none|nothing|no)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<![\w.$])(?:\d{5}|[A-V]\d{4}|\d{4}[FTUM])(?!\d)|\b(?:CO|PR|OA|PI)-?\d+\b|\b(?:N|MA|M)\d{1,4}\b"
    r"|\b[A-Z]{1,3}-?[A-Z]?\d{1,2}\b|\b[A-Z]{2}-[A-Z]\b"
)
_NO_NUMBER = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{3}-\d{3}-\d{4}\b|\b\d{3}-\d{4}\b|\b\d{5}(?:-\d{5})?\b")
_NUMBER = re.compile(
    r"(?<![\d.$/:-])\b\d{1,3}\b(?![-:/.]\d|%| ?percent| ?[ap]m\b)"
    rf"|\b(?:{_COUNTED[3:-1]}|once|twice|single|no more than|none|unlimited|no limit)\b",
    re.IGNORECASE,
)
# That no modifier is to be written is an answer too.
_NO_MODIFIER = re.compile(r"\b(?:no|never|without|neither)\b[^.;]{0,20}\b(?:modifiers?|sides?)\b", re.IGNORECASE)
_LINES = re.compile(
    r"\b(?:one|two|single|separate|1|2|each|second) lines?\b|\bunits?\b|\bquantity\b|\btwice\b|\bonce\b", re.IGNORECASE
)
# What names a kind of value itself: asked for, it is the value that counts and not the word.
_VALUE_NOUNS = frozenset(
    "limit limits price prices cost costs number numbers amount amounts rate length name percentage percent point "
    "maximum max cap left".split()
)
_ASKING = frozenset({"what", "which", "wich", "whats", "what's", "whose"})
_QUANTITY = frozenset({"many", "much"})
_BEFORE_A_NOUN = frozenset("the our their a an is are right correct exact kind of type other".split())
_NOUN_PHRASE = 5


@lru_cache(maxsize=256)
def wanted(text: str) -> tuple[str, ...]:
    """The kinds of value the question asks for, as `length`, `form`, `contact`; none when its words name no kind."""
    return tuple(kind for kind, asks in _ASKS.items() if asks.search(text))


def gives(kind: str, passage: Passage) -> bool:
    """Whether a passage holds a value of a wanted kind, in its lines or in its rules."""
    if kind not in passage.gives:
        passage.gives[kind] = _GIVES[kind](passage)
    return passage.gives[kind]


def read_values(passage: Passage) -> None:
    """Find out now what every question for a value will ask of a passage."""
    for kind in _GIVES:
        gives(kind, passage)
    for need in NEEDS:
        passage.holds(need)


@lru_cache(maxsize=256)
def asked_for(question: Question, lexicon: Lexicon) -> frozenset[str]:
    """What is asked for: of "what heading do they like" the word "heading", of "which records go along" the topic.

    Of the words behind "what", "which" or "how many" the last one of the noun phrase, unless it names a procedure or
    a kind of value.
    """
    return frozenset(_asked_for(question, lexicon))


def _asked_for(question: Question, lexicon: Lexicon) -> Iterator[str]:
    unexplained = {word.start: word.form for word in question.rest}
    found = words(question.text)
    for place, word in enumerate(found):
        counts = word.form in _QUANTITY and place > 0 and found[place - 1].form == "how"
        if word.form not in _ASKING and not counts:
            continue
        head = None
        for follower in found[place + 1 : place + 1 + _NOUN_PHRASE]:
            if follower.form in lexicon.plain_forms or follower.form in _BEFORE_A_NOUN:
                if head is None and follower.form in _BEFORE_A_NOUN:
                    continue
                break
            head = follower
        if head is None or head.form in _VALUE_NOUNS:
            continue
        if head.start in unexplained:
            yield unexplained[head.start]
        else:
            named = lexicon.topic_phrases.named_by(head.stem)
            yield from (name for name in named if name in question.topics and lexicon.topics[name].needs is None)


def _length(passage: Passage) -> bool:
    return any(rule.file_within_days is not None for rule in passage.rules) or bool(
        _LENGTH.search(_NO_LENGTH.sub(" ", passage.prose))
    )


def _number(passage: Passage) -> bool:
    return any(rule.units_max is not None for rule in passage.rules) or bool(
        _NUMBER.search(_NO_NUMBER.sub(" ", passage.prose))
    )


def _modifier(passage: Passage) -> bool:
    return bool(passage.modifiers or _NO_MODIFIER.search(passage.prose))


def _fax(passage: Passage) -> bool:
    spoken = f"{passage.headline} {passage.prose}"
    return bool(_ANY_FAX.search(spoken) and _PHONE.search(passage.prose))


_GIVES: dict[str, Callable[[Passage], bool]] = {
    "length": _length,
    "day": lambda passage: bool(_DAY.search(_FROM_A_DAY.sub(" ", f"{passage.headline}\n{passage.prose}"))),
    "hours": lambda passage: bool(_HOURS.search(f"{passage.headline}\n{passage.prose}")),
    "form": lambda passage: bool(_FORM.search(passage.prose)),
    "contact": lambda passage: bool(_PHONE.search(_FAXED.sub(" ", passage.prose))),
    "fax": _fax,
    "address": lambda passage: passage.holds("address") or "@" in passage.prose,
    "person": lambda passage: bool(_PERSON.search(passage.prose)),
    "amount": lambda passage: bool(_AMOUNT.search(passage.prose)),
    "code": lambda passage: bool(_CODE.search(passage.prose) or passage.own_codes or codes_in(passage.headline)),
    "modifier": _modifier,
    "number": _number,
    "lines": lambda passage: bool(_LINES.search(passage.prose)) or _modifier(passage),
}
