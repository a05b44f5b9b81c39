"""What a question demands of a passage, one demand at a time, and how far the passage meets each.

Measures; `sufficiency` decides. Explicit, so that a refusal can say what was missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from assistant.ask.lexicon import Lexicon
from assistant.ask.passage import Passage
from assistant.ask.question import Question
from assistant.ask.wants import asked_for, gives, wanted
from assistant.ask.words import Word
from ingest.codes import CodeSet

DemandKind = Literal[
    "code", "procedure", "companion", "modifier", "denial code", "diagnosis", "place", "topic", "soft topic", "value",
    "joined", "wanted", "subject", "word", "asked", "name", "acronym", "payer", "own payer",
]  # fmt: skip

# Modifiers that answer for one another: a passage that speaks of one of a group speaks of the choice among them.
_GROUPS = (
    frozenset({"50", "RT", "LT"}),
    frozenset({"59", "XE", "XS", "XP", "XU"}),
    frozenset({"58", "78", "79"}),
    frozenset({"76", "77"}),
    frozenset({"52", "53"}),
    frozenset({"26", "TC"}),
    frozenset({"JW", "JZ"}),
    frozenset({"80", "82", "AS"}),
    frozenset({"GA", "GX", "GY", "GZ"}),
    frozenset({"54", "55", "56"}),
)
# Topics that belong to the payer or the office as a whole: a procedure named beside them only colours the question.
OFFICE_TOPICS = frozenset(
    "timely-filing appeal appeal-second corrected-claim portal contact fax email address payer-id eligibility cob "
    "remittance refund credentialing month-end peer-to-peer payment-posting password holder network interest "
    "medical-records-fee workers-comp".split()
)
# Topics that colour the search and weigh in the decision less than the others.
SOFT_TOPICS = frozenset(
    "deadline document denial place-of-service global-period one-side age payment-posting holder balance "
    "frequency diagnosis time-based portal workers-comp nurse-practitioner count amount fee".split()
)
# What a day count, a number or an amount is of. A passage that speaks of appeals in one sentence and of 30 days in the
# next says nothing of how long one may appeal.
_ROLES = frozenset(
    "timely-filing appeal appeal-second corrected-claim refund validity turnaround authorization referral "
    "global-period peer-to-peer medical-records-fee credentialing interest eligibility cob remittance month-end".split()
)
_TAKES_TIME = frozenset({"turnaround", "validity"})
_ROLE_VALUES = frozenset({"duration"})
# What only a payer's own note can tell: a house rule for every payer answers none of these.
_PAYERS_OWN = frozenset(
    "contact fax email address payer-id fee amount appeal appeal-second validity timely-filing peer-to-peer interest "
    "medical-records-fee network turnaround".split()
)
# Procedures that stand beside others without being what is asked about.
_COMPANIONS = frozenset(
    "office-visit new-visit established-visit scope pathology ct-scan drug-supply cryotherapy xray".split()
)


# What a procedure code weighs in a question about the procedure itself; beside an office matter it weighs less.
CODE_WEIGHT = 3.0
# A question for the filing limit and nothing else: only a clause that holds days of filing answers it.
FILING_LIMIT = "filing-limit"
_ONLY_FILING = frozenset({"timely-filing", "deadline"})
# How far a passage meets a code when it names the code's family and writes the codes of other procedures.
_OF_THE_FAMILY = 0.6
# How far a passage about what is done after a procedure speaks of that procedure: beside another that is asked about,
# and alone.
_AFTERWARDS = 0.8
_ONLY_AFTER = 0.25
# What a procedure counts for at most that is met by likeness of meaning alone.
_LIKE_ENOUGH = 0.6
# Demands that say nothing of the matter itself: the value that is wanted of it, and for whom.
BESIDE_THE_MATTER = frozenset({"wanted", "value", "joined", "payer", "own payer"})
# The rarity of a word that stands in no note at all.
_IN_NO_NOTE = 0.999


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing the question asks a passage to speak of, and how far (0 to 1) the passage does."""

    kind: DemandKind
    name: str
    weight: float
    met: float

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


