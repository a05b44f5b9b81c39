"""`understudy ask`: a question in, a cited answer or a plain refusal out."""

from __future__ import annotations

import argparse
import textwrap
from datetime import date
from typing import TYPE_CHECKING, Any

from assistant.commands.common import Commands, add_practice, batch, day, practice_of, print_json, progress_bar, today
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.ask.answer import Answer
    from assistant.bootstrap import Desk

_WIDTH = 100
_MOST_CHARACTERS = 4000


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("ask", help="answer a question from the practice's notes, with sources")
    parser.add_argument("question", nargs="*", help="the question, in your own words")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument(
        "--batch", metavar="FILE", help="many questions: JSON lines with id, question, as_of (- for standard input)"
    )
    parser.add_argument("--as-of", type=day, metavar="DATE", help="answer as of this date (default: today)")
    parser.add_argument(
        "--model", metavar="off|default|PATH|URL", help="the language model (default: as in understudy.toml, else off)"
    )
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 answered, 1 refused or declined, 2 bad input."""
    from assistant.bootstrap import Desk

    now = today()
    desk = Desk(practice_of(arguments), on_progress=progress_bar())
    if arguments.batch:
        if arguments.question:
            raise InputError("give a question or --batch, not both")
        return batch(arguments.batch, lambda row: _batch_row(desk, row, arguments, now))
    question = question_of(" ".join(arguments.question))
    answer = _ask(desk, question, arguments.as_of or now, now, arguments.model)
    if arguments.json:
        print_json(answer.as_json())
    else:
        print(render(answer))
    return 0 if answer.status == "answered" else 1


def question_of(text: Any) -> str:
    """The question as typed, without blanks around it. Raises InputError when there is none or it is no text."""
    if not isinstance(text, str) or not text.strip():
        raise InputError('there is no question; ask for example `understudy ask "which modifier for 31255"`')
    if len(text) > _MOST_CHARACTERS:
        raise InputError(f"the question has {len(text)} characters; {_MOST_CHARACTERS} are the most")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError("the question holds bytes that are no text; type it anew or send it as UTF-8")
    return text.strip()


def _batch_row(desk: Desk, row: dict[str, Any], arguments: argparse.Namespace, now: date) -> dict[str, Any]:
    question = question_of(row.get("question"))
    written = row.get("as_of")
    try:
        as_of = date.fromisoformat(written) if written else arguments.as_of or now
    except (TypeError, ValueError) as error:
        raise InputError(f"as_of {written!r} is no date; write it as 2026-09-15") from error
    return _ask(desk, question, as_of, now, arguments.model).as_json()


def _ask(desk: Desk, question: str, as_of: date, now: date, model: str | None) -> Answer:
    return desk.ask(question, as_of=as_of, today=now, model=model)


def render(answer: Answer) -> str:
    """The answer for a terminal: what it says, where it stands, how fresh it is."""
    lines = []
    for paragraph in answer.text.split("\n"):
        lines.extend(textwrap.wrap(paragraph, _WIDTH) or [""])
    if answer.citations:
        lines.append("")
        for citation in answer.citations:
            heading = f", {citation.heading}" if citation.heading else ""
            first, last = citation.lines
            where = f"line {first}" if first == last else f"lines {first}-{last}"
            lines.append(f"[{citation.n}] {citation.note}{heading}, {where}")
            lines.append(f"    {citation.freshness()}")
    for rule in answer.general:
        lines.append("")
        lines.append(
            f"General, not this practice's own: {rule.note}, {rule.heading}, lines {rule.lines[0]}-{rule.lines[1]}"
        )
        lines.extend(
            textwrap.wrap(f"\u201c{rule.quote}\u201d", _WIDTH, initial_indent="    ", subsequent_indent="    ")
        )
    if answer.nearest:
        lines.append("")
        lines.append("Nearest notes:")
        for near in answer.nearest:
            lacks = f" (says nothing of: {', '.join(near.lacks)})" if near.lacks else ""
            lines.append(f"    {near.note}, {near.heading or 'top'}{lacks}")
    if answer.gap:
        lines.append("")
        lines.append("Recorded as a gap; `understudy gaps` lists them, `understudy note new` answers one.")
    lines.extend(f"Note: {notice}" for notice in answer.notices)
    return "\n".join(lines)
