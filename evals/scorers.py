"""What an answer is worth against its item, figure by figure. Pure: asks nothing and opens no file.

A figure says nothing (None) of an item it does not apply to: no quote, no figure for quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.ask.answer import Answer
from assistant.ask.facts import Fact
from evals.items import Item
from evals.wording import holds, values, without_marks
from ingest.notes.model import Forbid, Require, RuleBlock, When

NoteText = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A figure: its name in JSON, how people read it, which way is better, and whether it decides about "below"."""

    name: str
    label: str
    better: Literal["more", "fewer"]
    decides: bool = True


RUN_FIGURES = (
    FigureKind("right_answer", "right answer with a right citation", "more"),
    FigureKind("right_by_expected", "of these, values in an expected note's quote or rule", "more", decides=False),
    FigureKind("answered_wrong", "answerable, answered wrong", "fewer"),
    # Not deciding: to refuse instead of answering wrong is better, and right_answer falls when a right one is refused.
    FigureKind("answerable_refused", "answerable, refused", "fewer", decides=False),
    FigureKind("refusal_right", "unanswerable, refused", "more"),
    FigureKind("decline_right", "improper, declined", "more"),
    FigureKind("forbidden_said", "says what only a wrong answer says", "fewer"),
    FigureKind("quotes_exact", "answers whose quotes are all exact", "more"),
    FigureKind("values_sourced", "answers whose values all have a source", "more"),
)


@dataclass(frozen=True, slots=True)
class Scored:
    """One item's result. `good` has every figure that applies; the tuples say what was wrong, empty when nothing was.

    `missing` are the groups of `must` that the text does not hold, `inexact` the numbers of citations whose quote is
    not the note's text at its lines, `unsourced` the values that stand in no source.
    """

    item: Item
    answer: Answer
    good: Mapping[str, bool]
    missing: tuple[tuple[str, ...], ...]
    forbidden: tuple[str, ...]
    inexact: tuple[int, ...]
    unsourced: tuple[str, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """The figures this item counts against."""
        return tuple(name for name, good in self.good.items() if not good)

    @property
    def as_expected(self) -> bool:
        """True when the item is right as a whole: answered right, refused or declined as expected."""
        return all(self.good.get(name, True) for name in ("right_answer", "refusal_right", "decline_right"))


def score(item: Item, answer: Answer, *, note_text: NoteText) -> Scored:
    """The answer against the item. `note_text` gives a note's whole text by its id, line ends `\\n`; None if gone."""
    said = without_marks(answer.text, {citation.n for citation in answer.citations})
    missing = tuple(group for group in item.expect.must if not any(holds(said, one) for one in group))
    forbidden = tuple(phrase for phrase in item.expect.must_not if holds(said, phrase))
    inexact = tuple(inexact_quotes(answer, note_text))
    unsourced = unsourced_values(answer, item.question)
    good: dict[str, bool] = {}
    if item.expect.status == "answered":
        answered = answer.status == "answered"
        cited = any(citation.note in item.expect.notes for citation in answer.citations)
        right = answered and cited and not missing and not forbidden
        good["right_answer"] = right
        if right:
            good["right_by_expected"] = not _missing_in_expected(item, answer)
        good["answered_wrong"] = right or not answered
        good["answerable_refused"] = answered
    elif item.expect.status == "not_in_kb":
        # Declining says no less than refusing that the notes do not answer.
        good["refusal_right"] = answer.status in ("not_in_kb", "declined")
    else:
        good["decline_right"] = answer.status == "declined"
    if item.expect.must_not:
        good["forbidden_said"] = not forbidden
    if answer.citations:
        good["quotes_exact"] = not inexact
    if answer.status == "answered":
        good["values_sourced"] = not unsourced
    return Scored(item, answer, good, missing, forbidden, inexact, unsourced)


def _missing_in_expected(item: Item, answer: Answer) -> tuple[tuple[str, ...], ...]:
    """The groups of `must` that the quotes and rules of expected notes alone do not hold."""
    said = "\n".join(said_by(answer, item.expect.notes))
    return tuple(group for group in item.expect.must if not any(holds(said, one) for one in group))


def said_by(answer: Answer, notes: Iterable[str]) -> Iterator[str]:
    """What the answer quotes from the notes and says of their rules, apart from what else it says."""
    chosen = set(notes)
    yield from (citation.quote for citation in answer.citations if citation.note in chosen)
    yield from (fact.sentence for fact in answer.facts if fact.note.note_id in chosen)


def inexact_quotes(answer: Answer, note_text: NoteText) -> Iterator[int]:
    """The numbers of the citations whose quote is no exact piece of the note's file within the lines they name."""
    for citation in answer.citations:
        text = note_text(citation.note)
        first, last = citation.lines
        lines = text.split("\n") if text is not None else []
        named = "\n".join(lines[first - 1 : last]) if 1 <= first <= last <= len(lines) else ""
        if not citation.quote or citation.quote not in named:
            yield citation.n


def unsourced_values(answer: Answer, question: str) -> tuple[str, ...]:
    """The values of the answer's text that stand in no quote it cites, no rule of its facts and not in the question."""
    sources = {value for citation in answer.citations for value in values(citation.quote)}
    sources.update(value for fact in answer.facts for value in rule_values(fact))
    sources.update(values(question))
    # A payer's name may hold a number ("Local 88"); the sentence of a rule names its payers.
    sources.update(value for fact in answer.facts for payer in fact.note.payers for value in values(payer))
    sources.update(_bare(sources))
    said = without_marks(answer.text, {citation.n for citation in answer.citations})
    return tuple(value for value in values(said) if value not in sources)


def _bare(sources: Iterable[str]) -> set[str]:
    """The CARC alone of a group and CARC, since people write 97 for CO-97."""
    return {value.partition("-")[2] for value in sources if "-" in value}


def rule_values(fact: Fact) -> set[str]:
    """Every value that a fact's rule block names: codes, modifiers, units, days, ages, places, diagnoses, words."""
    return {value for part in _rule_parts(fact.rule) for value in values(part)}


def _rule_parts(rule: RuleBlock) -> Iterator[str]:
    yield rule.message or ""
    # The fixes name what they make of a line: one-line-50, two-lines-rt-lt.
    yield (rule.fix or "").upper().replace("-", " ")
    yield from (str(number) for number in (rule.units_max, rule.file_within_days) if number is not None)
    if rule.when:
        yield from _when_parts(rule.when)
    for demand in (rule.require, rule.forbid):
        if demand:
            yield from _demand_parts(demand)


def _when_parts(when: When) -> Iterator[str]:
    yield from (str(codes) for codes in (when.codes, when.with_codes, when.without_codes))
    yield from (*when.modifiers, *when.diagnoses, *when.places)
    yield from (str(numbers) for numbers in (when.units, when.age) if numbers is not None)
    if when.days_since:
        yield from (str(when.days_since.codes), str(when.days_since.days))


def _demand_parts(demand: Require | Forbid) -> Iterator[str]:
    yield from (*demand.modifiers, *demand.places, *demand.diagnoses)
    if demand.units is not None:
        yield str(demand.units)
    if isinstance(demand, Require):
        yield from (*demand.documentation, *demand.attachments)
    else:
        yield str(demand.codes)
