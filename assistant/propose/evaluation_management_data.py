"""The tests, papers and talks a visit weighed, with the words that tell. Judges no test and bills none.

Source: the data element of the CPT guidelines of 2021 and 2023: each unique test counts once and its order includes the
later review; a test read and billed by the same group is no data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from assistant.propose.evaluation_management_words import Line, any_test, once, words, words_of_tests
from assistant.propose.model import EmElement

_PICTURED = frozenset("ct mri xray ultrasound pet cisternogram swallow ecg echo monitor".split())
# Whose reading is billed with these codes: the first characters of the code, and the tests they are.
_BILLED: tuple[tuple[str, frozenset[str]], ...] = (
    ("930", frozenset({"ecg"})),
    ("933", frozenset({"echo"})),
    ("9301", frozenset({"stress"})),
    ("9322", frozenset({"monitor"})),
    ("9324", frozenset({"monitor"})),
    ("70", frozenset({"xray", "ct", "mri"})),
    ("71", frozenset({"xray", "ct", "mri"})),
    ("72", frozenset({"xray", "ct", "mri"})),
    ("73", frozenset({"xray", "ct", "mri"})),
    ("74", frozenset({"xray", "ct", "mri", "swallow"})),
    ("76", frozenset({"ultrasound"})),
    ("770", frozenset({"bone_density"})),
    ("784", frozenset({"stress"})),
    ("925", frozenset({"audiogram", "tympanogram", "vng"})),
    ("926", frozenset({"vng"})),
    ("940", frozenset({"spirometry"})),
    ("950", frozenset({"ige"})),
    ("958", frozenset({"sleep_study", "emg"})),
    ("959", frozenset({"emg"})),
)


def data_of(lines: Sequence[Line], billed: Collection[str]) -> EmElement:
    """The data element. `billed`: the procedure codes of the day.

    A laboratory test has no reading of its own and counts also where the practice bills it (CPT, 2023).
    """
    own = _billed_tests(billed)
    tests = dict(_tests(lines, own))
    papers = list(_papers(lines))
    historian = _historian(lines)
    read = [line for line in lines if _own_reading(line, own)]
    talks = [line for line in lines if line.clause.status in {"done", "other-person"} and _talk(line)]
    # A test whose pictures were read by the physician counts there, not among the results.
    if read and (pictured := next((name for name in tests if name in _PICTURED), None)):
        del tests[pictured]
    counted = [*tests.values(), *papers]
    count = len(counted)
    reasons: list[str] = []
    if tests:
        reasons.append(
            f"{len(tests)} different tests ordered or reviewed" if len(tests) > 1 else "one test ordered or reviewed"
        )
    if papers:
        reasons.append("papers from outside reviewed")
    if historian:
        reasons.append("another person told the history")
    if read:
        reasons.append("pictures or tracings read independently")
    if talks:
        reasons.append("discussed with someone outside")
    first = count + bool(historian) >= 3
    met = sum((first, bool(read), bool(talks)))
    if met >= 2:
        level = "high"
    elif met == 1:
        level = "moderate"
    elif count >= 2 or historian:
        level = "low"
    else:
        level = "straightforward"
    return EmElement(level, tuple(reasons), once([line.evidence for line in (*counted, *historian, *read, *talks)]))


def _billed_tests(billed: Collection[str]) -> frozenset[str]:
    return frozenset(name for code in billed for start, names in _BILLED if code.startswith(start) for name in names)


def _tests(lines: Sequence[Line], own: Collection[str]) -> Iterator[tuple[str, Line]]:
    seen: set[str] = set()
    generic: Line | None = None
    # "TSH, liver enzymes ordered" may fall into two clauses: the verb of the sentence speaks for both.
    acted = {line.clause.sentence for line in lines if words("data", "acted").found(line.view)}
    for line in lines:
        if not _counts(line, acted):
            continue
        if any_test().found(line.view):
            for name, listed in words_of_tests():
                if name not in own and name not in seen and listed.found(line.view):
                    seen.add(name)
                    yield name, line
        elif generic is None and words("data", "lab_generic").found(line.view):
            generic = line
    if generic is not None and not seen:
        yield "laboratory", generic


def _counts(line: Line, acted: Collection[int]) -> bool:
    """Whether a test named here was ordered or its result weighed: not one denied, recalled, or only possible."""
    if line.clause.status in {"negated", "hypothetical", "historical"}:
        return line.clause.status == "negated" and line.clause.section in {"data"}
    if words("data", "old").found(line.view) or words("risk", "conditional").found(line.view):
        return False
    if line.clause.status == "planned":
        return True
    return line.clause.sentence in acted or line.clause.section in {"data", "plan"}


def _papers(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        if line.clause.status not in {"done", "other-person", "historical"}:
            continue
        if words("data", "external_note").found(line.view) and words("data", "note_reviewed").found(line.view):
            yield line


def _historian(lines: Sequence[Line]) -> list[Line]:
    """Who told the history in the patient's place. A talk with the family is none."""
    return [
        line
        for line in lines
        if line.clause.status != "negated"
        and words("data", "historian").found(line.view)
        and not words("data", "no_historian").found(line.view)
    ][:1]


def _own_reading(line: Line, own: Collection[str]) -> bool:
    if line.clause.status in {"negated", "planned", "hypothetical"}:
        return False
    if not (words("data", "interpretation").found(line.view) and words("data", "images").found(line.view)):
        return False
    named = {name for name, listed in words_of_tests() if listed.found(line.view)}
    if named & set(own) or "report" in line.view.tokens:
        return False
    return bool(named) or not own


def _talk(line: Line) -> bool:
    return words("data", "discussion").found(line.view)


def unbilled_tests(lines: Sequence[Line], billed: Collection[str]) -> list[Line]:
    """The clauses that order or weigh tests which are not billed that day."""
    own = _billed_tests(billed)
    return [line for _, line in _tests(lines, own)]
