"""A follow-up and the question before it, put together into one question in words.

Replaces what the follow-up names anew, keeps what a reader would keep, and says when it cannot tell. Asks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import Enum

from assistant.ask.conversation_cues import plain, says_beside, says_other, without_preposition
from assistant.ask.conversation_reading import VALUES, Piece, Reader, Said, Slot
from ingest.codes import CodeSet

# Asked about these, the procedure of the question before is still meant; all other matters are the payer's or the
# office's own (a portal, an appeal), and a code carried into them would only narrow the search.
_OF_A_PROCEDURE = frozenset(
    "modifier units authorization document global-period frequency waste interpretation diagnosis denial validity "
    "turnaround referral abn assistant-surgeon".split()
)
# Of these a full question that names another payer still means the procedure before.
_OF_THE_LINE = frozenset("modifier units authorization global-period".split())
# Matters of the house: no payer of the question before is meant.
_OF_THE_HOUSE = frozenset("month-end credentialing payment-posting password remittance refund".split())
# Of what a deadline may be; of anything else it must be asked.
_HAS_A_DEADLINE = frozenset(
    "timely-filing appeal appeal-second corrected-claim authorization referral document refund medical-records-fee "
    "peer-to-peer month-end credentialing validity turnaround eligibility".split()
)
# Of what is asked, these stay when something else is asked about: "how long", "how many".
_OF_ANY_MATTER = frozenset(("deadline", "count"))
# Asked what a thing pays, the earlier matter is not meant, only its procedure.
_OF_MONEY = frozenset(("amount", "price"))
_OF_REACHING = frozenset(("contact", "fax", "email", "address"))
_OF_A_PAYER = _OF_REACHING | _OF_MONEY | {"deadline"}
# So few words without a question word go on from what was said.
_MOST_WORDS_OF_A_FRAGMENT = 3
# What belongs to a request, an appeal or a correction asked about before.
_OF_A_REQUEST = frozenset(("document", "turnaround", "validity"))
_REQUESTS = frozenset(("authorization", "referral", "appeal", "appeal-second", "corrected-claim", "denial", "refund"))
_VISITS = CodeSet.parse(["99202-99499"])
_SIDED = frozenset(("modifier", "units"))
_DONE_WHERE = re.compile(r"\bwhere\b.{0,30}\b(?:done|performed|do it|do that|do this|happen|place)\b", re.I)
_SENT = re.compile(r"\b(?:send|submit|bill|file|get) (?:it|that|this|them|the claim|the bill)\b(?: in)?", re.I)
_JOINED = re.compile(r"\b(?:with|after|beside|besides|next to|plus|following|post|within|of|on the day of)\b", re.I)
_NUMBER = re.compile(r"\d")
_BEFORE_A_VALUE = re.compile(r"\b(?:in|on|at|for|with|since|from|of|during|back in) +\Z", re.I)
# What is asked of this office is asked of no payer.
_HERE = re.compile(
    r"\b(?:here(?! in\b)|(?:in|at|by) (?:this|our) (?:office|clinic|practice)|our (?:own )?(?:price|fee|charge)s?"
    r"|(?:do|should|may|can) we charge)\b",
    re.I,
)
_TODAY = re.compile(r"\b(?:now|today|nowadays|these days|currently|at the moment|this year)\b", re.I)


class Merged(Enum):
    """Why a turn was not put together with the one before."""

    BY_ITSELF = 1
    WHICH_DEADLINE = 2


def merged(
    before: Said, said: Said, reader: Reader, *, led: bool, back: bool, supposed: bool, bare: bool
) -> tuple[str, tuple[str, ...]] | Merged:
    """The whole question and the words carried into it.

    `led`: the turn hangs on the one before by its first words ("and", "what about"); `back`: a word points back ("it").
    `supposed`: it names a circumstance ("what if ..."). `bare`: of the question before its pieces alone are kept.
    """
    if bare:
        before = before.pieces_alone()
    said = _payer_in_context(before, said, reader)
    matters, aspects = said.names("matter"), said.names("aspect")
    hangs = led or back or (not said.sentence and len(said.text.split()) <= _MOST_WORDS_OF_A_FRAGMENT)
    if said.rest and not hangs:
        of_a_payer = (matters - _OF_THE_HOUSE) | (aspects & _OF_A_PAYER)
        if _HERE.search(said.text):
            of_a_payer = frozenset()
        if (said.sentence and not of_a_payer) or _names_its_own(said):
            return Merged.BY_ITSELF
        if not said.sentence and not said.has(*VALUES):
            return Merged.BY_ITSELF
    old = before.names("matter")
    if (
        said.sentence
        and not matters
        and not aspects
        and said.has("place")
        and not _NUMBER.search(said.words_of("place"))
    ):
        return _headed(before, said, [slot for slot in ("payer", "procedure", "date") if not said.has(slot)])
    if not matters and aspects and not supposed:
        return _another_aspect(before, said, hangs=hangs)
    if matters and (said.sentence or not matters & old):
        return _another_matter(before, said, hangs=hangs)
    if said.sentence and said.has("payer") and said.has("procedure", "denial"):
        return Merged.BY_ITSELF
    if said.sentence and (said.rest or not said.has(*VALUES)):
        return _asked_of_the_same(before, said)
    if said.sentence and not hangs and not said.has("payer") and said.has("procedure", "modifier"):
        return _asked_of_the_payer(before, said, reader)
    if bare:
        return _asked_of_the_same(before, said, with_topics=True)
    return _same_question(before, said, reader)


def _narrows(before: Said, said: Said, reader: Reader) -> bool:
    """True when the turn says by name what the question before says by number ("established patient", 99213)."""
    by_number = reader.codes_of(before, names=False)
    return not reader.codes_of(said, names=False) and reader.codes_of(said).overlaps(by_number)


def _payer_in_context(before: Said, said: Said, reader: Reader) -> Said:
    """A payer named by what only the question before makes clear: "the HMO" after "Summit", a name nobody knows."""
    old = before.of("payer")
    if not old:
        return said
    if said.has("payer"):
        others = said.names("payer") - before.names("payer")
        if says_other(said.text) and len(said.of("payer")) == 1 and len(others) == 1 < len(said.names("payer")):
            (slug,) = others
            return reader.renamed(said, slug)
        return said
    fragment = without_preposition(said.text)
    if said.sentence or not fragment or said.has(*VALUES, "matter", "aspect"):
        return said
    for word in dict.fromkeys((before.words_of("payer"), *before.words_of("payer").split())):
        slugs, alone = (
            set(reader.directory.read(name, reader.lexicon, reader.knows).slugs)
            for name in (f"{word} {fragment}", word)
        )
        narrower = slugs < set(old[0].names) if len(old[0].names) > 1 else not slugs & set(old[0].names)
        if len(slugs) == 1 and narrower and slugs != alone:
            (slug,) = slugs
            return reader.read_as_payer(reader.directory.display(slug), (slug,))
    if len(fragment.split()) <= _MOST_WORDS_OF_A_FRAGMENT and reader.names_a_stranger(fragment):
        return reader.read_as_payer(fragment, (fragment.lower(),), unknown=True)
    return said


def _same_question(before: Said, said: Said, reader: Reader) -> tuple[str, tuple[str, ...]]:
    """The question before with the values the turn names anew; what else the turn says is hung on its end."""
    values: dict[Slot, str] = {slot: _words(said, slot) for slot in VALUES if said.has(slot)}
    dropped: set[Slot] = set()
    hung: dict[Slot, str] = {}
    if "procedure" in values and says_beside(said.text):
        hung["procedure"] = f"with {values.pop('procedure')}"
    elif "procedure" in values and _narrows(before, said, reader):
        hung["procedure"] = values.pop("procedure")
    procedures = said.of("procedure")
    if len(procedures) > 1 and "side" in values and said.of("side")[0].start > procedures[0].start:
        # The words of the procedures hold the sides: one code on the right, another on the left.
        del values["side"]
        dropped.add("side")
    if not said.has("date") and _TODAY.search(said.text):
        dropped.add("date")
    if "procedure" in values:
        # A diagnosis or a denial belongs to the line that was asked about.
        dropped.update(slot for slot in ("denial", "diagnosis") if slot not in values)
    tail = _left_over(said) if said.rest or said.has("matter", "aspect") else ""
    text = _spliced(before, values, dropped, _beside(before, said, reader))
    hung |= {slot: words for slot, words in values.items() if not before.has(slot)}
    for slot, words in hung.items():
        if words.lower() not in text.lower():
            text = f"{text}, {_hung(slot, words)}"
    if tail:
        text = f"{text}, {tail}"
    carried = tuple(
        before.words_of(slot)
        for slot in (*VALUES, "matter", "aspect")
        if before.has(slot) and slot not in values and slot not in dropped
    )
    return _tidy(text), carried


def _asked_of_the_same(before: Said, said: Said, *, with_topics: bool = False) -> tuple[str, tuple[str, ...]]:
    """What the turn asks, of everything the question before named: "how do we fix it"."""
    slots: tuple[Slot, ...] = (*VALUES, "matter", "aspect") if with_topics else (*VALUES, "matter")
    return _headed(before, said, [slot for slot in slots if not said.has(slot)])


def _asked_of_the_payer(before: Said, said: Said, reader: Reader) -> tuple[str, tuple[str, ...]]:
    """A whole question about its own procedure or modifier: of the payer before; beside a visit, of its procedure."""
    kept: list[Slot] = ["payer", "date"]
    if not said.has("procedure") or reader.codes_of(said).overlaps(_VISITS):
        kept.append("procedure")
    carried = [slot for slot in kept if slot == "procedure" or not said.has(slot)]
    return _headed(before, said, carried)


def _another_aspect(before: Said, said: Said, *, hangs: bool) -> tuple[str, tuple[str, ...]] | Merged:
    """ "And the deadline?": of the matter asked about before, if that has one."""
    if not hangs and said.has("payer") and said.rest:
        return Merged.BY_ITSELF
    old = before.names("matter")
    if said.names("aspect") == {"deadline"} and not old & _HAS_A_DEADLINE and not _DONE_WHERE.search(said.text):
        if not _SENT.search(said.text):
            return Merged.WHICH_DEADLINE
        said = said.with_text(f"{said.text}, to file the claim")
        return _headed(before, said, [slot for slot in ("payer", "date") if not said.has(slot)])
    values: list[Slot] = ["payer", "date"]
    if old & _OF_A_PROCEDURE and not said.names("aspect") <= _OF_REACHING:
        values.extend(("procedure", "age"))
    if said.has("procedure", "denial") and said.has("payer"):
        return Merged.BY_ITSELF
    if said.names("aspect") <= _OF_MONEY:
        values.append("procedure")
    elif hangs or not said.rest:
        values.append("matter")
    return _headed(before, said, [slot for slot in dict.fromkeys(values) if not said.has(slot)])


def _another_matter(before: Said, said: Said, *, hangs: bool) -> tuple[str, tuple[str, ...]] | Merged:
    """Something else asked, of the payer before and, where that is meant, of the procedure before."""
    matters = said.names("matter")
    kept: list[Slot] = []
    if not said.has("payer"):
        if matters <= _OF_THE_HOUSE and not hangs:
            return Merged.BY_ITSELF
        kept.append("payer")
    elif said.sentence:
        if said.rest or said.has("procedure", "denial") or not matters & _OF_THE_LINE:
            return Merged.BY_ITSELF
    elif not hangs and not matters & _OF_A_PROCEDURE:
        return Merged.BY_ITSELF
    if not said.has("procedure") and not said.rest and matters & _OF_A_PROCEDURE and not said.has("denial"):
        kept.extend(("procedure", "age"))
        if matters & _SIDED:
            kept.append("side")
        if "denial" in matters:
            kept.append("denial")
    if matters <= _OF_A_REQUEST and before.names("matter") & _REQUESTS:
        kept.append("matter")
    if not said.has("date"):
        kept.append("date")
    if not said.sentence and not said.has("aspect"):
        if before.names("aspect") & _OF_ANY_MATTER:
            kept.append("aspect")
        elif before.names("matter") == {"timely-filing"} and matters <= _HAS_A_DEADLINE:
            said = said.with_text(f"deadline for {said.text}")
    return _headed(before, said, [slot for slot in kept if slot == "matter" or not said.has(slot)])


def _headed(before: Said, said: Said, kept: list[Slot]) -> tuple[str, tuple[str, ...]]:
    """The turn with the kept words of the question before in front of it."""
    carried = tuple(dict.fromkeys(before.words_of(slot) for slot in kept if before.has(slot)))
    if "procedure" in kept and not before.sentence:
        # A case was told and is asked about now: all of it is kept but what the new question leaves out.
        told: set[Slot] = {piece.slot for piece in before.pieces if piece.slot not in kept}
        carried = (_tidy(_spliced(before, {}, told, ())),)
    elif "procedure" in kept and not before.has("procedure") and len(before.rest) <= _MOST_WORDS_OF_A_FRAGMENT:
        # What no lexicon knows is the subject as well: "a biologic".
        carried = (*carried, *(before.text[word.start : word.end] for word in before.rest))
    asked = said.text
    if _DONE_WHERE.search(asked):
        asked = f"{asked}, in which place of service"
    return _tidy(f"{', '.join(carried)}: {asked}" if carried else asked), carried


def _words(said: Said, slot: Slot) -> str:
    """The words of a slot as they stand in the turn; several codes keep what is said of each."""
    pieces = said.of(slot)
    if slot == "procedure" and len(pieces) > 1:
        return said.text[pieces[0].start :].rstrip(" ?.")
    return said.words_of(slot)


def _left_over(said: Said) -> str:
    """What the turn says beside the values it names."""
    text = said.text
    if len(said.of("procedure")) > 1:
        text = text[: said.of("procedure")[0].start]
    for piece in sorted(said.pieces, key=lambda piece: -piece.start):
        if piece.slot in VALUES:
            text = f"{text[: piece.start]} {text[piece.end :]}"
    text = without_preposition(plain(text)).strip(" ,;:")
    text = re.sub(r"\s+([,.;:])", r"\1", text)
    return plain(_BEFORE_A_VALUE.sub("", f"{text} "))


def _names_its_own(said: Said) -> bool:
    """True when a word nobody explained is written like a name ("StateCare"): the turn brings its own subject."""
    return any(word.start and said.text[word.start].isupper() for word in said.rest)


def _beside(before: Said, said: Said, reader: Reader) -> tuple[Piece, ...]:
    """The procedures before that stand beside the one now replaced ("31231 with 99213", now 31575): they stay.

    Replaced is the nearest by number, with whatever else names it; a visit only by a visit. Of a mere list all are.
    """
    pieces = before.of("procedure")
    codes = {piece: reader.codes_of(before.only(piece)) for piece in pieces}
    visits = () if reader.codes_of(said).overlaps(_VISITS) else [one for one in pieces if codes[one].overlaps(_VISITS)]
    others = [piece for piece in pieces if piece not in visits]
    if not others:
        return ()
    between = before.text[others[0].end : others[-1].start]
    new = [reader.number_of(said, piece) for piece in said.of("procedure")]
    numbers = [reader.number_of(before, piece) for piece in others]
    if len(new) != 1 or new[0] is None or None in numbers or not _JOINED.search(between):
        return tuple(visits)
    distances = [abs((number or 0) - new[0]) for number in numbers]
    replaced = codes[others[distances.index(min(distances))]]
    return (*visits, *(piece for piece in others if not codes[piece].overlaps(replaced)))


def _spliced(before: Said, values: Mapping[Slot, str], dropped: set[Slot], kept: Collection[Piece]) -> str:
    """The question before with new words in the place of the first old ones of a slot, the others of it taken out.

    `kept` pieces stay whatever their slot.
    """
    told: set[Slot] = set()
    text, position = "", 0
    for piece in before.pieces:
        if piece.slot not in values and piece.slot not in dropped:
            continue
        if piece.start < position or piece in kept:
            continue
        text += before.text[position : piece.start]
        if piece.slot in ("date", "side", "payer") and piece.slot in dropped:
            text = _BEFORE_A_VALUE.sub("", text)
        if piece.slot in values and piece.slot not in told:
            told.add(piece.slot)
            text += values[piece.slot]
        position = piece.end
    return plain(text + before.text[position:])


def _hung(slot: Slot, words: str) -> str:
    """A value the question before did not have, as words that are read as that value."""
    if slot == "date" and words.isdigit():
        return f"in {words}"
    return f"modifier {words}" if slot == "modifier" else words


def _tidy(text: str) -> str:
    text = re.sub(r"(?:,\s*)+([,:])", r"\1", " ".join(text.split()))
    return re.sub(r"\s+([,?:;])", r"\1", text).strip(" ,;:")
