"""What one passage of a note speaks of: codes, procedures, topics, modifiers, denial codes, values.

The same reading for every passage, so that a question's demands can be held against it. Decides nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from assistant.ask.lexicon import Lexicon
from assistant.ask.segments import Segment
from assistant.ask.words import PhraseHit, Word, words
from ingest.codes import CodeRange, CodeSet
from ingest.index.chunk import Chunk
from ingest.notes.model import KbNote, RuleBlock

_RANGE = re.compile(r"(?a)\b(\d{5}|[A-V]\d{4})\s*(?:-|\u2013|to|through)\s*(\d{5}|[A-V]\d{4})\b")
_CODE = re.compile(r"(?a)(?<![\w.$])(\d{5}|[A-V]\d{4}|\d{4}[FTUM])(?!\d)")
_SHORT = re.compile(r"(?<=\d)/(\d{1,4})(?!\d)")
_MODIFIER = re.compile(
    r"(?<![\w$.:/])-?(2[1-9]|3[23]|4[789]|5[0-9]|6[26]|7[3-9]|8[0-2]|9[0-59]|X[EPSU]|RT|LT|JW|JZ|GA|GX|GY|GZ|KX"
    r"|TC|AS|AB|AT|QW|G[CEV]|F[A1-9]|T[A1-9]|E[1-4])"
    r"(?![\w%$])"
)
_DENIAL = re.compile(r"\b(?:(?:CO|PR|OA|PI)[\s-]?(?:\d{1,3}|[AB]\d{1,2})|CARC\s+\w{1,3}|(?:N|MA|M)\d{1,4})\b")
_DURATION = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty|sixty"
    r"|ninety)[\s-]*(?:calendar |business |working )?"
    r"(?:day|days|month|months|week|weeks|year|years|hour|hours|minutes|d|mo|wk|yr|yrs|hrs|hr)\b|\b(?:by|on"
    r"|before|until) the \d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2}(?:st|nd|rd|th) of\b|\b(?:same|next) (?:business"
    r" )?day\b|"
    r"\b(?:mon|tues|wednes|thurs|fri)day\b|\b(?:jan|febr)uary\b|\b(?:march|april|may|june|july|august) \d|"
    r"\b(?:septem|octo|novem|decem)ber\b|\b\d{1,2} (?:march|april|may|june|july|august)\b|"
    r"\b\d{4}-\d\d-\d\d\b|\b(?:no|without) (?:time )?limit\b",
    re.IGNORECASE,
)
# What went before is a circumstance of what a passage is about.
_AFTER_A_CODE = re.compile(
    r"\b(?:after|following|since|days of|weeks of|months of) (?:an? |the )?(?:\d{5}|[A-V]\d{4})\b"
)
_AFTER_WHAT = re.compile(r"\b(?:after|following) [^.,;:]*", re.IGNORECASE)
_SPAN = r"(?:\d+|a|one|two|three|six|twelve|eighteen)[\s-]*(?:calendar )?(?:days?|months?|years?|d|mo|mos|yr)\b"
_CLAIMS_WITHIN = re.compile(
    rf"^(?:(?:first|new|all|paper|electronic|original) )?claims?\W{{1,3}}(?:within |by |in |up to )?{_SPAN}"
    rf"|{_SPAN}[^.;,]{{0,20}}\b(?:for|on) (?:(?:a|the|each|every|all) )?claims?(?=[.,;)]|$)",
    re.IGNORECASE,
)
_FILING = frozenset({"timely-filing"})
_TAKEN = re.compile(r"\b(?:takes?|taken|took)\b", re.IGNORECASE)
_FAX = re.compile(r"\bfax(?:ed)?\b[^.;|\n]{0,20}?[\d(][\d() .-]{6,}\d", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|once|twice|single|no more than)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"\b\d{3}[-.\s]\d{4}\b|\bext\.?\s*\d+|\bextension\b|@|\boption \d\b|\bcall\b", re.IGNORECASE)
_AMOUNT = re.compile(r"[$%]|\bpercent\b|\bdollars?\b", re.IGNORECASE)
_MONEY = re.compile(r"\$\s?\d|\b\d[\d,.]*\s?(?:dollars|usd)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b[a-z]+\.[a-z]+\b(?!\.)|\b(?:Dr|Mr|Ms|Mrs)\.? [A-Z]|(?<=[a-z,;(] )[A-Z][a-z]{2,}\b|(?:^|[.:|]"
    r" )[A-Z][a-z]+ [a-z]+s\b|\bdesk\b|\bdepartment\b|\bcoordinator\b|\bmanager\b"
)
# A denial (CO-97) and a diagnosis (J32.0) look like the number of a form.
_FORM = re.compile(r"\b(?!(?:CO|PR|OA|PI)-?\d)[A-Z]{1,4}-?\d{1,3}[A-Z]?\b(?!-|\.\d)|\bforms?\b", re.IGNORECASE)
_FAX_NUMBER = re.compile(
    r"\bfax\b[^.;|\n]{0,40}?[\d(][\d() .-]{6,}\d|[\d(][\d() .-]{6,}\d[^.;|\n]{0,12}\bfax\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"\bp\.?\s?o\.? box\b|\bbox \d+|\bsuite \d+|\bfloor\b|\bmail ?stop\b|\b\d+ [A-Z]\w+ (?:st|street|ave|avenue"
    r"|road|rd|blvd|lane|drive|way)\b|\bbuilding \w+",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\S@\S")
# CMS place of service codes and how people call the places.
_PLACE_WORDS = {
    place: re.compile(said, re.IGNORECASE)
    for place, said in {
        "02": r"tele",
        "10": r"tele",
        "11": r"\boffice\b|\bclinic\b",
        "12": r"\bat home\b|\bhome visit",
        "19": r"\boff[- ]campus\b|\boutpatient (?:hospital|department)",
        "20": r"\burgent care\b",
        "21": r"\binpatient\b|\bhospital\b",
        "22": r"\boutpatient (?:hospital|department)|\bhospital outpatient\b|\bhospital\b",
        "23": r"\bemergency (?:room|department)|\bED\b|\bER\b",
        "24": r"\bsurgery cent|\bsurgical cent|\bASC\b",
        "31": r"\bnursing\b",
        "32": r"\bnursing\b",
    }.items()
}
NEEDS = {
    "form": _FORM,
    "fax": _FAX_NUMBER,
    "address": _ADDRESS,
    "email": _EMAIL,
    "duration": _DURATION,
    "contact": _CONTACT,
    "amount": _AMOUNT,
    "money": _MONEY,
    "person": _PERSON,
    "number": _NUMBER,
}


def codes_in(text: str) -> CodeSet:
    """The procedure codes and ranges a text writes, also the short ends of `31254/55`."""
    ranges: list[CodeRange] = []
    for match in _RANGE.finditer(text):
        try:
            ranges.append(CodeRange.parse(f"{match.group(1)}-{match.group(2)}"))
        except ValueError:
            continue
    for match in _CODE.finditer(text):
        code = match.group(1)
        ranges.append(CodeRange.parse(code))
        for short in _SHORT.finditer(text, match.end(), match.end() + 20):
            digits = short.group(1)
            if len(digits) < 5 and code.isdigit():
                ranges.append(CodeRange.parse(code[: -len(digits)] + digits))
    return CodeSet(tuple(dict.fromkeys(ranges)))


def carcs_in(text: str) -> frozenset[str]:
    """The denial codes a text writes, as `CO-97`, `97` for a CARC without its group, `N122`."""
    found = set()
    for match in _DENIAL.finditer(text):
        written = re.sub(r"\s+", "-", match.group().strip())
        written = re.sub(r"^(CO|PR|OA|PI)(?=[\dAB])", r"\1-", written)
        found.add(written.removeprefix("CARC-"))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece of a passage says by itself, its headings aside."""

    stems: frozenset[str]
    procedures: frozenset[str]
    topics: frozenset[str]
    codes: CodeSet
    carcs: frozenset[str]


