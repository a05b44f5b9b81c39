"""Makes claim lines of chosen procedures in the payer's style, and lets the validator have the last word.

Chooses no procedure and reads no note text. What the validator refuses is mended, or taken out and said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.propose.components import PROFESSIONAL, takes_professional
from assistant.propose.coronary import is_coronary_study, is_coronary_treatment
from assistant.propose.diagnoses_words import site_words, tokens_of
from assistant.propose.digits import digit_modifiers
from assistant.propose.drug_waste import DISCARDED, NONE_DISCARDED, Container
from assistant.propose.joints import JOINT_INJECTIONS, joints_named
from assistant.propose.model import (
    Confidence,
    DiagnosisCandidate,
    EmProposal,
    Encounter,
    Evidence,
    ProcedureCandidate,
    Rejected,
    Side,
)
from assistant.propose.queries import is_open
from assistant.rules.rule import DISTINCT, Finding
from assistant.validate import Judge, Report
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.shorthand import read_claim
from ingest.notes.model import KbNote

MOST_DIAGNOSES = 12
MOST_POINTERS = 4
NOT_PLACED = "the note does not say on which side or digit"
_MOST_STEPS = 40
_SIDED = frozenset(("50", "RT", "LT"))
# A look into the nose and one at the larynx are one scope's way, unless a second one had its own reason.
_NOSE_SCOPE = "31231"
_LARYNX_SCOPES = frozenset(("31575", "31579", "92511"))
_RANK: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Support:
    """What carries a procedure code of the claim: the words, the notes that say so, and how sure it is."""

    evidence: tuple[Evidence, ...]
    sources: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Assembled:
    """A claim with the support of each of its codes, the report on it, and what was taken out again."""

    claim: Claim
    support: Mapping[str, Support]
    report: Report
    rejected: tuple[Rejected, ...]
    asserted: frozenset[str] = frozenset()


def assemble(
    encounter: Encounter,
    procedures: Sequence[ProcedureCandidate],
    visit: EmProposal | None,
    diagnoses: Sequence[DiagnosisCandidate],
    pointed: Mapping[str, Sequence[str]],
    judge: Judge,
    *,
    said: str = "",
    vessels: Mapping[str, Sequence[str]] | None = None,
    study_apart: bool = False,
    stated: Mapping[str, str] | None = None,
    second_scope: bool = False,
    containers: Mapping[str, Container] | None = None,
    again: Mapping[str, str] | None = None,
) -> Assembled | None:
    """The claim of the chosen procedures; None when there is nothing to bill.

    `diagnoses` are in the order they go on the claim, `pointed` gives the diagnosis codes that support a procedure,
    best first (missing: the first-listed). `said` is what the note says of the work done, for the digit it names.
    `vessels` are the coronary arteries treated, by code; `study_apart`: the diagnostic study led to their treatment.
    `stated` gives the modifier the note itself tells of a code; `second_scope`: it says why two scopes were needed.
    `containers` tells, by code of a drug, what was thrown away of it. `again` gives, by code, the modifier of a test
    that was made a second time.
    """
    waiting = [one for one in procedures if is_open(one, said)]
    procedures = [one for one in procedures if one not in waiting]
    order = [one.diagnosis_code for one in diagnoses][:MOST_DIAGNOSES]
    two_lines = bills_two_lines(judge.notes, _slug(judge, encounter.payer))
    lines: list[ClaimLine] = []
    if visit is not None:
        pointers = _pointers(visit.procedure_code, order, pointed)
        lines.append(ClaimLine(visit.procedure_code, visit.modifiers, 1, pointers))
        lines.extend(ClaimLine(code, (), units, pointers) for code, units in visit.add_ons)
    for group in _by_code(procedures):
        pointers = _pointers(group[0].procedure_code, order, pointed)
        made = _lines_of(group, said, two_lines=two_lines)
        if is_coronary_treatment(group[0].procedure_code) and (told := (vessels or {}).get(group[0].procedure_code)):
            made = [replace(made[0], modifiers=(vessel,)) for vessel in told]
        made = _with_waste(made, (containers or {}).get(group[0].procedure_code))
        modifier = (stated or {}).get(group[0].procedure_code)
        before = (modifier,) if modifier else ()
        made = [replace(line, pointers=pointers, modifiers=(*before, *line.modifiers)) for line in made]
        lines.extend(made)
        if (repeat := (again or {}).get(group[0].procedure_code)) and len(made) == 1:
            lines.append(replace(made[0], modifiers=(repeat, *made[0].modifiers)))
    if not lines:
        return None
    lines = _with_parts(lines, encounter.place_of_service, study_apart=study_apart)
    asserted: frozenset[str] = frozenset()
    if second_scope and _LARYNX_SCOPES.intersection(line.procedure_code for line in lines):
        facts = judge.payer(encounter.payer)
        apart = "XS" if facts is not None and facts.is_medicare else "59"
        lines = [replace(one, modifiers=(apart,)) if one.procedure_code == _NOSE_SCOPE else one for one in lines]
        asserted = frozenset((_NOSE_SCOPE,))
    claim = _claim(encounter, lines, order)
    support = _support(procedures, visit)
    assembled = _judged(claim, support, judge)
    assembled = replace(assembled, asserted=assembled.asserted | asserted)
    refused = tuple(Rejected(one.procedure_code, NOT_PLACED, one.evidence) for one in waiting)
    return replace(assembled, rejected=(*assembled.rejected, *refused))


def _with_waste(lines: list[ClaimLine], container: Container | None) -> list[ClaimLine]:
    """The lines of a drug with JZ where nothing was thrown away, and a line with JW for what was."""
    if container is not None and container.no_waste:
        return [replace(line, modifiers=(*line.modifiers, NONE_DISCARDED)) for line in lines]
    if container is not None and container.wasted:
        return [*lines, replace(lines[0], modifiers=(DISCARDED,), units=container.wasted)]
    return lines


def bills_two_lines(notes: Sequence[KbNote], payer: str | None) -> bool:
    """True when the payer's own rules bill both sides on two lines more often than on one line with 50."""
    if payer is None:
        return False
    fixes = Counter(
        block.fix
        for note in notes
        if note.status == "live" and payer in note.payers
        for block in note.rules
        if block.fix in ("one-line-50", "two-lines-rt-lt")
    )
    return fixes["two-lines-rt-lt"] > fixes["one-line-50"]


