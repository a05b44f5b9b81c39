"""The small words of a conversation: thanks, "what about", "why", a change of subject, a request put right.

Looks at wording alone; what was said before does not matter here.
"""

from __future__ import annotations

import re
from typing import Literal

SourceQuestion = Literal["why", "since", "until", "who", "note", "fresh"]

_IT = "(?:that|this|it)"


def _any_of(*patterns: str) -> str:
    """One pattern for any of several; `{it}` stands for what was said, `{them}` for who said it."""
    return "|".join(pattern.replace("{it}", _IT).replace("{them}", "(?:you|we|us|me)") for pattern in patterns)


_POLITE = _any_of(
    "ok(?:ay)?", "kk?", "thanks?(?: you)?(?: (?:so|very) much| a lot| again)?", "thank u", "thx", "ty", "cheers",
    "great", "perfect", "cool", "nice", "good(?: morning)?", "got (?:it|that)", "gotcha", "understood", "noted",
    "makes sense", "that helps", "that's (?:it|all|great|good|fine|helpful)", "fine", "super", "awesome", "al ?right",
    "right", "yes", "yep", "yeah", "sure", "will do", "never ?mind", "bye", "goodbye", "hi", "hello", "hey", "then",
    "i see", "aha", "ah", "oh", "hm+", "lol", "exactly", "excellent", "wonderful", "much appreciated", "for now",
)  # fmt: skip
_NOTED = re.compile(rf"(?:(?:{_POLITE})(?![\w'])[\s,.!;-]*)+", re.I)
# Words before a turn that mean nothing, and words that hang it on the turn before.
_FILLERS = _any_of(
    "ok(?:ay)?", "hey", "hi", "hello", "(?:a )?quick (?:one|question)", "thanks", "thank you", "thx", "great", "well",
    "so", "hm+", "ah", "oh", "alright", "right", "cool", "please", "never ?mind",
    r"now(?=[,\s]+(?:what|how) about)", "forget (?:it|that|about (?:it|that))",
)  # fmt: skip
_FILLER = re.compile(rf"(?:(?:{_FILLERS})\b[\s,:;.!-]+)+", re.I)
_HANGS = _any_of(
    "and", "also", "but", "so", "then", "or", "plus", "wait", "actually", "sorry", "oops", "no", "nope", "ok(?:ay)?",
    r"now(?=[,\s]+(?:what|how) about)", "(?:what|how) about", "what if", "what of", "if", "not", "rather", "instead",
    "(?:the )?same (?:question |thing |rule |again )?(?:for|with|at|on|but|in|goes for)", "let's say", "say",
    "is (?:it|that) the same (?:for|with|at)", "is that also true (?:for|at)", "make (?:that|it)",
    "does {it} (?:also )?(?:go|hold|apply|work)(?: too)? (?:for|to|with|at)",
    "when(?= (?:he|she|it|they|the|we|i|there)\\b)", "i (?:mean|meant|was asking about|was thinking of)",
)  # fmt: skip
_LEAD = re.compile(rf"(?:(?:{_HANGS})\b[\s,:;.!-]*)+", re.I)
_TRAIL = re.compile(r"[\s,]+(?:too|as well|also|either|then|please|thanks|though|again)\Z", re.I)
_PREPOSITION = re.compile(r"(?:for|with|at|in|on|of|from|by|to|a|an|the|if|it (?:is|was)|it's)\b\s*", re.I)
_NEW_SUBJECT = re.compile(
    r"(?:(?:ok|so|and|now|thanks|well)[\s,]+)*"
    r"(?:(?:a |an |one )?(?:new|different|another|other|unrelated|separate|next) (?:question|topic|subject)"
    r"|(?:on )?something else|change of (?:subject|topic)|changing (?:the )?(?:subject|topic)"
    r"|unrelated|by the way|btw|start over|from scratch)\b[\s,:;.!-]*",
    re.I,
)
_SUPPOSES = re.compile(rf"(?:(?:{_FILLERS}|and|but|so|then|what|how about|even|also)\b[\s,:;.!-]*)*(?:if|when)\b", re.I)
_BESIDE = re.compile(r"(?:together |along )?with\b|plus\b|besides?\b|on top of\b|next to\b|after\b|before\b", re.I)
_OTHER = re.compile(r"\bother\b", re.I)
_BACKWARD = re.compile(
    r"\b(?:it|its|that|this|those|these|such|same|(?:the )?(?:first|second|other|latter|former) (?:one|code)|ones?"
    r"|instead|too|either|as well|they|them|their|there|then)\b",
    re.I,
)
_NOT_BACKWARD = re.compile(
    r"\b(?:is|are|was|were) there\b|\bone (?:line|unit|side|ear|day|date|session|claim|visit|year)\b"
    r"|\b(?:this|that) (?:year|month|week|day)\b",
    re.I,
)
_THEY = re.compile(r"\b(?:they|them|their|there|it|this|that|those|too)\b", re.I)

