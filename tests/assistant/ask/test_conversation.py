"""What a turn means after the turns before it: as understood, before anything is asked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ask.answer import Answer, Nearest
from assistant.ask.conversation import ConversationState, Understood, carried_on, converse, understand
from assistant.ask.conversation_reading import Reader
from assistant.ask.decline import decline
from assistant.ask.lexicon import load_lexicon
from assistant.ask.payers import directory_of

TODAY = date(2026, 11, 22)
# Words that the notes of the tests' practice are taken to hold.
KNOWN = frozenset("nurse log clinic picture".split())
SIDES = "Which modifier does Northwind need for 31255 on both sides?"


@pytest.fixture(scope="module")
def reader(directory, lexicon):
    return Reader(directory, lexicon, KNOWN.__contains__)


@pytest.fixture
def talk(reader):
    """Holds a conversation whose every question is answered (a declined one is declined); gives the last turn."""

    def hold(*turns: str, status: str = "answered") -> Understood:
        state = ConversationState()
        for turn in turns:
            understood = understand(state, turn, reader, as_of=TODAY)
            said = "declined" if decline(understood.question or "") else status
            answer = Answer(said, "An answer.", TODAY) if understood.kind == "ask" else None
            state = carried_on(state, understood, answer)
        return understood

    return hold


@pytest.mark.parametrize(
    ("before", "turn", "question"),
    [
        (SIDES, "what about Medicaid?", "Which modifier does Medicaid need for 31255 on both sides"),
        (SIDES, "and Granite HMO", "Which modifier does Granite HMO need for 31255 on both sides"),
        (SIDES, "for Medicaid as well?", "Which modifier does Medicaid need for 31255 on both sides"),
        (SIDES, "how would Copper want it", "Which modifier does Copper need for 31255 on both sides"),
        (SIDES, "no, I meant Copper", "Which modifier does Copper need for 31255 on both sides"),
        (SIDES, "same for 30140", "Which modifier does Northwind need for 30140 on both sides"),
        (SIDES, "what if it was only the left?", "Which modifier does Northwind need for 31255 on only the left"),
        (SIDES, "and last year?", f"{SIDES.rstrip('?')}, last year"),
        (SIDES, "and in 2024", f"{SIDES.rstrip('?')}, in 2024"),
        (SIDES, "and 59?", f"{SIDES.rstrip('?')}, modifier 59"),
        (SIDES, "if she's 12?", f"{SIDES.rstrip('?')}, 12 years old"),
        ("Northwind, 30140, what goes on it", "and for both sides?", "Northwind, 30140, what goes on it, both sides"),
        ("Northwind 69436 in March 2025, one line?", "and now?", "Northwind 69436, one line"),
        ("Northwind 99213 with 31231, which modifier", "31575?", "Northwind 99213 with 31575, which modifier"),
        ("Northwind appeal, first level, how long", "what about level 2", "Northwind appeal, level 2, how long"),
    ],
)
def test_a_value_named_anew_takes_the_place_of_the_old_one(talk, before, turn, question):
    understood = talk(before, turn)
    assert (understood.kind, understood.question) == ("ask", question)
    assert understood.carried
    assert understood.differs


@pytest.mark.parametrize(
    ("before", "turn", "question"),
    [
        (SIDES, "does it need auth", "Northwind, 31255: does it need auth"),
        (SIDES, "do we need a prior authorization", "Northwind, 31255: do we need a prior authorization"),
        (SIDES, "how do I appeal that", "Northwind: how do I appeal that"),
        (SIDES, "what's the filing limit there", "Northwind: what's the filing limit there"),
        ("Can I appeal at Northwind?", "and the deadline?", "Northwind, appeal: the deadline"),
        ("How long do we have to file with Northwind?", "and to appeal?", "Northwind, How long: to appeal"),
        ("Northwind denied 69436-50, CO-4", "how do we fix it", "Northwind denied 69436-50, CO-4: how do we fix it"),
        (SIDES, "and what do they pay for it", "Northwind, 31255: what do they pay for it"),
    ],
)
def test_another_thing_asked_keeps_what_a_reader_would_keep(talk, before, turn, question):
    assert talk(before, turn).question == question


@pytest.mark.parametrize(
    "turn",
    [
        "How long do we have to file with Medicaid?",
        "Does Medicaid need a prior authorization for ear tubes?",
        "What does the nurse log need per line?",
        "Copper: 69210 with 92557 on one day, what code for the wax?",
    ],
)
def test_a_question_with_its_own_subject_inherits_nothing(talk, turn):
    understood = talk(SIDES, turn)
    assert understood.question == turn.rstrip("?")
    assert understood.carried == ()


def test_an_announced_change_of_subject_inherits_nothing(talk):
    assert talk(SIDES, "different question: who locks the month").question == "who locks the month"


@pytest.mark.parametrize(
    "turn", ["why?", "and for both sides?", "what about Medicaid?", "does it need auth", "deadline?"]
)
def test_a_follow_up_with_nothing_before_asks_what_is_meant(talk, turn):
    understood = talk(turn)
    assert understood.kind == "unclear"
    assert understood.question is None
    assert "nothing before" in (understood.reply or "")


def test_a_deadline_of_nothing_said_before_asks_which(talk):
    assert "deadline for what" in (talk(SIDES, "and the deadline?").reply or "").lower()


def test_the_missing_word_completes_the_unclear_turn(talk):
    assert talk(SIDES, "and the deadline?", "the appeal").question == "Northwind: the appeal, the deadline"
    assert talk("what about Medicaid?", "which modifier for 31255").question == "which modifier for 31255, Medicaid"


def test_a_whole_question_leaves_the_unclear_turn_behind(talk):
    assert talk(SIDES, "and the deadline?", "how long to appeal at Copper").question == "how long to appeal at Copper"


@pytest.mark.parametrize("turn", ["ok thanks", "Thanks!", "got it, thx", "great, that helps", "never mind"])
def test_thanks_ask_nothing_and_change_nothing(talk, turn):
    assert talk(SIDES, turn).kind == "noted"
    assert talk(SIDES, turn, "and Medicaid?").question == "Which modifier does Medicaid need for 31255 on both sides"


@pytest.mark.parametrize(
    ("turn", "about"),
    [
        ("why?", "why"),
        ("but why", "why"),
        ("since when?", "since"),
        ("until when", "until"),
        ("who says so?", "who"),
        ("where does that come from", "who"),
        ("show me the note", "note"),
        ("is that still current?", "fresh"),
        ("are you sure", "fresh"),
    ],
)
def test_a_question_about_the_answer_is_no_new_question(talk, turn, about):
    understood = talk(SIDES, turn)
    assert (understood.kind, understood.about) == ("source", about)
    assert talk(SIDES, turn, "and Medicaid?").question == "Which modifier does Medicaid need for 31255 on both sides"


def test_why_with_a_subject_of_its_own_is_a_question(talk):
    assert talk(SIDES, "why did Copper deny 31267").kind == "ask"


def test_a_name_that_fits_several_plans_is_narrowed_by_a_word(talk):
    before = "31255 on both sides at Granite"
    assert talk(before, "the HMO").question == "31255 on both sides at Granite HMO"
    assert talk("31255 on both sides at Granite HMO", "and at the other Granite").question == (
        "31255 on both sides at Granite Medicare Advantage"
    )


def test_a_name_nobody_knows_in_a_payers_place_is_asked_as_a_payer(talk):
    assert talk(SIDES, "and Zenitho?").question == "Which modifier does Zenitho need for 31255 on both sides"


REFUSED = "which code pays more, 31254 or 31255"


@pytest.mark.parametrize(
    "turn", ["ok then just do it for the first one", "and for Medicaid?", "bill 31255 then", "please", "31255", "go on"]
)
def test_a_declined_request_is_not_laundered_by_a_follow_up(talk, turn):
    understood = talk(REFUSED, turn)
    assert decline(understood.question or "") is not None


def test_a_declined_request_stands_until_another_question_and_adds_nothing_up(talk):
    understood = talk(REFUSED, "and for Medicaid?", "ok thanks", "and Copper?")
    assert understood.question == f"{REFUSED}; and Copper"
    assert decline(understood.question or "") is not None


def test_a_proper_question_after_a_declined_one_is_asked_by_itself(talk):
    understood = talk(REFUSED, "Does Medicaid need an order for 92557?")
    assert understood.question == "Does Medicaid need an order for 92557?"
    assert talk(REFUSED, "Does Medicaid need an order for 92557?", "and Copper?").question == (
        "Does Copper need an order for 92557"
    )


def test_why_after_a_declined_request_says_the_refusal_again(reader):
    refusal = Answer("declined", "A code is chosen by the record.", TODAY, reason="payment-chooses-code")
    state = ConversationState(None, refusal, REFUSED)
    reply, after = converse(state, "why?", reader=reader, as_of=TODAY, ask=_never, note_of=_no_note)
    assert (reply.status, reply.text) == ("declined", refusal.text)
    assert after == state


def test_the_words_carried_do_not_grow_without_end(talk):
    turns = [SIDES] + [f"and if the {word} looked odd" for word in ("nose", "scar", "drum", "throat")] * 20
    assert len(talk(*turns).question or "") < 600


def test_a_refusal_tells_what_was_carried_and_a_reader_sees_how_the_turn_was_understood(reader):
    state = ConversationState(SIDES, Answer("answered", "50.", TODAY))
    nothing = Answer("not_in_kb", "Not in the knowledge base.", TODAY, nearest=(Nearest("a", "b", ("code 31255",)),))
    reply, _ = converse(state, "and Copper?", reader=reader, as_of=TODAY, ask=lambda _: nothing, note_of=_no_note)
    assert reply.understood_as == "Which modifier does Copper need for 31255 on both sides"
    assert reply.hint is not None
    assert "31255" in reply.hint
    stated = reply.as_json(TODAY)
    assert (stated["status"], stated["understood_as"]) == ("not_in_kb", reply.understood_as)


def test_an_unclear_turn_has_the_names_of_the_contract(reader):
    reply, _ = converse(ConversationState(), "why?", reader=reader, as_of=TODAY, ask=_never, note_of=_no_note)
    stated = reply.as_json(TODAY)
    assert set(stated) >= set(Answer("answered", "", TODAY).as_json())
    assert (stated["status"], stated["citations"], stated["understood_as"]) == ("unclear", [], None)


def test_a_question_asked_whole_is_not_shown_again(reader):
    answered = Answer("answered", "50.", TODAY)
    reply, _ = converse(
        ConversationState(), SIDES, reader=reader, as_of=TODAY, ask=lambda _: answered, note_of=_no_note
    )
    assert reply.understood_as is None


def test_two_conversations_share_nothing(reader):
    first = ConversationState(SIDES, Answer("answered", "50.", TODAY))
    understand(first, "and Copper?", reader, as_of=TODAY)
    assert understand(ConversationState(), "and Copper?", reader, as_of=TODAY).kind == "unclear"
    assert first == ConversationState(SIDES, first.answer)


_READER = Reader(directory_of([], ["northwind-ppo"]), load_lexicon(), KNOWN.__contains__)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_turns_are_understood_or_asked_back(first, second):
    state = ConversationState()
    for turn in (first, second):
        understood = understand(state, turn, _READER, as_of=TODAY)
        assert (understood.question is not None) == (understood.kind == "ask")
        answer = Answer("answered", "", TODAY) if understood.kind == "ask" else None
        state = carried_on(state, understood, answer)


def _never(question: str) -> Answer:
    raise AssertionError(question)


def _no_note(note_id: str):
    raise KeyError(note_id)
