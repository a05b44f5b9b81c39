"""`understudy models`: which language models are there and what they cost here; `models confirm` lets one be used."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.commands.common import Commands, add_practice, practice_of, print_json, progress_bar, today

if TYPE_CHECKING:
    from assistant.language_model.listing import FoundModel


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("models", help="list the language models, or confirm a model file")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--speed", action="store_true", help="load each one and measure memory and tokens a second")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="PATH|URL",
        help="look there too: a folder of .gguf files, one file, or a server (may be given several times)",
    )
    add_practice(parser)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    vouch = actions.add_parser(
        "confirm",
        help="let a model file be loaded",
        description="Shows the file's hash and what it says of itself, and remembers that you know it. A file that "
        "changes must be confirmed again.",
    )
    vouch.add_argument("path", metavar="PATH", type=Path)
    vouch.add_argument("--sha256", metavar="HASH", help="only when the file has this hash, as its publisher gives it")
    # Without a default of their own, so that what stands before `confirm` holds.
    vouch.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print as JSON")
    vouch.add_argument("--practice", metavar="DIR", default=argparse.SUPPRESS, help="the practice folder")
    vouch.set_defaults(run=run_confirm)


def run(arguments: argparse.Namespace) -> int:
    """List the models. Exit 0, or 2 when one that was asked for or is in use cannot be used."""
    from assistant.language_model.listing import find_models

    practice = practice_of(arguments)
    settings = practice.settings
    found = find_models(
        chosen=settings.model,
        folder=practice.folder,
        places=(practice.models,) if practice.models.is_dir() else (),
        asked=arguments.at,
        confirmed=practice.confirmed_models,
        allow_hosts=settings.model_hosts,
        context_tokens=settings.context_tokens,
        speed=arguments.speed,
        on_progress=progress_bar(),
    )
    if arguments.json:
        print_json({"use": settings.model, "models": [one.as_json() for one in found]})
    else:
        for one in found:
            _show(one, speed=arguments.speed)
        print(f"In use when --model is not given: {settings.model} (understudy.toml, [model] use).")
    for one in found:
        if one.error:
            print(f"understudy: {one.error}", file=sys.stderr)
    # That the default is not installed matters only to who uses it.
    return 2 if any(one.error for one in found if one.choice != "default" or settings.model == "default") else 0


def run_confirm(arguments: argparse.Namespace) -> int:
    """Exit 0 when the file may be loaded afterwards."""
    from assistant.errors import InputError
    from assistant.language_model.gguf_header import read_header
    from assistant.language_model.known_files import confirm, sha256_of

    practice = practice_of(arguments)
    path = arguments.path.expanduser()
    header = read_header(path)
    show = progress_bar()
    if arguments.sha256 and sha256_of(path, show) != arguments.sha256.strip().lower():
        raise InputError(
            f"{path}: has another hash than the one given, so it is not the file its publisher names; nothing was "
            "confirmed: fetch it again"
        )
    standing = confirm(path, practice.confirmed_models, on=today(), on_progress=show)
    if arguments.json:
        print_json({"path": str(path), "sha256": standing.sha256, "known": standing.known})
        return 0
    print(f"{path}: {header.fields.get('general.name', 'without a name')}, {header.architecture}")
    print(f"    sha256 {standing.sha256}")
    print("    comes with Understudy" if standing.known == "shipped" else "    confirmed; it may be loaded from now on")
    return 0


def _show(one: FoundModel, *, speed: bool) -> None:
    print(f"{one.name}  ({one.choice})")
    if one.error:
        print("    cannot be used, see below")
        return
    facts = [
        one.architecture and f"architecture {one.architecture}",
        one.context_tokens and f"context {one.context_tokens:,} tokens",
        one.template and f"chat template {one.template}",
        one.size_bytes and f"{one.size_bytes / 1e6:,.0f} MB",
    ]
    if any(facts):
        print(f"    {', '.join(fact for fact in facts if fact)}")
    if one.sha256:
        print(f"    sha256 {one.sha256}, {_STANDING[one.known]}")
    if one.speed:
        memory = "" if one.speed.memory_bytes is None else f", {one.speed.memory_bytes / 1e6:,.0f} MB of memory"
        print(
            f"    measured here: reads {one.speed.prompt_tokens_per_second:,.0f} and writes "
            f"{one.speed.output_tokens_per_second:,.0f} tokens a second{memory}"
        )
    elif speed:
        print("    not measured: it may not be loaded yet")
    if one.known == "unknown":
        print(f'    to use it: understudy models confirm "{one.choice}"')


_STANDING: dict[Any, str] = {
    "shipped": "comes with Understudy",
    "confirmed": "confirmed here",
    "unknown": "not confirmed",
}
