"""The language model's part of an answer: it writes sentences from facts and passages; grounding decides which stand.

Whatever the model does, the answer that was found without it stays. Imports langchain_core only when a model is used.
The prompt holds nothing but what the answer cites anyway.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.ask.answer import Answer, Citation
from assistant.ask.compose import Finding, Writer
from assistant.ask.grounding import grounded, split_sentences
from assistant.ask.payers import PayerDirectory
from assistant.language_model.errors import AnswerStopped, ForeignModelError, LanguageModelError, ModelSetupError
from assistant.language_model.stopping import current_stop
from assistant.prompts import Prompt

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.runnables import Runnable

Say = Callable[[str], None]

# The small model that comes along says the same thing again when it may say more.
_SENTENCES = 1
_MAX_TOKENS = 80
# A passage beyond this is cut for the model only; the quote in the answer stays whole.
_PASSAGE_WORDS = 160
# A model that knows no bound of ours is not read beyond this.
_MOST_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Given:
    """What a model is given: the question, what each citation number stands for, and the facts with their numbers."""

    question: str
    sources: dict[int, str]
    facts: tuple[str, ...]

    @classmethod
    def of(cls, question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> Given:
        """What an answer of these findings gives a model."""
        sources = sources_of(findings, citations)
        facts = [
            f"[{number}] {fact.sentence}"
            for number in sources
            for finding in findings
            for fact in finding.facts
            if fact.sentence in sources[number]
        ]
        return cls(question, sources, tuple(dict.fromkeys(facts)))


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
    """The path with a model as one Runnable: {question, facts, passages, sources} in, the sentences that stand out.

    Streamed, it gives each sentence when it is written and stands. A model of ours is held to the form by a grammar; of
    any other only the text is taken. Raises LanguageModelError, also for whatever another model raises.
    """
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_core.runnables import RunnableGenerator

    from assistant.language_model.grammars import answer_grammar, terms_of

    def reply(values: dict[str, Any]) -> Iterator[str]:
        filled = prompt.fill({name: values[name] for name in ("question", "facts", "passages")})
        wishes: dict[str, Any] = {}
        if getattr(model, "takes_wishes", False):
            terms = {number: terms_of(text) for number, text in values["sources"].items()}
            wishes = {"grammar": answer_grammar(terms, most_sentences=_SENTENCES), "max_tokens": _MAX_TOKENS}
        length = 0
        ending = current_stop()
        try:
            for chunk in model.stream([SystemMessage(prompt.system), HumanMessage(filled)], **wishes):
                ending.check()
                piece = str(chunk.text)
                length += len(piece)
                yield piece
                if length > _MOST_CHARACTERS:
                    return
        except LanguageModelError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again as an error of ours
            # Another make's errors may quote the prompt: only their kind is told, and none is chained on.
            raise ForeignModelError(
                f"{type(model).__name__}: the chat model failed ({type(error).__name__}); look at its server, its key "
                "and its settings"
            ) from None

    def sentences(inputs: Iterator[dict[str, Any]]) -> Iterator[str]:
        for values in inputs:
            said: dict[str, None] = {}

            def standing(text: str, said: dict[str, None] = said, values: dict[str, Any] = values) -> Iterator[str]:
                kept, _ = grounded(text, values["sources"], question=values["question"], directory=directory)
                for sentence in kept:
                    if sentence not in said:
                        yield f" {sentence}" if said else sentence
                        said[sentence] = None

            written = ""
            for piece in reply(values):
                written += piece
                if "]" in piece:
                    # The last one may still go on.
                    yield from standing(" ".join(split_sentences(written)[:-1]))
            yield from standing(written)

    return RunnableGenerator(sentences)


def model_writer(model: BaseChatModel, prompt: Prompt, directory: PayerDirectory, say: Say | None = None) -> Writer:
    """The writer that `Asker.ask` takes. It returns None when nothing the model wrote stands."""
    write = written_from(model, prompt, directory, say)
    return lambda question, findings, citations: write(Given.of(question, findings, citations))


def written_from(
    model: BaseChatModel, prompt: Prompt, directory: PayerDirectory, say: Say | None = None
) -> Callable[[Given], str | None]:
    """What the model writes of what it is given, as far as it stands; None when nothing does.

    `say` is told each sentence that stands as soon as it is written.
    """
    runnable = chain(model, prompt, directory)

    def write(given: Given) -> str | None:
        from langsmith import tracing_context

        passages = [f"[{number}] {' '.join(text.split()[:_PASSAGE_WORDS])}" for number, text in given.sources.items()]
        values = {
            "question": given.question,
            "facts": "\n".join(given.facts) or "(none)",
            "passages": "\n".join(passages),
            "sources": given.sources,
        }
        written = ""
        # A program that uses Understudy from Python may have tracing switched on, which posts prompts.
        with tracing_context(enabled=False):
            for piece in runnable.stream(values):
                written += piece
                if say is not None:
                    say(piece)
        return written or None

    return write


class Draft:
    """In a writer's place: keeps what a model would be given, and writes nothing. For one question."""

    def __init__(self) -> None:
        self.given: Given | None = None

    def __call__(self, question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> None:
        """As a writer is called; nothing is written."""
        self.given = Given.of(question, findings, citations)


@dataclass(frozen=True, slots=True)
class Writing:
    """The model's part of one answer, still to be done: called, it gives the whole answer.

    `answer` is the answer without the model. `load` gives the model when it is needed; `label` names it. `required`:
    a model that fails ends the question with its error instead of being left out (for measuring).
    """

    answer: Answer
    given: Given
    load: Callable[[], BaseChatModel]
    label: str
    prompt: Prompt
    directory: PayerDirectory
    required: bool = False

    def __call__(self, say: Say | None = None) -> Answer:
        """The answer with what the model wrote and its sources hold, or without it and why. `say` as `model_writer`.

        Raises ModelSetupError where a person must mend the choice of model, AnswerStopped where the answer was stopped.
        """
        started = time.perf_counter()
        try:
            written = written_from(self.load(), self.prompt, self.directory, say)(self.given)
        except (ModelSetupError, AnswerStopped):
            raise
        except LanguageModelError as error:
            if self.required:
                raise
            return without_model(self.answer, error)
        answer = replace(
            self.answer, model=self.label, timings={**self.answer.timings, "model": time.perf_counter() - started}
        )
        if written is None:
            left_out = "What the language model wrote is not what the sources say, and was left out."
            return replace(answer, notices=(*answer.notices, left_out))
        return replace(answer, text=f"{written}\n{answer.text}")


def without_model(answer: Answer, error: LanguageModelError) -> Answer:
    """An answer that was found without the model, saying why the model added nothing."""
    return replace(answer, model=None, notices=(*answer.notices, f"Answered without the language model: {error}"))
