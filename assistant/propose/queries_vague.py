"""Acts a note names without what any code needs, and the question each brings: "sinus surgery performed", "scope done".

Reads clauses and finds no code; the kinds of acts and their questions stand in queries_vague.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.propose.model import Clause, ClinicalNote, ProcedureCandidate, ProviderQuery, Side
from assistant.propose.note_openings import SILENT_SECTIONS
from assistant.propose.patterns import Pattern, View, compile_pattern, view_of
from ingest.codes import CodeSet

_SHORT = 4


@dataclass(frozen=True, slots=True)
class VagueAct:
    """A kind of act. `codes`: where one of these is found nothing is open; `last`: where anything at all is found.

    `near`: must stand somewhere in the note too; `unless`: nowhere. `whole`: a code of either side answers for both.
    `answered`: nowhere, not even denied. `short`: only a clause of a few words counts. `titled`: named in a title, for
    which the text shows none of the codes. `global_days`: those of the codes it may turn out to be.
    """

    about: str
    shown: tuple[Pattern, ...]
    not_: tuple[Pattern, ...]
    codes: CodeSet
    last: bool
    ask: str
    near: Pattern | None = None
    unless: Pattern | None = None
    answered: Pattern | None = None
    whole: bool = False
    short: bool = False
    titled: Pattern | None = None
    global_days: str = "000"

    def is_in(self, view: View) -> bool:
        """True where the words name such an act."""
        if self.short and len(view.tokens) > _SHORT:
            return False
        return any(one.matches(view) for one in self.shown) and not any(one.matches(view) for one in self.not_)


def vague_queries(note: ClinicalNote, found: Sequence[tuple[str, Side | None]]) -> Iterator[ProviderQuery]:
    """A question for each kind of act that is named only; `found` are the codes that stand or are asked about.

    One clause brings one question, and what is asked only where nothing else is found brings one in all. A code of one
    side leaves open what is said of the other.
    """
    views = [(clause, view_of(clause.text)) for clause in note.clauses if _may_tell(clause)]
    whole = view_of(" ".join(clause.text for clause in note.clauses))
    stated = [view_of(clause.text) for clause in note.clauses if clause.status != "negated"]
    titles = [
        (clause, view_of(clause.text))
        for clause in note.clauses
        if clause.section == "title" and clause.status == "done"
    ]
    asked: set[int] = set()
    for act in vague_acts():
        if act.last and (found or asked):
            continue
        sides = [side for code, side in found if code in act.codes]
        if None in sides or (sides and act.whole):
            continue
        if act.titled is not None and not sides:
            heading = next((clause for clause, view in titles if act.titled.matches(view)), None)
            if heading is not None:
                yield ProviderQuery(act.ask, act.about, (heading.evidence,))
                continue
        if act.near is not None and not act.near.matches(whole):
            continue
        if act.answered is not None and act.answered.matches(whole):
            continue
        if act.unless is not None and any(act.unless.matches(view) for view in stated):
            continue
        number = next(
            (
                n
                for n, (clause, view) in enumerate(views)
                if n not in asked and _is_open(clause, sides) and act.is_in(view)
            ),
            None,
        )
        if number is not None:
            asked.add(number)
            yield ProviderQuery(act.ask, act.about, (views[number][0].evidence,))


def open_work(queries: Sequence[ProviderQuery]) -> tuple[ProcedureCandidate, ...]:
    """What the acts asked about stand for beside a visit: work of that day whose code is open."""
    days = {act.about: act.global_days for act in vague_acts()}
    return tuple(
        ProcedureCandidate("", None, 1, one.evidence, "", "low", days[one.about], "once", why_not=one.text)
        for one in queries
        if one.about in days
    )


def _is_open(clause: Clause, sides: Collection[Side | None]) -> bool:
    """Whether what the clause says is not answered by codes on these sides."""
    return not sides or (clause.sides_own and clause.sides.isdisjoint(sides))


def _may_tell(clause: Clause) -> bool:
    return clause.status == "done" and clause.section not in SILENT_SECTIONS and clause.section != "history"


@cache
def vague_acts() -> tuple[VagueAct, ...]:
    """The kinds of acts in the order they are asked about. Read once, when first needed."""
    rows = tomllib.loads(files("assistant.propose").joinpath("queries_vague.toml").read_text("utf-8"))
    return tuple(_act(row, rows["doing"]) for row in rows["acts"])


def _act(row: dict[str, Any], doing: str) -> VagueAct:
    things = row.get("things")
    named: Sequence[str] = (f"{things} ... {doing}", f"{doing} ... {things}") if things else ()
    return VagueAct(
        row["about"],
        tuple(compile_pattern(text) for text in (*named, *row.get("told", ()))),
        tuple(compile_pattern(text) for text in row.get("not", ())),
        CodeSet.parse(row.get("codes", ())),
        row.get("last", False),
        row["ask"],
        compile_pattern(row["near"]) if "near" in row else None,
        compile_pattern(row["unless"]) if "unless" in row else None,
        compile_pattern(row["answered"]) if "answered" in row else None,
        row.get("whole", False),
        row.get("short", False),
        compile_pattern(row["titled"]) if "titled" in row else None,
        row.get("global", "000"),
    )
