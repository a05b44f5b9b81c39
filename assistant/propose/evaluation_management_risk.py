"""How much risk the management decided in a visit carries, with the words that tell.

A list of medicines is no decision. Source: the risk element of the CPT guidelines of 2021 and 2023, in our words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.propose.evaluation_management_words import Line, once, words
from assistant.propose.model import EmElement, Evidence

# How generic names of prescription drugs end, by the international nomenclature.
_ENDINGS = re.compile(
    r"\b[a-z]{2,}(?:pril|sartan|statin|olol|mycin|cillin|floxacin|conazole|prazole|gliptin|gliflozin|glutide|[lz]umab"
    r"|ximab"
    r"|triptan|azepam|oxetine|sone|solone|cycline|[cl]ovir|tivir|dipine|thiazide|semide|xaban|setron|tinib|codone"
    r"|formin"
    r"|triptyline|lukast|terol|tropium|azosin|steride|dronate|glitazone|prost|oxacin|zolamide|afil|gepant|kacin"
    r"|tidine)\b"
    r"|\bcef[a-z]{3,}\b|\bsulfa[a-z]+\b"
)
# "Lisinopril 10->20".
_DOSE_CHANGED = re.compile(r"\d\s*(?:m?c?g)?\s*(?:-+>|\u2192)\s*\d")
# "Pilocarpine 5 mg three times daily": a dose with its times is a prescription, whatever the name.
_DOSED = re.compile(
    r"\b[a-z]{5,}\s+\d+(?:\.\d+)?\s*m?c?g\b[^.;]{0,24}?\b(?:daily|nightly|a day|bid|tid|qid|qd|qhs|q\d+h|weekly"
    r"|hours)\b",
    re.IGNORECASE,
)
_MANAGED = frozenset(
    {"assessment", "plan", "diagnosis", "other", "history", "procedure", "findings", "exam", "indication", "time"}
)
_DECIDED = frozenset({"done", "planned"})


@dataclass(frozen=True, slots=True)
class Management:
    """What was decided: drugs by prescription, drugs without, surgery, and the rest, as clauses."""

    element: EmElement
    drugs: tuple[Line, ...] = field(repr=False)
    surgery: tuple[Line, ...] = field(repr=False)
    treatment: tuple[Line, ...] = field(repr=False)
    changes_treatment: bool = False


def management_of(lines: Sequence[Line]) -> Management:
    """The risk element with what it rests on."""
    managed = [line for line in lines if line.clause.section in _MANAGED]
    usable = [line for line in managed if line.clause.status in _DECIDED or _as_needed(line)]
    # "Cannot afford insulin" is denied in form only.
    living = [
        line
        for line in managed
        if line.clause.status in {*_DECIDED, "negated"} and words("risk", "social").found(line.view)
    ]
    drugs = [line for line in usable if _manages_drug(line) or _changes_dose_of(line, lines)]
    over_the_counter = [line for line in usable if line not in drugs and words("risk", "otc_drug").found(line.view)]
    surgery = [line for line in usable if _decides_surgery(line)]
    risky = [line for line in usable if words("risk", "surgery_risk").found(line.view)]
    minor = [line for line in usable if _decides_minor(line)]
    treatment = [line for line in usable if _is_plan(line) and words("risk", "treatment").found(line.view)]
    rows: tuple[tuple[str, str, list[Line]], ...] = (
        ("high", "a drug that needs close watch for harm", _toxic(usable)),
        ("high", "emergency surgery decided", _with(usable, "emergency_surgery")),
        ("high", "hospital care decided", [line for line in usable if _to_hospital(line)]),
        ("high", "care limited because the outlook is poor", _with(usable, "resuscitation")),
        ("high", "a controlled drug given by injection", _with(usable, "parenteral")),
        ("high", "major surgery decided with risks of this patient", [*surgery, *risky] if surgery and risky else []),
        ("moderate", "a prescription drug was decided on", drugs),
        ("moderate", "major surgery decided", surgery),
        ("moderate", "minor surgery decided with risks of this patient", [*minor, *risky] if minor and risky else []),
        ("moderate", "living conditions limit the treatment", living),
        ("low", "treatment with little risk", [*over_the_counter, *treatment]),
    )  # fmt: skip
    element = EmElement("straightforward", (), _least(usable))
    for level, reason, carried in rows:
        if carried:
            element = EmElement(level, (reason,), once([line.evidence for line in carried]))
            break
    changes = any(words("risk", "new_treatment").found(line.view) for line in (*drugs, *treatment, *surgery))
    return Management(element, tuple(drugs), tuple(surgery), (*over_the_counter, *treatment), changes)


def _with(lines: Sequence[Line], name: str) -> list[Line]:
    return [line for line in lines if words("risk", name).found(line.view)]


def _as_needed(line: Line) -> bool:
    """ "As needed" leaves the dose open, not the decision."""
    return (
        line.clause.status == "hypothetical"
        and not words("risk", "conditional").found(line.view)
        and " needed " in line.view.words
    )


def _least(lines: Sequence[Line]) -> tuple[Evidence, ...]:
    return once([line.evidence for line in lines if words("risk", "reassured").found(line.view)])


def _is_plan(line: Line) -> bool:
    return line.clause.section in {"plan", "assessment", "other", "time"} and not words("risk", "conditional").found(
        line.view
    )


def _manages_drug(line: Line) -> bool:
    """A decision on a prescription drug: a verb of decision and the drug, or that something was prescribed."""
    view = line.view
    if (
        words("risk", "conditional").found(view)
        or words("risk", "injected").found(view)
        or words("risk", "otc").found(view)
        or words("risk", "not_prescribed").found(view)
    ):
        return False
    named = words("risk", "drug").found(view) or bool(_ENDINGS.search(view.words))
    otc_only = not named and words("risk", "otc_drug").found(view)
    named = named or (not otc_only and bool(_DOSED.search(line.clause.text)))
    if named and _DOSE_CHANGED.search(line.clause.text):
        return True
    if words("risk", "prescribe").found(view):
        return not otc_only or "mg" in view.tokens
    if otc_only or words("risk", "old_drug").found(view):
        return False
    if not words("risk", "decide").found(view):
        return named and line.clause.section == "plan"
    return named or (
        words("risk", "form").found(view)
        and line.clause.section in {"plan", "assessment", "other"}
        and _begins(view.tokens)
    )


# "Raised to 40 mg", of a drug that the words before name.
_TO_A_DOSE = re.compile(
    r"^(?:so |now |dose |and |then |was |is |we |i |have |has |it |this |been |today ){0,4}"
    r"(?:raised?|increased?|upped|doubled|lowered|lower|decreased?|reduced?|cut|halved|changed?|titrated|adjusted"
    r"|went up|brought (?:up|down))"
    r"(?: (?:the |her |his |its |dose |back |up |down |it |today ){0,3})?\s?(?:to|by|from)\b",
    re.IGNORECASE,
)


def _changes_dose_of(line: Line, lines: Sequence[Line]) -> bool:
    """Whether a clause changes the dose of a drug that one of the two clauses before it names, be it in a denial."""
    if not _TO_A_DOSE.search(line.clause.text) or line.view.words.count("inject"):
        return False
    before = [one for one in lines if line.number - 2 <= one.number < line.number]
    return any(words("risk", "drug").found(one.view) or _ENDINGS.search(one.view.words) for one in before)


def _begins(tokens: Sequence[str]) -> bool:
    """Whether the decision's verb stands near the front, as in an order: "started the antibiotic"."""
    return any(
        token.startswith(("start", "stop", "increas", "continu", "switch", "chang", "renew", "refill", "decreas"))
        for token in tokens
    )


def _decides_surgery(line: Line) -> bool:
    view = line.view
    if words("risk", "conditional").found(view) and "if" not in view.tokens:
        return False
    return words("risk", "surgery").found(view) and words("risk", "surgery_decided").found(view)


def _decides_minor(line: Line) -> bool:
    return words("risk", "minor_surgery").found(line.view) and words("risk", "surgery_decided").found(line.view)


def _toxic(lines: Sequence[Line]) -> list[Line]:
    """A drug with toxicity and its monitoring: in one clause, or in the same note's clauses beside each other."""
    drug = [line for line in lines if words("risk", "toxic_drug").found(line.view)]
    watch = [line for line in lines if words("risk", "toxicity").found(line.view)]
    return [*drug, *watch] if drug and watch else []


def _to_hospital(line: Line) -> bool:
    return words("risk", "hospital").found(line.view) and not words("risk", "not_hospital").found(line.view)
