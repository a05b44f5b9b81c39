"""Reads the tabular list of ICD-10-CM, the XML that NCHS publishes: codes, headings, and the notes that govern them.

Keeps the notes as text; which codes they name is read elsewhere. Does not know on which days the list is in force.
Source of the conventions (notes hold for everything below them, X as placeholder): the list's own introduction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, Literal, TypeAlias, get_args
from xml.etree.ElementTree import ParseError

from ingest.tables.icd10cm_instructions import bare, is_listed_form, pointed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NoteKind: TypeAlias = Literal["excludes1", "codeFirst", "useAdditionalCode"]
NOTE_KINDS: Final[tuple[NoteKind, ...]] = get_args(NoteKind)
ROOT_TAG: Final = "ICD10CM.tabular"
_NODES: Final = {"chapter", "section", "diag"}
_TERM_TAGS: Final = {"inclusionTerm", "includes"}
_DEPTH_LIMIT: Final = 24
# "Organism X as the cause of diseases classified elsewhere" stands beside the disease and is no manifestation; "not
# elsewhere classified" says nothing of the kind.
_ELSEWHERE: Final = re.compile(r"(?:other )?(?:diseases?|conditions|reactions) classified elsewhere", re.IGNORECASE)
# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death ..., or 8 - ..."
_NOT_APPLIED: Final = re.compile(
    r"7th characters? ([A-Z](?:(?:,| and|, and) [A-Z])*) do not apply to codes in (?:sub)?category (\S+)"
    r" with 6th character (.*)"
)


class TabularUnreadable(ValueError):  # noqa: N818 - reads as the state it names
    """The XML is no tabular list, is broken, or asks for what no tabular list needs (entities, a DTD)."""


@dataclass(frozen=True, slots=True)
class TabularNote:
    """One instruction: what it asks, the code or heading it stands at (`chapter 15`, `J00-J06`, `J32`), its words."""

    kind: NoteKind
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class TabularCode:
    """A code or heading, with its point, as the list prints it: without the 7th characters, which are `extensions`
    (character and meaning) where the code takes one.

    `notes` are its own and those of everything above it. `terms` are its own inclusion terms.
    """

    diagnosis_code: str
    description: str
    is_leaf: bool
    manifestation: bool
    notes: tuple[TabularNote, ...]
    terms: tuple[str, ...]
    extensions: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Node:
    """A chapter, section or code while the reader is inside it."""

    tag: str
    above: _Node | None
    name: str
    description: str = ""
    own: list[tuple[NoteKind, str]] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    extensions: list[tuple[str, str]] = field(default_factory=list)
    # 7th characters that do not apply: (characters, heading, the 6th characters they do not apply with).
    excepted: list[tuple[str, str, str]] = field(default_factory=list)
    has_codes: bool = False

    def chain(self) -> Iterator[_Node]:
        """The node and what stands above it, nearest first."""
        node: _Node | None = self
        while node is not None:
            yield node
            node = node.above


def read_tabular(stream: IO[bytes]) -> Iterator[TabularCode]:
    """Every code and heading; what stands below a heading comes before it. Raises TabularUnreadable.

    Holds one chapter in memory at most.
    """
    # Imported here: only a compilation or an import of the list reads XML.
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        yield from _walk(iterparse(stream, events=("start", "end"), forbid_dtd=True))
    except DefusedXmlException as error:
        raise TabularUnreadable("the XML declares a DTD or entities, which no tabular list does") from error
    except ParseError as error:
        raise TabularUnreadable(f"the XML breaks off or is damaged ({error})") from error
    except (UnicodeError, LookupError) as error:
        raise TabularUnreadable(f"its characters cannot be read ({error})") from error


def full_code(diagnosis_code: str, character: str) -> str:
    """The code with its 7th character, X standing in for what is missing: `S02.2` and `A` give `S02.2XXA`."""
    return pointed(bare(diagnosis_code).ljust(6, "X") + character)


def is_manifestation_title(description: str) -> bool:
    """True for titles of the convention "in diseases classified elsewhere" (ICD-10-CM guidelines I.A.13)."""
    found = _ELSEWHERE.search(description)
    return found is not None and not description[: found.start()].endswith("as the cause of ")


def _walk(events: Iterator[tuple[str, Element]]) -> Iterator[TabularCode]:
    inside: _Node | None = None
    depth, is_first = 0, True
    for event, element in events:
        if is_first and element.tag != ROOT_TAG:
            raise TabularUnreadable(f"it is no {ROOT_TAG}")
        is_first = False
        if element.tag not in _NODES:
            if event == "end" and inside is not None:
                _take(inside, element)
        elif event == "start":
            depth += 1
            if depth > _DEPTH_LIMIT:
                raise TabularUnreadable(f"its codes are nested more than {_DEPTH_LIMIT} deep")
            if element.tag == "diag" and inside is not None:
                inside.has_codes = True
            inside = _Node(element.tag, inside, element.get("id", ""))
        else:
            assert inside is not None
            if element.tag == "diag":
                yield _code(inside)
            inside = inside.above
            depth -= 1
            element.clear()


def _take(node: _Node, element: Element) -> None:
    """What the list says about the node itself. In the list it stands before the node's sub-codes."""
    tag = element.tag
    if tag == "name":
        node.name = (element.text or "").strip()
    elif tag == "desc":
        node.description = (element.text or "").strip()
    elif tag in NOTE_KINDS:
        node.own.extend((tag, text) for text in _texts(element))
    elif tag in _TERM_TAGS:
        node.terms.extend(_texts(element))
    elif tag == "sevenChrDef":
        for part in element:
            character = part.get("char", "").strip().upper()
            if part.tag == "extension" and len(character) == 1 and character.isalnum() and character.isascii():
                node.extensions.append((character, (part.text or "").strip()))
    elif tag == "notes":
        for text in _texts(element):
            if found := _NOT_APPLIED.search(text):
                sixth = re.findall(r"(?:^|\bor )([0-9A-Z]) -", found[3])
                node.excepted.append(("".join(re.findall(r"\b[A-Z]\b", found[1])), found[2], "".join(sixth)))


