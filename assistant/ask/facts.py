"""Rule blocks that answer a question, as facts with a sentence that always states the condition.

A fact is what the note's own rule says; nothing is inferred from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from assistant.ask.lexicon import Lexicon
from assistant.ask.passage import Passage, rule_modifiers, rule_topics
from assistant.ask.question import Question
from assistant.rules.block_text import sentence
from ingest.codes import CodeSet
from ingest.notes.model import KbNote, NumberRange, RuleBlock

# Topics that a rule block can answer. A question about anything else is not answered by a rule.
_RULE_TOPICS = frozenset(
    "modifier units timely-filing deadline authorization document place-of-service diagnosis both-sides one-side age "
    "global-period denial waste interpretation abn".split()
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One matched rule of one note. Dates are inclusive; None means unbounded."""

    rule: RuleBlock
    note: KbNote
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """The fact under the names of the `ask` contract."""
        rule = self.rule
        return {
            "rule": rule.rule_id,
            "note": self.note.note_id,
            "payers": list(self.note.payers),
            "codes": [str(code_range) for code_range in rule.when.codes] if rule.when else [],
            "when": when_json(rule),
            "require": _require_json(rule),
            "forbid": _forbid_json(rule),
            "units_max": rule.units_max,
            "file_within_days": rule.file_within_days,
            "severity": rule.severity,
            "effective_from": _iso(self.note.effective_from),
            "effective_through": _iso(self.note.effective_through),
            "sentence": self.sentence,
        }


def matching_rules(question: Question, passage: Passage, *, lexicon: Lexicon) -> list[RuleBlock]:
    """The rules within the passage that speak to the question."""
    return [rule for rule in passage.rules if _speaks(question, rule, lexicon)]


def fact_of(rule: RuleBlock, note: KbNote, payer_names: tuple[str, ...]) -> Fact:
    """The fact of one rule. `payer_names` are the names people know the note's payers by."""
    return Fact(rule, note, sentence(rule, payer_names=payer_names))


def _speaks(question: Question, rule: RuleBlock, lexicon: Lexicon) -> bool:
    topics = rule_topics(rule)
    asked = _RULE_TOPICS.intersection(question.topics)
    demanded = frozenset(question.topics) - frozenset(
        {"denial", "both-sides", "one-side", "age", "global-period", "deadline"}
    )
    if demanded and not (asked & topics) and not demanded <= {"denial"}:
        return False
    wanted = CodeSet(
        (
            *question.codes.ranges,
            *(code_range for name in question.procedures for code_range in lexicon.procedures[name].codes),
        )
    )
    when = rule.when
    if when and when.codes:
        if not when.codes.overlaps(wanted):
            return False
    elif not asked & topics:
        return False
    if when:
        if question.asks("both-sides") and when.bilateral is False:
            return False
        if question.asks("one-side") and not question.asks("both-sides") and when.bilateral is True:
            return False
        if question.age is not None and when.age is not None and question.age not in when.age:
            return False
    if question.modifiers and topics <= {"modifier", "both-sides", "global-period", "age"}:
        from assistant.ask.demands import modifier_group

        return any(modifier_group(modifier) & rule_modifiers(rule) for modifier in question.modifiers)
    return True


def when_json(rule: RuleBlock) -> dict[str, Any]:
    """The rule's conditions under the names a note uses; {} when it has none."""
    when = rule.when
    if when is None:
        return {}
    found: dict[str, Any] = {
        "codes": [str(code_range) for code_range in when.codes],
        "modifiers": list(when.modifiers),
        "with": [str(code_range) for code_range in when.with_codes],
        "without": [str(code_range) for code_range in when.without_codes],
        "diagnoses": list(when.diagnoses),
        "places": list(when.places),
        "bilateral": when.bilateral,
        "units": _range(when.units),
        "age": _range(when.age),
        "sex": when.sex,
        "new-patient": when.new_patient,
    }
    if when.days_since:
        found["days-since"] = {
            "codes": [str(code_range) for code_range in when.days_since.codes],
            "days": str(when.days_since.days),
        }
    return {key: value for key, value in found.items() if value not in (None, [], "")}


def _require_json(rule: RuleBlock) -> dict[str, Any]:
    require = rule.require
    if require is None:
        return {}
    found = {
        "modifiers": list(require.modifiers),
        "units": require.units,
        "places": list(require.places),
        "diagnoses": list(require.diagnoses),
        "authorization": require.authorization or None,
        "documentation": list(require.documentation),
        "attachments": list(require.attachments),
    }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _forbid_json(rule: RuleBlock) -> dict[str, Any]:
    forbid = rule.forbid
    if forbid is None:
        return {}
    found = {
        "modifiers": list(forbid.modifiers),
        "units": forbid.units,
        "places": list(forbid.places),
        "diagnoses": list(forbid.diagnoses),
        "codes": [str(code_range) for code_range in forbid.codes],
    }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _range(number_range: NumberRange | None) -> str | None:
    return None if number_range is None else str(number_range)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
