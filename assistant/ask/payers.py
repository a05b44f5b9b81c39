"""Which payers a text names: by name, alias, abbreviation or typing mistake, and payers no note knows.

The names come from the practice's own notes; only the list of well-known outside names is ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from assistant.ask.lexicon import Lexicon
from assistant.ask.words import PhraseBook, Word, bare_form, forms, stem, words
from ingest.notes.model import KbNote

# Words that many plans carry in their names: they tell two plans of one house apart but name none alone.
_TEXTS_KEPT = 20_000
_GENERIC_WORDS = """
a an the of and for to in health healthcare healthplan plan plans hmo ppo epo pos insurance insurer mutual care cares
medical benefit benefits fund trust advantage choice network group company co inc corp state county city national
regional community commercial managed program payer administrators services association members employees employers
workers compensation comp traditional part b c plus select first new family partners coverage life assurance union
federal military
"""
# Payers everyone knows. Named in a question of a practice whose notes know none of them, they are "not in the notes".
_OUTSIDE = (
    "aetna", "cigna", "anthem", "humana", "united healthcare", "unitedhealthcare", "uhc", "united", "kaiser",
    "tricare", "champva", "molina", "centene", "ambetter", "oscar", "wellcare", "blue cross", "bcbs",
    "blue cross blue shield", "bluecross", "highmark", "carefirst", "geha", "va", "veterans affairs",
    "medicare", "medicaid", "medicare advantage", "workers comp", "workers compensation", "railroad medicare",
    "amerigroup", "healthnet", "health net", "emblem", "harvard pilgrim", "tufts", "medi-cal", "triwest", "optum",
    "meritain", "umr", "multiplan", "premera", "regence", "chip", "magellan", "coventry", "sentara", "upmc",
    "geisinger",
)  # fmt: skip
_TYPOS = {
    "mcare": "medicare",
    "mcaid": "medicaid",
    "mcal": "medi-cal",
    "medicade": "medicaid",
    "medicad": "medicaid",
    "medicair": "medicare",
    "medcare": "medicare",
}
_PLAN_WORDS = frozenset(
    {"hmo", "ppo", "epo", "insurance", "advantage", "health", "healthcare", "plan", "mutual", "comp"}
)
# "does X want", "will X pay", "for X we need": the place where a payer's name stands.
_SLOT = re.compile(
    r"\b(?:does|do|will|would|did|can|could|has|is|if|when|what does|how does|why does|why did)\s+(?:the\s+)?"
    r"((?:[\w&'.-]+\s+){1,4}?)"
    r"(?:want|wants|need|require|pay|accept|take|cover|deny|denied|allow|reimburse|expect|ask|insist|follow|recogni[sz]e|"
    r"process|like|prefer|reject|bundle|wants|give|let|still)\b",
    re.IGNORECASE,
)
_PROPER = re.compile(r"(?<![.?!]\s)(?<!^)\b([A-Z][a-z]{2,}(?:\s+(?:[A-Z][A-Za-z]+))*)")


def _knows_nothing(_form: str) -> bool:
    return False


@cache
def _generic() -> frozenset[str]:
    return frozenset(stem(word) for word in _GENERIC_WORDS.split())


@dataclass(frozen=True, slots=True)
class PayerMention:
    """A payer as the text names it; several slugs when the words fit several plans. Words `first` up to `end`."""

    slugs: tuple[str, ...]
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class PayersNamed:
    """All payers a text names. `unknown` holds names that look like a payer's and that no note knows."""

    mentions: tuple[PayerMention, ...]
    unknown: tuple[str, ...]
    covered: frozenset[int]

    @property
    def slugs(self) -> tuple[str, ...]:
        """Every slug named, in order, once."""
        return tuple(dict.fromkeys(slug for mention in self.mentions for slug in mention.slugs))