_SOURCE: tuple[tuple[SourceQuestion, str], ...] = (
    ("why", _any_of(
        "why(?: (?:is {it}(?: so)?|so|not|that|though|do you say (?:that|so)))?", "why's that", "how come(?: so)?",
        "what for", "what(?:'s| is) the (?:reason|logic|reasoning)(?: (?:for|behind) {it})?", "(?:the )?reason",
        "explain(?: (?:{it}|why))?", "because of what", "on what (?:grounds|basis)",
    )),
    ("since", _any_of(
        "when", "since when(?: (?:is|was|has|does) (?:{it}|they)(?: been)?(?: so| the rule)?)?", "as of when",
        "from when(?: on)?", "starting when", "since what date",
        "when did (?:{it}|they) (?:start|begin|change|come in|take effect|become (?:so|the rule))",
        "when does {it} (?:take effect|start|begin)",
        "how long has {it} been (?:so|the rule|the case|in force|in effect|like that)",
        "has {it} always been (?:so|the rule|that way|the case)",
    )),
    ("until", _any_of(
        "until when", "till? when", "when does {it} (?:rule |note )?(?:end|expire|run out)",
        "how long (?:is|does) (?:that|this|the) (?:rule|note) (?:good|last|hold|valid)",
    )),
    ("who", _any_of(
        "(?:who|where) (?:says|said)(?: (?:so|{it}))?", "says who", "who (?:told|tells) {them}(?: (?:{it}|so))?",
        "who (?:wrote|verified|checked|confirmed|decided|found out)(?: (?:{it}|the note))?",
        "where (?:does|did) {it} come from", "where(?:'s| is) {it} from", "(?:can you )?prove it", "any proof",
        "where (?:did|do) {them} (?:get|have|know) {it}(?: from)?",
        "(?:what(?:'s| is| are) )?(?:the |your |its )?sources?",
        "according to (?:who|whom|what)", "how do {them} know(?: {it})?", "what(?:'s| is) {it} based on",
        "where does {it} (?:say|stand)(?: (?:{it}|so))?", "where is {it} written(?: down)?", "cite(?: {it})?",
    )),
    ("note", _any_of(
        "(?:can {them} |could you |let me |please )?(?:show|open|read|see|print|give|pull up)(?: me| us)?(?: out)?"
        " (?:the|that|this)(?: whole| full| entire)? (?:notes?|rules?|text|page|passage|original|section)",
        "(?:the )?(?:whole|full) (?:note|text|rule)", "show (?:it|me)", "which note(?: is {it})?",
    )),
    ("fresh", _any_of(
        "(?:is|was) (?:{it}|the note)(?: (?:still|really|even))?(?: all)? (?:current|up[ -]to[ -]date|right|true|valid"
        "|fresh|confirmed|official|verified|stale|so|sure|correct|reliable|outdated|old)",
        "how (?:fresh|old|recent|sure|certain|reliable|current) (?:is|are) (?:{it}|you|we|the note)",
        "are you (?:sure|certain)(?: about {it})?", "still (?:true|current|valid)", "really", "sure about that",
        "can i (?:trust|rely on) {it}",
        "when was (?:{it}|the note) (?:last )?(?:verified|checked|written|updated|reviewed|confirmed)",
    )),
)  # fmt: skip
_ABOUT_SOURCES = tuple((name, re.compile(pattern, re.I)) for name, pattern in _SOURCE)


def plain(text: str) -> str:
    """The text on one line, with straight quotes and without the marks at its end."""
    return " ".join(text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}).split()).strip(" ?!.,;:-")


def only_polite(text: str) -> bool:
    """True for thanks, greetings and "I see": nothing is asked."""
    return _NOTED.fullmatch(plain(text)) is not None


def source_question(text: str) -> SourceQuestion | None:
    """What a turn asks about where the last answer comes from, when it asks that and nothing else."""
    for candidate in (plain(text), without_lead(text)[0]):
        for name, pattern in _ABOUT_SOURCES:
            if pattern.fullmatch(candidate):
                return name
    return None


def new_subject(text: str) -> str | None:
    """What follows "different question:"; None when no change of subject is announced."""
    match = _NEW_SUBJECT.match(plain(text))
    return plain(text)[match.end() :] if match else None


def without_lead(text: str) -> tuple[str, bool]:
    """The turn without the words that only hang it on the one before, and whether there were such words."""
    bare = plain(text)
    filler = _FILLER.match(bare)
    core = bare[filler.end() :] if filler else bare
    match = _LEAD.match(core)
    core = core[match.end() :] if match else core
    ending = _TRAIL.search(core)
    return (core[: ending.start()] if ending else core), match is not None or ending is not None


def without_preposition(text: str) -> str:
    """A fragment without its first small words: "for Medicare" is "Medicare"."""
    while match := _PREPOSITION.match(text):
        text = text[match.end() :]
    return text


def points_back(text: str, *, names_a_payer: bool) -> bool:
    """True when the words need an earlier turn to be understood. "They" is no such word beside a payer's name."""
    left = _NOT_BACKWARD.sub(" ", text)
    return _BACKWARD.search(_THEY.sub(" ", left) if names_a_payer else left) is not None


def supposes(text: str) -> bool:
    """True for "what if they only phone in": a circumstance is named, nothing else is asked."""
    return _SUPPOSES.match(plain(text)) is not None


def says_beside(text: str) -> bool:
    """True for "with a hearing test": what follows comes besides what was said, not in its place."""
    return _BESIDE.match(text) is not None


def says_other(text: str) -> bool:
    """True for "the other one": of several, the one not said before."""
    return _OTHER.search(text) is not None
