"""Right, left and both as the words of a clause tell them. Carries nothing (see side_context.py), knows no code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.propose.clauses import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, Word, is_verb
from assistant.propose.model import BOTH, Side

NOWHERE: frozenset[Side] = frozenset()
RIGHT: frozenset[Side] = frozenset({"RT"})
LEFT: frozenset[Side] = frozenset({"LT"})

_PAIRED = frozenset(
    "side sides ear ears nostril nostrils naris nares nose noses nasal maxillary ethmoid ethmoids ethmoidal"
    " sphenoid sphenoids frontal frontals sinus sinuses turbinate turbinates tonsil tonsils fossa fossae canal"
    " canals drum drums tm tms tympanic eye eyes eyelid eyelids lid lids knee knees hip hips shoulder"
    " shoulders elbow elbows wrist wrists hand hands foot feet ankle ankles arm arms leg legs forearm forearms"
    " thigh thighs calf calves heel heels thumb thumbs toe toes finger fingers cheek cheeks temple temples"
    " neck necks lobe lobes parotid parotids cord cords vocal antrum antra antrostomy antrostomies inferior"
    " middle superior lower upper carotid carotids breast breasts kidney kidneys lung lungs groin groins heels"
    " palm palms sole soles buttock buttocks ovary testis testes auricle auricles pinna pinnae concha conchae"
    " uncinate uncinates bulla recess recesses cavity cavities great index ring small little trochanteric"
    " subacromial carpal cubital plantar medial lateral joint joints gland glands lesser posterior anterior"
    " sided mastoid mastoids meatus eustachian tube tubes acj sij si scalp helix submandibular thyroid"
    " hemithyroid brow brows canthus ala alae vestibule vestibules palate cerumen effusion effusions tubes"
    " myringotomy myringotomies".split()
)
_LEFT_STAYS = frozenset(
    "in alone open untouched undisturbed intact to behind for attached unrepaired as the it them him her"
    " against well only unopened untreated exposed over be his home without".split()
)
_NOT_RIGHT = frozenset("away now angle angles after before handed here there up".split())
_GENERIC = frozenset(
    "same procedure procedures thing things steps step was were done performed repeated repeat carried out on"
    " the a an left right side sides likewise identical identically exactly then also ear ears other opposite"
    " contralateral knee knees nostril nostrils in fashion manner treatment treated as for and again way"
    " technique this that similar similarly contralaterally turbinate turbinates sinuses sinus shoulder"
    " shoulders hand hands wrist wrists foot feet heel heels hip hips eye eyes nose nasal l r lt rt ditto just"
    " of to both operation surgery with completed undertaken accomplished it did findings work precisely is"
    " had did we i he she attention next an entire dissection now its done exact cavity bilaterally directed turned"
    " moved where whereupon mirror image all above described listed aforementioned interventions maneuvers sequence"
    " using instruments max order way were here septum under scope endoscope view vision".split()
)
_LIMBS = frozenset(
    "knee hip shoulder elbow wrist ankle foot heel hand thumb subacromial glenohumeral patellofemoral bursa joint"
    " trochanteric olecranon injected injection".split()
)
_MANY_LIMBS = frozenset(
    "knees hips shoulders elbows wrists ankles feet heels hands thumbs bursae joints both each bilateral bilaterally"
    " either twice".split()
)
_SAME = frozenset("mirror same likewise identical identically ditto similarly repeated similar".split())


@dataclass(frozen=True, slots=True)
class Told:
    """What words tell of sides. `named`: those named; `other`: they speak of "the other side" of what went before."""

    named: frozenset[Side]
    other: bool = False


def told_by(words: Sequence[Word]) -> Told:
    """The sides a run of words names; empty where "left" is a verb, "right" a direction of speech, "both" no pair."""
    named: set[Side] = set()
    other = False
    shouting = _shouting(words)
    for position, word in enumerate(words):
        low = word.low
        if low in {"right", "rt"}:
            if _next(words, position) not in _NOT_RIGHT and _previous(words, position) not in {"all", "just"}:
                named.add("RT")
        elif low in {"left", "lt"}:
            if low == "lt" or not (_left_is_verb(words, position) or _is_remainder(words, position)):
                named.add("LT")
        elif low in {
            "bilateral",
            "bilaterally",
            "b/l",
            "bilat",
            "bil",
            "bilaterals",
            "r/l",
            "l/r",
            "biaural",
            "binaural",
        }:
            named |= BOTH
        elif low in {"both", "each", "either", "neither"}:
            if _pair_follows(words, position, low) or (low == "both" and _ends_a_label(words, position)):
                named |= BOTH
        elif low in {"contralateral", "contralaterally", "opposite"} or (
            low == "other" and _next(words, position) in _PAIRED
        ):
            other = True
        elif word.raw in {"R", "L"} and _letter_is_side(words, position):
            named.add("RT" if word.raw == "R" else "LT")
        elif word.raw in {"AD", "AS", "AU", "OD", "OS", "OU"} and _latin(words, position, shouting):
            named |= {"D": RIGHT, "S": LEFT, "U": BOTH}[word.raw[1]]
    return Told(frozenset(named), other)


def is_label(words: Sequence[Word]) -> bool:
    """Whether the words are a label of a side and nothing else ("Right side", "LEFT EAR", "On the left")."""
    letters = [word for word in words if word.raw[0].isalnum()]
    if not letters or len(letters) > 5:
        return False
    plain = {
        "right",
        "left",
        "rt",
        "lt",
        "bilateral",
        "both",
        "side",
        "sides",
        "ear",
        "ears",
        "nose",
        "nasal",
        "cavity",
        "on",
        "the",
    }
    return all(
        word.low in plain or word.raw in {"R", "L", "AD", "AS", "AU", "B/L"} or word.low in _PAIRED for word in letters
    )


def says_the_same(words: Sequence[Word]) -> bool:
    """Whether the words only say that the same was done on a side ("The procedure was then repeated on the left")."""
    # "L: same, serous fluid, tube in": what follows the comma only adds to it.
    comma = next((place for place, word in enumerate(words) if word.raw == ","), len(words))
    if any(word.low in _SAME for word in words[:comma]) and comma <= 6:
        words = words[:comma]
    letters = [word for word in words if word.raw[0].isalnum()]
    lows = {word.low for word in letters}
    lows.discard("patient's")
    return bool(letters) and len(letters) <= 16 and bool(lows & _SAME) and lows <= _GENERIC | _PAIRED


def turns(words: Sequence[Word]) -> bool:
    """Whether the words turn the operation to a side ("Attention was then turned to the right")."""
    lows = [word.low for word in words]
    if "attention" in lows[:4] or ("turned" in lows and "to" in lows) or ("moved" in lows and "to" in lows):
        return True
    letters = [word for word in words if word.raw[0].isalnum()]
    return (
        len(letters) > 2
        and letters[0].low == "on"
        and letters[1].low in {"the", "right", "left"}
        and len(letters[2:]) > 1
    )


def names_one_of_two(words: Sequence[Word]) -> bool:
    """Whether the words speak of one limb or joint of a pair, or of one injection ("the knee was injected")."""
    lows = {word.low for word in words}
    return not lows.isdisjoint(_LIMBS) and lows.isdisjoint(_MANY_LIMBS)


def opposite(sides: frozenset[Side]) -> frozenset[Side]:
    """The other side of one; both or none stay as they are."""
    return LEFT if sides == RIGHT else RIGHT if sides == LEFT else sides


def _previous(words: Sequence[Word], position: int) -> str:
    return words[position - 1].low if position else ""


def _next(words: Sequence[Word], position: int) -> str:
    return words[position + 1].low if position + 1 < len(words) else ""


_REMAINDERS = frozenset(
    "cholesteatoma disease polyp polyps tissue tumor tumour wax cerumen debris adenoid crusts".split()
)


def _is_remainder(words: Sequence[Word], position: int) -> bool:
    """ "No cholesteatoma left": what remains, no side."""
    denied = any(word.low in {"no", "nothing", "little", "any"} for word in words[max(0, position - 4) : position])
    return denied and _previous(words, position) in _REMAINDERS and not _next(words, position)[:1].isalnum()


# What is left where it was.
_STAYING = frozenset("lining mucosa cuff remnant periosteum capsule matrix plate stump bulk rest".split())


def _left_is_verb(words: Sequence[Word], position: int) -> bool:
    previous, following = _previous(words, position), _next(words, position)
    if following in _PAIRED or following == "-":
        return False
    if following in {"alone", "untouched", "undisturbed", "unopened", "untreated"}:
        return True
    if previous in _STAYING and not following[:1].isalnum():
        # "Mucus sucked, lining left."
        return True
    if previous in {
        "the",
        "on",
        "his",
        "her",
        "to",
        "from",
        "of",
        "in",
        "into",
        "at",
        "then",
        "or",
        "right",
        "known",
        "for",
    }:
        return False
    if previous in AUXILIARIES or previous in {"he", "she", "they", "patient", "pt", "not"}:
        return (
            following in FUNCTION_WORDS
            or following in PREPOSITIONS
            or following in _LEFT_STAYS
            or not following[:1].isalpha()
        )
    if following in _LEFT_STAYS:
        # "placed left in the ear" does not occur; "and left in place", "packing left in the nose" do.
        return previous not in {"", ",", ":"} or (
            following in {"in", "alone", "untouched", "undisturbed", "unopened", "untreated", "open"} and position > 0
        )
    if previous in {"and", ","} and position > 1:
        before = words[position - 2].low
        return (not following or not following[0].isalnum()) and previous == "and" and is_verb(before)
    return False


def _ends_a_label(words: Sequence[Word], position: int) -> bool:
    """ "Inferior turbinates, both: ..." """
    return position > 0 and _previous(words, position) == "," and _next(words, position) in {":", "-", ""}


def _pair_follows(words: Sequence[Word], position: int, low: str) -> bool:
    lows = [word.low for word in words[position + 1 : position + 6]]
    if lows[:1] in (["bone"], ["bones"]):
        # A fracture of both bones of one forearm.
        return False
    if "margin" in [word.low for word in words[max(0, position - 8) : position]]:
        return False
    for distance, following in enumerate(lows):
        if following in _PAIRED:
            return not (low == "either" and "of" in lows[:distance])
        if not following[0].isalnum() or following in AUXILIARIES or is_verb(following):
            return False
    return False


# "R-type tube": the letter is a name.
_OF_A_LETTER = frozenset("type shaped tube wave value flap".split())


def _letter_is_side(words: Sequence[Word], position: int) -> bool:
    """R and L alone are sides, but not litres, initials, list letters or spinal levels."""
    previous = words[position - 1] if position else None
    following = words[position + 1] if position + 1 < len(words) else None
    here = words[position]
    if previous is not None and previous.end == here.start and previous.raw not in {"(", "/", "-", "[", ">"}:
        return False
    if previous is not None and (
        previous.raw[0].isdigit() or previous.low in {"dr", "mr", "mrs", "ms", "type", "vitamin"}
    ):
        return False
    if following is None:
        return True
    touching = following.start == here.end
    if touching and following.raw == ".":
        return position + 2 >= len(words) or words[position + 2].raw[0].islower()
    return not (touching and (following.raw[0].isdigit() or following.raw in {"'", "&"})) and not (
        touching
        and following.raw == "-"
        and position + 2 < len(words)
        and (words[position + 2].raw[:1].isdigit() or words[position + 2].low in _OF_A_LETTER)
    )


def _latin(words: Sequence[Word], position: int, shouting: bool) -> bool:
    raw = words[position].raw
    previous, following = _previous(words, position), _next(words, position)
    if raw in {"OD", "OS", "OU"}:
        return previous not in {"mg", "daily", "ml", "mcg", "tab", "tablet", "days"} and not previous[:1].isdigit()
    if shouting and raw in {"AS", "AD"}:
        return previous == ":" or following in {":", "tube", "canal", "tm", "ear", "drum", "clear"}
    return following not in {"lib", "libitum", "hoc"}


def _shouting(words: Sequence[Word]) -> bool:
    letters = [word.raw for word in words if word.raw.isalpha() and len(word.raw) > 2]
    return len(letters) > 1 and all(raw.isupper() for raw in letters)