@dataclass(frozen=True)
class PayerDirectory:
    """The practice's payers and every way to write them."""

    names: dict[str, str]
    _written: PhraseBook
    _distinct: dict[str, tuple[str, ...]]
    _name_stems: dict[str, frozenset[str]]
    _forms: dict[str, tuple[str, ...]]
    _told: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def display(self, slug: str) -> str:
        """The payer's name for people; its slug in words when no payer note gives one."""
        return self.names.get(slug, slug.replace("-", " "))

    def read(self, text: str, lexicon: Lexicon, knows: Callable[[str], bool] = _knows_nothing) -> PayersNamed:
        """The payers that `text` names. `knows` tells whether the notes hold a word: such a word is no payer's name."""
        found = words(text)
        plain = [bare_form(_TYPOS.get(word.form, word.form)) for word in found]
        text_stems = [stem(form) for form in plain]
        mentions: list[PayerMention] = []
        unknown: list[str] = []
        covered: set[int] = set()
        for hit in self._written.find(plain):
            if mentions and mentions[-1].end == hit.first and covered.issuperset(range(hit.first, hit.end)):
                # The word that told which of several plans is meant: a part of that plan's name.
                continue
            slugs = tuple(name for name in hit.names if not name.startswith("?"))
            covered.update(range(hit.first, hit.end))
            if slugs:
                mentions.append(
                    PayerMention(self._narrow(slugs, hit.first, hit.end, text_stems, covered), hit.first, hit.end)
                )
            elif holders := self._ours_by_words(found[hit.first : hit.end]):
                mentions.append(PayerMention(holders, hit.first, hit.end))
            else:
                unknown.append(" ".join(word.form for word in found[hit.first : hit.end]))
        for place, word in enumerate(found):
            if place in covered:
                continue
            near = self._near(word, text_stems[place], lexicon)
            if near:
                covered.add(place)
                mentions.append(
                    PayerMention(self._narrow(near, place, place + 1, text_stems, covered), place, place + 1)
                )
        self._cover_neighbours(mentions, text_stems, covered)
        mentions = _without_contained(mentions)
        if not mentions and not unknown:
            unknown.extend(self._unknown(text, found, lexicon, knows, covered))
        return PayersNamed(
            tuple(sorted(mentions, key=lambda mention: mention.first)), tuple(unknown), frozenset(covered)
        )

    def exact(self, text: str) -> frozenset[str]:
        """The payers a note's text names as the notes write them; no guessing at typing mistakes."""
        known = self._told.get(text)
        if known is not None:
            return known
        found = forms(text)
        named = {name for hit in self._written.find(found) for name in hit.names if not name.startswith("?")}
        if len(self._told) >= _TEXTS_KEPT:
            self._told.clear()
        return self._told.setdefault(text, frozenset(named))

    def _near(self, word: Word, word_stem: str, lexicon: Lexicon) -> tuple[str, ...]:
        """The payers one of whose own words this is, exactly or with a typing mistake."""
        exact = self._distinct.get(word_stem)
        if exact:
            return exact
        if len(word.form) < 5 or word.form in lexicon.plain_forms or word.form in lexicon.single_words:
            return ()
        if word_stem in lexicon.plain_stems:
            return ()
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word.form) < 8 else 2
        scored = sorted(
            (OSA.distance(word.form, form), form)
            for form in self._forms
            if abs(len(form) - len(word.form)) <= allowed and len(form) >= 5
        )
        if not scored or scored[0][0] > allowed:
            return ()
        best = scored[0][0]
        return tuple(dict.fromkeys(slug for distance, form in scored if distance == best for slug in self._forms[form]))

    def _narrow(
        self, slugs: tuple[str, ...], first: int, end: int, text_stems: Sequence[str], covered: set[int]
    ) -> tuple[str, ...]:
        """Of several plans the ones whose names also hold a word that stands close by ("Summit ... HMO")."""
        if len(slugs) == 1:
            return slugs
        for place in (*range(end, min(end + 3, len(text_stems))), *range(first - 1, max(first - 3, -1), -1)):
            holders = tuple(slug for slug in slugs if text_stems[place] in self._name_stems[slug])
            if holders and len(holders) < len(slugs):
                covered.add(place)
                return holders
        return slugs

    def _cover_neighbours(self, mentions: Iterable[PayerMention], text_stems: Sequence[str], covered: set[int]) -> None:
        """Words of the payer's name that stand beside the matched ones belong to it as well."""
        for mention in mentions:
            own = (
                frozenset().union(*(self._name_stems[slug] for slug in mention.slugs)) | _PLAN_WORDS | {"plan", "plans"}
            )
            for step, place in ((1, mention.end), (-1, mention.first - 1)):
                while (
                    0 <= place < len(text_stems)
                    and text_stems[place] in own
                    and text_stems[place] not in ("for", "to", "in", "of", "and", "the", "a")
                ):
                    covered.add(place)
                    place += step

    def _ours_by_words(self, found: Sequence[Word]) -> tuple[str, ...]:
        """Our payers whose names hold every word of an outside name ("Medicare Advantage"), if it has several."""
        if len(found) < 2:
            return ()
        return tuple(slug for slug, own in self._name_stems.items() if all(word.stem in own for word in found))

    def _foreign(self, word: Word, lexicon: Lexicon) -> bool:
        """True for a word that is no typing mistake away from any word a question is made of."""
        if len(word.form) < 4 or not word.form.isalpha():
            return False
        from rapidfuzz.distance import OSA

        known = (*lexicon.plain_forms, *lexicon.single_words)
        allowed = 1 if len(word.form) < 6 else 2
        return all(OSA.distance(word.form, other, score_cutoff=allowed) > allowed for other in known)

    def _unknown(
        self, text: str, found: Sequence[Word], lexicon: Lexicon, knows: Callable[[str], bool], covered: set[int]
    ) -> list[str]:
        """Names that stand where a payer's name stands and that neither the notes nor the lexicon know."""

        def ordinary(word: Word) -> bool:
            return (
                word.form in lexicon.plain_forms
                or word.stem in lexicon.plain_stems
                or word.form[0].isdigit()
                or any(character.isdigit() for character in word.form)
                or knows(word.form)
                or word.form in lexicon.single_words
                or bool(lexicon.procedure_phrases.find([word.stem]))
                or bool(lexicon.topic_phrases.find([word.stem]))
            )

        for place, word in enumerate(found):
            if word.form in _PLAN_WORDS and place and place not in covered:
                before = found[place - 1]
                if not ordinary(before) and before.form not in _PLAN_WORDS:
                    return [f"{before.form} {word.form}"]
                if (
                    text[before.start].isupper()
                    and text[word.start].isupper()
                    and before.form not in lexicon.plain_forms
                    and before.form not in _PLAN_WORDS
                ):
                    return [f"{before.form} {word.form}"]
        if len(found) > 1 and not covered and self._foreign(found[0], lexicon) and not ordinary(found[0]):
            return [found[0].form]
        for match in _SLOT.finditer(text):
            name = [word for word in found if match.start(1) <= word.start < match.end(1)]
            if name and not any(ordinary(word) for word in name):
                return [" ".join(word.form for word in name)]
        for match in _PROPER.finditer(text):
            name = [word for word in found if match.start(1) <= word.start < match.end(1)]
            if name and not any(ordinary(word) for word in name):
                return [" ".join(word.form for word in name)]
        return []


