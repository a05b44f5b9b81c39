"""Whether a passage answers a question: the sufficiency decision, as a probability from named features.

The weights stand in sufficiency.toml with the sets they were fitted on (`understudy eval fit`); nothing here is
specific to a practice.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.ask.demands import CODE_WEIGHT, FILING_LIMIT, OFFICE_TOPICS, Demand
from assistant.ask.passage import Passage
from assistant.ask.question import Question

FEATURES = (
    "similarity", "closest", "share", "piece_share",
    "procedure_met", "procedure_missing", "companion_missing", "topic_met", "topic_missing",
    "soft_missing", "value_missing", "words_met", "words_missing", "name_missing", "modifier_missing", "denial_missing",
    "denial_met", "diagnosis_missing", "payer_general", "own_payer_general", "rule", "office",
    "joined_missing", "place_missing", "lexical", "unexplained_similarity", "closest_when_missing",
    "other_procedure", "stands_out", "closest_stands_out", "value_gap", "asked_missing", "question_length",
    "denial_story", "payer_unasked", "word_missing",
)  # fmt: skip
# A code that a passage meets less than this is not spoken of in it: its note, or the plan in general, is.
_SPOKEN_OF = 0.3
# From so many content words on a question counts as long: it tells more than it asks.
_LONG_QUESTION = 10

_EXACT_VALUES = frozenset({"fax", "address", "email", "amount", "money", "form"})
# A passage whose pieces with a value of the wanted kind meet so much less of the matter tells another thing's value.
_ANOTHER_VALUE = 0.7
# Kinds of value that are written in one way only: a passage without a form's name does not tell which form.
_EXACT_WANTS = frozenset({"form", "day", "hours", "fax", "address", "amount", "lines"})
_CONTACT = "contact (contact)"
# Matters whose days are never another matter's days: how long one may appeal is not how long one may file.
_EXACT_ROLES = frozenset(
    {"appeal", "appeal-second", "corrected-claim", "refund", "turnaround", FILING_LIMIT, "timely-filing"}
)
# Topics that have few ways to be written: a passage without one of them does not speak of it.
_EXACT_TOPICS = frozenset(
    {
        "yearly",
        "appeal-second",
        "payer-id",
        "copay",
        "ndc",
        "locum",
        "resident",
        "assistant-surgeon",
        "abn",
        "interest",
        "decision-for-surgery",
        "one-side",
        "modifier",
        "units",
        "referral",
        "corrected-claim",
        "peer-to-peer",
        "frequency",
        "validity",
        "authorization",
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each feature, the constant, and the probability from which a passage may answer."""

    constant: float
    by_feature: dict[str, float]
    accept: float
    fitted_on: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A passage with the demands on it, its features and the probability that it answers (0 to 1)."""

    passage: Passage
    demands: tuple[Demand, ...]
    features: dict[str, float]
    probability: float

    @property
    def refused_by(self) -> Demand | None:
        """The demand for which nothing else will do and which the passage does not meet; None when there is none.

        A code, modifier or denial code the question names, a name with digits in it, a fax number, a copay: a passage
        that does not hold it answers another question, however close it is.
        """
        for demand in self.demands:
            of_own = demand.kind == "own payer" or (demand.kind == "code" and demand.weight >= CODE_WEIGHT)
            if of_own and demand.met < _SPOKEN_OF:
                return demand
            if demand.met == 0 and (
                demand.kind in ("modifier", "denial code", "acronym")
                or (demand.kind == "wanted" and demand.name in _EXACT_WANTS)
                or (demand.kind == "wanted" and demand.name == "contact" and not self.asks_of_a_procedure)
                or (demand.kind == "subject" and self.of_another_procedure)
                or (demand.kind == "name" and any(character.isdigit() for character in demand.name))
                or (demand.kind == "value" and demand.name.split(" ")[0] in _EXACT_VALUES)
                or (demand.name == _CONTACT and not self.asks_of_a_procedure)
                or (demand.kind in ("topic", "soft topic") and demand.name in _EXACT_TOPICS)
                or (demand.kind == "joined" and demand.name.split(" ")[0] in _EXACT_ROLES)
                or (demand.kind == "place" and not self.asks_more_than_place)
            ):
                return demand
        if self.features["value_gap"] >= _ANOTHER_VALUE:
            return next(demand for demand in self.demands if demand.kind == "wanted")
        return None

    @property
    def asks_more_than_place(self) -> bool:
        """True when the place of service is a circumstance of the question, not what it is about."""
        return any(
            demand.kind in ("topic", "soft topic", "value", "modifier") and demand.name != "place-of-service"
            for demand in self.demands
        )

    @property
    def of_another_procedure(self) -> bool:
        """True when nothing in the passage speaks of a code or procedure that is asked about."""
        asked = [demand.met for demand in self.demands if demand.kind in ("code", "procedure")]
        return bool(asked) and max(asked) < _SPOKEN_OF

    @property
    def asks_of_a_procedure(self) -> bool:
        """True when a code, procedure or modifier is asked about: who was called is then a circumstance."""
        return any(demand.kind in ("code", "procedure", "modifier") for demand in self.demands)

    @property
    def missing(self) -> tuple[str, ...]:
        """The demands that nothing in the passage meets."""
        return tuple(str(demand) for demand in self.demands if demand.met == 0)


@cache
def load_weights() -> Weights:
    """The weights of this installation."""
    raw = tomllib.loads(Path(__file__).with_name("sufficiency.toml").read_text(encoding="utf-8"))
    return Weights(raw["constant"], dict(raw["weights"]), raw["accept"], raw["fitted_on"])


def share_met(demands: Sequence[Demand]) -> float:
    """The share of the demands that is met, by weight; 0 when there is none."""
    total = met = 0.0
    for demand in demands:
        total += demand.weight
        met += demand.weight * demand.met
    return met / total if total else 0.0


@dataclass(slots=True)
class _OfKind:
    """The demands of one kind summed up: by weight what is asked, met and missed, by number what is met and lacking."""

    weight: float = 0.0
    met: float = 0.0
    missed: float = 0.0
    met_times: float = 0.0
    lacking: float = 0.0
    most_met: float = 0.0
    most_missed: float = 0.0


def _by_kind(demands: Sequence[Demand]) -> dict[str, _OfKind]:
    found: dict[str, _OfKind] = {}
    for demand in demands:
        one = found.get(demand.kind)
        if one is None:
            one = found[demand.kind] = _OfKind()
        weight, met = demand.weight, demand.met
        missed = weight * (1.0 - met)
        one.weight += weight
        one.met += weight * met
        one.missed += missed
        one.met_times += met
        one.lacking += 1.0 - met
        one.most_met = max(one.most_met, met)
        one.most_missed = max(one.most_missed, missed)
    return found


def features_of(
    question: Question,
    demands: Sequence[Demand],
    *,
    closest: float,
    piece_share: float,
    similarity: float,
    lexical_rank: int | None,
    has_rule: bool,
    names_procedures: bool,
    stands_out: float,
    closest_stands_out: float,
    value_gap: float,
    tells_of_a_denial: bool,
    payers_own: bool,
) -> dict[str, float]:
    """The features of a passage. `similarity` is the cosine of the whole, `closest` that of its nearest piece,
    `piece_share` the share of the demands that one piece meets by itself; `lexical_rank` counts from 0.
    `names_procedures`: the passage or its note is about certain procedures; `stands_out` and
    `closest_stands_out`: how far the two are above the question's cosine to the practice's nearer rows;
    `value_gap`: how much less of the matter the pieces meet that hold a value of a wanted kind;
    `tells_of_a_denial`: the note is the practice's own story of a denial; `payers_own`: it is about certain payers."""

    kinds = _by_kind(demands)

    def missing(*names: str) -> float:
        return min(2.0, sum(kinds[name].lacking for name in names if name in kinds))

    def mean(*names: str) -> float:
        chosen = [kinds[name] for name in names if name in kinds]
        weight = sum(one.weight for one in chosen)
        return sum(one.met for one in chosen) / weight if weight else 1.0

    def of(*names: str) -> bool:
        return any(name in kinds for name in names)

    share = share_met(demands)
    asked_words = [kinds[name] for name in ("word", "asked", "name") if name in kinds]
    return {
        "similarity": similarity,
        "closest": closest,
        "share": share,
        "piece_share": piece_share,
        "procedure_met": mean("code", "procedure") if of("code", "procedure") else 0.0,
        "procedure_missing": missing("code", "procedure"),
        "companion_missing": missing("companion"),
        "topic_met": mean("topic") if of("topic") else 0.0,
        "topic_missing": missing("topic"),
        "soft_missing": missing("soft topic"),
        "value_missing": missing("value"),
        "words_met": mean("word", "asked", "name"),
        "words_missing": min(4.0, sum(kinds[name].missed for name in ("word", "asked") if name in kinds)),
        "name_missing": missing("name"),
        "modifier_missing": missing("modifier"),
        "denial_missing": missing("denial code"),
        "denial_met": kinds["denial code"].met_times if "denial code" in kinds else 0.0,
        "diagnosis_missing": missing("diagnosis"),
        "payer_general": missing("payer"),
        "own_payer_general": missing("own payer"),
        "joined_missing": missing("joined"),
        "place_missing": missing("place"),
        "rule": float(has_rule),
        "office": float(bool(OFFICE_TOPICS.intersection(question.topics))),
        "lexical": 0.0 if lexical_rank is None else 1.0 / (1.0 + lexical_rank),
        "unexplained_similarity": similarity if sum(one.weight for one in asked_words) > 1.5 else 0.0,
        "closest_when_missing": closest if missing("topic", "procedure", "code") else 0.0,
        "other_procedure": float(
            names_procedures
            and max((kinds[name].most_met for name in ("code", "procedure") if name in kinds), default=1.0) < _SPOKEN_OF
        ),
        "stands_out": stands_out,
        "closest_stands_out": closest_stands_out,
        "value_gap": value_gap,
        "asked_missing": missing("asked"),
        # What happened to one claim answers a question about denials; others it answers by the way at best.
        "denial_story": float(tells_of_a_denial and not question.carcs and not question.asks("denial")),
        # What one payer wants is at best an example for whoever names none.
        "payer_unasked": float(payers_own and not question.payers),
        "word_missing": max((one.most_missed for one in asked_words), default=0.0),
        "question_length": min(_LONG_QUESTION, len(question.content)) / _LONG_QUESTION,
    }


def probability(features: dict[str, float], weights: Weights) -> float:
    """The probability that a passage with these features answers."""
    total, by_feature = weights.constant, weights.by_feature
    for name, value in features.items():
        total += by_feature[name] * value
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
