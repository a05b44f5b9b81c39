"""GBNF grammars that hold a model to the form of a cited answer or of a choice.

A grammar makes an answer well formed, not right: what a sentence says is still to be checked against its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Words a sentence may begin with besides its source's own terms: a capital letter elsewhere would be a name.
OPENINGS: tuple[str, ...] = (
    "A", "All", "Always", "An", "Any", "Append", "Attach", "Before", "Bill", "Both", "Call", "Do", "Each", "File",
    "For", "If", "In", "It", "Never", "No", "Obtain", "On", "One", "Only", "Report", "Send", "Submit", "The", "These",
    "They", "This", "To", "Use", "When", "With", "Without", "Yes", "You",
)  # fmt: skip

_MOST_LETTERS = 20
_WORD = re.compile(r"[^\s]+")
_EDGES = "\"'`*_.,;:!?()[]{}<>|"
_PRINTABLE = re.compile(r"[ -~]+\Z")


def terms_of(text: str) -> tuple[str, ...]:
    """The words of a passage that a sentence may repeat but never invent: each holds a digit or a capital letter.

    In the order of first appearance, without the punctuation around them; words with characters beyond ASCII are left
    out, since `answer_grammar` lets none be written.
    """
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        for part in match.group().replace("/", " ").split():
            word = part.strip(_EDGES)
            if any(character.isdigit() or character.isupper() for character in word) and _PRINTABLE.match(word):
                found[word] = None
    return tuple(found)


def answer_grammar(
    terms: Mapping[int, Iterable[str]], *, most_sentences: int = 3, fewest_words: int = 4, most_words: int = 36
) -> str:
    """The grammar of an answer: one to `most_sentences` sentences, each with a full stop and its source mark ` [n]`.

    The keys of `terms` are the source numbers that may be cited. A sentence that cites n is made of lower-case words
    and of the words in `terms[n]` (codes, modifiers, numbers, names: see `terms_of`); any other number or name cannot
    be written. Words are counted after the first, both ends included. Only printable ASCII can be written.
    Raises ValueError when there is no source, or a number or a term cannot stand in an answer.
    """
    if not terms:
        raise ValueError("a cited answer needs at least one source number")
    if most_sentences < 1 or not 1 <= fewest_words <= most_words:
        raise ValueError(
            f"an answer of {most_sentences} sentences of {fewest_words} to {most_words} words cannot be written; give "
            "at least 1 sentence, at least 1 word, and no more words than most_words"
        )
    rules = [
        f'root ::= sentence (" " sentence){{0,{most_sentences - 1}}}',
        "sentence ::= " + " | ".join(f"sentence-{number}" for number in terms),
        f"plain ::= [a-z] [a-z'-]{{0,{_MOST_LETTERS - 1}}}",
        "opening ::= " + " | ".join(_quoted(word) for word in OPENINGS),
    ]
    for number, own in terms.items():
        if number < 1:
            raise ValueError(f"{number} cannot be a source number; sources are numbered from 1")
        words = sorted(set(own))
        for word in words:
            if not _PRINTABLE.match(word) or " " in word:
                raise ValueError(f"{word!r} cannot be a term: a term is one word of printable ASCII")
        first = f"opening | term-{number}" if words else "opening"
        other = f"plain | term-{number}" if words else "plain"
        if words:
            rules.append(f"term-{number} ::= " + " | ".join(_quoted(word) for word in words))
        rules.append(
            f'sentence-{number} ::= ({first}) ([,:;]? " " ({other})){{{fewest_words},{most_words}}} ". [{number}]"'
        )
    return "\n".join(rules) + "\n"


def choice_grammar(numbers: Iterable[int]) -> str:
    """The grammar of a choice: "keep none", or "keep" and some of the numbers in rising order, none twice.

    Nothing but these numbers can be written. Raises ValueError when there is none or one is below 1.
    """
    known = sorted(set(numbers))
    if not known or known[0] < 1:
        raise ValueError("a choice needs at least one number, counted from 1")
    rules = ['root ::= "keep " ("none" | from-0)']
    for place, number in enumerate(known):
        later = f' ("," from-{place + 1})?' if place + 1 < len(known) else ""
        skipped = f" | from-{place + 1}" if place + 1 < len(known) else ""
        rules.append(f'from-{place} ::= "{number}"{later}{skipped}')
    return "\n".join(rules) + "\n"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
