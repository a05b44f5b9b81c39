"""Whether answers follow the notes: change a value, take notes away, add another payer's, and see what the answer does.

Taking notes away is counted twice. First the notes that the item expects are gone: what still answers is either another
note that holds the same fact, then answering is right, or a note about something near, then it is a defect. So the
notes that hold the same fact are taken away too, and the question is asked again, until nothing of that kind answers:
then only a refusal is right. A note holds the same fact when an answer cites it and its heading, quote and rules say
every value that the item expects, and nothing that only a wrong answer says. A note that is merely near never says
them all, so it is never taken away to make the check easier. A payer's own note is emptied below its front matter
instead: without it the payer has no name, and the question would be another one.
Works on a copy of the practice. Needs no opinion on what a good answer is beyond the items' own.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from assistant.ask.answer import Answer
from evals.items import Item, set_hash
from evals.mutations import (
    INVENTED_SLUG,
    Skip,
    ValueChange,
    emptied,
    invented_payer_note,
    opposite_for_invented,
    plan_change,
    readable,
)
from evals.record import RunRecord, counted, notes_hash, weights_hash
from evals.run import Progress, RunPlan, chosen_items
from evals.scorers import FigureKind, Scored, said_by, score
from evals.wording import holds
from evals.workbench import Workbench, workbench

FOLLOWS, FOLLOWS_EVERYWHERE, REFUSES, REFUSES_AT_LAST, LETS_GO, UNMOVED = (
    "follows_change",
    "follows_change_everywhere",
    "refuses_without_notes",
    "refuses_without_holders",
    "lets_go_without_notes",
    "unmoved_by_other_payer",
)
METAMORPHIC_FIGURES = (
    FigureKind(FOLLOWS, "one note changed: the answer holds the new value and no longer the old", "more"),
    FigureKind(FOLLOWS_EVERYWHERE, "changed in the several notes that hold it: likewise", "more"),
    FigureKind(REFUSES, "all expected notes deleted: refuses", "more"),
    FigureKind(REFUSES_AT_LAST, "all notes that hold the same fact deleted as well: refuses", "more"),
    FigureKind(LETS_GO, "all expected notes deleted: refuses, or no longer says the expected values", "more"),
    FigureKind(UNMOVED, "another payer's note says the opposite: same text, same citations", "more"),
)
_PAYER_NOTE = f"payers/{INVENTED_SLUG}/payer"
_OPPOSITE_NOTE = f"payers/{INVENTED_SLUG}/opposite"


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold: of which figure, for which item, and what came instead."""

    figure: str
    item: Item
    got: str
    was_right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """An item before any change: its result, and every name of the known payers that its question means."""

    scored: Scored
    payer_names: tuple[str, ...]


@dataclass
class Findings:
    """What the whole run found. `good` has the figures of each item; skipped ones are counted by figure and reason."""

    good: dict[str, dict[str, bool]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, figure: str, base: Scored, *, holds_good: bool, got: str) -> None:
        """Count one expectation in."""
        self.good.setdefault(base.item.id, {})[figure] = holds_good
        if not holds_good:
            self.failures.append(Failure(figure, base.item, got, base.as_expected))


@dataclass(frozen=True, slots=True)
class MetamorphicRun:
    """The record, every failure, and what was skipped by figure and reason."""

    record: RunRecord
    failures: tuple[Failure, ...]
    skipped: Mapping[tuple[str, str], int]