def _without_contained(mentions: list[PayerMention]) -> list[PayerMention]:
    """One mention for each payer: a looser mention that a sharper one settles says nothing more."""
    sharp = {mention.slugs[0] for mention in mentions if len(mention.slugs) == 1}
    return [mention for mention in mentions if len(mention.slugs) == 1 or not sharp.intersection(mention.slugs)]


def _display_name(short: str, slug: str, aliases: Sequence[str]) -> str:
    """The title's beginning, if it shares a word with the slug or an alias; else an alias, else the slug in words."""
    own = {form for name in (slug.replace("-", " "), *aliases) for form in forms(name)}
    if 0 < len(short.split()) <= 6 and own.intersection(forms(short)):
        return short
    return aliases[0] if aliases else slug.replace("-", " ")


def _initials(written: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Three or more first letters of a name of as many words, as people shorten it; a capital inside a word counts."""
    found: dict[str, set[str]] = {}
    for name, slug in written:
        parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
        letters = "".join(
            part if part.isupper() and len(part) > 1 else part[0]
            for part in parts
            if part.lower() not in ("of", "the", "and")
        )
        if 3 <= len(letters) <= 6 and len(parts) >= 3:
            found.setdefault(letters.lower(), set()).add(slug)
    return [(letters, slug) for letters, slugs in found.items() for slug in sorted(slugs)]


def directory_of(payer_notes: Iterable[KbNote], slugs: Iterable[str]) -> PayerDirectory:
    """The directory from the payer notes and from every slug other notes name in `payers`."""
    names: dict[str, str] = {}
    written: list[tuple[str, str]] = []
    name_stems: dict[str, set[str]] = {}
    for slug in slugs:
        name_stems.setdefault(slug, set())
    for note in payer_notes:
        for slug in note.payers[:1]:
            short = re.split(r"\s*[:(\u2013\u2014,]|\s-\s", note.title, maxsplit=1)[0].strip()
            names[slug] = _display_name(short, slug, note.aliases)
            name_stems.setdefault(slug, set())
            written.extend((name, slug) for name in (*note.aliases, names[slug]))
    for slug in name_stems:
        written.append((slug.replace("-", " "), slug))
    written.extend(_initials(written))
    holders_of: dict[str, set[str]] = {}
    for name, slug in written:
        for word in words(name):
            name_stems[slug].add(word.stem)
            if word.stem not in _generic():
                holders_of.setdefault(word.form, set()).add(slug)
    distinct: dict[str, set[str]] = {}
    for form, holders in holders_of.items():
        distinct.setdefault(stem(form), set()).update(holders)
    known = {tuple(word.form for word in words(name)) for name, _ in written}
    written.extend((name, "?" + name) for name in _OUTSIDE if tuple(name.split()) not in known)
    return PayerDirectory(
        names=names,
        _written=PhraseBook(written, by_form=True),
        _distinct={key: tuple(sorted(value)) for key, value in distinct.items()},
        _name_stems={slug: frozenset(value) for slug, value in name_stems.items()},
        _forms={form: tuple(sorted(holders)) for form, holders in holders_of.items()},
    )
