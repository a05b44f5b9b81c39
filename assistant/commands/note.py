"""`understudy note new`: asks for one thing a coder knows, checks while she types, saves it as Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.commands.common import Commands, add_practice, practice_of, today
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.note_form import NoteForm


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("note", help="write a note")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="write a note by answering questions, checked as you go")
    new.add_argument("--title", help="what the note is about")
    new.add_argument("--payer", help="the payer's name or slug (empty: every payer)")
    new.add_argument("--codes", help="procedure codes or ranges, separated by commas")
    new.add_argument("--text", help="what you know, in your own words")
    new.add_argument("--owner", help="who stands behind it")
    new.add_argument("--rule", help="a rule block as YAML (optional)")
    new.add_argument("--yes", action="store_true", help="ask nothing: take what the options say, no rule unless given")
    add_practice(new)
    new.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the note is saved, 1 when it was not, 2 when what was given cannot be used."""
    from assistant.note_form import NoteForm

    form = NoteForm(practice_of(arguments), on=today())
    try:
        _fill(form, arguments)
    except EOFError as error:
        raise InputError("the note was not finished; nothing was saved") from error
    problems = form.problems()
    if problems:
        for problem in problems:
            print(problem)
        print("Not saved.")
        return 1
    if not arguments.yes:
        print("\n" + form.markdown())
        if input("Save this note? [Y/n] ").strip().lower() in ("n", "no"):
            print("Not saved.")
            return 1
    path = form.save()
    print(f"Saved {path}. The next answer cites it.")
    return 0


def _fill(form: NoteForm, arguments: argparse.Namespace) -> None:
    """Ask for what the options do not say; each answer is checked at once and asked again when it does not fit."""
    asking = not arguments.yes
    _one("Title (what is it about): ", arguments.title, form.set_title, asking=asking)
    _one("Payer (name or slug; empty for every payer): ", arguments.payer, form.set_payer, asking=asking)
    _one("Procedure codes (31255, 31253-31259; empty for none): ", arguments.codes, form.set_codes, asking=asking)
    _text(form, arguments.text, asking=asking)
    _one("Owner (who knows this): ", arguments.owner, form.set_owner, asking=asking)
    if arguments.rule:
        _one("", arguments.rule, form.set_rule, asking=False)
    elif asking and input("Add a rule the validator enforces? [y/N] ").strip().lower() in ("y", "yes"):
        _rule(form)


def _one(prompt: str, given: str | None, take: Callable[[str], str | None], *, asking: bool) -> None:
    answer = given
    while True:
        if answer is None:
            answer = input(prompt) if asking else ""
        wrong = take(answer)
        if wrong is None:
            return
        if not asking:
            raise InputError(wrong)
        print(f"  {wrong}")
        answer = None


def _text(form: NoteForm, given: str | None, *, asking: bool) -> None:
    if given is not None or not asking:
        _one("", given or "", form.set_text, asking=False)
        return
    while True:
        print("What you know, in your own words; an empty line ends it:")
        lines = []
        while line := input("  "):
            lines.append(line)
        wrong = form.set_text("\n".join(lines))
        if wrong is None:
            return
        print(f"  {wrong}")


def _rule(form: NoteForm) -> None:
    """The rule key by key, in the vocabulary of kb/README.md; an empty answer leaves a key out."""
    from assistant.note_form import RULE_KEYS

    print("Leave out what does not matter with an empty line. Lists are separated by commas.")
    while True:
        answers = {key: input(f"  {question}: ") for key, question in RULE_KEYS}
        wrong = form.set_rule_answers(answers)
        if wrong is None:
            print(f"  {form.rule_sentence()}")
            return
        print(f"  {wrong}")
        if input("  Try again? [Y/n] ").strip().lower() in ("n", "no"):
            return