def run_metamorphic(plan: RunPlan, on_progress: Progress) -> MetamorphicRun:
    """Every change on every item of the set it fits, one small sync each. The practice is copied, never touched."""
    items = chosen_items(plan.chosen.items, subset=plan.subset)
    findings = Findings()
    seconds: list[float] = []
    with workbench(plan.practice, today=plan.as_of, on_progress=on_progress) as bench:
        weights = bench.asker().weights
        base: list[Asked] = []
        for item in items:
            base.append(_ask_unchanged(bench, item, plan.as_of))
            on_progress("asking unchanged", len(base), len(items))
        for label, step in (("changing values", _change), ("deleting notes", _delete), ("another payer", _other_payer)):
            for done, one in enumerate(base, start=1):
                started, asked = time.perf_counter(), bench.asked
                step(bench, one, plan.as_of, findings)
                if bench.asked > asked:
                    seconds.append(time.perf_counter() - started)
                on_progress(label, done, len(base))
    misses = {
        one: tuple(name for name, good in found.items() if not good)
        for one, found in findings.good.items()
        if not all(found.values())
    }
    record = RunRecord(
        kind="metamorphic",
        set=plan.chosen.name,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        subset=plan.subset,
        set_hash=set_hash(plan.chosen.items),
        notes_hash=notes_hash((plan.practice.kb, plan.practice.library)),
        weights_hash=weights_hash(weights),
        fitted_on=weights.fitted_on,
        items=tuple(item.id for item in items),
        figures=counted(METAMORPHIC_FIGURES, list(findings.good.values())),
        misses=misses,
        seconds_median=statistics.median(seconds) if seconds else 0.0,
    )
    return MetamorphicRun(record, tuple(findings.failures), dict(findings.skipped))


Step = Callable[[Workbench, Asked, date, Findings], None]


def _ask_unchanged(bench: Workbench, item: Item, as_of: date) -> Asked:
    asker = bench.asker()
    slugs = asker.read(item.question, as_of=item.as_of or as_of).payer_slugs
    names = [
        name
        for note in asker.knowledge.payer_notes()
        if set(note.payers) & set(slugs)
        for name in (*note.aliases, asker.directory.display(note.payers[0]))
    ]
    return Asked(score(item, bench.ask(item, as_of), note_text=bench.text), tuple(dict.fromkeys((*names, *slugs))))


def _change(bench: Workbench, asked: Asked, as_of: date, findings: Findings) -> None:
    """Replace the deciding value; the answer must hold the new one, and the changed notes' part no longer the old."""
    base, item = asked.scored, asked.scored.item
    change = item.expect.change
    if change is None:
        return
    texts = {note_id: bench.original(note_id) for note_id in item.expect.notes}
    gone = [note_id for note_id, text in texts.items() if text is None]
    known = {note_id: text for note_id, text in texts.items() if text is not None}
    plan = Skip(f"{gone[0]} is not there") if gone else plan_change(item, known)
    if isinstance(plan, ValueChange) and any(holds(said, change.new) for said in said_by(base.answer, plan.texts)):
        plan = Skip("the answer held the new value before")
    if isinstance(plan, Skip):
        findings.skipped[FOLLOWS, plan.reason] += 1
        return
    bench.edit(plan.texts)
    answer = bench.ask(item, as_of)
    said = list(said_by(answer, plan.texts))
    new_held = holds(answer.text, change.new) and any(holds(one, change.new) for one in said)
    old_held = any(holds(one, change.old) for one in said)
    findings.take(
        FOLLOWS_EVERYWHERE if plan.everywhere else FOLLOWS,
        base,
        holds_good=answer.status == "answered" and new_held and not old_held,
        got=f"{change.old} became {change.new} in {', '.join(plan.texts)}; {_shown(answer)}"
        + (f"; still says {change.old}" if old_held else ""),
    )


