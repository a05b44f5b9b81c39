"""Writers for the table of what parts are worth: one that remembers what a model wrote, one that writes wrong things.

The wrong one stands for a model at its worst: of every source it writes one sentence as it stands and several with one
thing changed each, so that what is shown can be told to be right or wrong without judging it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.ask.answer import Citation
from assistant.ask.compose import Finding
from assistant.ask.grounding import grounded, split_sentences
from assistant.ask.writer import sources_of
from evals.wording import values, whole

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler

    from assistant.ask.payers import PayerDirectory

_MOST_CHARACTERS = 300
_OTHER_MODIFIER = {"50": "59", "RT": "LT", "LT": "RT", "25": "57", "59": "25", "79": "78", "78": "79"}
_OTHER_UNIT = {
    "days": "months",
    "day": "month",
    "months": "days",
    "unit": "day",
    "units": "days",
    "line": "day",
    "lines": "days",
    "doses": "days",
    "percent": "days",
}
_ROLE = re.compile(rf"\b(\d+) (?:(?:business|calendar) )?({'|'.join(_OTHER_UNIT)})\b")
_DENIES = re.compile(r"\b(?:do not|does not|is not|are not|must not|not|never|no)\s+", re.IGNORECASE)
# What turns a sentence round, the surest first: a verb of the main clause before one that may stand in a condition.
_TURNED = (
    (re.compile(r"\b(must|may|can)\b"), r"\1 not"),
    (re.compile(r"\b(bill|use|send|append|add)\b"), r"never \1"),
    (re.compile(r"\b(needs?|requires?|takes?|pays?|goes)\b"), r"never \1"),
    (re.compile(r"\b(is|are)\b"), r"\1 not"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence of the wrong writer: what was changed (`none`: a true one), and whether grounding let it stand."""

    sentence: str
    changed: str
    stands: bool


@dataclass
class WrongWriter:
    """Fits assistant.ask.flow.Writer. `grounding` off: all it writes is shown."""

    directory: PayerDirectory
    grounding: bool
    written: list[Written] = field(default_factory=list)

    def __call__(self, question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> str | None:
        sources = sources_of(findings, citations)
        shown = []
        for number, source in sources.items():
            for changed, sentence in spoiled(source, self.directory):
                said = f"{sentence.rstrip('.')}. [{number}]"
                kept = grounded(said, sources, question=question, directory=self.directory)[0] if self.grounding else []
                stands = bool(kept) or not self.grounding
                self.written.append(Written(said, changed, stands))
                shown.extend([said] if stands else [])
        return " ".join(shown) or None


def spoiled(source: str, directory: PayerDirectory) -> Iterator[tuple[str, str]]:
    """A sentence of the source that holds a value, first as it is (`none`), then with one thing changed each."""
    sentence = next(
        (one for one in split_sentences(source) if values(one) and len(one) <= _MOST_CHARACTERS and "|" not in one),
        None,
    )
    if sentence is None:
        return
    sentence = sentence.lstrip("-* ")
    yield "none", sentence
    for changed, other in (
        ("value", _other_value(sentence, source)),
        ("role", _other_role(sentence, source)),
        ("polarity", _other_polarity(sentence)),
        ("payer", _other_payer(sentence, source, directory)),
    ):
        if other is not None and other != sentence:
            yield changed, other


def _other_value(sentence: str, source: str) -> str | None:
    """The sentence with its first value made one that its source does not hold."""
    for value in values(sentence):
        # Within a range a changed end may be as true as the whole.
        found = re.search(rf"(?<!-){whole(value)}(?!-\d)", sentence)
        other = _OTHER_MODIFIER.get(value) or _other_number(value)
        if found and other and other not in values(source):
            return f"{sentence[: found.start()]}{other}{sentence[found.end() :]}"
    return None


def _other_number(value: str) -> str | None:
    return str(int(value) + 3) if value.isdigit() and not value.startswith("0") else None


def _other_role(sentence: str, source: str) -> str | None:
    """The sentence with a number of days made months, of units lines: the right number in a wrong place."""
    found = _ROLE.search(sentence)
    if found is None:
        return None
    unit = _OTHER_UNIT[found.group(2)]
    if re.search(rf"\b{found.group(1)} (?:\w+ )?{unit.rstrip('s')}s?\b", source):
        return None
    return f"{sentence[: found.start()]}{found.group(1)} {unit}{sentence[found.end() :]}"


def _other_polarity(sentence: str) -> str | None:
    """The sentence without its first denial, or with one where it had none."""
    if _DENIES.search(sentence):
        return _DENIES.sub("", sentence, count=1)
    return next((verb.sub(turned, sentence, count=1) for verb, turned in _TURNED if verb.search(sentence)), None)


def _other_payer(sentence: str, source: str, directory: PayerDirectory) -> str | None:
    """The sentence said of a payer its source does not name."""
    named = directory.exact(source)
    strange = next((slug for slug in sorted(directory.names) if slug not in named), None)
    if strange is None:
        return None
    before, colon, rest = sentence.partition(": ")
    return f"{directory.display(strange)}: {rest if colon and directory.exact(before) else sentence}"


def recorder(texts: list[str]) -> BaseCallbackHandler:
    """A langchain callback that adds what a chat model wrote, each time it is done, to `texts`."""
    from langchain_core.callbacks import BaseCallbackHandler

    class Recorder(BaseCallbackHandler):
        """Keeps the words only, in memory."""

        def on_llm_end(self, response: Any, **_: Any) -> None:
            texts.append(str(response.generations[0][0].text))

    return Recorder()