def _code(node: _Node) -> TabularCode:
    if not is_listed_form(node.name):
        raise TabularUnreadable(f'"{node.name[:20]}" is no diagnosis code')
    if not node.description:
        raise TabularUnreadable(f"{node.name} has no description")
    above = list(node.chain())
    notes = tuple(
        TabularNote(kind, f"chapter {one.name}" if one.tag == "chapter" else one.name, text)
        for one in reversed(above)
        for kind, text in one.own
    )
    is_below_manifestation = any(is_manifestation_title(one.description) for one in above if one.tag == "diag")
    return TabularCode(
        node.name,
        node.description,
        not node.has_codes,
        # Below such a heading a code without "code first" may stand alone (M14.6, Charcot's joint).
        is_manifestation_title(node.description)
        or (is_below_manifestation and any(note.kind == "codeFirst" for note in notes)),
        notes,
        tuple(dict.fromkeys(node.terms)),
        () if node.has_codes else tuple(_extensions(node)),
    )


def _extensions(node: _Node) -> Iterator[tuple[str, str]]:
    code = bare(node.name)
    excepted = {
        character
        for one in node.chain()
        for characters, heading, sixth in one.excepted
        if code.startswith(bare(heading)) and code[5:6] and code[5:6] in sixth
        for character in characters
    }
    nearest = next((one.extensions for one in node.chain() if one.extensions), [])
    return ((character, text) for character, text in nearest if character not in excepted)


def _texts(element: Element) -> list[str]:
    return [" ".join(note.text.split()) for note in element if note.tag == "note" and note.text and note.text.strip()]
