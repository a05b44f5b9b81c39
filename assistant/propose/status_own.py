"""What the words of one part of a sentence tell of its status by themselves. Hands nothing on (see status.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.propose.clauses import AUXILIARIES, DETERMINERS, FUNCTION_WORDS, PREPOSITIONS, Piece, Word, is_verb
from assistant.propose.encounter_day import EARLIER
from assistant.propose.model import SectionKind, Status
from assistant.propose.status_cues import Cue

# What a sentence orders when it begins with one of these: said of the time to come.
_ORDERS = frozenset(
    "remove return start begin schedule obtain recheck refer increase decrease stop avoid use take apply follow call"
    " consider await get send try monitor observe come book arrange perform keep wean taper resume rtc rtn f/u followup"
    " give inject excise".split()
)
PROCEDURE_NOUN = re.compile(
    r"(?:ectom(?:y|ies)|plast(?:y|ies)|otom(?:y|ies)|ostom(?:y|ies)|scop(?:y|ies)|pexy|desis|centesis|rrhaphy|graphy)$"
    r"|^(?:surger(?:y|ies)|operations?|repairs?|biops(?:y|ies)|injections?|excisions?|removals?|tubes?|implants?"
    r"|ablations?"
    r"|procedures?|grafts?|release|replacement|dilat(?:ion|ions|ation)|reductions?|drainage|cauter(?:y|ization)|packing"
    r"|debridements?|fess|bmt|pets?|mohs|cryotherapy|shots?|resections?|closures?|blocks?|aspirations?"
    r"|treatments?|flaps?"
    r"|revisions?|fixation|casts?|splints?|shave|punch|laser|balloon|sinuplasty|tympanogram|audiogram|emg|ekg|ecg|echo"
    r"|cpap|botox|steroids?)$"
)
_TALK = frozenset(
    "discussed discussion spoke talked counseled counselled reviewed explained educated instructed taught".split()
)
_TESTS = frozenset(
    "test tests swab strep culture cultures screen ua urinalysis flu covid influenza hallpike dix ppd"
    " monospot fna inr a1c hemoglobin pregnancy margins biopsy pathology antigen fit hcg".split()
)
READ_UNDER_THE_MICROSCOPE = frozenset("stage stages layer layers block blocks".split())
_TIMELESS_ADJECTIVES = frozenset({"previous", "prior", "former", "previously", "known", "old"})
_RANK: tuple[Status, ...] = ("negated", "other-person", "planned", "hypothetical", "historical", "uncertain")


# What stands under these headings is not of today, whatever it says.
_NEVER_TODAY: frozenset[SectionKind] = frozenset({"past-surgical", "family-history", "consent"})


def own_status(words: Sequence[Word], part: Piece, cues: Sequence[Cue], kind: SectionKind) -> Status | None:
    """What the part's own words tell; None when they tell nothing."""
    meanings = {cue.meaning for cue in cues}
    inside = words[part.first : part.last]
    if "conditional" in meanings:
        return "planned"
    if "tried" in meanings:
        return "negated" if "failed" in meanings or "negated" in meanings else "uncertain"
    told = {cue.meaning for cue in cues if _counts(words, part, cue)}
    for status in _RANK:
        if status in told:
            if status == "uncertain" and _acts(inside):
                break
            return status
    lows = [word.low for word in inside]
    first = _first_content(lows)
    if first in _ORDERS and not any(is_verb(low) or low in AUXILIARIES for low in lows[1:4]):
        return "planned"
    if inside and inside[0].raw.lower() in {"[]", "[ ]", "☐", "□"}:
        return "negated"
    if ("today" in meanings or "affirmed" in meanings) and kind not in _NEVER_TODAY:
        return "done" if kind != "plan" or _acts(inside) else None
    if kind in {"history", "indication"} and _acts(inside) and any(low in _PAST_WORK for low in lows):
        return "historical"
    return None


_PAST_WORK = frozenset(
    "underwent removed placed excised performed done injected inserted repaired resected frozen biopsied"
    " operated drained cauterized packed dilated".split()
)


def _first_content(lows: Sequence[str]) -> str:
    for low in lows:
        if low[0].isalpha() and low not in {"please", "and", "then", "also", "but", "to", "so", "or"}:
            return low
    return ""


