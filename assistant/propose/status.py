"""What became of each part of a sentence: done, planned, negated, historical and so on. Finds no code and no side.

The method is NegEx's (Chapman 2001): cue phrases with a reach, harmless phrases that look like cues, and ends of reach;
here the parts of the sentence (clauses.py) are the ends of reach, and lists without verbs hand a status on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.propose.clauses import (
    AUXILIARIES,
    FUNCTION_WORDS,
    PREPOSITIONS,
    Piece,
    Word,
    is_verb,
    pieces,
    stands_alone,
)
from assistant.propose.model import SectionKind, Status
from assistant.propose.status_cues import Cue, find_cues
from assistant.propose.status_own import (
    PROCEDURE_NOUN,
    READ_UNDER_THE_MICROSCOPE,
    is_aside_of_the_past,
    own_status,
    tells_when,
    under_plan,
)

_SECTION_STATUS: dict[SectionKind, Status] = {
    "past-surgical": "historical",
    "family-history": "other-person",
    "consent": "hypothetical",
    "plan": "planned",
}
# Words of action: "biopsy, not done" denies the biopsy, "neck mass, not tender" does not deny the mass.
_ACTED = frozenset(
    "done performed indicated attempted needed required obtained taken given placed removed opened entered"
    " touched treated addressed used repeated tested tolerated necessary completed undertaken made sent"
    " excised biopsied injected deferred declined refused cancelled canceled postponed aborted abandoned"
    " omitted scheduled planned ordered requested recommended advised necessary planned".split()
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words `first` to before `last` of a sentence with one status; `affirms` says that what was intended was done."""

    first: int
    last: int
    status: Status
    affirms: bool = False


def default_status(kind: SectionKind, heading: str) -> Status:
    """The status of a statement with no cue of its own under this heading."""
    if kind == "history" and re.search(r"\b(?:pmh|pmhx|past medical|medical history|past history)\b", heading.lower()):
        return "historical"
    return _SECTION_STATUS.get(kind, "done")


def stretches(words: Sequence[Word], kind: SectionKind, default: Status, *, joined_plan: bool = False) -> list[Stretch]:
    """The stretches of one sentence, in order, that together hold all its words.

    `default` is the section's status. `joined_plan` is True under "Assessment and plan", where a procedure named
    without a verb after the problem is one to come.
    """
    cues = find_cues(words)
    parts = pieces(words, _cuts(words, cues))
    if not parts:
        return [Stretch(0, len(words), default)]
    by_part = _share(parts, cues)
    own = [own_status(words, part, found, kind) for part, found in zip(parts, by_part, strict=True)]
    statuses = _hand_on(words, parts, by_part, own, default, kind, joined_plan)
    return _join(words, parts, by_part, statuses)


def _cuts(words: Sequence[Word], cues: Sequence[Cue]) -> frozenset[int]:
    """Places where a cue begins a part of its own: "canal clean | no wax", "man | s/p tonsillectomy"."""
    found: set[int] = set()
    start = 0
    spans = {cue.first: cue for cue in cues}
    verb = content = told = False
    for position, word in enumerate(words):
        if not word.raw[0].isalnum():
            if word.raw in {",", ";", ":", "|", "(", ")"}:
                verb = content = False
                start = position + 1
                told = False
            continue
        cue = spans.get(position)
        if cue is not None and cue.reach == "before" and position > start:
            # "Third cleaning | after sinus surgery of June 10".
            dated = cue.meaning == "historical" and words[cue.first].low in _LATER
            opens = dated or words[cue.first].low in _OPENERS
            named = (
                PROCEDURE_NOUN.search(words[position - 1].low)
                or words[position - 1].low == "care"
                or any(
                    # "40 mg by the lateral approach without ultrasound": what has an amount was given.
                    word.low in _AMOUNTS
                    for word in words[start:position]
                )
            )
            if (opens and cue.meaning == "negated" and (verb or (named and words[cue.first].low in _WITHOUT))) or (
                opens
                and cue.meaning in {"historical", "uncertain"}
                and content
                and not told
                and not _verb_follows(words, cue.last)
            ):
                found.add(position)
                verb = content = False
        told = told or cue is not None
        low = word.low
        if told and low in _TURNED_OUT and any(_PATHOLOGY.match(one.low) for one in words[start:position]):
            # "Biopsy last month | showed a carcinoma": the sample is of then, what it showed holds today.
            found.add(position)
            verb = content = told = False
            start = position
        if low in {"we", "i"} and verb and position > start:
            # "Because no clot was found | we went on": whoever acts begins a statement of their own.
            found.add(position)
            verb = content = told = False
            start = position
        if is_verb(low):
            verb = verb or content or position == start or words[position - 1].low in AUXILIARIES
        elif low not in FUNCTION_WORDS and low not in PREPOSITIONS:
            verb = verb or (content and low in {"clear", "clean", "normal", "intact", "dry", "open", "patent", "good"})
            content = True
    return frozenset(found)


