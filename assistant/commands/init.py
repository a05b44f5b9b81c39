"""`understudy init`: makes a practice folder to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.commands.common import Commands
from assistant.errors import InputError

_SETTINGS = """\
# Every key is optional; see the README.
[practice]
name = "{name}"
specialties = []

# What forms prefill. Never used by a rule.
# [defaults]
# payer = "my-payer"
# place = "11"

# off, default, the path of a .gguf file, or http://127.0.0.1:8080
# [model]
# use = "off"
"""
_IGNORE = "data/\n"
_FIRST_NOTE = """\
# How to begin

Write one thing you know into a file of its own in this folder. A heading and a sentence are enough:

    # Acme PPO, tubes
    Both ears go on one line with modifier 50.

Then ask: `understudy ask "how does Acme want both tubes?"`
"""


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("init", help="make a practice folder")
    parser.add_argument("folder", help="the folder to make; what is there already is left alone")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the folder is a practice folder afterwards."""
    try:
        folder = Path(arguments.folder).expanduser()
    except RuntimeError as error:
        raise InputError(f"{arguments.folder}: this machine knows no such user; write the folder out") from error
    spoken = "".join(one if one.isprintable() else " " for one in folder.absolute().name)
    name = spoken.replace("-", " ").replace('"', "").replace("\\", "").title()
    try:
        (folder / "kb").mkdir(parents=True, exist_ok=True)
        made = [
            path
            for path, text in (
                (folder / "understudy.toml", _SETTINGS.format(name=name)),
                (folder / ".gitignore", _IGNORE),
                (folder / "kb" / "README.md", _FIRST_NOTE),
            )
            if _write_new(path, text)
        ]
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror or error})") from error
    print(
        f"{folder} is a practice folder" + (f"; new in it: {', '.join(path.name for path in made)}." if made else ".")
    )
    print(f'Next: `understudy note new --practice "{folder}"`, then `understudy ask --practice "{folder}" QUESTION`.')
    return 0


def _write_new(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