def _with_parts(lines: Sequence[ClaimLine], place: str | None, *, study_apart: bool) -> list[ClaimLine]:
    """The lines with 26 where the facility has the machine, and 59 on a coronary study that led to the treatment."""
    treated = any(is_coronary_treatment(line.procedure_code) for line in lines)
    found = []
    for line in lines:
        before: tuple[str, ...] = (PROFESSIONAL,) if takes_professional(line.procedure_code, place) else ()
        if treated and study_apart and is_coronary_study(line.procedure_code):
            before = (*before, "59")
        found.append(replace(line, modifiers=(*before, *line.modifiers)) if before else line)
    return found


def _slug(judge: Judge, payer: str | None) -> str | None:
    facts = judge.payer(payer)
    return facts.slug if facts else None


def _by_code(procedures: Sequence[ProcedureCandidate]) -> list[list[ProcedureCandidate]]:
    groups: dict[str, list[ProcedureCandidate]] = {}
    for one in procedures:
        groups.setdefault(one.procedure_code, []).append(one)
    return list(groups.values())


def _lines_of(group: Sequence[ProcedureCandidate], said: str, *, two_lines: bool) -> list[ClaimLine]:
    """The lines of one code: a side where the code has one, both sides in the payer's style."""
    code = group[0].procedure_code
    units = sum(one.units for one in group)
    if group[0].sides_rule != "per-side":
        return [ClaimLine(code, (), max(one.units for one in group))]
    by_side: dict[Side | None, int] = {}
    for one in group:
        by_side[one.side] = by_side.get(one.side, 0) + one.units
    told: list[Side] = [side for side in ("RT", "LT") if side in by_side]
    if not told:
        return [ClaimLine(code, (), units)]
    digits: dict[Side, tuple[str, ...]] = dict.fromkeys(told, ())
    for one in group:
        if one.side is not None:
            named = digit_modifiers(code, one.side, one.evidence, said)
            digits[one.side] = tuple(dict.fromkeys((*digits[one.side], *named)))
    if all(digits.values()):
        return [
            ClaimLine(code, (digit,), 1 if len(digits[side]) > 1 else by_side[side])
            for side in told
            for digit in digits[side]
        ]
    if code in JOINT_INJECTIONS:
        joints = joints_named((quote.quote for one in group for quote in one.evidence), told)
        if len({joint for _, joint in joints}) > 1 and {side for side, _ in joints} == set(told):
            # The knee of one side and the shoulder of the other are no pair.
            return [ClaimLine(code, (side,) if n == 0 else ("59", side), 1) for n, (side, _) in enumerate(joints)]
    if len(told) == 2 and len({by_side[side] for side in told}) == 1 and not two_lines:
        return [ClaimLine(code, ("50",), by_side["RT"])]
    return [ClaimLine(code, (side,), by_side[side]) for side in told]