def _delete(bench: Workbench, asked: Asked, as_of: date, findings: Findings) -> None:
    """Delete every expected note, then whatever else holds the same fact; nothing is left to answer from."""
    base, item = asked.scored, asked.scored.item
    if item.expect.status != "answered":
        return
    if not item.practice_notes:
        findings.skipped[REFUSES, "only the library holds it"] += 1
        return
    gone = {note_id: _without(note_id, bench.original(note_id)) for note_id in item.expect.notes}
    bench.edit(gone)
    answer = bench.ask(item, as_of)
    refuses = answer.status == "not_in_kb"
    lost = any(not any(holds(answer.text, one) for one in group) for group in item.expect.must)
    findings.take(REFUSES, base, holds_good=refuses, got=_shown(answer))
    findings.take(LETS_GO, base, holds_good=refuses or lost, got=_shown(answer))
    while holders := [note_id for note_id in _holders(item, answer) if note_id not in gone]:
        gone |= {note_id: _without(note_id, bench.original(note_id)) for note_id in holders}
        bench.edit(gone)
        answer = bench.ask(item, as_of)
    also = ", ".join(note_id for note_id in gone if note_id not in item.expect.notes)
    findings.take(
        REFUSES_AT_LAST,
        base,
        holds_good=answer.status == "not_in_kb",
        got=f"{_shown(answer)}{f'; deleted as well: {also}' if also else ''}",
    )


def _without(note_id: str, text: str | None) -> str | None:
    """What is left of a note: nothing, or of a payer's own note its front matter, which names the payer."""
    note = readable(note_id, text) if text is not None else None
    return emptied(text) if text is not None and note is not None and note.kind == "payer" else None


def _holders(item: Item, answer: Answer) -> list[str]:
    """The notes an answer cites that say by themselves every value the item expects and nothing it forbids."""
    found = []
    for note_id in dict.fromkeys(citation.note for citation in answer.citations):
        headings = (citation.heading for citation in answer.citations if citation.note == note_id)
        said = "\n".join((*headings, *said_by(answer, (note_id,))))
        holds_all = all(any(holds(said, one) for one in group) for group in item.expect.must)
        if holds_all and not any(holds(said, phrase) for phrase in item.expect.must_not):
            found.append(note_id)
    return found


def _other_payer(bench: Workbench, asked: Asked, as_of: date, findings: Findings) -> None:
    """Add a note of an invented payer that says the opposite; an answer about another payer must not move."""
    base, item = asked.scored, asked.scored.item
    if not asked.payer_names:
        return
    candidates = (*item.practice_notes, *(near.note for near in base.answer.nearest))
    sources = (
        note for note_id in candidates if (text := bench.original(note_id)) and (note := readable(note_id, text))
    )
    source = next(sources, None)
    if source is None:
        findings.skipped[UNMOVED, "no note of the practice to turn round"] += 1
        return
    opposite = opposite_for_invented(item, source, asked.payer_names)
    if opposite is None:
        findings.skipped[UNMOVED, f"a copy of {source.note_id} for another payer is no readable note"] += 1
        return
    bench.edit({_PAYER_NOTE: invented_payer_note(), _OPPOSITE_NOTE: opposite})
    answer = bench.ask(item, as_of)
    findings.take(UNMOVED, base, holds_good=_same(base.answer, answer), got=_difference(base.answer, answer))


def _same(before: Answer, after: Answer) -> bool:
    return (before.status, before.text, _cited(before)) == (after.status, after.text, _cited(after))


def _cited(answer: Answer) -> list[tuple[str, tuple[int, int], str]]:
    return [(citation.note, citation.lines, citation.quote) for citation in answer.citations]


def _difference(before: Answer, after: Answer) -> str:
    return f"before: {_shown(before)}; after: {_shown(after)}"


def _shown(answer: Answer) -> str:
    cited = ", ".join(f"{citation.note} ({citation.heading or 'top'})" for citation in answer.citations)
    return f"{answer.status}{f', citing {cited}' if cited else ''}"


def told(run: MetamorphicRun) -> Iterator[str]:
    """What was skipped and every failure, for people."""
    for (figure, reason), count in sorted(run.skipped.items()):
        yield f"- skipped for {figure}: {count}, {reason}"
    for failure in run.failures:
        doubt = "" if failure.was_right else " (not as expected before the change either)"
        yield f"### {failure.item.id}: {failure.figure}{doubt}"
        yield f"- question: {failure.item.question}"
        yield f"- {failure.got}"
