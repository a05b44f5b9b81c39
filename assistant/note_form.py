"""A note in the making: takes one answer at a time, says at once what is wrong with it, and writes Markdown.

The reader and the checks of notes judge; this form only asks them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import InputError
from assistant.settings import Practice
from ingest.codes import CodeSet

if TYPE_CHECKING:
    from assistant.ask.payers import PayerDirectory
    from ingest.notes.model import KbNote, Problem

# The keys of a rule as a person is asked for them; the left side is the path in the block's YAML.
RULE_KEYS: tuple[tuple[str, str], ...] = (
    ("when.codes", "For which codes (31255, 31267; empty: the note's codes)"),
    ("when.bilateral", "Only when both sides are billed (yes, no, empty: either)"),
    ("when.age", "Only for ages (12+, 0-11)"),
    ("when.places", "Only in places of service (11, 24)"),
    ("when.with", "Only when one of these codes is billed too"),
    ("require.modifiers", "The line must carry modifiers"),
    ("require.units", "Units must be exactly"),
    ("require.authorization", "An authorization is needed (yes, empty: no)"),
    ("require.documentation", "Documents that must be there"),
    ("forbid.modifiers", "The line must not carry modifiers"),
    ("forbid.codes", "These codes must not be on the claim"),
    ("units-max", "Most units in all"),
    ("file-within-days", "The payer must have the claim within days"),
    ("severity", "error, warning or advice (empty: error)"),
    ("pass", "An example that is right (31255-50 x1)"),
    ("fail", "An example that is wrong (31255-RT; 31255-LT)"),
)
_YES_OR_NO = ("bilateral", "authorization")
_YES, _NO = ("yes", "y", "true"), ("no", "n", "false")
_LISTS = frozenset({"codes", "places", "with", "modifiers", "documentation"})
_REVIEW_DAYS = 182
_BROKEN = "it holds bytes that are no text; type it anew or save where it comes from as UTF-8"


class NoteForm:
    """One new note. Every `set_` returns None, or in one sentence what is wrong and how to mend it."""

    def __init__(self, practice: Practice, *, on: date, notes: Sequence[KbNote] | None = None) -> None:
        """`notes`: those of practice and library, where the caller has read them already."""
        self._practice = practice
        if notes is not None:
            self._known_notes = tuple(notes)
        self._on = on
        self._title = ""
        self._payer: str | None = None
        self._codes = CodeSet()
        self._text = ""
        self._owner = ""
        self._rule = ""

    def set_title(self, answer: str) -> str | None:
        """What the note is about; must not be empty."""
        title = " ".join(answer.split())
        if _broken(title):
            return _BROKEN
        if not title:
            return "a title is needed, such as: Blue Shield PPO, both-sided tubes"
        if len(title) > 120:
            return "the title is longer than 120 characters; keep the rest for the text"
        self._title = title
        return None

    def set_payer(self, answer: str) -> str | None:
        """The payer by slug, name or alias; empty for every payer."""
        if not answer.strip():
            self._payer = None
            return None
        from assistant.ask.lexicon import load_lexicon

        named = self._directory().read(answer, load_lexicon())
        if len(named.slugs) == 1:
            self._payer = named.slugs[0]
            return None
        known = ", ".join(sorted(self._directory().names)) or "none yet: write its payer note first, kind: payer"
        if len(named.slugs) > 1:
            return f'"{answer.strip()}" fits several payers ({", ".join(named.slugs)}); say which'
        return f'no payer note knows "{answer.strip()}"; known are {known}'

    def set_codes(self, answer: str) -> str | None:
        """Codes and ranges separated by commas; empty for none."""
        try:
            self._codes = CodeSet.parse(part for part in re.split(r"[,;\s]+", answer.strip()) if part)
        except ValueError as error:
            return str(error)
        return None

    def set_text(self, answer: str) -> str | None:
        """What she knows; must not be empty."""
        if _broken(answer):
            return _BROKEN
        if not answer.strip():
            return "the text is empty; a sentence is enough"
        self._text = answer.strip()
        return None

    def set_owner(self, answer: str) -> str | None:
        """Who stands behind the note; may be empty."""
        if _broken(answer):
            return _BROKEN
        self._owner = " ".join(answer.split())
        return None

    def set_rule(self, answer: str) -> str | None:
        """A rule block as YAML, without its fence."""
        if _broken(answer):
            return _BROKEN
        if _open_fence(self._text):
            return (
                "the text opens a code fence (```) and does not close it: the rule would stand inside; close it first"
            )
        before, self._rule = self._rule, answer.strip()
        wrong = [problem for problem in self._examine() if problem.severity == "error"]
        if wrong:
            self._rule = before
            return "; ".join(problem.message for problem in wrong)
        return None

    def set_rule_answers(self, answers: Mapping[str, str]) -> str | None:
        """A rule from the answers to RULE_KEYS."""
        for key, question in RULE_KEYS:
            told = answers.get(key, "").strip().lower()
            if key.partition(".")[2] in _YES_OR_NO and told and told not in (*_YES, *_NO):
                return f'"{told}" is neither yes nor no: {question}'
        return self.set_rule(
            _rule_yaml(self._slug(), {key: value.strip() for key, value in answers.items()}, self._codes)
        )

    def rule_sentence(self) -> str:
        """The rule in words; empty when there is none."""
        from assistant.rules.block_text import sentence

        note = self._read()[0]
        names = (self._directory().display(self._payer),) if self._payer else ()
        return " ".join(sentence(rule, payer_names=names) for rule in note.rules) if note else ""

    def problems(self) -> list[Problem]:
        """What keeps the note from being saved: errors of form and meaning, also against other notes."""
        return [problem for problem in self._examine() if problem.severity == "error"]

    def markdown(self) -> str:
        """The note as it will be saved."""
        review = self._on + timedelta(days=_REVIEW_DAYS)
        lines = ["---", f"title: {_yaml_text(self._title)}"]
        lines.append(f"kind: {'payer-rule' if self._payer else 'reference'}")
        if self._payer:
            lines.append(f"payers: [{self._payer}]")
        if self._codes:
            lines.append(f"codes: [{self._codes}]")
        if self._owner:
            lines.append(f"owner: {_yaml_text(self._owner)}")
        lines += [
            f"verified: {self._on.isoformat()}",
            f"review-by: {review.isoformat()}",
            "confidence: seen-once",
            "---",
        ]
        body = self._text if self._text.lstrip().startswith("#") else f"## {self._title}\n{self._text}"
        lines.append(body)
        if self._rule:
            lines += ["", "```rule", self._rule, "```"]
        return "\n".join(lines) + "\n"

    def save(self) -> Path:
        """Write the note to a new file of the kb folder; never over another. Raises InputError when it cannot."""
        folder = self._practice.kb / ("payers" if self._payer else "reference")
        if self._payer:
            folder /= self._payer
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, 100):
                path = folder / f"{self._slug()}{f'-{number}' if number > 1 else ''}.md"
                try:
                    with path.open("x", encoding="utf-8") as file:
                        file.write(self.markdown())
                except FileExistsError:
                    continue
                return path
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
        raise InputError(f"{folder}: there are too many notes called {self._slug()}; choose another title")

    def _slug(self) -> str:
        plain = re.sub(r"[^a-z0-9]+", "-", self._title.lower()).strip("-")
        return plain[:60].strip("-") or "note"

    def _read(self) -> tuple[KbNote | None, tuple[Problem, ...]]:
        from ingest.notes.reader import read_note

        read = read_note(
            self.markdown().encode(), note_id=f"new/{self._slug()}", path=f"new/{self._slug()}.md", layer="practice"
        )
        return read.note, read.problems

    def _examine(self) -> list[Problem]:
        from assistant.kb_check import check_notes
        from ingest.tables.icd10cm import is_known_diagnosis

        note, found = self._read()
        if note is None:
            return list(found)
        others = self._notes()
        taken = {rule.rule_id for other in others for rule in other.rules}
        meaning = check_notes((*others, note), on=self._on, known_diagnosis=is_known_diagnosis, only={note.note_id})
        mine = [problem for problem in meaning if problem.path == note.path]
        if any(rule.rule_id in taken for rule in note.rules):
            from ingest.notes.model import Problem as NoteProblem

            mine.append(NoteProblem(note.path, 1, "KB0", "another note's rule has this id; choose another"))
        return [*found, *mine]

    def _notes(self) -> tuple[KbNote, ...]:
        if not hasattr(self, "_known_notes"):
            from ingest.notes.folder import read_folder

            own = read_folder(self._practice.kb, layer="practice", exclude=frozenset({"library"}))
            shared = read_folder(self._practice.library, layer="library", prefix="library/")
            self._known_notes = (*own.notes, *shared.notes)
        return self._known_notes

    def _directory(self) -> PayerDirectory:
        if not hasattr(self, "_payers"):
            from assistant.ask.payers import directory_of

            notes = [note for note in self._notes() if note.layer == "practice"]
            slugs = sorted({slug for note in notes for slug in note.payers})
            self._payers = directory_of([note for note in notes if note.kind == "payer"], slugs)
        return self._payers


def _broken(text: str) -> bool:
    """True for what a terminal or a file in another encoding hands over: it cannot be written as UTF-8."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _open_fence(text: str) -> bool:
    """True when a fenced block of the text has no end."""
    fence = ""
    for line in text.splitlines():
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
            fence = ""
    return bool(fence)


