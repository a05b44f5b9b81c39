"""The language model's part of an answer: it writes sentences from facts and passages; grounding decides which stand.

Imports langchain_core only when a model is used. The prompt holds nothing but what the answer cites anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.ask.answer import Citation
from assistant.ask.flow import Finding, Writer
from assistant.ask.grounding import grounded
from assistant.ask.payers import PayerDirectory
from assistant.prompts import Prompt

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.runnables import Runnable

# The small model that comes along says the same thing again when it may say more.
_SENTENCES = 1
_MAX_TOKENS = 80
# A passage beyond this is cut for the model only; the quote in the answer stays whole.
_PASSAGE_WORDS = 160


def sources_of(findings: Sequence[Finding], citations: Sequence[Citation]) -> dict[int, str]:
    """What each citation number stands for: its facts and its quote, for model and grounding alike."""
    numbers = {(citation.note, citation.quote): citation.n for citation in citations}
    found: dict[int, list[str]] = {}
    for finding in findings:
        number = numbers[(finding.weighed.passage.note.note_id, finding.quote.text)]
        lines = found.setdefault(number, [])
        lines.extend(fact.sentence for fact in finding.facts if fact.sentence not in lines)
        quote = f"{finding.quote.lead}: {finding.quote.text}" if finding.quote.lead else finding.quote.text
        if quote not in lines:
            lines.append(quote)
    return {number: "\n".join(lines) for number, lines in found.items()}


def chain(model: BaseChatModel, prompt: Prompt, directory: PayerDirectory) -> Runnable[dict[str, Any], str]:
    """The path with a model as one Runnable: {question, facts, passages, sources} in, the sentences that stand out."""
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_core.runnables import RunnableLambda

    from assistant.language_model.grammars import answer_grammar, terms_of

    def ask(values: dict[str, Any]) -> dict[str, Any]:
        filled = prompt.fill({name: values[name] for name in ("question", "facts", "passages")})
        grammar = answer_grammar(
            {number: terms_of(text) for number, text in values["sources"].items()}, most_sentences=_SENTENCES
        )
        reply = model.invoke(
            [SystemMessage(prompt.system), HumanMessage(filled)], grammar=grammar, max_tokens=_MAX_TOKENS
        )
        return {**values, "reply": str(reply.content)}

    def keep(values: dict[str, Any]) -> str:
        kept, _ = grounded(values["reply"], values["sources"], question=values["question"], directory=directory)
        return " ".join(dict.fromkeys(kept))

    return RunnableLambda(ask) | RunnableLambda(keep)


def model_writer(model: BaseChatModel, prompt: Prompt, directory: PayerDirectory) -> Writer:
    """The writer that `Asker.ask` takes. It returns None when nothing the model wrote stands."""
    runnable = chain(model, prompt, directory)

    def write(question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> str | None:
        sources = sources_of(findings, citations)
        facts = [
            f"[{number}] {fact.sentence}"
            for number in sources
            for finding in findings
            for fact in finding.facts
            if fact.sentence in sources[number]
        ]
        passages = [f"[{number}] {' '.join(text.split()[:_PASSAGE_WORDS])}" for number, text in sources.items()]
        written = runnable.invoke(
            {
                "question": question,
                "facts": "\n".join(dict.fromkeys(facts)) or "(none)",
                "passages": "\n".join(passages),
                "sources": sources,
            }
        )
        return written or None

    return write
