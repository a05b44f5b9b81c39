"""A clinical note made ready for the evidence blocks: which pattern stands in which clause, and what holds of it all.

Runs patterns and answers questions about them; what follows for a procedure is decided in candidates.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.propose.candidates_joined import joined_patterns
from assistant.propose.evidence import ProcedureEvidence, Repertoire
from assistant.propose.evidence_context import age_told, anesthesia_told
from assistant.propose.model import Clause, ClinicalNote, Encounter, Side
from assistant.propose.note_openings import booked_for, is_silent, opening_of, report_sentences
from assistant.propose.patterns import view_of
from assistant.propose.plain_words import in_clinical_words

# Of these, some state facts: what `all`, `unless` and `approach` ask for may stand there.
_STATING_SECTIONS = frozenset(("diagnosis", "indication"))
# How many sentences back the site of something measured is looked for.
_SITE_BEFORE = 12
# And that of anything else.
_SITE_NEAR = 4
# Where the facility, not the physician, is paid for what was used up (Claims Processing Manual ch. 12 sec. 20.4), and
# the first letters of the codes of drugs and supplies.
_SUPPLYING = frozenset("19 21 22 23 24 26 31 34 51 52 61".split())
_SUPPLIED = frozenset("AJQ")
# Where readings are written, and how many sentences behind a test its reading may stand.
_READINGS = frozenset(("data", "findings", "procedure"))
_READ_AFTER = 3
_TOLD = frozenset(("done", "negated"))
_NO_BACK = re.compile(
    r"\b(cut|trimmed|trimming|peeled|folded|resected|debrided|freshened|laid|put|brought|came|comes?|coming|called|went"
    r"|gone|sent|reported) back\b"
    r"|\b(?:with|by|using) (?:the |a |my |one |blunt )?(?:index )?finger(?:tip|s)?\b"
    r"|\bback (?=of (?:the |his |her )?(?:left |right |upper )*(?:shoulder|arm|forearm|elbow|knee|thigh|leg|calf)\b)"
    r"|\b(?:can|jar|pot|bottle|tin|box|toilet|trunk) lids?\b|\b(?:chair|table|bed|couch|sofa) (?:legs?|arms?)\b"
    r"|\b(?:head|foot) of (?:the |her |his )?(?:bed|stairs|ladder|table)\b|\bneck of (?:the |a )?bottle\b"
    r"|\b(in|at|to|by|on|other|second) hand\b(?! (?:surgery|surgeon|x-?ray|films?))|\bface to (?=face\b)",
    re.IGNORECASE,
)
# CMS place of service codes where the facility is paid for its part (Claims Processing Manual ch. 26 sec. 10.5).
_FACILITIES = frozenset("02 19 21 22 23 24 26 31 34 41 42 51 52 53 56 61".split())
# Of these, hospitals and surgery centers, where anesthesia not told is most likely general.
_SURGICAL_PLACES = frozenset(("19", "21", "22", "24"))


def _of_other_side(one: Clause, other: Clause) -> bool:
    return one.sides_own and other.sides_own and one.sentence != other.sentence and one.sides.isdisjoint(other.sides)


@dataclass(frozen=True, slots=True)
class PreparedNote:
    """A note with its patterns found.

    `hits` holds, for each clause, the numbers of the patterns that stand in it; `carrying` the clauses that may be
    evidence; `by_pattern` these by pattern, and `told` also those that state what is so.
    """

    note: ClinicalNote = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    repertoire: Repertoire = field(repr=False)
    hits: tuple[frozenset[int], ...] = field(repr=False)
    carrying: tuple[int, ...] = field(repr=False)
    by_pattern: dict[int, list[int]] = field(repr=False)
    told: dict[int, list[int]] = field(repr=False)
    sentences: dict[int, list[int]] = field(repr=False)
    touched: tuple[ProcedureEvidence, ...] = field(repr=False)
    stating: tuple[int, ...] = field(repr=False)
    age: int | None
    anesthesia: frozenset[str]
    payer: str | None
    place: str | None
    new_patient: bool | None = None
    opening: frozenset[int] = frozenset()
    booked: tuple[int, ...] = ()
    titles: tuple[int, ...] = ()
    headed: dict[int, list[int]] = field(default_factory=dict, repr=False)

    def block_of(self, procedure_code: str) -> ProcedureEvidence | None:
        """The first block of a code."""
        return self.repertoire.by_code.get(procedure_code)

    def showing(self, block: ProcedureEvidence) -> list[int]:
        """The clauses that show the block's procedure as done, in order."""
        return self._among(block, block.any) or (self._titled(block) if block.titled else [])

    def _titled(self, block: ProcedureEvidence) -> list[int]:
        """Where the title names the procedure, the clauses of the body that then suffice; the title's tells the side
        where they do not."""
        named = [
            number
            for number, clause in enumerate(self.clauses)
            if (
                (
                    clause.section == "title"
                    and clause.status == "done"
                    and not self.hits[number].isdisjoint((*block.any, *block.subject))
                )
                or (number in self.opening and not self.hits[number].isdisjoint(block.subject))
            )
            and self._counts(block, number)
            and (not block.where or not self.hits[number].isdisjoint(block.where))
        ]
        # The title has told the site.
        showing = (
            {number for pattern in block.titled for number in self.by_pattern.get(pattern, ())} if named else set()
        )
        if named and block.subject:
            # "Impression: no ischemia": a report's heading says that what follows was read.
            showing.update(number for pattern in block.titled for number in self.headed.get(pattern, ())[:1])
        shown = [number for number in sorted(showing) if self._counts(block, number)]
        sided = any(self.clauses[number].sides for number in shown)
        return shown if sided or not shown else sorted((*named, *shown))

    def unclear(self, block: ProcedureEvidence) -> list[int]:
        """The clauses that show such work without saying enough."""
        return self._among(block, block.unclear)

    def _among(self, block: ProcedureEvidence, patterns: Sequence[int]) -> list[int]:
        numbers = sorted({number for pattern in patterns for number in self.by_pattern.get(pattern, ())})
        return [number for number in numbers if self._counts(block, number) and self._stands_at(block, number)]

    def _counts(self, block: ProcedureEvidence, number: int) -> bool:
        return not any(pattern in self.hits[number] for pattern in block.not_)

    def _stands_at(self, block: ProcedureEvidence, number: int) -> bool:
        """The body site: in the clause, else its sentence, else the sentence before in the same section.

        The nearest site wins: where a text names only the site of another block of the family that this clause could
        show as well, the search ends.
        """
        if not block.where:
            return True
        clause = self.clauses[number]
        own = frozenset(block.where)
        others: set[int] = set()
        for rival in self.repertoire.families.get(block.family, ()):
            if not self.hits[number].isdisjoint(rival.any):
                others.update(rival.where)
        others -= own
        if own & self.hits[number]:
            return True
        if others & self.hits[number]:
            return False
        for before in range(number - 1, -1, -1):
            # "Antrum opened and polyps pulled out of it; sphenoid face opened": of its own sentence what stands before.
            if self.clauses[before].sentence != clause.sentence:
                break
            if self.clauses[before].status == "done" and (own | others) & self.hits[before]:
                return bool(own & self.hits[before])
        for sentence in self._sentences_for_site(block, clause):
            found = self._sites_in(sentence, clause)
            if own & found:
                return True
            if others & found:
                return False
        return False

    def _sentences_for_site(self, block: ProcedureEvidence, clause: Clause) -> Iterator[int]:
        """Where the site may be told, nearest first. What is measured is named once, then spoken of for long."""
        back = _SITE_BEFORE if block.size else _SITE_NEAR
        for sentence in range(clause.sentence, max(-1, clause.sentence - back), -1):
            members = self.sentences.get(sentence, ())
            if members and (
                self.clauses[members[0]].section == clause.section
                # "Cyst of the neck. Pathology: ... Closed ...": a label within a line opens no other subject.
                or self.note.text.find("\n", self.clauses[members[0]].start, clause.start) < 0
            ):
                yield sentence
        # "Planned injection of the left knee." tells of all that follows where it was given; a title names the place of
        # the work where nothing nearer does.
        yield from (*self.stating, *self.titles, *self.booked) if block.size else (*self.booked, *self.titles)

    def _sites_in(self, sentence: int, clause: Clause) -> frozenset[int]:
        """The patterns in what a sentence says was done or is so, or what the patient was booked for.

        What it tells of the other side names no site of a clause that tells its own side.
        """
        members = self.sentences.get(sentence, ())
        told = {"done", "planned"} if sentence in self.booked else {"done"}
        return frozenset[int]().union(
            *(
                self.hits[n]
                for n in members
                if self.clauses[n].status in told and not _of_other_side(self.clauses[n], clause)
            )
        )

    @property
    def only_side(self) -> Side | None:
        """The one side the note speaks of in what was done or is so; None where it speaks of both or none.

        Where nothing of today tells a side, that of what was done before does: films after a right knee replacement.
        """
        for status in ("done", "historical"):
            told = {
                side
                for clause in self.clauses
                if clause.sides_own
                and (clause.status == status or (status == "done" and clause.sentence in self.booked))
                for side in clause.sides
            }
            if told:
                return told.pop() if len(told) == 1 else None
        # "Comes back for the scheduled injection, right knee": what the patient came for, where nothing else tells.
        came_for = {
            side for clause in self.clauses if clause.sentence == 0 and clause.sides_own for side in clause.sides
        }
        return came_for.pop() if len(came_for) == 1 else None

    def _on(self, number: int, side: Side | None) -> bool:
        sides = self.clauses[number].sides
        return side is None or not sides or side in sides

    def forbids(self, block: ProcedureEvidence, side: Side | None) -> bool:
        """True when something done on that side switches the block off."""
        return any(self._on(number, side) for pattern in block.unless for number in self.told.get(pattern, ()))

    def needed(self, block: ProcedureEvidence, side: Side | None) -> list[int] | None:
        """For each pattern of `all` the first clause that shows it on that side; None when one is not shown."""
        found: list[int] = []
        for pattern in block.all:
            numbers = self.told.get(pattern, ())
            number = next((n for n in numbers if self._on(n, side) and self._counts(block, n)), None)
            if number is None:
                return None
            found.append(number)
        return found

    def holds(self, block: ProcedureEvidence) -> list[int] | None:
        """For each pattern of `has` the first clause that states it, also of long ago; None when one is nowhere."""
        found: list[int] = []
        for pattern in block.has:
            number = next(
                (
                    n
                    for n, hits in enumerate(self.hits)
                    if pattern in hits
                    and self.clauses[n].status in {"done", "historical"}
                    and self.clauses[n].section not in {"family-history", "consent"}
                ),
                None,
            )
            if number is None:
                return None
            found.append(number)
        return found

    def has_approach(self, block: ProcedureEvidence) -> bool:
        """True when the block asks for no approach, or a done clause shows one."""
        return not block.approach or any(self.told.get(pattern) for pattern in block.approach)

    def fits_anesthesia(self, block: ProcedureEvidence) -> Literal["yes", "no", "unknown"]:
        """Whether the anesthesia told is one the block asks for; where none is told, the place speaks, unsurely."""
        if not block.anesthesia or block.anesthesia & self.anesthesia:
            return "yes"
        if self.anesthesia:
            return "no"
        if self.place is not None and (self.place in _SURGICAL_PLACES) != ("general" in block.anesthesia):
            return "no"
        return "unknown"

    def must_tell_anesthesia(self, block: ProcedureEvidence) -> bool:
        """Whether the anesthesia decides between this code and another of its family, and the place is no help."""
        return self.place is not None and any(
            "general" in other.anesthesia for other in self.repertoire.families.get(block.family, ())
        )

    def fits_place(self, block: ProcedureEvidence) -> Literal["yes", "no", "unknown"]:
        """Whether the place of service is of the kind the block asks for; a facility supplies drugs and dressings."""
        if self.place in _SUPPLYING and block.procedure_code[0] in _SUPPLIED:
            return "no"
        if not block.places:
            return "yes"
        if self.place is None:
            return "unknown"
        return "yes" if ("facility" if self.place in _FACILITIES else "office") in block.places else "no"

    def fits_payer(self, block: ProcedureEvidence) -> bool:
        """Whether the block is of every payer or names this one."""
        return not block.payers or self.payer in block.payers

    def leaves_open(self, block: ProcedureEvidence) -> bool:
        """Whether none of the words stands anywhere that decide between this code and another, not even denied."""
        if block.asks_unless and not self._names(block.asks_unless):
            return True
        return any(self.told.get(pattern) for pattern in block.asks_if) and not self._names(block.answers)

    def _names(self, patterns: Sequence[int]) -> bool:
        return any(pattern in hits for hits in self.hits for pattern in patterns)

    def is_unread(self, block: ProcedureEvidence, numbers: Sequence[int]) -> bool:
        """Whether nothing beside what shows a test says what it found, as its physician and no machine read it.

        Beside: in its sentence and those behind it, and under the headings where results are written.
        """
        if not block.reading:
            return False
        shown = {self.clauses[number].sentence for number in numbers}
        beside = {sentence + step for sentence in shown for step in range(_READ_AFTER + 1)}
        for number, clause in enumerate(self.clauses):
            # "No ischemia" is a finding too; that nobody read it is among `unread`.
            if clause.status not in _TOLD or (clause.sentence not in beside and clause.section not in _READINGS):
                continue
            hits = self.hits[number]
            if not hits.isdisjoint(block.reading) and hits.isdisjoint(block.unread):
                return False
        return True

    def may_be(self, block: ProcedureEvidence) -> bool:
        """Whether nothing known rules the block out that a title names: the age, or an approach told nowhere."""
        if block.age is not None and self.age is not None and self.age not in block.age:
            return False
        return not block.approach or self._names(block.approach)

    def fits_patient(self, block: ProcedureEvidence) -> bool:
        """Whether the patient is new or established as the block asks; one of whom nothing is told is established."""
        return block.patient is None or (block.patient == "new") == bool(self.new_patient)

    def mentions(self) -> Iterator[tuple[ProcedureEvidence, int]]:
        """The blocks with each clause that names them without counting as done."""
        counting = frozenset(self.carrying)
        for number, hits in enumerate(self.hits):
            clause = self.clauses[number]
            if number in counting or clause.section == "diagnosis":
                continue
            if clause.repeated and clause.status == "done" and not is_silent(clause):
                continue
            named = {block for pattern in hits for block in self.repertoire.named_by.get(pattern, ())}
            for block in (self.repertoire.blocks[each] for each in sorted(named)):
                if (clause.status == "negated" or self._counts(block, number)) and self._stands_at(block, number):
                    yield block, number