def _yaml_text(text: str) -> str:
    """A scalar that YAML reads back as it is."""
    if re.fullmatch(r"[A-Za-z][\w .,/()&'-]*", text) and not text.endswith(" "):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rule_yaml(rule_id: str, answers: Mapping[str, str], note_codes: CodeSet) -> str:
    """The block of the answers; keys left empty are left out."""
    groups: dict[str, list[str]] = {"when": [], "require": [], "forbid": []}
    plain: list[str] = []
    if not answers.get("when.codes") and note_codes:
        groups["when"].append(f"codes: [{note_codes}]")
    for key, answer in answers.items():
        if not answer or key in ("pass", "fail"):
            continue
        group, _, name = key.partition(".")
        if not name:
            plain.append(f"{key}: {_yaml_text(answer) if not answer.isalnum() else answer}")
            continue
        groups[group].append(f"{name}: {_value(name, answer)}")
    lines = [f"id: {rule_id}"]
    lines += [f"{group}: {{{', '.join(entries)}}}" for group, entries in groups.items() if entries]
    lines += plain
    examples = [f"  - {kind}: {_quoted(answers[kind])}" for kind in ("pass", "fail") if answers.get(kind)]
    if examples:
        lines += ["examples:", *examples]
    return "\n".join(lines)


def _value(name: str, answer: str) -> str:
    if name in _YES_OR_NO:
        return "true" if answer.lower() in _YES else "false"
    if name in _LISTS:
        return "[" + ", ".join(_quoted(part.strip()) for part in answer.split(",") if part.strip()) + "]"
    return _quoted(answer)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
