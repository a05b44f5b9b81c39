"""Asking, against what the plain pipeline and llama.cpp alone take: cold, first word, tokens.

Asks the sample practice's own evaluation questions; nothing is recorded as a gap.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assistant.bootstrap import Desk, embedder
from assistant.settings import Practice
from evals.bench.ratios import ROOT, Progress, Ratio, Seconds, by_time, cost_of, told
from evals.items import Item, load_items
from evals.plain_pipeline import MAX_TOKENS, plain_pipeline, prompt_of
from evals.plain_pipeline_run import readable
from evals.run import DEFAULT_AS_OF

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from assistant.ask.answer import Citation
    from assistant.ask.compose import Finding
    from assistant.ask.flow import Asker

_SET = ROOT / "evals" / "sets" / "ask.jsonl"
# What a script of the documentation does to answer its first question from a folder that is there already.
_PLAIN_COLD = """
import sys
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[2], device="cpu", local_files_only=True)
class Wrapped(Embeddings):
    def embed_documents(self, texts):
        return [list(map(float, vector)) for vector in model.encode(texts)]
    def embed_query(self, text):
        return self.embed_documents([text])[0]
from ingest.index.chroma import settings
store = Chroma(collection_name="plain", embedding_function=Wrapped(), client_settings=settings(Path(sys.argv[1])))
assert store.as_retriever(search_kwargs={"k": 4}).invoke(sys.argv[3])
"""


def questions(count: int) -> tuple[Item, ...]:
    """Answerable questions of the set, evenly spread over its subset."""
    items = [item for item in load_items(_SET) if item.subset and item.expect.status == "answered"]
    return tuple(items[place * len(items) // count] for place in range(min(count, len(items))))


def notes_of(desk: Desk, some: int | None) -> Mapping[str, str]:
    """The practice's notes as the plain pipeline gets them; `some`: only so many."""
    knowledge = desk.asker(DEFAULT_AS_OF).knowledge
    ids = [scope.note_id for scope in knowledge.scopes()][:some]
    return {note_id: readable(knowledge.note(note_id)) for note_id in ids}


def bench_cold(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """A process started for one question, against a process that opens Chroma and finds four passages."""
    from ingest.index.embedder import packaged_model_dir

    desk = Desk(practice, keep_gaps=False)
    question = questions(1)[0].question
    asked = [sys.executable, "-m", "assistant.cli", "ask", question, "--model", "off"]
    asked += ["--as-of", DEFAULT_AS_OF.isoformat(), "--practice", str(practice.folder)]
    with plain_pipeline(notes_of(desk, 20 if quick else None), embedder()) as plain:
        found = [sys.executable, "-c", _PLAIN_COLD, str(plain.folder), str(packaged_model_dir()), question]
        rounds = 1 if quick else 3
        cost_of(asked)
        costs = []
        for done in range(rounds):
            costs.append((cost_of(asked), cost_of(found)))
            progress("cold starts", done + 1, rounds)
    for clock, of in (("the clock", "clock"), ("processor time", "processor")):
        mine, other = (Seconds(tuple(getattr(pair[side], of) for pair in costs)) for side in (0, 1))
        yield by_time(
            "cold ask, whole process, model off", mine, "LangChain with Chroma, found only", other, clock=clock
        )


def bench_first_word(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """Until a warm program shows a first word, and until the model's first one, against the plain chain's first one."""
    from assistant.language_model.choose import load_model, resolve_model

    model = load_model(resolve_model("default"))
    assert model is not None
    desk = Desk(practice, keep_gaps=False)
    asker = desk.asker(DEFAULT_AS_OF)
    items = questions(1 if quick else 8)
    firsts: list[tuple[float, float, float]] = []
    with plain_pipeline(notes_of(desk, 20 if quick else None), embedder()) as plain:
        for done, item in enumerate(items, start=1):
            on = item.as_of or DEFAULT_AS_OF
            shown, ours = _first_words(asker, item, on, model)
            started = time.perf_counter()
            next(iter(model.stream(prompt_of(item.question, plain.retrieve(item.question)), max_tokens=MAX_TOKENS)))
            firsts.append((shown, ours, time.perf_counter() - started))
            progress("first words", done, len(items))
    plainly = statistics.median(one[2] for one in firsts)
    for what, place in (("first word of the answer (facts and quotes)", 0), ("first word of the model", 1)):
        mine = statistics.median(one[place] for one in firsts)
        yield Ratio(
            f"{what}, warm",
            told(mine),
            "the plain chain's first word",
            told(plainly),
            mine / plainly,
            f"median of {len(firsts)} questions",
        )


def _first_words(asker: Asker, item: Item, on: date, model: BaseChatModel) -> tuple[float, float]:
    """Seconds until facts and quotes are there, and until the model's first token is; alike where it has no part."""
    from langchain_core.callbacks import BaseCallbackHandler

    from assistant.ask.writer import model_writer
    from assistant.prompts import load_prompt

    tokens: list[float] = []
    found: list[float] = []
    write = model_writer(model, load_prompt("ask"), asker.directory)

    class FirstToken(BaseCallbackHandler):
        """Looks at the clock at each token."""

        def on_llm_new_token(self, *_: Any, **__: Any) -> None:
            tokens.append(time.perf_counter())

    def writer(question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> str | None:
        found.append(time.perf_counter())
        return write(question, findings, citations)

    model.callbacks = [FirstToken()]
    started = time.perf_counter()
    asker.ask(item.question, as_of=on, write=writer)
    ended = time.perf_counter()
    model.callbacks = None
    shown = (found or [ended])[0] - started
    return shown, (tokens[0] - started if tokens else shown)


def bench_tokens(_practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """The same prompt and length through our chat model, streamed, and through llama_cpp alone, as many threads."""
    import llama_cpp

    from assistant.language_model.llama_cpp_chat import LlamaCppChat, sensible_threads
    from assistant.language_model.model_file import default_model_path

    length = 16 if quick else 128
    threads = sensible_threads(os.cpu_count() or 1)
    path = default_model_path()
    chat = LlamaCppChat(model_path=path, threads=threads)
    alone: Any = llama_cpp.Llama(
        model_path=str(path), n_ctx=4096, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    prompt = "Count from one to five hundred in words, without a pause. "

    def ours(number: int) -> tuple[int, float]:
        return _timed_tokens(chat.stream(f"{number}. {prompt}", max_tokens=length))

    def plain(number: int) -> tuple[int, float]:
        text = f"<|im_start|>user\n{number}. {prompt}<|im_end|>\n<|im_start|>assistant\n"
        return _timed_tokens(alone.create_completion(text, max_tokens=length, temperature=0.0, stream=True))

    rates: list[tuple[float, float]] = []
    rounds = 1 if quick else 4
    for number in range(rounds):
        (mine, my_seconds), (other, other_seconds) = ours(number), plain(number)
        rates.append((mine / my_seconds, other / other_seconds))
        progress("tokens", number + 1, rounds)
    best, other_best = max(one[0] for one in rates), max(one[1] for one in rates)
    yield Ratio(
        f"tokens a second, written ({threads} threads)",
        f"{best:.0f}",
        "llama_cpp alone",
        f"{other_best:.0f}",
        best / other_best,
        f"best of {rounds} in turns, {length} tokens; here more is better",
    )


def _timed_tokens(stream: Iterator[Any]) -> tuple[int, float]:
    """How many pieces came after the first, and the seconds between the first and the last."""
    times = [time.perf_counter() for _ in stream]
    return max(1, len(times) - 1), max(1e-9, times[-1] - times[0])