def demands_on(
    question: Question,
    passage: Passage,
    *,
    rarity: Callable[[str], float],
    lexicon: Lexicon,
    names_payer: float,
    likeness: Callable[[str], float] | None = None,
) -> tuple[Demand, ...]:
    """The question's demands held against the passage.

    `rarity` gives 0 (everywhere in the notes) to 1 (nowhere) for a word. `names_payer` is 1 where the note is the
    payer's own, a little less where the passage names it, 0 where it speaks for every payer. `likeness` gives the
    closeness in meaning of a word to the nearest word of the passage (cosine), for words that do not stand in it.
    """
    plan = _plan(question, lexicon)
    found = _procedure_demands(plan, question, passage, lexicon, likeness)
    if plan.family and passage.headed_procedures:
        # No share of what is asked: another heading weighs only where the text speaks of another procedure too.
        found.append(Demand("subject", "", 0.0, float(not plan.family.isdisjoint(passage.headed_procedures))))
    if plan.by_number:
        found += _code_demands(question, passage)
    found += _topic_demands(plan, passage)
    found += [Demand("wanted", kind, 1.0, float(gives(kind, passage))) for kind in plan.wanted]
    found += [_word_demand(asked, passage, rarity, likeness) for asked in plan.words]
    if plan.payer:
        found.append(Demand(plan.payer, "", 1.5, names_payer))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _AskedWord:
    """A content word of the question. `named`: no other word will do for it."""

    word: Word
    kind: DemandKind
    named: bool
    acronym: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a question demands of every passage alike.

    `procedures` are those no code tells; `family`: who is met by a heading; `topics`: what a topic needs, if anything,
    the demand's kind and name, and whether it is what is asked for; `joined`: what one statement must hold.
    """

    procedure_weight: float
    codes: tuple[tuple[str, CodeSet], ...]
    procedures: tuple[tuple[DemandKind, str], ...]
    family: frozenset[str]
    by_number: bool
    topics: tuple[tuple[str | None, DemandKind, str, bool], ...]
    joined: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    wanted: tuple[str, ...]
    words: tuple[_AskedWord, ...]
    payer: DemandKind | None


@lru_cache(maxsize=256)
def _plan(question: Question, lexicon: Lexicon) -> _Plan:
    of_office = OFFICE_TOPICS.intersection(question.topics)
    several = len(question.codes.ranges) + len(question.procedures) > 1
    asked = asked_for(question, lexicon)
    return _Plan(
        procedure_weight=1.0 if of_office and not _of_the_line(question) else CODE_WEIGHT,
        codes=tuple((str(code_range), CodeSet((code_range,))) for code_range in question.codes),
        procedures=tuple(
            ("companion" if several and name in _COMPANIONS else "procedure", name)
            for name in question.procedures
            if not (question.codes and question.codes.overlaps(lexicon.procedures[name].codes))
        ),
        family=_family(question.procedures, question.codes, lexicon),
        by_number=bool(question.modifiers or question.carcs or question.diagnoses or question.places),
        topics=tuple(
            (need, "value", f"{need} ({name})", False)
            if (need := lexicon.topics[name].needs)
            else (None, "soft topic" if name in SOFT_TOPICS else "topic", name, name in asked)
            for name in question.topics
            if lexicon.topics[name].needs or name != "modifier" or not question.modifiers
        ),
        joined=tuple(_joined(question, lexicon)),
        wanted=wanted(question.spoken),
        words=tuple(_asked_word(word, question.text, asked) for word in question.rest),
        payer=("own payer" if _PAYERS_OWN.intersection(question.topics) else "payer") if question.payers else None,
    )


def _asked_word(word: Word, text: str, asked: frozenset[str]) -> _AskedWord:
    named = _is_name(word, text)
    kind: DemandKind = "name" if named else "asked" if word.form in asked else "word"
    return _AskedWord(word, kind, named, _is_acronym(word, text))


def _procedure_demands(
    plan: _Plan, question: Question, passage: Passage, lexicon: Lexicon, likeness: Callable[[str], float] | None
) -> list[Demand]:
    weight = plan.procedure_weight
    found = [
        Demand("code", written, weight, _code_coverage(codes, passage, lexicon, question))
        for written, codes in plan.codes
    ]
    for kind, name in plan.procedures:
        met = _name_coverage(name, passage, lexicon, question)
        if met < _LIKE_ENOUGH and likeness and not passage.headed_procedures:
            # "The yearly look-over" is a physical: people have more names for a procedure than a list does. Below a
            # heading that names another procedure the likeness is to that one.
            met = max(met, _LIKE_ENOUGH * _as_met(likeness(name.replace("-", " "))))
        found.append(Demand(kind, name, weight * 0.8, met))
    return found


def _family(procedures: tuple[str, ...], codes: CodeSet, lexicon: Lexicon) -> frozenset[str]:
    """The procedures named by name or code, and those that are wider or narrower.

    A passage whose headings name procedures and none of these is about another one.
    """
    asked = {*procedures, *(name for name, one in lexicon.procedures.items() if codes and one.codes.overlaps(codes))}
    return frozenset(
        other
        for other, entry in lexicon.procedures.items()
        for name in asked
        if other == name or name in entry.within or other in lexicon.procedures[name].within
    )


def _of_the_line(question: Question) -> bool:
    """True when it is asked how a claim line is written or why it was denied: then the code is what it is about."""
    return bool(question.modifiers or question.carcs) or question.asks("modifier", "both-sides", "one-side", "units")


def _code_coverage(codes: CodeSet, passage: Passage, lexicon: Lexicon, question: Question) -> float:
    if passage.own_codes.overlaps(codes):
        if passage.subject_codes.overlaps(codes):
            return 1.0
        return _AFTERWARDS if len(question.codes.ranges) + len(question.procedures) > 1 else _ONLY_AFTER
    named = passage.procedures
    if any(lexicon.procedures[name].codes.overlaps(codes) for name in named):
        # A family named beside the codes of others of it says less of this one.
        return _OF_THE_FAMILY if passage.own_codes else 0.8
    if passage.note.codes.overlaps(codes):
        # The note is about the code; a section of it that speaks of other procedures only is not.
        return 0.2 if passage.own_codes or named else 0.8
    return _for_every_code(passage, question)


def _name_coverage(name: str, passage: Passage, lexicon: Lexicon, question: Question) -> float:
    if name in passage.procedures:
        return 1.0
    procedure = lexicon.procedures[name]
    if not _relatives(name, lexicon).isdisjoint(passage.procedures):
        return 0.8
    if procedure.codes and passage.own_codes.overlaps(procedure.codes):
        return 0.9
    if procedure.codes and passage.note.codes.overlaps(procedure.codes):
        return 0.2 if passage.own_codes or passage.procedures else 0.8
    return _for_every_code(passage, question)


@lru_cache(maxsize=1024)
def _relatives(name: str, lexicon: Lexicon) -> frozenset[str]:
    """The procedures that are wider or narrower than this one; asked once for all passages."""
    within = lexicon.procedures[name].within
    return frozenset(other for other, entry in lexicon.procedures.items() if name in entry.within or other in within)


def _for_every_code(passage: Passage, question: Question) -> float:
    """A passage on modifiers that names no procedure at all speaks for every procedure."""
    if passage.own_codes or passage.procedures or passage.note.codes:
        return 0.0
    if question.modifiers and any(modifier_group(modifier) & passage.modifiers for modifier in question.modifiers):
        return 0.6
    return 0.1


def _code_demands(question: Question, passage: Passage) -> list[Demand]:
    found: list[Demand] = []
    if question.modifiers:
        met = [modifier for modifier in question.modifiers if modifier_group(modifier) & passage.modifiers]
        found.append(Demand("modifier", "/".join(question.modifiers), 2.0, len(met) / len(question.modifiers)))
    note_carcs = frozenset(passage.note.carcs) if len(passage.note.sections) <= 6 else frozenset()
    for carc in question.carcs:
        bare = carc.split("-")[-1]
        spoken = any(bare == other.split("-")[-1] for other in passage.carcs)
        declared = any(bare == other.split("-")[-1] for other in note_carcs)
        found.append(
            Demand(
                "denial code",
                carc,
                3.0,
                1.0 if spoken else (1.0 if passage.note.kind == "denial" else 0.7) if declared else 0.0,
            )
        )
    upper = passage.prose.upper() if question.diagnoses else ""
    for diagnosis in question.diagnoses:
        found.append(Demand("diagnosis", diagnosis, 2.0, float(diagnosis in upper or diagnosis.split(".")[0] in upper)))
    found.extend(Demand("place", place, 1.0, float(passage.speaks_of_place(place))) for place in question.places)
    return found


def modifier_group(modifier: str) -> frozenset[str]:
    """The modifiers that answer for one another with this one, itself included."""
    return next((group for group in _GROUPS if modifier in group), frozenset({modifier}))


def _topic_demands(plan: _Plan, passage: Passage) -> list[Demand]:
    found: list[Demand] = []
    for need, kind, name, asked in plan.topics:
        if need:
            found.append(Demand(kind, name, 2.0, float(passage.holds(need))))
            continue
        met = float(name in passage.topics)
        found.append(Demand(kind, name, 0.8 if kind == "soft topic" else 2.0, met))
        if asked:
            # No share of what is asked: the topic has its own.
            found.append(Demand("asked", name, 0.0, met))
    found += [Demand("joined", name, 2.0, float(passage.joins(roles, needs))) for name, roles, needs in plan.joined]
    return found


def _joined(question: Question, lexicon: Lexicon) -> list[tuple[str, frozenset[str], frozenset[str]]]:
    """For each matter of which a value is asked: what it is called, the matter, and the kinds of value.

    Met where one statement holds both, its headings included.
    """
    if "timely-filing" in question.topics and _ONLY_FILING.issuperset(question.topics):
        return [(f"{FILING_LIMIT} of timely-filing", frozenset({"timely-filing"}), frozenset({"duration"}))]
    needs = {need for name in question.topics if (need := lexicon.topics[name].needs) in _ROLE_VALUES}
    roles = [name for name in question.topics if name in _ROLES]
    if _TAKES_TIME.intersection(roles) or {"timely-filing", "corrected-claim"}.issubset(roles):
        needs.add("duration")
    if not needs or not roles:
        return []
    # How long they take to answer is said of one thing: an appeal's answer is not an authorization's.
    together = [frozenset(roles)] if "turnaround" in roles else [frozenset({name}) for name in roles]
    return [(" of ".join(sorted(names, reverse=True)), names, frozenset(needs)) for names in together]


def _word_demand(
    asked: _AskedWord, passage: Passage, rarity: Callable[[str], float], likeness: Callable[[str], float] | None
) -> Demand:
    word = asked.word
    met = 1.0 if word.stem in passage.stems else 0.0
    if not met and len(word.form) >= 5:
        met = 0.8 if _misspelt(word, passage) else 0.0
    if not met and likeness and not asked.named:
        met = 0.8 * _as_met(likeness(word.form))
    rare = rarity(word.form)
    if not met and rare > _IN_NO_NOTE and asked.acronym:
        return Demand("acronym", word.form, 0.2 + 1.3 * rare, 0.0)
    return Demand(asked.kind, word.form, 0.2 + 1.3 * rare, met)


def words_compared(question: Question) -> tuple[str, ...]:
    """The words of the question whose `likeness` may be asked for."""
    names = (name.replace("-", " ") for name in question.procedures)
    return (*names, *(word.form for word in question.rest if not _is_name(word, question.text)))


def _as_met(cosine: float) -> float:
    """How far a word of this closeness in meaning stands for another: 0 (another matter) to 1 (the same)."""
    return min(1.0, max(0.0, (cosine - 0.35) / 0.3))


def _misspelt(word: Word, passage: Passage) -> bool:
    from rapidfuzz.distance import OSA

    allowed = 1 if len(word.form) < 8 else 2
    return any(
        abs(len(other) - len(word.stem)) <= allowed and OSA.distance(other, word.stem, score_cutoff=allowed) <= allowed
        for other in passage.long_stems.get(word.stem[0], ())
    )


def _is_acronym(word: Word, text: str) -> bool:
    """A short word in capitals among words that are not: a plan, a system, a form that people here know by letters."""
    written = text[word.start : word.end]
    return 3 <= len(written) <= 6 and written.isalpha() and written.isupper() and not text.isupper()


def _is_name(word: Word, text: str) -> bool:
    """A word with digits in it or with a capital within a sentence names something: no other word will do for it."""
    if any(character.isdigit() for character in word.form):
        return not word.form.endswith(("st", "nd", "rd", "th"))
    before = text[: word.start].rstrip()
    written = text[word.start : word.end]
    return bool(before and before[-1] not in '.?!:"\u201c(' and written[:1].isupper() and not written.isupper())


def rarity_of(document_frequency: Callable[[str], int], rows: int) -> Callable[[str], float]:
    """How rare a word is among `rows` chunks: 0 in all of them, 1 in none."""

    @cache
    def rarity(form: str) -> float:
        return math.log((rows + 1) / (document_frequency(form) + 1)) / math.log(rows + 1) if rows else 1.0

    return rarity
