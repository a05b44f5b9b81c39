"""`understudy chat`: questions one after the other, each understood with those before it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assistant.commands.ask import question_of, render
from assistant.commands.common import Commands, add_practice, day, practice_of, print_json, progress_bar, today
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.ask.conversation import Reply

_NEW, _END = ("/new",), ("/quit", "/exit")
_WELCOME = 'Ask in your own words; go on with "and for both sides?" or "why?". /new starts anew, /quit ends.'


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("chat", help="ask one question after the other; follow-ups are understood")
    parser.add_argument("--json", action="store_true", help="read a question a line, print an answer a line as JSON")
    parser.add_argument("--as-of", type=day, metavar="DATE", help="answer as of this date (default: today)")
    parser.add_argument(
        "--model", metavar="off|default|PATH|URL", help="the language model (default: as in understudy.toml, else off)"
    )
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0; 2 when a line could not be taken (the others are answered)."""
    from assistant.ask.conversation import ConversationState
    from assistant.bootstrap import Desk

    desk = Desk(practice_of(arguments), on_progress=progress_bar())
    watched = sys.stdin.isatty() and not arguments.json
    if watched:
        print(_WELCOME)
    state, failed = ConversationState(), False
    while (line := _next_line(watched)) is not None:
        turn = line.strip()
        if turn in _END:
            break
        if turn in _NEW:
            state = ConversationState()
        if not turn or turn in _NEW:
            continue
        now = today()
        as_of = arguments.as_of or now
        try:
            reply, state = desk.converse(state, question_of(turn), as_of=as_of, today=now, model=arguments.model)
        except InputError as error:
            failed = True
            if arguments.json:
                print_json({"error": str(error)})
            else:
                print(f"understudy: {error}", file=sys.stderr)
            continue
        if arguments.json:
            print_json(reply.as_json(as_of))
        else:
            print(told(reply) + "\n")
        sys.stdout.flush()
    return 2 if failed else 0


def _next_line(watched: bool) -> str | None:
    """The next line that is typed; None at the end."""
    if watched:
        print("> ", end="", flush=True)
    line = sys.stdin.readline()
    if not line and watched:
        print()
    return line or None


def told(reply: Reply) -> str:
    """The reply for a terminal: how the turn was understood, where that is not the turn itself, and the answer."""
    lines = [f"(understood as: {reply.understood_as})"] if reply.understood_as else []
    lines.append(render(reply.answer) if reply.answer else reply.text)
    lines.extend([reply.hint] if reply.hint else [])
    return "\n".join(lines)
