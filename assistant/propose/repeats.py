"""Tests that a note tells were made and read a second time on the same day: modifier 76. Finds no test by itself.

Source: CPT appendix A (76 for the same physician); a second film after a fracture was set, a second tracing after
treatment. Two sides are no repetition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from assistant.propose.diagnoses_words import site_words, tokens_of
from assistant.propose.model import Clause, ClinicalNote, ProcedureCandidate
from ingest.codes import CodeSet

REPEATED = "76"
_FILMS = CodeSet.parse(["70010-70330", "71045-74022"])
_TRACINGS = CodeSet.parse(["93000", "93005", "93010"])
_FILM = r"(?:films?|x-?rays?|radiographs?|views?|xr)"
_TRACING = r"(?:12[\s-]lead|twelve[\s-]lead|ecg|ekg|electrocardiogram|tracing)"
_MORE = r"(?:second|another|repeat(?:ed)?|additional|third|further|new)"
_AFTER_SETTING = r"(?:post[\s-]?(?:reduction|manipulation|cast\w*|splint\w*|procedure|relocation))"
_FILM_AGAIN = re.compile(
    rf"\b(?:{_MORE}|{_AFTER_SETTING})\b[^.;]{{0,40}}\b{_FILM}\b"
    rf"|\b{_FILM}\b[^.;]{{0,40}}\b(?:repeated|again|{_AFTER_SETTING}"
    r"|after (?:the |that|this )?(?:reduction|manipulation|cast|splint|setting|relocation))\b",
    re.IGNORECASE,
)
_TRACING_AGAIN = re.compile(
    rf"\b{_MORE}\b[^.;]{{0,20}}\b{_TRACING}\b|\b{_TRACING}\b[^.;]{{0,20}}\b(?:repeated|again|no\. ?2|#2)\b",
    re.IGNORECASE,
)
_READ = re.compile(r"\b(?:read|reading|interpret\w*|report\w*|signed)\b", re.IGNORECASE)
_OF_ANOTHER_DAY = re.compile(r"\b(?:since|compared (?:with|to)|last|prior|previous|weeks? ago|month)\b", re.IGNORECASE)


def repeated_tests(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, str]:
    """76 by code for the tests of which the note tells a second one of today with a reading of its own."""
    wanted = {
        one.procedure_code: one for one in procedures if one.procedure_code in _FILMS or one.procedure_code in _TRACINGS
    }
    if not wanted:
        return {}
    films = [code for code in wanted if code in _FILMS]
    sentences = [list(clauses) for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence)]
    found: dict[str, str] = {}
    for code, one in wanted.items():
        again = _FILM_AGAIN if code in _FILMS else _TRACING_AGAIN
        for number, clauses in enumerate(sentences):
            said = _done(clauses)
            if not again.search(said) or _OF_ANOTHER_DAY.search(said):
                continue
            if code in _FILMS and not _is_shown_in(one, clauses) and (_names_site(said) or len(films) > 1):
                continue
            following = _done(sentences[number + 1]) if number + 1 < len(sentences) else ""
            if _READ.search(f"{said} {following}") and any(not _is_within(span, clauses) for span in _starts(one)):
                found[code] = REPEATED
    return found


def _names_site(text: str) -> bool:
    """Whether the words name a part of the body, so that they may speak of another one."""
    return not site_words().isdisjoint(token.word for token in tokens_of(text))


def _done(clauses: Sequence[Clause]) -> str:
    return " , ".join(clause.text for clause in clauses if clause.status == "done")


def _starts(one: ProcedureCandidate) -> list[int]:
    return [evidence.start for evidence in one.evidence]


def _is_within(start: int, clauses: Sequence[Clause]) -> bool:
    return clauses[0].start <= start < clauses[-1].end


def _is_shown_in(one: ProcedureCandidate, clauses: Sequence[Clause]) -> bool:
    return any(_is_within(start, clauses) for start in _starts(one))