def _acts(words: Sequence[Word]) -> bool:
    """Whether the words say that something was done ("was excised", "biopsy taken")."""
    thing = False
    for position, word in enumerate(words):
        if word.low in _TALK or word.low in {"suspected", "concerned", "worried", "noted", "seen", "presumed"}:
            thing = True
        elif is_verb(word.low):
            before = words[position - 1].low if position else ""
            following = words[position + 1].low if position + 1 < len(words) else ""
            describes = following[:1].isalpha() and following not in FUNCTION_WORDS and following not in PREPOSITIONS
            if before in {"was", "were", "been", "then"} or (
                thing and not describes and before not in DETERMINERS and before not in PREPOSITIONS
            ):
                return True
        elif word.low not in FUNCTION_WORDS:
            thing = True
    return False


def _counts(words: Sequence[Word], part: Piece, cue: Cue) -> bool:
    """Whether a cue holds here: some only before a procedure, some not where the part goes on to say it was done."""
    first = words[cue.first].low
    after = words[cue.last : part.last]
    inside = words[part.first : part.last]
    if cue.meaning == "hypothetical" and any(word.low in _TALK for word in words[cue.first : cue.last]):
        brief = cue.reach == "after" and 0 < cue.first - part.first <= 2 and not inside[0].low[0].isdigit()
        named = brief and (inside[0].raw[1:].lower() != inside[0].raw[1:] or words[cue.first].low in {"was", "were"})
        return named or any(PROCEDURE_NOUN.search(word.low) for word in inside)
    told = [word.low for word in words[cue.first : cue.last]]
    if cue.meaning == "historical" and (
        told == [EARLIER] or (_RECENT.intersection(told) and (told[-1] in _AGO or first in {"last", "earlier"}))
    ):
        # "Nosebleed two hours ago" is the present illness, "surgery two weeks ago" is not today's.
        lows = [word.low for word in inside]
        if not part.verb and cue.first == part.first:
            # "Three weeks ago pictures | and a stent were placed": one verb for both.
            lows = [word.low for word in words[part.first :]]
        ahead = [word.low for word in words[part.first : cue.first]]
        if told == [EARLIER] and len(ahead) > 2 and ahead[-1] in _OF and ahead[-2] in _REPORTED:
            # "Basal cell carcinoma per pathology of January 3" names a report, not what was done.
            return False
        relative = next((place for place, low in enumerate(ahead) if low in {"that", "which", "who"}), None)
        if relative is not None and any(is_verb(low) for low in ahead[:relative]):
            # "Tests placed for the extracts that were negative last week": the time is that of the aside.
            return False
        passive = any(before in {"was", "were"} and is_verb(low) for before, low in pairwise(lows))
        by_hands = any(before == "by" and low in {"me", "us", "our", "dr"} for before, low in pairwise(lows))
        return (
            passive or by_hands or any(low in _PAST_WORK or low in _TESTS or PROCEDURE_NOUN.search(low) for low in lows)
        )
    if tells_when(words, cue):
        # "Three weeks after septoplasty" tells when; "... the stitches were taken out" what was done then.
        named = any(PROCEDURE_NOUN.search(word.low) or word.low in {"t&a", "&"} for word in after)
        # "After her tonsils came out", "after the tubes went in": an operation in plain words.
        named = named or any((one.low, two.low) in _OPERATED for one, two in pairwise(after))
        if _BRIEF.intersection(told) or not named:
            return False
        return not _verb_after(after)
    if cue.meaning == "historical" and first in _LATER and len(told) > 1:
        # "After consent on May 2 the septum was incised" tells when it was done.
        return not _verb_after(after)
    if cue.meaning == "historical" and len(told) == 1 and first.isdigit() and cue.first > part.first:
        # "The 2019 tube is in place", "the pacemaker of 2021 was interrogated" tell of today.
        if words[cue.first - 1].low in {"of", "from"} and words[max(0, cue.first - 2)].low in _KEPT:
            return not any(is_verb(word.low) for word in after)
        return not (words[cue.first - 1].low == "the" and any(word.low in {"is", "are"} for word in after[:3]))
    if (
        cue.meaning == "historical"
        and cue.reach == "before"
        and (cue.last - cue.first == 1 or first == "old")
        and first in _TIMELESS_ADJECTIVES
    ):
        return not _done_to_it(after)
    if cue.meaning == "negated" and first in {"negative", "neg"} and cue.last - cue.first == 1:
        return not any(word.low in _TESTS or word.low in READ_UNDER_THE_MICROSCOPE for word in inside)
    if cue.meaning == "planned" and first in _PURPOSE and cue.reach == "before" and words[cue.last - 1].low == "for":
        return any(PROCEDURE_NOUN.search(word.low) for word in after)
    if cue.meaning == "uncertain" and first == "?":
        return len(inside) < 14
    return True


