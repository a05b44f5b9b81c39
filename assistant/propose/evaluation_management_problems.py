"""How many and how complex the problems are that a visit addressed, with the words that tell. Codes no diagnosis.

Source: the definitions of problems in the CPT guidelines for evaluation and management of 2021 and 2023, in our words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.propose.evaluation_management_words import Line, between, once, words
from assistant.propose.model import EmElement, Evidence

_CLASSES = ("threat", "complicated", "simple_fracture", "systemic", "uncertain", "chronic", "minor")
_LISTS = frozenset({"assessment", "diagnosis"})
_OF_VISIT = frozenset("assessment diagnosis history other indication findings exam plan title procedure".split())
_TOLD = frozenset({"done", "uncertain"})
_DENIALS = frozenset("no not without never denies denied nor isnt".split())
_LINKS = frozenset("with from due secondary causing caused related after".split())


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem addressed. `kind` is its class in the word lists, or acute; `state` of a chronic one."""

    kind: str
    name: str
    line: Line = field(repr=False)
    state: str = ""

    @property
    def is_chronic(self) -> bool:
        """True for a long-standing illness."""
        return self.kind == "chronic"


def problems_of(lines: Sequence[Line], *, changes_treatment: bool) -> tuple[EmElement, tuple[Problem, ...]]:
    """The problems element and the problems. `changes_treatment`: the plan starts or raises a treatment."""
    found = _listed(lines)
    found = [_with_state(one, found, lines, changes_treatment=changes_treatment) for one in found]
    level, reasons, evidence = _level(found)
    return EmElement(level, reasons, evidence), tuple(found)


def _listed(lines: Sequence[Line]) -> list[Problem]:
    """The problems of the assessment; of the whole note where none is written."""
    assessed = [line for line in lines if line.clause.section in _LISTS and _told(line)]
    spoken = [line for line in lines if line.clause.section in _OF_VISIT and _told(line)]
    smoker = any(
        words("problems", "smoker").found(line.view) and not words("problems", "never_smoked").found(line.view)
        for line in spoken
    )
    found = list(_named(assessed, smoker=smoker))
    if not found and assessed:
        found = [
            Problem("acute", "", line) for line in assessed if line.clause.status in _TOLD and _states_problem(line)
        ][:1]
    if found:
        # A grave or unexplained finding told as the reason of the visit was addressed too.
        kinds = {one.kind for one in found}
        if kinds <= {"acute", "minor"}:
            found.extend(
                one
                for one in _named(
                    [line for line in spoken if line.clause.section in {"history", "other"}], smoker=smoker
                )
                if one.kind in {"threat", "uncertain", "complicated"}
            )
        return _unique(found)
    found = list(_named([line for line in spoken if line.clause.section not in {"exam", "plan"}], smoker=smoker))
    if not found:
        found = [
            Problem("acute", "", line)
            for line in spoken
            if line.clause.section in {"history", "other"} and line.clause.status in _TOLD
        ][:1]
    return _unique(found)


def _named(lines: Sequence[Line], *, smoker: bool) -> Iterator[Problem]:
    for line in lines:
        taken = False
        for kind in _CLASSES:
            rows = [row for row in words("problems", kind).rows_found(line.view) if row[1][1] <= _denied_from(line)]
            kept: list[tuple[str, tuple[int, int]]] = []
            for row in sorted(rows, key=lambda one: one[1]):
                if kept and (row[1][0] < kept[-1][1][1] or _LINKS & set(between(line.view, kept[-1][1], row[1]))):
                    continue
                kept.append(row)
            for name, _ in kept:
                yield Problem("acute" if kind == "simple_fracture" else kind, name, line)
            taken = taken or bool(kept)
            # The gravest class named is what it is about: "chest pain, acute coronary syndrome" is one problem.
            if kept and kind != "minor":
                break
        if smoker and words("problems", "smoker_symptom").found(line.view):
            yield Problem("uncertain", "symptom of a smoker", line)
        elif not taken and line.clause.section in _LISTS and line.clause.status in _TOLD and _states_problem(line):
            yield Problem("acute", "", line)


def _told(line: Line) -> bool:
    """Whether a clause tells a problem, as "CAD without angina" and "asthma not controlled" do for all the denial."""
    if line.clause.status in _TOLD:
        return True
    return line.clause.status == "negated" and (
        "without" in line.view.tokens[1:]
        or words("problems", "unmet").found(line.view)
        or words("problems", "open_cause").found(line.view)
    )


def _denied_from(line: Line) -> int:
    """The offset from which a clause denies; its end where it denies nothing."""
    if line.clause.status != "negated" or words("problems", "open_cause").found(line.view):
        return len(line.clause.text)
    starts = (start for token, start in zip(line.view.tokens, line.view.starts, strict=True) if token in _DENIALS)
    return next(starts, 0)


