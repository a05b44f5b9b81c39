"""Small changes of a note's text whose effect on an answer is known beforehand. Pure: reads and writes no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.items import LIBRARY_PREFIX, Item
from evals.wording import whole
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

_FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\w*)")
# Within a rule block these lines hold names, not values: `fix: one-line-50`, `id: bsp-sinus-50`.
_NAMES = re.compile(r"^\s*(?:fix|id)\s*:")
_QUANTITY = re.compile(r"(\d+)\s+(\D+)\Z")
_INSTEAD_DAYS = 7

INVENTED_SLUG = "quillback-mutual"
INVENTED_NAME = "Quillback Mutual"
_INVENTED_ALIASES = (INVENTED_NAME, "Quillback Indemnity")


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a change cannot be judged for an item."""

    reason: str


@dataclass(frozen=True, slots=True)
class ValueChange:
    """New texts by note id; `everywhere` when several expected notes held the old value and all were changed."""

    texts: dict[str, str]
    everywhere: bool


def plan_change(item: Item, texts: dict[str, str]) -> ValueChange | Skip:
    """The item's change, made in every expected note that holds the old value. `texts`: the expected notes' texts."""
    change = item.expect.change
    if change is None:
        return Skip("no single value decides")
    if _held(item.question, change.old):
        return Skip("the question itself says the old value")
    changed: dict[str, str] = {}
    for note_id in item.expect.notes:
        text = texts[note_id]
        new_text = replaced(text, change.old, change.new)
        if new_text == text:
            continue
        note = readable(note_id, new_text)
        if note is None:
            return Skip(f"{note_id} would be in error after it")
        if note_id == change.note and _held(_body(text), change.new):
            return Skip("the note holds the new value already")
        changed[note_id] = new_text
    if change.note not in changed:
        return Skip(f'"{change.old}" does not stand below the front matter of {change.note}')
    return ValueChange(changed, everywhere=len(changed) > 1)


def replaced(text: str, old: str, new: str) -> str:
    """The text with `old` as a whole word replaced by `new` everywhere below the front matter, rule blocks included.

    Case does not matter: prose has "Mohs map" where the rule has `mohs map`.
    Of "90 days" a rule block may hold the number alone (`file-within-days: 90`): there the number is replaced.
    """
    start = len(text) - len(_body(text))
    old_number, new_number = _QUANTITY.match(old), _QUANTITY.match(new)
    same_thing = old_number and new_number and old_number.group(2) == new_number.group(2)
    lines = []
    for line, fenced in _lines(text[start:]):
        if fenced and _NAMES.match(line):
            lines.append(line)
            continue
        line = re.sub(whole(old), lambda _: new, line, flags=re.IGNORECASE)
        if fenced and same_thing and old_number and new_number:
            number = new_number.group(1)
            line = re.sub(whole(old_number.group(1)), lambda _, number=number: number, line)  # type: ignore[misc]
        lines.append(line)
    return text[:start] + "\n".join(lines)


def emptied(text: str) -> str:
    """The note with its front matter and nothing said below it."""
    return f"{text[: len(text) - len(_body(text))]}Nothing is written here.\n"


def invented_payer_note() -> str:
    """The payer note of a payer that no question names."""
    aliases = ", ".join(_INVENTED_ALIASES)
    return (
        f"---\ntitle: {INVENTED_NAME}\nkind: payer\npayers: [{INVENTED_SLUG}]\naliases: [{aliases}]\n---\n"
        "## Who they are\nA plan that pays by rules of its own.\n"
    )


