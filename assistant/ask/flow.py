"""One question from its words to its answer: read, select, search, decide, state the facts, quote, cite.

Right without a language model. A model, when given, only writes sentences, and `grounding` decides which stand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from assistant.ask.answer import Answer, GapKey, General, Nearest
from assistant.ask.compose import Finding, Writer, compose
from assistant.ask.decline import decline
from assistant.ask.demands import OFFICE_TOPICS, SOFT_TOPICS
from assistant.ask.excerpt import Excerpt, excerpt
from assistant.ask.facts import fact_of, matching_rules
from assistant.ask.knowledge import Knowledge, NoteScope
from assistant.ask.lexicon import Lexicon, load_lexicon
from assistant.ask.passage import Passage
from assistant.ask.payers import PayerDirectory, directory_of
from assistant.ask.question import Question, read_question
from assistant.ask.retrieval import PASSAGES_KEPT, Legs, Searcher, compared_texts, passage_of, read_passage
from assistant.ask.scope import select
from assistant.ask.sufficiency import Weighed, Weights, load_weights
from assistant.ask.wants import read_values

# A second note joins the best one, and a further plan the first, when it is nearly as probable.
_ALSO_WITHIN = 0.25
_SAME_NOTE_WITHIN = 0.35
_MOST_PASSAGES = 3
# Asked about these, a reader wants what happened and what fixed it, not the rule alone.
_WANTS_THE_STORY = ("denial", "corrected-claim", "appeal", "document")
_PLANS_WITHIN = 0.45
_PLANS_BESIDE_OFFICE = 0.25
# Most questions are asked as of today; which notes are in force is worked out once for a date.
_DATES_KEPT = 16


@dataclass(frozen=True)
class Asker:
    """Asks one body of knowledge. Keeps of it what it has read, and nothing of a question."""

    knowledge: Knowledge
    directory: PayerDirectory
    lexicon: Lexicon
    weights: Weights
    legs: Legs = Legs()
    _passages: dict[tuple[int, str | None], Passage | None] = field(default_factory=dict, repr=False)
    _in_force: dict[date, tuple[NoteScope, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, knowledge: Knowledge, *, weights: Weights | None = None, legs: Legs = Legs()) -> Asker:
        """An asker over the index; reads the payers' names once."""
        slugs = {slug for scope in knowledge.scopes() if scope.layer == "practice" for slug in scope.payers}
        return cls(
            knowledge,
            directory_of(knowledge.payer_notes(), sorted(slugs)),
            load_lexicon(),
            weights or load_weights(),
            legs,
        )

    def ask(
        self,
        text: str,
        *,
        as_of: date,
        write: Writer | None = None,
        model: str | None = None,
        question: Question | None = None,
    ) -> Answer:
        """The answer as of a date. `write` is the language model's part; without it facts and quotes are the answer.

        `question` is the text as `read` gave it, where that is known.
        """
        started = time.perf_counter()
        refused = decline(text)
        if refused:
            return Answer("declined", refused.answer, as_of, reason=refused.reason, model=model)
        question = question or self.read(text, as_of=as_of)
        on = question.on or as_of
        read = time.perf_counter()
        searcher = self._searcher(question)
        findings, nearest = self._find(searcher, question, on)
        searched = time.perf_counter()
        timings = {"read": read - started, "search": searched - read}
        if not findings:
            answer = self._not_in_kb(searcher, question, on, nearest)
        else:
            scopes = {scope.note_id: scope for scope in self.knowledge.scopes()}
            answer = compose(question, findings, on=on, scopes=scopes, directory=self.directory, write=write)
        timings["compose"] = time.perf_counter() - searched
        return replace(answer, as_of=on, model=model, timings=timings)

    def read(self, text: str, *, as_of: date) -> Question:
        """The question as typed values."""
        return read_question(
            text,
            directory=self.directory,
            lexicon=self.lexicon,
            as_of=as_of,
            knows=lambda form: self.knowledge.document_frequency(form) > 0,
        )

    def foresee(self, questions: Iterable[Question]) -> None:
        """Embed at once what will be compared of questions that are about to be asked."""
        texts = [text for question in questions for text in compared_texts(question)]
        if texts:
            self.knowledge.embed(texts)

    def warm(self, rows: Sequence[int]) -> list[str]:
        """Read and embed passages before anybody asks, so that the first questions need not wait for it.

        Returns the texts that were embedded: pieces and words of notes.
        """
        texts: list[str] = []
        for row in rows:
            passage = read_passage(self.knowledge, self.directory, self.lexicon, row, None)
            if passage is not None:
                self._read_through(passage)
                texts += (*passage.piece_texts, *sorted(passage.forms))
                if len(self._passages) < PASSAGES_KEPT // 2:
                    self._passages[(row, None)] = passage
                    self._warm_for_payers(passage)
        if texts:
            self.knowledge.embed(texts)
        return texts

    def _read_through(self, passage: Passage) -> None:
        passage.read_through()
        for one in (passage, *passage.alone):
            read_values(one)
            self.directory.exact(one.headline)
            self.directory.exact(one.prose)
        for form in passage.forms:
            self.knowledge.document_frequency(form)

    def _warm_for_payers(self, passage: Passage) -> None:
        """Read what the passage says to each payer it may speak for: of its own words, all or some."""
        if passage.note.layer == "practice":
            for payer in passage.note.payers or self.directory.names:
                narrowed = passage_of(self._passages, self.knowledge, self.directory, self.lexicon, passage.row, payer)
                if narrowed is not None and narrowed is not passage:
                    self._read_through(narrowed)

    def passages(self, text: str, *, as_of: date) -> list[Weighed]:
        """The sufficient passages for a question, most probable first; none for a question that is declined."""
        if decline(text):
            return []
        question = self.read(text, as_of=as_of)
        findings, _ = self._find(self._searcher(question), question, question.on or as_of)
        return sorted((finding.weighed for finding in findings), key=lambda found: -found.probability)

    def _searcher(self, question: Question) -> Searcher:
        return Searcher.open(
            self.knowledge,
            question,
            lexicon=self.lexicon,
            directory=self.directory,
            weights=self.weights,
            legs=self.legs,
            passages=self._passages,
        )

    def _find(self, searcher: Searcher, question: Question, on: date) -> tuple[list[Finding], list[Weighed]]:
        if question.unknown_payers and not question.payers:
            for_everybody = self._selected(on, lambda scope: scope.layer == "practice" and not scope.payers)
            return [], searcher.run(for_everybody, payer=None)
        if question.payers:
            findings: list[Finding] = []
            seen: list[Weighed] = []
            for payer in question.payer_slugs:
                selected = self._selected(on, lambda scope, payer=payer: _practice_for(scope, payer))  # type: ignore[misc]
                weighed = searcher.run(selected, payer=payer)
                findings.extend(self._accept(question, weighed, payer))
                seen.extend(weighed[:3])
            return findings, sorted(seen, key=lambda found: -found.probability)
        practice = searcher.run(self._selected(on, lambda scope: scope.layer == "practice"), payer=None)
        findings = self._accept_across_plans(question, practice)
        if any(not finding.weighed.passage.note.payers for finding in findings):
            return findings, practice
        # Only plans speak of it, or nobody here: the national rule holds for all others.
        library = searcher.run(self._selected(on, lambda scope: scope.layer == "library"), payer=None)
        return [*findings, *self._accept(question, library, None)[:1]], practice

    def _selected(self, on: date, accept: Callable[[NoteScope], bool]) -> list[NoteScope]:
        """The notes in force on the date that `accept` takes."""
        if on not in self._in_force:
            if len(self._in_force) >= _DATES_KEPT:
                self._in_force.clear()
            self._in_force[on] = tuple(select(self.knowledge.scopes(), on=on, accept=lambda _: True))
        return [scope for scope in self._in_force[on] if accept(scope)]

    def sufficient(self, weighed: Weighed) -> bool:
        """Whether the passage may answer the question at all."""
        return weighed.probability >= self.weights.accept and weighed.refused_by is None

    def _accept(self, question: Question, weighed: Sequence[Weighed], payer: str | None) -> list[Finding]:
        """The best sufficient passage, further ones of the same note, and one of another note that is as good."""
        enough = [found for found in weighed if self.sufficient(found)]
        if not enough:
            return []
        best = enough[0]
        chosen = [best]
        # What fixed a denial stands in its note's other sections.
        of_one_case = best.passage.note.kind == "denial"
        further = sorted(enough[1:], key=lambda found: _far_from(best, found)) if of_one_case else enough[1:]
        for found in further:
            same_note = _same_note(found, best)
            plans_own = payer in found.passage.note.payers and payer not in best.passage.note.payers
            within = _SAME_NOTE_WITHIN if same_note or plans_own else _ALSO_WITHIN
            if not same_note and _of_another_procedure(best, found):
                continue
            if best.probability - found.probability <= within and len(chosen) < _MOST_PASSAGES:
                chosen.append(found)
        findings = [finding for found in chosen if (finding := self._finding(question, found, payer))]
        if findings and not any(finding.facts for finding in findings):
            findings.extend(self._rule_of_the_note(question, weighed, best, payer))
        if findings and findings[0].facts and not question.asks(*_WANTS_THE_STORY):
            # A rule answers by itself: beside it only another rule, or the plan's own word, is worth reading.
            return [findings[0], *(other for other in findings[1:] if other.facts or _own(other) > _own(findings[0]))]
        return findings

    def _rule_of_the_note(
        self, question: Question, weighed: Sequence[Weighed], best: Weighed, payer: str | None
    ) -> list[Finding]:
        """The section of the same note whose rule speaks to the question, however plainly the other one reads."""
        if not question.procedure_demand:
            return []
        for found in weighed:
            if _same_note(found, best) and found.refused_by is None:
                finding = self._finding(question, found, payer)
                if finding is not None and finding.facts:
                    return [finding]
        return []

    def _accept_across_plans(self, question: Question, weighed: Sequence[Weighed]) -> list[Finding]:
        """No payer named: each plan's own best where plans have their own, and the office's where that is as good."""
        enough = [found for found in weighed if self.sufficient(found)]
        if not enough:
            return []
        best = enough[0]
        of_office = not best.passage.note.payers
        within = _PLANS_BESIDE_OFFICE if of_office else _PLANS_WITHIN
        office = [found for found in enough if not found.passage.note.payers]
        if of_office and not question.procedure_demand:
            return self._accept(question, office, None)
        chosen: dict[str, Finding] = {}
        for found in enough:
            if best.probability - found.probability > within:
                break
            for payer in found.passage.note.payers:
                if payer not in chosen and (finding := self._finding(question, found, payer)):
                    chosen[payer] = finding
        also = (
            self._accept(question, office, None)
            if of_office
            else [
                finding
                for found in office[:1]
                if best.probability - found.probability <= _ALSO_WITHIN
                and (finding := self._finding(question, found, None))
            ]
        )
        return [*also, *chosen.values()] if of_office else [*chosen.values(), *also]

    def _finding(self, question: Question, found: Weighed, payer: str | None) -> Finding | None:
        quote = excerpt(question, found.passage, lexicon=self.lexicon)
        names = tuple(self.directory.display(slug) for slug in found.passage.note.payers)
        facts = tuple(
            fact_of(rule, found.passage.note, names)
            for rule in matching_rules(question, found.passage, lexicon=self.lexicon)
        )
        if quote is None:
            if not facts:
                return None
            rule = facts[0].rule
            lines = found.passage.note.lines[rule.start_line - 1 : rule.end_line]
            quote = Excerpt("\n".join(lines).strip(), rule.start_line, rule.end_line)
        return Finding(payer, found, facts, quote)

    def _not_in_kb(self, searcher: Searcher, question: Question, on: date, nearest: Sequence[Weighed]) -> Answer:
        library = searcher.run(self._selected(on, lambda scope: _library_for(scope, question)), payer=None)
        general = [
            General(
                note=found.passage.note.note_id,
                heading=found.passage.chunk.heading,
                lines=(quote.start_line, quote.end_line),
                quote=quote.text,
                verified=found.passage.note.verified,
            )
            for found in library[:4]
            if self.sufficient(found) and (quote := excerpt(question, found.passage, lexicon=self.lexicon))
        ][:2]
        near = [
            Nearest(found.passage.note.note_id, found.passage.chunk.heading, found.missing) for found in nearest[:3]
        ]
        who = self._who(question)
        text = f"Not in the knowledge base{who}."
        if question.unknown_payers and not question.payers:
            text = f'Not in the knowledge base: no note knows a payer called "{question.unknown_payers[0]}".'
        if general:
            text += " The national rule below is general, not this payer's own: ask the payer, then write the note."
        return Answer("not_in_kb", text, on, general=tuple(general), nearest=tuple(near), gap=gap_key(question))

    def _who(self, question: Question) -> str:
        names = [self.directory.display(slug) for slug in question.payer_slugs]
        return f" for {' or '.join(names)}" if names else ""