_TURNED_OUT = frozenset(
    "showed shows showing show revealed reveals confirmed confirms confirming demonstrated demonstrates proved proven"
    " returned came read positive found diagnosed consistent".split()
)
_PATHOLOGY = re.compile(r"(?:biopsy|biopsies|biopsied|bx|bxs|path|pathology|histology|histopathology|dermpath|fna)$")
_LATER = frozenset({"after", "following", "since"})
_WITHOUT = frozenset({"without", "w/o"})
_AMOUNTS = frozenset("mg mcg ml cc".split())
_OPENERS = frozenset(
    "no without w/o with negative denies denied free rather instead s/p status h/o history hx pod suspicious"
    " concerning concern suspicion consistent compatible c/w rule r/o versus vs suggestive possible possibly"
    " probable probably".split()
)


def _verb_follows(words: Sequence[Word], position: int) -> bool:
    """Whether the same part goes on to say that something was done to it."""
    for place in range(position, len(words)):
        word = words[place]
        if word.raw in {",", ";", ":", "|", ")"}:
            return False
        if word.low in {"was", "were"} and place + 1 < len(words) and is_verb(words[place + 1].low):
            return True
    return False


def _share(parts: Sequence[Piece], cues: Sequence[Cue]) -> list[list[Cue]]:
    shared: list[list[Cue]] = [[] for _ in parts]
    index = 0
    for cue in cues:
        while index + 1 < len(parts) and parts[index].last <= cue.first:
            index += 1
        # "Three weeks | after septoplasty": what it speaks of stands in the next part.
        ahead = cue.reach == "before" and index + 1 < len(parts) and cue.last > parts[index].last
        shared[index + 1 if ahead else index].append(cue)
    return shared


def _hand_on(
    words: Sequence[Word],
    parts: Sequence[Piece],
    by_part: Sequence[Sequence[Cue]],
    own: Sequence[Status | None],
    default: Status,
    kind: SectionKind,
    joined_plan: bool,
) -> list[Status]:
    """A status for each part: its own, else that of the list it continues, else the section's."""
    settled: list[Status] = []
    run: Status | None = None  # what a list without verbs inherits
    label: Status | None = None  # "Not done: biopsy, cautery"
    joints: frozenset[str] = frozenset()  # where the list may go on; empty: anywhere
    for index, part in enumerate(parts):
        inside = words[part.first : part.last]
        mine = own[index]
        if part.joint in _ENDING:
            run = None
        if part.joint == ";":
            label = None
        if part.joint == ":" and index == 1 and _is_heading(words, parts[0], by_part[0]):
            label = own[0]
        if label is not None and (
            mine is None
            or (mine == "planned" and not by_part[index])
            # "Not done: flu shot today".
            or (mine == "done" and label == "negated" and not any(cue.meaning == "affirmed" for cue in by_part[index]))
        ):
            mine = label
        elif mine is None and index and is_aside_of_the_past(parts, index, settled):
            mine = "historical"
        elif (
            mine is None
            and run
            and (not joints or part.joint in joints)
            and _continues(inside, part, run)
            and not _goes_on_after_brackets(parts, index)
            and not _tells_what_was_given(words, parts, index, run)
            and not (run == "historical" and words[part.first].low in _CHECKED)
        ):
            mine = run
        elif mine is not None or stands_alone(part):
            run = mine if mine not in {None, "done"} and _hands_on(part, by_part[index]) else None
            # "Ten days after septoplasty and FESS, crusts removed": the list ends at the comma.
            joints = _SAME_TIME if any(tells_when(words, cue) for cue in by_part[index]) else frozenset()
        else:
            run = None
        if mine is None and index and part.joint == "and" and _goes_on_in_the_past(parts, by_part, settled, index):
            mine = "historical"
        if mine is None:
            mine = under_plan(inside, kind, joined_plan, index, default)
        settled.append(mine)
    return _back(words, parts, by_part, own, settled)


