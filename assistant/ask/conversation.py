"""Questions over turns: what a follow-up means after what was said before, as a question that stands by itself.

Keeps payer, procedure, modifier, denial, date, age, side and what is asked, never the answer's own words. Holds no
state of its own: the caller keeps a ConversationState. Asks nothing; `converse` is handed what asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from assistant.ask.answer import Answer
from assistant.ask.conversation_cues import (
    SourceQuestion,
    new_subject,
    only_polite,
    plain,
    points_back,
    source_question,
    supposes,
    without_lead,
)
from assistant.ask.conversation_merge import Merged, merged
from assistant.ask.conversation_reading import Reader
from assistant.ask.conversation_sources import NoteOf, explained
from assistant.ask.decline import decline

Kind = Literal["ask", "source", "unclear", "noted"]

NOTED = "You are welcome. Ask on, or start with something else."
NOTHING_BEFORE = (
    "There is nothing before this that it could go on from. Name the payer, the procedure and what you want to know, "
    "for example: which modifier does this plan want for 31255 on both sides?"
)
WHICH_DEADLINE = "A deadline for what: the first claim, a corrected claim, an appeal, an authorization?"
# A question grown longer than this by what was hung on it goes on from its payer, codes and topics alone.
_MOST_CARRIED = 400


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What later turns may go on from. A new one is an empty conversation.

    `question` is the last question as understood, `answer` what came. `refused` is a declined request that still
    stands: until a question of its own is asked, whatever follows belongs to it. `pending` is a turn that asked
    something nobody could tell, waiting for the missing word.
    """

    question: str | None = None
    answer: Answer | None = None
    refused: str | None = None
    pending: str | None = None

    @property
    def is_new(self) -> bool:
        """True when nothing was said before."""
        return self.question is None and self.answer is None and self.refused is None and self.pending is None


@dataclass(frozen=True, slots=True)
class Understood:
    """A turn as understood. `question` stands by itself (kind "ask"); `carried` are the words taken from before.

    `about` says what of the last answer is asked (kind "source"); `reply` is what to say (kinds "unclear", "noted").
    """

    kind: Kind
    turn: str
    question: str | None = None
    carried: tuple[str, ...] = ()
    about: SourceQuestion | None = None
    reply: str | None = None

    @property
    def differs(self) -> bool:
        """True when the question asked is not the turn itself: then a person must see it."""
        return self.question is not None and plain(self.question).lower() != plain(self.turn).lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """What one turn brought. `answer` is None when it was unclear or asked nothing; then `text` is all there is."""

    understood: Understood
    text: str
    answer: Answer | None = None

    @property
    def status(self) -> str:
        """The answer's status; "unclear" or "noted" when there is none."""
        return self.answer.status if self.answer else self.understood.kind

    @property
    def understood_as(self) -> str | None:
        """The question as asked, when it is not the turn word for word."""
        return self.understood.question if self.understood.differs else None

    @property
    def hint(self) -> str | None:
        """What a person may do when words carried from before may be why nothing was found."""
        if self.status != "not_in_kb" or not self.understood.carried:
            return None
        carried = ", ".join(self.understood.carried)
        return f"Taken from before: {carried}. If you did not mean that, ask the whole question."

    def as_json(self, as_of: date) -> dict[str, Any]:
        """The names of the `ask` contract, and `understood_as`, `carried`, `hint` beside them."""
        answer = self.answer or Answer("not_in_kb", self.text, as_of)
        return {
            **answer.as_json(),
            "status": self.status,
            "understood_as": self.understood_as,
            "carried": list(self.understood.carried),
            "hint": self.hint,
        }