def _states_problem(line: Line) -> bool:
    """Whether a clause of the assessment may name a problem: it does not begin as an action."""
    tokens = [token for token in line.view.tokens if token.isalpha()]
    return bool(tokens) and not words("problems", "benign_statement").found(line.view)


def _unique(problems: Sequence[Problem]) -> list[Problem]:
    kept: dict[tuple[str, str], Problem] = {}
    for one in problems:
        kept.setdefault((one.kind, one.name), one)
    return list(kept.values())


def _with_state(
    problem: Problem, problems: Sequence[Problem], lines: Sequence[Line], *, changes_treatment: bool
) -> Problem:
    """The problem with whether it is stable, not at its goal, or severely worse."""
    if not problem.is_chronic:
        return problem
    own = _about(problem, problems, lines)
    if len({one.name for one in problems if one.is_chronic}) == 1:
        own = [line for line in lines if line.clause.section not in {"data"}] if len(problems) == 1 else own
    told = [line for line in own if line.clause.status in {"done", "uncertain", "negated"}]
    if any(line.clause.status != "negated" and words("problems", "severe").found(line.view) for line in told):
        return Problem(problem.kind, problem.name, problem.line, "severe")
    if any(_worse(line) for line in told):
        return Problem(problem.kind, problem.name, problem.line, "unmet")
    if any(
        words("problems", "stable").found(line.view) for line in told if line.clause.section not in {"exam", "data"}
    ):
        return Problem(problem.kind, problem.name, problem.line, "stable")
    own_treatment = any(words("risk", "new_treatment").found(line.view) for line in own)
    if any(one.kind in {"acute", "systemic", "minor", "complicated"} for one in problems) and not own_treatment:
        # The new treatment is for the acute problem beside it.
        changes_treatment = False
    return Problem(problem.kind, problem.name, problem.line, "unmet" if changes_treatment else "stable")


def _about(problem: Problem, problems: Sequence[Problem], lines: Sequence[Line]) -> list[Line]:
    """The clause of a problem, the rest of its sentence, what follows up to the next problem, and earlier mentions."""
    starts = sorted({one.line.number for one in problems})
    own = problem.line.number
    following = [number for number in starts if number > own]
    end = following[0] if following else own + 4
    first = {line.clause.sentence for line in lines if _mentions(line, problem)}
    return [
        line
        for line in lines
        if own <= line.number < end or (line.clause.sentence in first and not (line.number >= end and following))
    ]


def _mentions(line: Line, problem: Problem) -> bool:
    return any(row == problem.name for row, _ in words("problems", problem.kind).rows_found(line.view))


def _worse(line: Line) -> bool:
    if words("problems", "unmet").found(line.view):
        return True
    if line.clause.status != "negated" and words("problems", "acute_on_chronic").found(line.view):
        return True
    if line.clause.status == "negated" or not words("problems", "worsening").found(line.view):
        return False
    return not words("problems", "aggravated").found(line.view)


def _level(problems: Sequence[Problem]) -> tuple[str, tuple[str, ...], tuple[Evidence, ...]]:
    """The level of the problems with why. The first of the rows that is met holds."""
    chronic = [one for one in problems if one.is_chronic]
    rows: tuple[tuple[str, str, list[Problem]], ...] = (
        ("high", "a problem that threatens life or a function of the body", _of(problems, "threat")),
        ("high", "a long-standing illness that got severely worse", [one for one in chronic if one.state == "severe"]),
        ("moderate", "a long-standing illness not at its goal", [one for one in chronic if one.state == "unmet"]),
        ("moderate", "a new problem whose outcome is not known", _of(problems, "uncertain")),
        ("moderate", "an acute illness that affects the whole body", _of(problems, "systemic")),
        ("moderate", "an acute injury that is complicated", _of(problems, "complicated")),
        ("moderate", "two or more stable long-standing illnesses", chronic if len(chronic) > 1 else []),
        ("low", "a stable long-standing illness", chronic),
        ("low", "an acute problem without complication", _of(problems, "acute")),
        ("low", "two or more minor problems", _of(problems, "minor") if len(_of(problems, "minor")) > 1 else []),
        ("straightforward", "one minor problem", _of(problems, "minor")),
    )
    for level, reason, carried in rows:
        if carried:
            return level, (reason,), once([one.line.evidence for one in carried])
    return "straightforward", (), ()


def _of(problems: Sequence[Problem], kind: str) -> list[Problem]:
    return [one for one in problems if one.kind == kind]