def _goes_on_in_the_past(
    parts: Sequence[Piece], by_part: Sequence[Sequence[Cue]], settled: Sequence[Status], index: int
) -> bool:
    """ "Three weeks ago pictures and a stent were placed": whether the part before has its time and lacks its verb."""
    before = parts[index - 1]
    return (
        settled[index - 1] == "historical"
        and not before.verb
        and any(cue.meaning == "historical" and cue.first == before.first for cue in by_part[index - 1])
    )


def _goes_on_after_brackets(parts: Sequence[Piece], index: int) -> bool:
    """ "Short arm cast (fiberglass) put on": whether what was done to it is told after an aside."""
    if index + 2 >= len(parts) or parts[index + 1].joint != "(" or parts[index + 2].joint != ")":
        return False
    return parts[index + 2].verb and not parts[index + 2].subject


def _tells_what_was_given(words: Sequence[Word], parts: Sequence[Piece], index: int, run: Status) -> bool:
    """ "Booked for injection: flexor sheath, 10 mg triamcinolone with lidocaine": it was booked, and this is it."""
    before = words[parts[index - 1].first : parts[index - 1].last]
    return (
        run == "planned"
        and parts[index].joint == ":"
        and not _CAME_FOR.isdisjoint(word.low for word in before)
        and not _AMOUNTS.isdisjoint(word.low for word in words[parts[index].first :])
    )


_CAME_FOR = frozenset("booked here comes came visit appointment".split())
# "ICD, placed 2022, checked in person": what is done to the thing of then.
_CHECKED = frozenset("checked interrogated reprogrammed programmed examined inspected tested".split())
_SAME_TIME = frozenset({"and", "or"})
_ENDING = frozenset({";", "but", "however", "although", "though", "except", "|", "—", "–", "-"})


def _is_heading(words: Sequence[Word], part: Piece, cues: Sequence[Cue]) -> bool:
    """Whether the words before a colon only say what became of the list after it ("Not done today:")."""
    covered = {place for cue in cues for place in range(cue.first, cue.last)}
    left = {words[place].low for place in range(part.first, part.last) if place not in covered}
    return bool(covered) and left <= _LIST_WORDS


_LIST_WORDS = (
    _ACTED
    | FUNCTION_WORDS
    | frozenset(
        ": items procedure procedures following seen include includes including evidence today list visit".split()
    )
)


def _hands_on(part: Piece, cues: Sequence[Cue]) -> bool:
    """Whether the cue stands before what it speaks of, so that a list may go on."""
    if any(cue.meaning == "conditional" for cue in cues):
        return True
    first = next((cue for cue in cues if cue.meaning not in {"today", "affirmed"}), None)
    if first is None:
        return False
    tail = part.last - first.last
    return first.reach == "before" or (tail <= 1 and first.first - part.first <= 1)


def _continues(inside: Sequence[Word], part: Piece, run: Status) -> bool:
    if run == "planned":
        return part.joint in {",", "and", "or", "cut", ":"} and not part.subject
    if part.joint not in {",", "and", "or", "(", ":"} or (run in {"negated", "uncertain"} and part.joint == ":"):
        return False
    if stands_alone(part):
        return False
    if run != "negated":
        return True
    words = [word for word in inside if word.raw[0].isalnum()]
    if not words or len(words) > 6 or any(word.raw[0].isdigit() for word in words):
        return False
    if part.joint == "," and part.verb and is_verb(words[0].low):
        return False
    return words[0].low not in {"right", "left", "both", "bilateral", "the"} and words[0].raw not in {"R", "L"}