def tells_when(words: Sequence[Word], cue: Cue) -> bool:
    """Whether a cue only says how long after something this is: three weeks after, two months out from."""
    told = [word.low for word in words[cue.first : cue.last]]
    return (
        cue.meaning == "historical"
        and cue.reach == "before"
        and told[-1] in _LATER
        and not _SPAN_WORDS.isdisjoint(told)
        and told[0] != "pod"
    )


_OF = frozenset("of from dated".split())
_REPORTED = frozenset("pathology path report biopsy bx histology slides letter result results".split())
# What stays in the body and can be looked after later.
_KEPT = frozenset(
    "device pacemaker icd defibrillator recorder generator lead leads tube tubes scar graft implant port plate screw"
    " screws hardware wire stent valve prosthesis replacement pump catheter shunt".split()
)
_OPERATED = frozenset((("came", "out"), ("went", "in"), ("put", "in"), ("taken", "out"), ("had", "out")))
_AGO = frozenset("ago earlier back prior".split())
_LATER = frozenset("after following since post from".split())
_BRIEF = frozenset("hour hours hr hrs minute minutes min mins".split())
_SPAN_WORDS = frozenset("day days week weeks wk wks month months mo mos year years yr yrs".split()) | _BRIEF
_RECENT = frozenset(
    "day days week weeks wk wks month months mo mos hour hours hr hrs minute minutes min mins night monday"
    " tuesday wednesday thursday friday saturday sunday".split()
)
_PURPOSE = frozenset(
    "presents present presented presenting here admitted brought comes came in referred sent arrives returns".split()
)


def _verb_after(words: Sequence[Word]) -> bool:
    return any(one.low in {"was", "were"} and is_verb(two.low) for one, two in pairwise(words))


def _done_to_it(words: Sequence[Word]) -> bool:
    for position, word in enumerate(words[:-1]):
        if word.low in {"was", "were"}:
            return (
                position > 0
                and is_verb(words[position + 1].low)
                and words[position + 1].low not in {"done", "performed"}
            )
    return False


def is_aside_of_the_past(parts: Sequence[Piece], index: int, settled: Sequence[Status]) -> bool:
    """ "At the operation eight weeks ago (mine: tympanoplasty, with tubes)": an aside speaks of the same day."""
    if parts[index].verb or settled[index - 1] != "historical":
        return False
    place = index
    while place > 0 and parts[place].joint in _WITHIN_BRACKETS:
        place -= 1
    return parts[place].joint == "("


_WITHIN_BRACKETS = frozenset({",", "and", ":", "cut"})


# Decisions of the visit itself, also where they stand under "Plan".
_DECISIONS = frozenset(
    "started increased decreased continued continue prescribed renewed renew refilled refill reassured counseled"
    " counselled reviewed discussed advised educated discontinued taught".split()
)
# Nobody plans the minutes that talking took.
_MINUTES = frozenset("minutes minute mins min".split())
_TIMED = frozenset(
    "counseling counselling counseled counselled counsel spent time discussion discussed education cessation".split()
)
# A dose that was given, or is given now, by needle.
_DOSES = frozenset("mg mcg ml cc g gm gram grams units iu".split())
_GIVEN = frozenset("given administered pushed infused received".split())
_ROUTES = frozenset(
    "im iv ivp sq subq subcut subcutaneous subcutaneously intramuscular intramuscularly intravenous".split()
)
_NOW = frozenset("today now here".split())
_BY_STAFF = frozenset("nurse rn lpn ma stock".split())
_ELSEWHERE = frozenset("prescription script sample samples home pharmacy if when".split())


def under_plan(inside: Sequence[Word], kind: SectionKind, joined_plan: bool, index: int, default: Status) -> Status:
    """The section's status, where the words do not tell that it was decided or done at this visit."""
    lows = {word.low for word in inside}
    if kind == "plan":
        if lows & _MINUTES and lows & _TIMED:
            return "done"
        if lows & _GIVEN and lows & _BY_STAFF and not lows & _ELSEWHERE:
            return "done"
        if lows & _DOSES and (lows & _GIVEN or (lows & _ROUTES and lows & _NOW)) and not lows & _ELSEWHERE:
            # "Plan: ceftriaxone 1 g IM given here": many write there what they have just given.
            return "done"
        decided = lows & _DECISIONS
        procedure = any(
            PROCEDURE_NOUN.search(low) or (is_verb(low) and low not in _DECISIONS and low not in AUXILIARIES)
            for low in lows
        )
        return "done" if decided and not procedure else default
    if joined_plan and index and not any(is_verb(low) for low in lows) and not lows & {"today", "performed", "done"}:
        return "planned" if any(PROCEDURE_NOUN.search(low) for low in lows) else default
    return default
