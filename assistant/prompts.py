"""The prompt templates that come with Understudy: Markdown files, read, checked and filled. Calls no model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UnderstudyError
from assistant.shipped import shipped_folder

_FIELD = re.compile(r"([a-z-]+):[ \t]+(\S.*?)\s*\Z")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_FIELDS = ("version", "purpose")
_SECTIONS = ("System", "User")


class PromptError(UnderstudyError):
    """A prompt template is missing or malformed, or was filled with other values than it asks for."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One template. `system` is fixed text; `user` holds {placeholders}; `sha256` is that of the file's text."""

    name: str
    version: str
    purpose: str
    system: str
    user: str
    sha256: str

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names in braces, in the order of their first appearance."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.user)))

    def fill(self, values: Mapping[str, str]) -> str:
        """The user text with every placeholder replaced, in one pass: braces inside a value stay as they are.

        Raises PromptError unless `values` has exactly the placeholders' names. The error names no value.
        """
        wanted = set(self.placeholders)
        if wanted != set(values):
            missing = ", ".join(sorted(wanted - set(values))) or "none"
            unknown = ", ".join(sorted(set(values) - wanted)) or "none"
            raise PromptError(f'prompt "{self.name}": values missing: {missing}; values it has no place for: {unknown}')
        return _PLACEHOLDER.sub(lambda match: values[match.group(1)], self.user)


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """The template `<name>.md` of the shipped prompts (or of `folder`).

    The hash is taken over the text with `\\n` line ends, so that one template has one hash on every system.
    Raises PromptError saying which file and line is wrong.
    """
    folder = shipped_folder("prompts") if folder is None else folder
    path = folder / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.md") if file.stem != "README")) or "none"
        raise PromptError(f'{path}: there is no prompt "{name}"; there are: {known}')
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    lines = text.split("\n")
    fields, first = _front_matter(path, lines)
    sections = _sections(path, lines, first)
    if found := _PLACEHOLDER.search(sections["System"]):
        raise PromptError(
            f"{path}: the section System holds {found.group()}; it must be fixed text, so that a model need not read "
            "it again for every question: move the placeholder to the section User"
        )
    return Prompt(
        name=name,
        version=fields["version"],
        purpose=fields["purpose"],
        system=sections["System"],
        user=sections["User"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _front_matter(path: Path, lines: list[str]) -> tuple[dict[str, str], int]:
    """The fields between the two `---` lines and the index of the first line after them."""
    if lines[0] != "---" or "---" not in lines[1:]:
        raise PromptError(f"{path}:1: must begin with front matter between two lines of ---")
    end = lines.index("---", 1)
    fields: dict[str, str] = {}
    for number, line in enumerate(lines[1:end], start=2):
        match = _FIELD.match(line)
        if match is None:
            raise PromptError(f'{path}:{number}: is no field; write "version: 1" or "purpose: what it is for"')
        if match.group(1) not in _FIELDS or match.group(1) in fields:
            raise PromptError(f'{path}:{number}: field "{match.group(1)}" is unknown or there twice; the fields are '
                              f"{' and '.join(_FIELDS)}")  # fmt: skip
        fields[match.group(1)] = match.group(2)
    for name in _FIELDS:
        if name not in fields:
            raise PromptError(f'{path}:{end + 1}: the field "{name}" is missing from the front matter')
    return fields, end + 1


def _sections(path: Path, lines: list[str], first: int) -> dict[str, str]:
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(lines[first:], start=first + 1):
        if line.startswith("## "):
            heading = line[3:].strip()
            if heading not in _SECTIONS or heading in sections:
                raise PromptError(f'{path}:{number}: section "{heading}" is unknown or there twice; the sections are '
                                  f"{' and '.join(_SECTIONS)}")  # fmt: skip
            current = sections.setdefault(heading, [])
        elif current is not None:
            current.append(line)
        elif line.strip():
            raise PromptError(f"{path}:{number}: text before the first section; put it below ## System or ## User")
    for heading in _SECTIONS:
        if not "".join(sections.get(heading, [])).strip():
            raise PromptError(f'{path}: the section "## {heading}" is missing or empty')
    return {heading: "\n".join(sections[heading]).strip() for heading in _SECTIONS}