def _back(
    words: Sequence[Word],
    parts: Sequence[Piece],
    by_part: Sequence[Sequence[Cue]],
    own: Sequence[Status | None],
    settled: list[Status],
) -> list[Status]:
    """What a later part says of an earlier one: "biopsy, not done", "to widen it, and this was done"."""
    for index in range(1, len(parts)):
        part = parts[index]
        inside = words[part.first : part.last]
        lows = {word.low for word in inside}
        if any(cue.meaning == "failed" for cue in by_part[index]):
            for place in range(index):
                if any(cue.meaning == "tried" for cue in by_part[place]):
                    settled[place] = "negated"
        affirmed = any(cue.meaning == "affirmed" for cue in by_part[index])
        if affirmed and own[index - 1] in {"planned", "hypothetical"} and settled[index] in {"done", "negated"}:
            settled[index - 1] = settled[index]
            continue
        mine = own[index]
        if mine == "historical" and "billed" in lows and own[index - 1] in {None, "done"}:
            # "Mixed here in January and billed then."
            settled[index - 1] = mine
        listed = mine == "historical" and not part.verb and not parts[index - 1].verb
        if part.joint in {"and", "or"} and (part.subject or listed) and mine not in {None, "done"}:
            _share_back(parts, by_part, own, settled, index)
            continue
        if own[index - 1] not in {None, "done"} or parts[index - 1].verb or mine not in _SAID_AFTER:
            continue
        if part.joint not in {",", ":", "(", "-", "–", "—", "|", "cut"} or part.subject:
            continue
        named = {word.low for word in words[parts[index - 1].first : parts[index - 1].last]}
        if lows & _RESULTS and named & READ_UNDER_THE_MICROSCOPE:
            # "Fourth stage one block, negative": the stage was taken, and no tumor was in it.
            settled[index] = "done"
            continue
        if lows & _ACTED or _only_cue(inside, by_part[index]):
            settled[index - 1] = mine or settled[index - 1]
    return settled


_RESULTS = frozenset({"negative", "neg"})
_SAID_AFTER: frozenset[Status | None] = frozenset({"negated", "planned", "historical"})


def _share_back(
    parts: Sequence[Piece],
    by_part: Sequence[Sequence[Cue]],
    own: Sequence[Status | None],
    settled: list[Status],
    index: int,
) -> None:
    """ "Frontal, ethmoid and sphenoid not opened": what is said of the last of several things is said of all."""
    cue = next((cue for cue in by_part[index] if cue.meaning not in {"today", "affirmed"}), None)
    if cue is None or cue.first <= parts[index].first + 1:
        return
    place = index - 1
    while place >= 0 and own[place] is None and not parts[place].verb:
        settled[place] = own[index] or settled[place]
        if parts[place].joint not in {",", "and", "or"}:
            return
        place -= 1


def _only_cue(inside: Sequence[Word], cues: Sequence[Cue]) -> bool:
    """Whether the part holds nothing but its cue ("none", "no", "2019")."""
    covered = sum(cue.last - cue.first for cue in cues)
    return sum(1 for word in inside if word.raw[0].isalnum()) <= covered


def _join(
    words: Sequence[Word], parts: Sequence[Piece], by_part: Sequence[Sequence[Cue]], statuses: Sequence[Status]
) -> list[Stretch]:
    """Parts put together again where they share a status and do not both say something of their own."""
    found: list[Stretch] = []
    said = False
    for index, (part, status) in enumerate(zip(parts, statuses, strict=True)):
        first = part.first if index else 0
        affirms = any(cue.meaning == "affirmed" for cue in by_part[index])
        together = bool(found) and found[-1].status == status and part.joint not in {";", "|"}
        if together and part.joint == ":" and said:
            together = False
        if together and said and stands_alone(part):
            together = False
        if together:
            found[-1] = Stretch(found[-1].first, part.last, status, found[-1].affirms or affirms)
            said = said or part.verb
        else:
            found.append(Stretch(first, part.last, status, affirms))
            said = part.verb
    if found:
        found[-1] = Stretch(found[-1].first, len(words), found[-1].status, found[-1].affirms)
    return found