def understand(state: ConversationState, turn: str, reader: Reader, *, as_of: date) -> Understood:
    """What the turn means after the state. Pure; `as_of` resolves "last year"."""
    if only_polite(turn):
        return Understood("noted", turn, reply=NOTED)
    if decline(turn):
        return Understood("ask", turn, question=turn)
    about = source_question(turn)
    if about:
        if state.answer is None:
            return Understood("unclear", turn, reply=NOTHING_BEFORE)
        return Understood("source", turn, about=about)
    fresh = new_subject(turn)
    if fresh:
        return Understood("ask", turn, question=fresh)
    if state.refused is not None:
        return _after_a_refusal(state.refused, turn, reader, as_of)
    wording = turn
    if state.pending is not None and not _names_whom(reader, turn, as_of):
        wording = f"{without_lead(turn)[0]}, {without_lead(state.pending)[0]}"
    core, led = without_lead(wording)
    said = reader.read(core, as_of=as_of)
    back = points_back(core, names_a_payer=said.has("payer"))
    if state.question is None:
        if _stands_alone(reader, wording, as_of) or not (led or back or not _says_what(reader, wording, as_of)):
            return Understood("ask", turn, question=wording)
        return Understood("unclear", turn, reply=NOTHING_BEFORE)
    before = reader.read(state.question, as_of=as_of)
    found = merged(
        before,
        said,
        reader,
        led=led,
        back=back,
        supposed=supposes(wording),
        bare=len(before.text) > _MOST_CARRIED,
    )
    if found is Merged.WHICH_DEADLINE:
        return Understood("unclear", turn, reply=WHICH_DEADLINE)
    if isinstance(found, Merged):
        return Understood("ask", turn, question=core)
    question, carried = found
    return Understood("ask", turn, question=question, carried=carried)


def _stands_alone(reader: Reader, turn: str, as_of: date) -> bool:
    """True for a turn that names whom or what it is about, and what it asks of it."""
    said = reader.read(without_lead(turn)[0], as_of=as_of)
    subject = said.has("payer", "procedure", "denial", "diagnosis")
    return subject and (said.has("matter", "aspect") or (said.has("payer") and said.has("procedure", "denial")))


def _names_whom(reader: Reader, turn: str, as_of: date) -> bool:
    """True when a turn names its payer and what it asks: what was unclear before is left behind."""
    return reader.read(turn, as_of=as_of).has("payer") and _stands_alone(reader, turn, as_of)


def _says_what(reader: Reader, turn: str, as_of: date) -> bool:
    """True when a first turn has any subject at all: a payer, a procedure, a denial, a word of its own."""
    said = reader.read(turn, as_of=as_of)
    return bool(said.rest) or said.has("payer", "procedure", "denial", "diagnosis")


def _after_a_refusal(refused: str, turn: str, reader: Reader, as_of: date) -> Understood:
    """A question of its own is read by itself and inherits nothing; all else belongs to the declined request."""
    core, led = without_lead(turn)
    said = reader.read(core, as_of=as_of)
    back = points_back(core, names_a_payer=said.has("payer"))
    if said.sentence and not led and not back and _stands_alone(reader, turn, as_of):
        return Understood("ask", turn, question=turn)
    return Understood("ask", turn, question=f"{plain(refused)}; {plain(turn)}", carried=(plain(refused),))


def carried_on(state: ConversationState, understood: Understood, answer: Answer | None) -> ConversationState:
    """The state after a turn and what came of it."""
    if understood.kind == "noted" or understood.kind == "source":
        return state
    if understood.kind == "unclear":
        waits = None if source_question(understood.turn) else understood.turn
        return ConversationState(state.question, state.answer, state.refused, waits)
    assert answer is not None
    if answer.status == "declined":
        # What belongs to a declined request adds nothing to it.
        return ConversationState(
            None, answer, state.refused if understood.carried and state.refused else understood.question
        )
    return ConversationState(understood.question, answer)


def converse(
    state: ConversationState,
    turn: str,
    *,
    reader: Reader,
    as_of: date,
    ask: Callable[[str], Answer],
    note_of: NoteOf,
) -> tuple[Reply, ConversationState]:
    """One turn: understood, asked where something is to be asked, and the state to hold for the next one."""
    return answered(state, understand(state, turn, reader, as_of=as_of), ask=ask, note_of=note_of)


def answered(
    state: ConversationState, understood: Understood, *, ask: Callable[[str], Answer], note_of: NoteOf
) -> tuple[Reply, ConversationState]:
    """What comes of a turn that is understood, and the state to hold for the next one."""
    if understood.kind == "ask":
        assert understood.question is not None
        answer = ask(understood.question)
        return Reply(understood, answer.text, answer), carried_on(state, understood, answer)
    if understood.kind == "source":
        assert understood.about is not None
        assert state.answer is not None
        answer = explained(understood.about, state.answer, note_of)
        return Reply(understood, answer.text, answer), state
    assert understood.reply is not None
    return Reply(understood, understood.reply), carried_on(state, understood, None)
