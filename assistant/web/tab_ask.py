"""The Ask tab: a conversation with cited answers as they come, and gaps for what they leave open.

The answer without a model comes first and always; what a model adds follows when its turn has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from assistant.errors import UnderstudyError
from assistant.web.events import event_line
from assistant.web.guard import session_of
from assistant.web.services import Services

if TYPE_CHECKING:
    from assistant.ask.answer import Answer
    from assistant.ask.writer import Writing
    from assistant.web.session import Session

KEY, LABEL = "ask", "Ask"
_THREAD = r"[A-Za-z0-9\-]{1,64}"
_LOOK_AGAIN_SECONDS = 0.3


class Question(BaseModel):
    """What was typed. `as_of` None: today. `thread` names the conversation within this browser's session."""

    question: str = Field(min_length=1, max_length=4000)
    as_of: date | None = None
    thread: str = Field(pattern=f"^{_THREAD}$")


class Unhelpful(BaseModel):
    """A question as it was understood, and the quotes that did not answer it."""

    question: str = Field(min_length=1, max_length=4000)
    as_of: date | None = None
    quotes: list[tuple[str, str]] = Field(default_factory=list, max_length=20)


def routes(services: Services) -> APIRouter:
    """POST /ask streams one JSON event a line; POST /ask/gap keeps a question as a gap by hand."""
    router = APIRouter()

    @router.post("/ask")
    async def ask(asked: Question, request: Request) -> StreamingResponse:
        events = _events(services, session_of(request.scope), asked)
        return StreamingResponse(events, media_type="application/x-ndjson")

    @router.post("/ask/gap")
    async def gap(told: Unhelpful) -> dict[str, Any]:
        on = services.today()
        await services.asking.run(
            services.desk.keep_as_gap, told.question, told.quotes, as_of=told.as_of or on, today=on
        )
        return {"kept": True}

    return router


async def _events(services: Services, session: Session, asked: Question) -> AsyncIterator[str]:
    """First what the notes answer, or how far taking them in has come; then what a model adds."""
    as_of = asked.as_of or services.today()
    state = session.conversations.get(asked.thread)
    work = asyncio.ensure_future(services.converse(state, asked.question, as_of))
    try:
        while not work.done():
            await asyncio.wait((work,), timeout=_LOOK_AGAIN_SECONDS)
            progress = services.progress
            if not work.done() and progress:
                yield event_line({"event": "working", "label": progress[0], "done": progress[1], "total": progress[2]})
        try:
            turn = work.result()
        except UnderstudyError as error:
            yield event_line({"event": "failed", "error": str(error)})
            return
    finally:
        work.cancel()
    session.keep(asked.thread, turn.state)
    reply = turn.reply.as_json(as_of)
    answer = event_line({"event": "answer", "reply": shown(reply, turn.reply.answer), "as_of": str(as_of)})
    end = event_line({"event": "end"})
    if turn.writing is None:
        yield answer + end
        return
    yield answer
    async for event in _written(services, turn.writing, reply):
        yield event_line(event)
    yield end


async def _written(services: Services, writing: Writing, reply: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """The place in the model's line, its sentences as each is found to stand, and the answer with them."""
    from assistant.language_model.errors import LanguageModelError

    try:
        ticket = services.worker.submit(writing)
    except LanguageModelError as error:
        yield {"event": "without_model", "why": str(error)}
        return
    try:
        ahead = -1
        while ticket.state == "waiting":
            if ticket.place() != ahead:
                ahead = ticket.place()
                yield {"event": "place", "ahead": ahead}
            await asyncio.sleep(_LOOK_AGAIN_SECONDS / 3)
        async for sentence in ticket.stream():
            yield {"event": "sentence", "text": sentence}
        answer = await ticket.outcome()
    except LanguageModelError as error:
        yield {"event": "without_model", "why": str(error)}
        return
    finally:
        ticket.cancel()
    kept = {name: reply[name] for name in ("understood_as", "carried")}
    yield {"event": "answer", "reply": shown({**answer.as_json(), **kept}, answer), "as_of": str(answer.as_of)}


def shown(told: dict[str, Any], answer: Answer | None) -> dict[str, Any]:
    """The answer's JSON with what a card says about freshness."""
    for card, citation in zip(told["citations"], answer.citations if answer else (), strict=True):
        card["freshness"] = citation.freshness()
    return told