def _headed(note: ClinicalNote, repertoire: Repertoire) -> dict[int, list[int]]:
    """By pattern the clauses under a heading that it stands in ("Interpretation:"), whether they affirm or deny."""
    found: dict[int, list[int]] = {}
    at = 0
    for section in note.sections:
        patterns = repertoire.index.matching(view_of(section.heading)) if section.heading else ()
        while at < len(note.clauses) and note.clauses[at].start < section.end:
            if note.clauses[at].status in {"done", "negated"}:
                for pattern in patterns:
                    found.setdefault(pattern, []).append(at)
            at += 1
    return found


def prepare(note: ClinicalNote, repertoire: Repertoire, encounter: Encounter) -> PreparedNote:
    """The note with every pattern of the repertoire found in its clauses. Linear in the note's length."""
    index = repertoire.index
    known: dict[str, frozenset[int]] = {}
    spelled: dict[str, str] = {}
    hits: list[frozenset[int]] = []
    carrying: list[int] = []
    by_pattern: dict[int, list[int]] = {}
    told: dict[int, list[int]] = {}
    sentences: dict[int, list[int]] = {}
    seen: set[tuple[str, frozenset[Side] | None]] = set()
    reports = report_sentences(note)
    for number, clause in enumerate(note.clauses):
        # "Pathology: epidermal cyst": the heading is part of what is said.
        text = f"pathology {clause.text}" if clause.sentence in reports else clause.text
        # "Crushed edges cut back", "report in hand" name no part of the body.
        text = _NO_BACK.sub(r"\1\2", text)
        view = repertoire.speller.respelled(view_of(text), spelled)
        if view.words not in known:
            clinical = in_clinical_words(view)
            known[view.words] = frozenset(index.matching(view)).union(index.matching(clinical) if clinical else ())
        found = known[view.words]
        hits.append(found)
        sentences.setdefault(clause.sentence, []).append(number)
        if clause.status != "done" or (is_silent(clause) and clause.section not in _STATING_SECTIONS):
            continue
        # A copy adds nothing, also where the side it stands after is another one than in the first.
        sides = clause.sides if clause.sides_own else None
        if clause.repeated and not seen.isdisjoint(((view.words, None), (view.words, clause.sides))):
            continue
        seen.update(((view.words, sides), (view.words, clause.sides)))
        for pattern in found:
            told.setdefault(pattern, []).append(number)
        if is_silent(clause):
            continue
        carrying.append(number)
        for pattern in found:
            by_pattern.setdefault(pattern, []).append(number)
    for number, new in joined_patterns(note, repertoire, carrying, hits, spelled):
        hits[number] |= new
        for pattern in new:
            told.setdefault(pattern, []).append(number)
            by_pattern.setdefault(pattern, []).append(number)
    everywhere = frozenset[int]().union(*hits)
    begun = {block for pattern in everywhere for block in repertoire.begun_by.get(pattern, ())}
    return PreparedNote(
        note=note,
        clauses=note.clauses,
        repertoire=repertoire,
        hits=tuple(hits),
        carrying=tuple(carrying),
        by_pattern=by_pattern,
        told=told,
        sentences=sentences,
        touched=tuple(repertoire.blocks[number] for number in sorted(begun)),
        stating=tuple(dict.fromkeys(clause.sentence for clause in note.clauses if clause.section in _STATING_SECTIONS))[
            :_SITE_BEFORE
        ],
        age=age_told(note, encounter),
        anesthesia=anesthesia_told(note.clauses),
        payer=encounter.payer,
        place=encounter.place_of_service,
        new_patient=encounter.new_patient,
        opening=opening_of(note),
        booked=booked_for(note),
        titles=tuple(dict.fromkeys(clause.sentence for clause in note.clauses if clause.section == "title")),
        headed=_headed(note, repertoire),
    )