def _pointers(code: str, order: Sequence[str], pointed: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    found = [order.index(one) for one in pointed.get(code, ()) if one in order][:MOST_POINTERS]
    return tuple(found) or ((0,) if order else ())


def _claim(encounter: Encounter, lines: Sequence[ClaimLine], order: Sequence[str]) -> Claim:
    return Claim(
        lines=tuple(lines),
        payer=encounter.payer,
        date_of_service=date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None,
        place_of_service=encounter.place_of_service,
        age=encounter.age,
        sex=encounter.sex,
        diagnoses=tuple(Diagnosis(code) for code in order),
        prior=prior_of(encounter.prior),
        authorization=encounter.authorization,
        new_patient=encounter.new_patient,
    )


def prior_of(text: str | None) -> tuple[PriorProcedure, ...] | None:
    """The earlier procedures as the shorthand writes them; None when nothing is said or it cannot be read."""
    if not text:
        return None
    read = read_claim(f"prior: {text}; 99999")
    return read.claim.prior if read.claim else None


def _support(procedures: Sequence[ProcedureCandidate], visit: EmProposal | None) -> dict[str, Support]:
    found: dict[str, Support] = {}
    for one in procedures:
        known = found.get(one.procedure_code)
        evidence = (*known.evidence, *one.evidence) if known else one.evidence
        sources = (*known.sources, one.source) if known else (one.source,)
        worst = max(known.confidence if known else "high", one.confidence, key=_RANK.__getitem__)
        if one.sides_rule == "per-side" and one.side is None:
            worst = "low"
        found[one.procedure_code] = Support(
            tuple(sorted(set(evidence))), tuple(dict.fromkeys(source for source in sources if source)), worst
        )
    if visit is not None:
        for code in (visit.procedure_code, *(code for code, _ in visit.add_ons)):
            found[code] = Support(visit.evidence, ("em-mdm",), "medium" if visit.flags else "high")
    return found


def _judged(claim: Claim, support: Mapping[str, Support], judge: Judge) -> Assembled:
    """The claim after the payer's own form, and after what the validator refuses was mended or taken out."""
    known = dict(support)
    rejected: list[Rejected] = []
    asserted: set[str] = set()
    report = judge.judge(claim)
    for _ in range(_MOST_STEPS):
        if report.fixed is not None and report.fixed.lines:
            claim = report.fixed
            report = judge.judge(claim)
        step = _mended(claim, report, known, judge)
        if step is None:
            break
        claim, gone, apart = step
        rejected.extend(gone)
        asserted |= apart
        report = judge.judge(claim)
    return Assembled(claim, known, report, tuple(rejected), frozenset(asserted))


def _mended(
    claim: Claim, report: Report, known: dict[str, Support], judge: Judge
) -> tuple[Claim, list[Rejected], set[str]] | None:
    """The claim after the first error that can be mended, what went, and the codes now said to be distinct."""
    for finding in report.findings:
        if finding.severity != "error":
            continue
        if finding.fix is None:
            plain = _without_sides(claim, finding, judge)
            if plain is not None:
                return plain, [], set()
            continue
        fixed = finding.fix.fixed
        before, after = Counter(_codes(claim)), Counter(_codes(fixed))
        new = set(after) - set(before)
        gone = set(before) - set(after)
        if not fixed.lines or fixed == claim:
            continue
        if not new and gone:
            apart = _set_apart(claim, finding, known, judge)
            if apart is not None:
                return apart[0], [], apart[1]
        if new and not gone:
            continue
        inherited = [known[code] for code in gone if code in known]
        for code in new:
            if not inherited:
                break
            known[code] = Support(
                tuple(sorted({one for support in inherited for one in support.evidence})),
                tuple(dict.fromkeys(source for support in inherited for source in support.sources)),
                max((support.confidence for support in inherited), key=_RANK.__getitem__),
            )
        if new - set(known):
            continue
        out = [Rejected(code, finding.message, known[code].evidence if code in known else ()) for code in sorted(gone)]
        if any(fixed.lines.count(line) < claim.lines.count(line) for line in claim.lines) or fixed != claim:
            return fixed, out, set()
    return None


def _without_sides(claim: Claim, finding: Finding, judge: Judge) -> Claim | None:
    """The claim with the refused code once and without a side, where that ends the finding and brings no other error.

    Some payers take one unit for either ear or both, whatever the sides (MPFS bilateral indicator 2).
    """
    if finding.rule.startswith("DX"):
        # The diagnosis of that side is what is wrong or missing, not the side.
        return None
    codes = {claim.lines[place].procedure_code for place in finding.lines if place < len(claim.lines)}
    places = [place for place, line in enumerate(claim.lines) if line.procedure_code in codes]
    if len(codes) != 1 or not any(_SIDED.intersection(claim.lines[place].modifiers) for place in places):
        return None
    kept = claim.lines[places[0]]
    plain = replace(kept, modifiers=tuple(one for one in kept.modifiers if one not in _SIDED), units=1)
    lines = [plain if place == places[0] else line for place, line in enumerate(claim.lines) if place not in places[1:]]
    tried = replace(claim, lines=tuple(lines))
    before, after = (sum(one.severity == "error" for one in judge.judge(each).findings) for each in (claim, tried))
    return tried if after < before else None


def _codes(claim: Claim) -> list[str]:
    return [line.procedure_code for line in claim.lines]


def _at_other_places(one: Support, other: Support) -> bool:
    """Whether the words of each name parts of the body, and no part that those of the other name."""
    first, second = (
        {token.word for words in each.evidence for token in tokens_of(words.quote)} for each in (one, other)
    )
    sites = site_words()
    return bool(first & sites) and bool(second & sites) and first.isdisjoint(second & sites)


# What a note calls another thing than what it treats beside it.
_ANOTHER = frozenset("separate separately another different new second other unrelated distinct elsewhere".split())


def _are_two(first: ClaimLine, second: ClaimLine, known: Mapping[str, Support]) -> bool:
    """Whether the words of two lines show two things: other words, and another diagnosis or part of the body."""
    one, other = known.get(first.procedure_code), known.get(second.procedure_code)
    if one is None or other is None or set(one.evidence) & set(other.evidence):
        return False
    if not first.pointers or not second.pointers:
        return False
    return not set(first.pointers) & set(second.pointers) or _at_other_places(one, other) or _told_as_another(one)


def _told_as_another(one: Support) -> bool:
    words = {token.word for told in one.evidence for token in tokens_of(told.quote)}
    return bool(words & _ANOTHER) and bool(words & site_words())


def _set_apart(
    claim: Claim, finding: Finding, known: Mapping[str, Support], judge: Judge
) -> tuple[Claim, set[str]] | None:
    """The claim with the modifier of a distinct service, where the note shows two: other words, other diagnosis.

    Only where that ends the finding and brings no other error; the line then needs a person's review.
    """
    places = [place for place in finding.lines if place < len(claim.lines)]
    if len(places) < 2 or finding.fix is None:
        return None
    kept = Counter(_codes(finding.fix.fixed))
    going = next((place for place in places if kept[claim.lines[place].procedure_code] == 0), None)
    if going is None or DISTINCT.intersection(claim.lines[going].modifiers):
        return None
    if any(not _are_two(claim.lines[going], claim.lines[place], known) for place in places if place != going):
        return None
    facts = judge.payer(claim.payer)
    wanted = ("XS", "59") if facts is not None and facts.is_medicare else ("59", "XS")
    for modifier in wanted:
        lines = list(claim.lines)
        lines[going] = replace(lines[going], modifiers=(modifier, *lines[going].modifiers))
        tried = replace(claim, lines=tuple(lines))
        errors = [one for one in judge.judge(tried).findings if one.severity == "error"]
        if len(errors) < sum(one.severity == "error" for one in judge.judge(claim).findings):
            return tried, {lines[going].procedure_code}
    return None
