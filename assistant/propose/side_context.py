"""The side a clause speaks of where it does not say so itself: carried from labels, turns and mentions. Knows no code.

Three strengths: a label ("Right side:") or a turn ("Attention was turned to the left") holds until the next one or
the next heading; a mention holds until a list item or an empty line; what is left has the title's or
diagnosis's sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.propose.clauses import Sentence, Word, words_of
from assistant.propose.model import BOTH, Clause, NoteSection, Side, Status
from assistant.propose.sides import NOWHERE, Told, is_label, names_one_of_two, opposite, says_the_same, told_by, turns

# Parts of the body by which an examination is divided; nose and sinuses hold sides that a turn before has named.
_ORGANS = frozenset("ear ears neck throat oropharynx mouth larynx eyes face knees shoulders hands skin hearing".split())
_NAMING = frozenset({"title", "diagnosis", "indication"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a sentence as the context needs it."""

    words: tuple[Word, ...] | Sequence[Word]
    status: Status


@dataclass(slots=True)
class Context:
    """What is carried while the note is read from its beginning to its end."""

    strong: frozenset[Side] = NOWHERE
    weak: frozenset[Side] = NOWHERE
    note: frozenset[Side] = NOWHERE
    label_style: tuple[bool, bool] | None = None
    naming: bool = False
    titling: bool = False
    title: frozenset[Side] = NOWHERE
    lately: frozenset[Side] = NOWHERE

    def enter(self, section: NoteSection) -> None:
        """A new section: what was carried ends; a side in the heading itself holds for the section."""
        self.naming = section.kind in _NAMING
        self.titling = section.kind == "title"
        if section.heading:
            self.strong = self.weak = NOWHERE
            self.label_style = None
            self.strong = told_by(words_of(section.heading)).named
        else:
            self.strong = self.weak = NOWHERE

    def begin_item(self) -> None:
        """A new list item, line or paragraph: mentions end."""
        self.weak = NOWHERE

    def forget(self) -> None:
        """The note begins again (copied text)."""
        self.strong = self.weak = NOWHERE
        self.label_style = None

    def read(self, sentence: Sentence, mentions: Sequence[Mention]) -> list[tuple[frozenset[Side], bool]]:
        """For each stretch its sides and whether its own words tell them."""
        self._label(sentence)
        told = [told_by(mention.words) for mention in mentions]
        found: list[tuple[frozenset[Side], bool]] = []
        carried = self.strong if self.strong else self.weak
        if not carried and len({one.named for one in told if one.named}) == 1:
            # "Drum incised, tube placed on the right": the one side a sentence names holds for all of it.
            carried = next(one.named for one in told if one.named)
        one_of_two = not self.strong and self.title != BOTH and names_one_of_two(sentence.words)
        for mention, one in zip(mentions, told, strict=True):
            sides, own = self._sides(one, carried)
            if not own and one_of_two and BOTH in (sides, self.lately):
                # Both knees hurt, and "the knee was injected": which one, nothing tells.
                sides = NOWHERE
            found.append((sides, own))
            if own:
                carried = sides
                self._keep(mention, sides)
        if self.naming:
            self._name(told)
        self.lately = frozenset[Side]().union(*(one.named for one in told)) or self.lately
        return found

    def _sides(self, told: Told, carried: frozenset[Side]) -> tuple[frozenset[Side], bool]:
        if told.named:
            return told.named, True
        if told.other:
            base = carried or self.note
            return (opposite(base), True) if len(base) == 1 else (base, bool(base))
        return carried or self.note, False

    def _keep(self, mention: Mention, sides: frozenset[Side]) -> None:
        if mention.status != "done":
            return
        if turns(mention.words):
            self.strong, self.weak = sides, NOWHERE
        elif self.strong and sides != self.strong:
            # Another side spoken of under a label or turn is an aside.
            self.weak = NOWHERE
        else:
            self.weak = sides

    def _label(self, sentence: Sentence) -> None:
        """ "RIGHT:" sets the side; another label of the same kind ("FRONTALS:") ends it."""
        words = sentence.words
        limit = min(len(words), 9)
        colon = next((place for place in range(limit) if words[place].raw == ":"), None)
        whole = colon is None and len(words) <= 6 and sentence.item and is_label(words)
        before = words[: colon if colon is not None else len(words)] if colon is not None or whole else ()
        before = tuple(
            word
            for word in before
            if word.raw[0].isalnum() and not (word.raw.isdigit() or (len(word.raw) == 1 and word.raw not in "RL"))
        )
        if not before:
            if colon is None and self._leading(words):
                return
            return
        alone = whole or (colon is not None and colon == len(words) - 1)
        style = (alone, all(word.raw.isupper() for word in before))
        named = told_by(words[: colon if colon is not None else len(words)]).named
        if named and (is_label(before) or len(before) <= 4):
            self.strong, self.weak, self.label_style = named, NOWHERE, style
        elif all(word.low in _ORGANS for word in before):
            # "EARS:" under "L nose:" speaks of something else.
            self.strong = self.weak = NOWHERE
            self.label_style = None
        elif (
            self.label_style is not None and style == self.label_style and len(before) <= 4 and style != (False, False)
        ):
            self.strong = self.weak = NOWHERE
            self.label_style = None

    def _leading(self, words: Sequence[Word]) -> bool:
        """ "RIGHT canal clean, ...": a side in capitals at the start of a sentence is a label without its colon."""
        if len(words) < 3 or words[0].raw not in {"RIGHT", "LEFT", "BILATERAL"} or words[1].raw.isupper():
            return False
        self.strong, self.weak, self.label_style = told_by(words[:2]).named, NOWHERE, (False, True)
        return True

    def _name(self, told: Sequence[Told]) -> None:
        named = frozenset().union(*(one.named for one in told)) if told else NOWHERE
        if named:
            self.note = self.note | named
            if self.titling:
                self.title = self.title | named


