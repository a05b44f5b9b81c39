"""A diagnosis while it is weighed against the others of its note, and small questions about codes. Reads no text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from assistant.propose.model import Evidence, Side

# Signs and symptoms: chapter 18, and pains and discharges that stand in the chapters of their organs.
_SYMPTOMS = (
    "R",
    "M25.5",
    "M54.2",
    "M54.5",
    "M54.6",
    "M54.9",
    "M79.6",
    "M79.1",
    "H92",
    "H93.8",
    "N63",
    "L29.9",
    "K59.0",
)
_NO_SYMPTOMS = ("R73.03", "R04.0", "R13.1", "R49.0", "R05.3", "R59", "R22", "R03", "R55")
# What says little: a code for what the tabular list calls unspecified or other, or a sign looked at closely.
ENCOUNTER = "Z"


@dataclass(frozen=True, slots=True)
class Draft:
    """A diagnosis read out of one or more clauses. `firm`: how firmly it is stated (diagnoses_context)."""

    diagnosis_code: str
    title: str
    firm: int
    place: int
    evidence: tuple[Evidence, ...] = field(repr=False)
    sides: frozenset[Side] = frozenset()
    side_open: bool = False
    sure: bool = True
    reserve: bool = False
    treated: bool = False
    words: tuple[str, ...] = field(default=(), repr=False)

    @property
    def category(self) -> str:
        """The three characters before the point."""
        return self.diagnosis_code[:3]

    @property
    def is_symptom(self) -> bool:
        """Whether it is a sign or symptom that a disease may explain."""
        return self.diagnosis_code.startswith(_SYMPTOMS)

    @property
    def is_plain_symptom(self) -> bool:
        """A symptom that is seldom the problem that is treated itself."""
        return self.is_symptom and not self.diagnosis_code.startswith(_NO_SYMPTOMS)

    @property
    def is_vague(self) -> bool:
        """Whether the title says "unspecified"."""
        return self.side_open or "unspecified" in self.title.lower() or " NOS" in self.title


def merged(one: Draft, other: Draft) -> Draft:
    """One draft of two with the same meaning; the code is that of `one`."""
    evidence = tuple(sorted({*one.evidence, *other.evidence}))
    return replace(
        one,
        firm=max(one.firm, other.firm),
        place=min(one.place, other.place),
        evidence=evidence,
        sides=one.sides | other.sides,
        sure=one.sure or other.sure,
        reserve=one.reserve and other.reserve,
        treated=one.treated or other.treated,
    )