@dataclass(frozen=True)
class Passage:
    """A chunk with its note, read on demand and once: it holds nothing of a question, so that it serves many.

    `segments` are the pieces that speak for the payer asked about: of a list of all plans, that plan's line.
    """

    chunk: Chunk
    note: KbNote
    row: int
    lexicon: Lexicon
    segments: tuple[Segment, ...]

    @cached_property
    def piece_texts(self) -> tuple[str, ...]:
        """The pieces as they are embedded: each below its heading, since "90 days" alone says little."""
        heading = self.chunk.heading or self.note.title
        return tuple(f"{heading}. {piece.plain}" for piece in self.segments)

    @cached_property
    def alone(self) -> tuple[Passage, ...]:
        """Each piece as a passage of its own."""
        return tuple(replace(self, segments=(piece,)) for piece in self.segments)

    def read_through(self) -> None:
        """Read all of it now that every question will look at, and of each piece alone."""
        for passage in (self, *self.alone):
            _ = passage.topics, passage.procedures, passage.own_codes, passage.carcs
            _ = passage.headed_procedures, passage.long_stems, passage._clauses
        _ = self.pieces, self.forms

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Each piece of `segments` as read by itself."""
        return tuple(self._piece(segment) for segment in self.segments)

    def _piece(self, segment: Segment) -> Piece:
        stems = [word.stem for word in words(segment.plain)]
        return Piece(
            frozenset(stems),
            frozenset(name for hit in self.lexicon.procedure_phrases.find(stems) for name in hit.names),
            frozenset(name for hit in self.lexicon.evidence_phrases.find(stems) for name in hit.names),
            codes_in(segment.text),
            frozenset(carc.split("-")[-1] for carc in carcs_in(segment.text)),
        )

    @cached_property
    def prose(self) -> str:
        """The pieces as plain text, each with the lead it needs."""
        return "\n".join(segment.plain for segment in self.segments)

    @cached_property
    def rules(self) -> tuple[RuleBlock, ...]:
        """The rule blocks that stand within the chunk's lines."""
        return tuple(
            rule for rule in self.note.rules if self.chunk.start_line <= rule.start_line <= self.chunk.end_line
        )

    @cached_property
    def headline(self) -> str:
        """Title and headings above the chunk."""
        return ". ".join((self.note.title, *self.chunk.heading_path))

    @cached_property
    def _words(self) -> list[Word]:
        return words(f"{self.headline} . {self.prose}")

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of headline and prose."""
        return frozenset(word.stem for word in self._words)

    @cached_property
    def long_stems(self) -> dict[str, tuple[str, ...]]:
        """The stems of four letters and more by their first: those a word may be a typing mistake of."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for one in self.stems:
            if len(one) >= 4:
                found[one[0]].append(one)
        return {letter: tuple(stems) for letter, stems in found.items()}

    @cached_property
    def forms(self) -> frozenset[str]:
        """The words of headline and prose as written, in lower case; those worth comparing by meaning."""
        return frozenset(
            word.form
            for word in self._words
            if len(word.form) > 2 and word.form.isalpha() and word.form not in self.lexicon.plain_forms
        )

    @cached_property
    def _stem_list(self) -> list[str]:
        return [word.stem for word in self._words]

    @cached_property
    def own_codes(self) -> CodeSet:
        """The codes the passage itself writes: in its lines, its headings, its rules."""
        written = codes_in(f"{self.prose} {' '.join(self.chunk.heading_path)}")
        ruled = tuple(code_range for rule in self.rules if rule.when for code_range in rule.when.codes)
        return CodeSet((*written.ranges, *ruled))

    @cached_property
    def subject_codes(self) -> CodeSet:
        """The own codes that stand somewhere else than behind "after": of "31237 after 30520" only the first."""
        if _AFTER_A_CODE.search(self.prose) is None:
            return self.own_codes
        written = codes_in(f"{_AFTER_A_CODE.sub(' ', self.prose)} {' '.join(self.chunk.heading_path)}")
        ruled = tuple(code_range for rule in self.rules if rule.when for code_range in rule.when.codes)
        return CodeSet((*written.ranges, *ruled))

    @cached_property
    def procedures(self) -> frozenset[str]:
        """The procedures the passage names in everyday words, headline included."""
        return frozenset(name for hit in self.lexicon.procedure_phrases.find(self._stem_list) for name in hit.names)

    @cached_property
    def headed_procedures(self) -> frozenset[str]:
        """The procedures that title and headings name: what the passage is about, whatever else it mentions."""
        return _procedures_named(self.headline, self.lexicon)

    @cached_property
    def topics(self) -> frozenset[str]:
        """The topics the passage speaks of, by its words and by what its rules demand."""
        found = {name for hit in self.lexicon.evidence_phrases.find(self._stem_list) for name in hit.names}
        # A longer phrase hides the shorter ones in it, so single words are looked at once more by themselves.
        for word in self.stems:
            found.update(self.lexicon.evidence_phrases.named_by(word))
        for rule in self.rules:
            found.update(rule_topics(rule))
        if self.modifiers:
            found.add("modifier")
        return frozenset(found)

    @cached_property
    def modifiers(self) -> frozenset[str]:
        """The modifiers the passage writes, in prose, headline or rules."""
        spoken = frozenset(_MODIFIER.findall(f"{self.headline} {self.prose}"))
        hung = frozenset(
            part
            for match in re.finditer(r"\b(?:\d{5}|[A-V]\d{4})((?:-(?:\d\d|[A-Z][A-Z0-9]))+)\b", self.prose)
            for part in match.group(1).strip("-").split("-")
        )
        ruled = frozenset(modifier for rule in self.rules for modifier in rule_modifiers(rule))
        return spoken | hung | ruled

    @cached_property
    def carcs(self) -> frozenset[str]:
        """The denial codes the passage writes."""
        return carcs_in(f"{self.headline} {self.prose}")

    def joins(self, topics: Collection[str], needs: Collection[str]) -> bool:
        """True when one clause, read below its headings, speaks of all the topics and holds a value of one kind."""
        if "duration" in needs and any(
            rule_topics(rule).issuperset(topics) for rule in self.rules if rule.file_within_days is not None
        ):
            return True
        # How long something took or takes is no limit of it.
        return any(
            spoken.issuperset(topics)
            and any(holds(need, clause) for need in needs)
            and ("turnaround" in topics or not _TAKEN.search(clause) or len(_DURATION.findall(clause)) > 1)
            for clause, spoken in self._clauses
        )

    @cached_property
    def _clauses(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Each clause with the topics it speaks of below its headings."""
        return tuple(
            (clause, frozenset(name for hit in self._spoken_topics(clause) for name in hit.names) | _filed(clause))
            for segment in self.segments
            for clause in segment.plain.split("; ")
        )

    def _spoken_topics(self, clause: str) -> list[PhraseHit]:
        return self.lexicon.evidence_phrases.find([word.stem for word in words(f"{self.headline} . {clause}")])

    def speaks_of_place(self, place: str) -> bool:
        """True when the passage names the place of service by its number or in words, or a rule of it does."""
        if any(
            place in (*(rule.when.places if rule.when else ()), *(rule.require.places if rule.require else ()))
            or place in (rule.forbid.places if rule.forbid else ())
            for rule in self.rules
        ):
            return True
        spoken = f"{self.headline} {self.prose}"
        if re.search(rf"(?<![\d.$-]){place}(?![\d.%-])", spoken):
            return True
        named = _PLACE_WORDS.get(place)
        return named is not None and named.search(spoken) is not None

    def holds(self, need: str) -> bool:
        """True when the passage holds a value of the kind a topic needs."""
        if need not in self._held:
            self._held[need] = self._holds(need)
        return self._held[need]

    @cached_property
    def _held(self) -> dict[str, bool]:
        return {}

    @cached_property
    def gives(self) -> dict[str, bool]:
        """The kinds of value a question may want (see `wants`) that it was found to hold or not."""
        return {}

    def _holds(self, need: str) -> bool:
        if need == "duration" and any(rule.file_within_days is not None for rule in self.rules):
            return True
        if need == "number" and any(rule.units_max is not None for rule in self.rules):
            return True
        return holds(need, self.prose)


@lru_cache(maxsize=4096)
def _procedures_named(headline: str, lexicon: Lexicon) -> frozenset[str]:
    stems = [word.stem for word in words(_AFTER_WHAT.sub(" ", headline))]
    return frozenset(name for hit in lexicon.procedure_phrases.find(stems) for name in hit.names)


def _filed(clause: str) -> frozenset[str]:
    """The topic of filing where a clause gives claims a time and says no more: "Claims: 120 days"."""
    return _FILING if _CLAIMS_WITHIN.search(clause) else frozenset()


def holds(need: str, text: str) -> bool:
    """True when the text holds a value of a kind: duration, contact (no fax), amount, person or number."""
    if need == "contact":
        text = _FAX.sub(" ", text)
    return NEEDS[need].search(text) is not None


def rule_modifiers(rule: RuleBlock) -> frozenset[str]:
    """Every modifier a rule block names."""
    found: set[str] = set()
    if rule.when:
        found.update(rule.when.modifiers)
    if rule.require:
        found.update(rule.require.modifiers)
    if rule.forbid:
        found.update(rule.forbid.modifiers)
    return frozenset(found)


def rule_topics(rule: RuleBlock) -> frozenset[str]:
    """The topics a rule block answers by what it demands."""
    found: set[str] = set()
    if rule_modifiers(rule):
        found.add("modifier")
    if rule.units_max is not None or (rule.require and rule.require.units is not None):
        found.add("units")
    if rule.file_within_days is not None:
        found.update(("deadline", "timely-filing"))
    if rule.require and rule.require.authorization:
        found.add("authorization")
    if rule.require and (rule.require.documentation or rule.require.attachments):
        found.add("document")
    if (rule.require and rule.require.places) or (rule.forbid and rule.forbid.places):
        found.add("place-of-service")
    if (rule.require and rule.require.diagnoses) or (rule.forbid and rule.forbid.diagnoses):
        found.add("diagnosis")
    if rule.when and rule.when.bilateral:
        found.add("both-sides")
    if rule.when and rule.when.age:
        found.add("age")
    if rule.when and rule.when.days_since:
        found.add("global-period")
    return frozenset(found)
