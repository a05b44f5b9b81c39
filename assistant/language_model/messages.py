"""A conversation as plain turns, checked. Knows no model's way of writing it; imports no langchain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from assistant.language_model.errors import MessagesError

Role = Literal["system", "user", "assistant"]

# langchain_core's message types, and OpenAI's role names for the same.
_ROLES: dict[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: who speaks and the plain text."""

    role: Role
    text: str


def turns_of(messages: Iterable[Any]) -> tuple[Turn, ...]:
    """The turns of langchain messages (anything with `type` and `content`).

    Raises MessagesError unless they are: at most one system message, first; then user and assistant in turn, the
    last one the user's; all of them text only. The error names a message by its place, never by its words.
    """
    turns = tuple(_turn(place, message) for place, message in enumerate(messages, start=1))
    spoken = turns[1:] if turns and turns[0].role == "system" else turns
    for place, turn in enumerate(spoken):
        expected: Role = "user" if place % 2 == 0 else "assistant"
        if turn.role != expected:
            number = place + 1 + len(turns) - len(spoken)
            raise MessagesError(
                f"message {number} is the {turn.role}'s where the {expected}'s is due: write at most one system "
                "message first, then user and assistant in turn"
            )
    if not spoken or spoken[-1].role != "user":
        raise MessagesError("the last message must be the user's: there is nothing to answer")
    return turns


def _turn(place: int, message: Any) -> Turn:
    role = _ROLES.get(str(getattr(message, "type", "")))
    if role is None:
        raise MessagesError(f"message {place} is neither system, user nor assistant; tool messages are not supported")
    content = message.content
    if isinstance(content, str):
        return Turn(role, content)
    texts: list[str] = []
    for block in content:
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
            texts.append(block["text"])
        else:
            raise MessagesError(f"message {place} holds something else than text; only text is supported")
    return Turn(role, "".join(texts))
