"""The language model's part of a proposal: of enumerated candidates with their words it keeps some, and adds nothing.

The policy stands in `Policy`: only where the deterministic choice is unsure, and only a model whose gain was measured.
Imports langchain_core when a model is asked. The prompt holds the candidates and their own words, never the whole note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from assistant.propose.model import ClinicalNote, ProcedureCandidate

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from assistant.prompts import Prompt

Asked = Literal["measured", "unsure", "all"]
# Change of the lines' F1 over the 60 worked cases against the model off, each where the choice is unsure and where
# every candidate is put to it (`understudy eval propose --model default`, evals/README.md). By the model's file name.
MEASURED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"SmolLM2-135M-Instruct.Q4_1.gguf": {"unsure": 0.0, "all": -0.045}}
)
_MOST_CANDIDATES = 40
_MOST_CHARACTERS = 240
_ANSWER_TOKENS = 80
_WORDS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Policy:
    """When the model is asked. `measured`: only where its recorded change is a gain, and then of the unsure candidates.

    `unsure` and `all` ask any model, for measuring it.
    """

    asked: Asked = "measured"

    def asks(self, model_label: str) -> bool:
        """Whether this model is asked at all."""
        return self.asked != "measured" or MEASURED.get(model_label, {}).get("unsure", 0.0) > 0

    def why_not(self, model_label: str) -> str:
        """Why it is not, for people."""
        known = MEASURED.get(model_label, {}).get("unsure")
        if known is None:
            return f"{model_label} is not asked: nobody has measured what it adds to proposals"
        return f"{model_label} is not asked: on the worked cases it changes the lines' F1 by {known:+.3f}"

    def put_to(self, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
        """The candidates that are put to the model; the others stand."""
        if self.asked == "all":
            return list(candidates)
        return [one for one in candidates if one.confidence != "high"]


def model_chooser(
    model: BaseChatModel, prompt: Prompt, policy: Policy
) -> Callable[[ClinicalNote, Sequence[ProcedureCandidate]], Sequence[ProcedureCandidate]]:
    """The chooser that `Proposer.choose` takes. What the model cannot be asked about (too many, too long) stands."""

    def choose(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> Sequence[ProcedureCandidate]:
        put = policy.put_to(candidates)
        if not put or len(put) > _MOST_CANDIDATES:
            return candidates
        kept = _ask(model, prompt, note, put)
        return [one for one in candidates if one not in put or one in kept]

    return choose


def enumerated(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> str:
    """The candidates as the prompt shows them: number, what it is in the library's words, side, and the words."""
    lines = []
    for number, one in enumerate(candidates, start=1):
        side = {"RT": ", right", "LT": ", left"}.get(one.side or "", "")
        words = " / ".join(" ".join(note.text[piece.start : piece.end].split()) for piece in one.evidence)
        lines.append(f"{number}. {_name(one)}{side}: \u201c{words[:_MOST_CHARACTERS]}\u201d")
    return "\n".join(lines)


def _name(candidate: ProcedureCandidate) -> str:
    """What the procedure is, from the heading of its evidence block; its family where the block has none."""
    source = candidate.source.rpartition("#")[2] or candidate.source.rpartition("/")[2]
    return " ".join(_WORDS.findall(source.replace("-", " "))) or candidate.procedure_code


def _ask(
    model: BaseChatModel, prompt: Prompt, note: ClinicalNote, put: Sequence[ProcedureCandidate]
) -> list[ProcedureCandidate]:
    from langchain_core.messages import HumanMessage, SystemMessage

    from assistant.language_model.errors import PromptTooLong
    from assistant.language_model.grammars import choice_grammar

    numbers = range(1, len(put) + 1)
    filled = prompt.fill({"candidates": enumerated(note, put)})
    try:
        reply = model.invoke(
            [SystemMessage(prompt.system), HumanMessage(filled)],
            grammar=choice_grammar(numbers),
            max_tokens=_ANSWER_TOKENS,
        )
    except PromptTooLong:
        return list(put)
    told = {int(number) for number in re.findall(r"\d+", str(reply.content))}
    # A server may not hold to the grammar: what is no answer of its form chooses nothing away.
    if not re.fullmatch(r"\s*keep (?:none|\d+(?:,\d+)*)\s*", str(reply.content)) or not told <= set(numbers):
        return list(put)
    return [one for number, one in zip(numbers, put, strict=True) if number in told]
