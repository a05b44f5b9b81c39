"""The diagnoses a clinical note supports, as ICD-10-CM codes with the words that carry each. Chooses no procedure.

`diagnosis_candidates` reads only what the note states as found; `first_listed_order` and `points_for`
(diagnoses_order.py) put them on the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from assistant.propose.diagnoses_context import (
    FINAL,
    NOTHING,
    PROSE,
    REASON,
    STATED,
    Surroundings,
    episode_of,
    firmness,
    is_treated,
    sides_of,
    surroundings,
    words_around,
)
from assistant.propose.diagnoses_draft import Draft
from assistant.propose.diagnoses_drugs import with_drugs
from assistant.propose.diagnoses_encounters import fitted_to_patient
from assistant.propose.diagnoses_index import DiagnosisIndex, DiagnosisLists, open_index
from assistant.propose.diagnoses_links import link_queries
from assistant.propose.diagnoses_mentions import Mention, mentions_in, read_vocabulary
from assistant.propose.diagnoses_refine import choose
from assistant.propose.diagnoses_rules import Weighing, weigh
from assistant.propose.diagnoses_sinuses import sinus_codes
from assistant.propose.diagnoses_standing import standing
from assistant.propose.diagnoses_words import site_words, words_of_title
from assistant.propose.model import (
    ClinicalNote,
    Confidence,
    DiagnosisCandidate,
    Encounter,
    ProviderQuery,
    Rejected,
)

_MOST_DIAGNOSES = 12
_AFTERCARE = ("Z47", "Z48")
_READ = frozenset({"done", "negated", "planned", "historical", "uncertain", "hypothetical"})
_RESERVE_SCORE = 0.3
# A term under more headings than this fits any place; words of the note's other sentences weigh at most the second.
_FEW_HEADINGS = 3
_ELSEWHERE = 0.3
_ONLY_MENTIONED = (
    "only mentioned where something was done, not stated as a diagnosis: it needs a procedure that it fits"
)


def diagnosis_candidates(
    note: ClinicalNote, encounter: Encounter, tables: DiagnosisLists
) -> tuple[tuple[DiagnosisCandidate, ...], tuple[Rejected, ...], tuple[ProviderQuery, ...]]:
    """What the note states, in the order of first-listed to last; what was refused, with why; what must be asked.

    Codes are those in force on the date of service; where no release covers it, or it is not told, those of the newest
    release, each with `covered` False. A candidate with `why_not` is a reserve: the note only mentions it where
    something was done about it; it counts when a procedure has no other diagnosis (see `first_listed_order`).
    Linear in the note's length. Raises StoreUnusable when the tables are damaged.
    """
    day = _day(encounter.date_of_service)
    covered = day is not None and tables.release(day) is not None
    on = day if covered else tables.newest_day()
    index = open_index(tables, on) if on else None
    if on is None or index is None:
        return (), (), ()
    around = surroundings(note)
    drafts, rejected = _drafts(note, around, index)
    drafts = with_drugs(fitted_to_patient(_selected(drafts, rejected, around), note, encounter), note)
    weighing = Weighing(drafts, index, tables, on, around.has_pathology, rejected)
    weigh(weighing)
    kept = sorted(weighing.drafts, key=lambda one: (one.reserve, -min(one.firm, STATED), one.place))[:_MOST_DIAGNOSES]
    candidates = tuple(_candidate(one, covered) for one in kept)
    kept_codes = {one.diagnosis_code for one in kept}
    refused = dict.fromkeys(one for one in weighing.rejected if one.code not in kept_codes)
    return candidates, tuple(refused), (*_side_queries(kept), *link_queries(note, kept))


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None


def _drafts(note: ClinicalNote, around: Surroundings, index: DiagnosisIndex) -> tuple[list[Draft], list[Rejected]]:
    read = [clause for clause in note.clauses if clause.status in _READ and not clause.repeated]
    vocabulary = read_vocabulary(index, read)
    drafts: list[Draft] = []
    rejected: list[Rejected] = []
    for clause in read:
        firm = firmness(clause, around)
        if firm == NOTHING:
            continue
        mentions = [
            one
            for one in mentions_in(clause, vocabulary, stated=firm >= REASON)
            if firm >= REASON or one.own or len(one.words) > 1
        ]
        for mention in mentions:
            how = standing(mention, mentions)
            if how == "uncertain":
                if clause.status == "uncertain" or firm >= STATED:
                    rejected.extend(_uncertain(mention, around, index))
            elif how != "not":
                drafts.extend(_found(mention, NOTHING if how == "mentioned" else firm, around, index))
    return drafts, rejected


def _found(mention: Mention, firm: int, around: Surroundings, index: DiagnosisIndex) -> list[Draft]:
    """The drafts of one mention; () where a planned or historical clause does not carry it."""
    clause = mention.clause
    treated = is_treated(clause, around)
    drafts = [replace(one, treated=treated) for one in _coded(mention, firm, around, index)]
    if clause.status == "planned":
        if clause.section in {"plan", "title"} or not mention.own:
            return []
        # Stitches that will come out are no care of today.
        return [replace(one, firm=min(firm, REASON)) for one in drafts if not one.diagnosis_code.startswith(_AFTERCARE)]
    if clause.status == "historical":
        return [
            one
            for one in drafts
            if (firm >= STATED and (one.diagnosis_code.startswith(("Z8", "Z9")) or one.diagnosis_code == "I25.2"))
            or (firm == REASON and mention.own and around.later)
        ]
    return drafts


def _uncertain(mention: Mention, around: Surroundings, index: DiagnosisIndex) -> list[Rejected]:
    why = "stated as uncertain: outpatient claims carry the sign or symptom instead"
    return [
        Rejected(one.diagnosis_code, why, one.evidence)
        for one in _coded(mention, STATED, around, index)
        if not one.is_symptom
    ]


def _coded(mention: Mention, firm: int, around: Surroundings, index: DiagnosisIndex) -> list[Draft]:
    sides, told = sides_of(mention, around)
    words = words_around(mention, around)
    codes = sinus_codes(mention) or mention.codes
    evidence = (mention.clause.evidence,)
    groups: Iterable[tuple[str, ...]] = [(code,) for code in codes] if sinus_codes(mention) else [codes]
    episode = episode_of(mention, around)
    return [
        Draft(
            choice.diagnosis_code,
            choice.title,
            firm,
            mention.start,
            evidence,
            sides,
            choice.side_open,
            told or not sides,
            words=mention.words,
        )
        for group in groups
        for choice in choose(index, group, words, sides, episode, opened=around.opened)
        if len(group) <= _FEW_HEADINGS or _names_its_place(choice.title, mention, words)
    ]


def _names_its_place(title: str, mention: Mention, words: Mapping[str, float]) -> bool:
    """Whether the note names, near a word that fits many places ("laceration"), the place of the chosen title."""
    places = set(words_of_title(title)) & site_words() - set(mention.words)
    return any(words.get(place, 0.0) > _ELSEWHERE for place in places)


def _selected(drafts: list[Draft], rejected: list[Rejected], around: Surroundings) -> list[Draft]:
    """The drafts that count: stated diagnoses, then the reason of the visit, then prose; diseases before symptoms."""
    top = max((one.firm for one in drafts), default=NOTHING)
    if top > NOTHING:
        drafts = [one for one in drafts if one.firm > NOTHING]
    if top == FINAL:
        drafts = _after_the_fact(drafts, rejected)
    kept: list[Draft] = []
    for one in drafts:
        if one.firm >= STATED or one.firm == top == REASON:
            kept.append(one)
        elif top >= STATED:
            if one.firm == REASON and not (one.is_symptom and not one.treated) and not _is_status(one):
                kept.append(one)
            elif one.firm == PROSE and one.treated and not one.is_symptom and not one.diagnosis_code.startswith("Z"):
                kept.append(replace(one, reserve=True))
        elif not around.is_operation or top == PROSE:
            kept.append(one)
        elif one.treated and not one.is_symptom:
            kept.append(replace(one, reserve=True))
    if top < STATED and any(not one.is_symptom and not one.reserve for one in kept):
        return [one for one in kept if not one.is_plain_symptom or (one.treated and one.firm == REASON)]
    return kept


def _is_status(draft: Draft) -> bool:
    return draft.diagnosis_code.startswith(("Z8", "Z9"))


def _after_the_fact(drafts: list[Draft], rejected: list[Rejected]) -> list[Draft]:
    """What was told before the procedure gives way to the diagnosis made after it."""
    final = {one.category for one in drafts if one.firm == FINAL}
    kept: list[Draft] = []
    for one in drafts:
        if one.firm != REASON:
            kept.append(one)
        elif one.category not in final:
            why = "told before the procedure; the diagnosis made after it stands"
            rejected.append(Rejected(one.diagnosis_code, why, one.evidence))
    return kept


def _candidate(draft: Draft, covered: bool) -> DiagnosisCandidate:
    confidence: Confidence = "high"
    if draft.side_open or draft.reserve or not draft.sure:
        confidence = "low"
    elif draft.firm < REASON:
        confidence = "medium"
    score = _RESERVE_SCORE if draft.reserve else min(1.0, 0.6 + 0.1 * draft.firm)
    why_not = _ONLY_MENTIONED if draft.reserve else ""
    return DiagnosisCandidate(draft.diagnosis_code, draft.evidence, score, confidence, covered, draft.sides, why_not)


def _side_queries(drafts: Iterable[Draft]) -> Iterable[ProviderQuery]:
    text = "On which side, or on both? The note names the condition and no side."
    for draft in drafts:
        if draft.side_open and not draft.reserve:
            yield ProviderQuery(text, f"side of {draft.diagnosis_code}", draft.evidence)