def _far_from(best: Weighed, found: Weighed) -> tuple[int, bool]:
    """Those that lack least of what is asked first, and among them the other sections of the same note."""
    lacking = sum(demand.met == 0 for demand in found.demands if demand.kind in ("value", "topic", "soft topic"))
    return (lacking, not _same_note(best, found))


def _of_another_procedure(best: Weighed, found: Weighed) -> bool:
    """True when the best passage speaks of a procedure asked about and the other one hardly does."""

    def met(weighed: Weighed) -> dict[str, float]:
        return {demand.name: demand.met for demand in weighed.demands if demand.kind in ("code", "procedure")}

    other = met(found)
    return any(value - other.get(name, 0.0) > 0.15 for name, value in met(best).items())


def _same_note(one: Weighed, other: Weighed) -> bool:
    return one.passage.note.note_id == other.passage.note.note_id


def _own(finding: Finding) -> bool:
    return finding.payer in finding.weighed.passage.note.payers


def _practice_for(scope: NoteScope, payer: str) -> bool:
    return scope.layer == "practice" and (not scope.payers or payer in scope.payers)


def _library_for(scope: NoteScope, question: Question) -> bool:
    return scope.layer == "library" and (
        not scope.payers or not question.names_a_payer or bool(set(scope.payers) & set(question.payer_slugs))
    )


def gap_key(question: Question) -> GapKey:
    """The gap a question leaves, independent of its wording."""
    asked = [
        topic
        for topic in question.topics
        if topic not in {"deadline"} or not OFFICE_TOPICS.intersection(question.topics)
    ]
    # "The zebra form" and "the lion form" ask for a form alike: of which, only the words left over tell.
    tell_apart = SOFT_TOPICS.issuperset(asked) and not question.codes and not question.procedures
    words = sorted({word.stem for word in question.rest}) if tell_apart else []
    return GapKey(
        payers=tuple(sorted(set(question.payer_slugs) | set(question.unknown_payers))),
        codes=tuple(
            sorted({str(code_range) for code_range in question.codes} | set(question.procedures) | set(question.carcs))
        ),
        asked=tuple(sorted({*asked, *(f"modifier {modifier}" for modifier in question.modifiers), *words})),
    )