def opposite_for_invented(item: Item, source: KbNote, payer_names: Sequence[str]) -> str | None:
    """A note of the invented payer that says the opposite of the source, else in the same words; None when unreadable.

    `payer_names` are all names of the source's payers: they become the invented payer's. The opposite of a value is
    another value: the item's change, else another number, else "not" before it.
    """
    body = _body(source.text)
    if any(payer_names):
        longest_first = sorted(set(payer_names), key=len, reverse=True)
        names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
        body = "\n".join(
            line if fenced and _NAMES.match(line) else names.sub(INVENTED_NAME, line) for line, fenced in _lines(body)
        )
    body = _renamed_rules(body)
    told = "\n".join(_with_opposites(item, body))
    title = f"{INVENTED_NAME}, {source.note_id.rpartition('/')[2].replace('-', ' ')}"
    for attempt in (told, _without_fences(told)):
        text = "\n".join([*_front_matter(source, title), attempt])
        if readable(f"payers/{INVENTED_SLUG}/opposite", text):
            return text
    return None


def readable(note_id: str, text: str) -> KbNote | None:
    """The note, or None when it has an error, so that the index would keep its last good version."""
    layer = "library" if note_id.startswith(LIBRARY_PREFIX) else "practice"
    read = read_note(text.encode(), note_id=note_id, path=f"{note_id}.md", layer=layer)  # type: ignore[arg-type]
    return None if any(problem.severity == "error" for problem in read.problems) else read.note


def _with_opposites(item: Item, body: str) -> Iterator[str]:
    pairs = [(one, _opposite(one)) for group in item.expect.must for one in group]
    if item.expect.change:
        change = item.expect.change
        pairs = [(change.old, change.new), *(pair for pair in pairs if pair[0] != change.old)]
    for line, fenced in _lines(body):
        if fenced and _NAMES.match(line):
            yield line
            continue
        for old, new in pairs:
            # A rule block takes values, not words of denial.
            if not fenced or not new.startswith("not "):
                line = re.sub(whole(old), lambda _, new=new: new, line, flags=re.IGNORECASE)  # type: ignore[misc]
        yield line


def _opposite(value: str) -> str:
    swapped = {"RT": "50", "LT": "50", "50": "51"}.get(value)
    if swapped:
        return swapped
    if re.fullmatch(r"\d{1,3}", value):
        return str(int(value) + _INSTEAD_DAYS)
    number = _QUANTITY.match(value)
    return f"{int(number.group(1)) + _INSTEAD_DAYS} {number.group(2)}" if number else f"not {value}"


def _front_matter(source: KbNote, title: str) -> Iterator[str]:
    yield "---"
    yield f'title: "{title}"'
    yield f"kind: {'payer-rule' if source.kind == 'payer' else source.kind}"
    yield f"payers: [{INVENTED_SLUG}]"
    if source.codes:
        yield f"codes: [{source.codes}]"
    for name, values in (("modifiers", source.modifiers), ("carcs", source.carcs), ("places", source.places)):
        if values:
            quoted = ", ".join(f'"{value}"' for value in values)
            yield f"{name}: [{quoted}]"
    for name, day in (("effective-from", source.effective_from), ("effective-through", source.effective_through)):
        if day:
            yield f"{name}: {day.isoformat()}"
    yield "---"


def _renamed_rules(body: str) -> str:
    """Rule ids are one practice's: the copy's are its own."""
    lines = (
        re.sub(r"^(\s*id\s*:\s*)(\S+)", r"\1quillback-\2", line) if fenced else line for line, fenced in _lines(body)
    )
    return "\n".join(lines)


def _without_fences(body: str) -> str:
    return "\n".join(line for line, fenced in _lines(body) if not fenced and not _FENCE.match(line))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it stands within a fence (the fences themselves do not)."""
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence and line.strip() == fence:
            fence = ""
            yield line, False
        elif mark and not fence:
            fence = mark.group(1)
            yield line, False
        else:
            yield line, bool(fence)


def _body(text: str) -> str:
    """The text below the front matter; the whole text where there is none."""
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---\n", 3)
    return text if end < 0 else text[end + len("\n---\n") :]


def _held(text: str, value: str) -> bool:
    return re.search(whole(value), text, re.IGNORECASE) is not None