def extend_mirrored(clauses: list[Clause], text: str) -> list[Clause]:
    """Clauses whose work "was repeated on the other side" speak of both sides; `mirror` names who says so."""
    for index, clause in enumerate(clauses):
        if clause.status != "done" or len(clause.text) > 160 or not clause.text:
            continue
        words = words_of(text, clause.start, clause.end)
        if not says_the_same(words):
            continue
        told = told_by(words)
        target = told.named
        block = _at_site(clauses, _block_before(clauses, index, target), {word.low for word in words} & _SITES)
        for place in block:
            source = clauses[place]
            clauses[place] = replace(source, sides=BOTH, mirror=index)
        if block and not target:
            clauses[index] = replace(clause, sides=opposite(clauses[block[-1]].sides) or BOTH)
    return clauses


# "Left maxillary: same" repeats what was done to the right maxillary sinus, not to the ethmoid cells.
_SITES = frozenset("max maxillary frontal ethmoid ethmoids sphenoid turbinate tonsil".split())


def _at_site(clauses: Sequence[Clause], block: list[int], sites: set[str]) -> list[int]:
    """Of the clauses those whose sentence names the site; all of them where no site is named or none names it."""
    if not sites:
        return block
    stems = tuple(site.rstrip("s")[:6] for site in sites)
    naming = {clauses[place].sentence for place in block if any(stem in clauses[place].text.lower() for stem in stems)}
    return [place for place in block if clauses[place].sentence in naming] or block


def _block_before(clauses: Sequence[Clause], index: int, target: frozenset[Side]) -> list[int]:
    """The done clauses of one side that stand just before, in the same section."""
    found: list[int] = []
    source: frozenset[Side] | None = None
    for place in range(index - 1, max(-1, index - 60), -1):
        clause = clauses[place]
        if clause.section != clauses[index].section:
            break
        if clause.sides == BOTH:
            break
        if source is None:
            if clause.sides and clause.sides == target:
                continue
            source = clause.sides
        if clause.sides != source:
            break
        if clause.status == "done":
            found.append(place)
    return found
