"""`understudy rules`: the coded rules and the rules of the practice's notes, each explained."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.commands.common import Commands, add_practice, practice_of, print_json
from assistant.errors import InputError, PracticeError

if TYPE_CHECKING:
    from assistant.rules.precedence import PlacedBlock
    from assistant.rules.rule import Rule
    from ingest.notes.model import KbNote

_WIDTH = 100


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("rules", help="list what `validate` checks, or explain one rule")
    parser.add_argument("rule", nargs="?", metavar="ID", help="a coded rule (PTP001) or a rule of a note (its id)")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--markdown", action="store_true", help="print the documentation of all coded rules")
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0; 2 for an id that no rule has."""
    from assistant.rules.registry import all_rules

    if arguments.markdown:
        if arguments.rule or arguments.json:
            raise InputError("--markdown prints all coded rules and takes neither an id nor --json")
        from assistant.rules.rule_pages import markdown

        print(markdown(), end="")
        return 0
    coded = all_rules()
    if arguments.rule is None:
        return _list(coded, _placed(arguments), as_json=arguments.json)
    wanted = arguments.rule.strip()
    rule = next((one for one in coded if one.rule_id == wanted.upper()), None)
    if rule is not None:
        return _explain(rule, as_json=arguments.json)
    placed = [one for one in _placed(arguments) if one.block.rule_id == wanted]
    if not placed:
        known = [*(one.rule_id for one in coded), *(one.block.rule_id for one in _placed(arguments))]
        raise InputError(f'no rule has the id "{wanted}"{_near(wanted, known)}; `understudy rules` lists them')
    return _explain_notes(placed, as_json=arguments.json)


def _placed(arguments: argparse.Namespace) -> list[PlacedBlock]:
    """The rules of the notes, those of drafts too; none where there is no practice and none was named."""
    from assistant.bootstrap import judge_parts
    from assistant.rules.precedence import PlacedBlock

    try:
        practice = practice_of(arguments)
    except PracticeError:
        if arguments.practice:
            raise
        return []
    parts = judge_parts(practice)
    return [PlacedBlock(note, block) for note in parts.notes for block in note.rules]


def _list(coded: Sequence[Rule], placed: Sequence[PlacedBlock], *, as_json: bool) -> int:
    from assistant.rules.rule_pages import headline

    if as_json:
        print_json([*(_coded_json(rule) for rule in coded), *(_note_json(one) for one in placed)])
        return 0
    for rule in coded:
        _print_row(rule.rule_id, rule.severity, headline(rule.rule_id))
    if placed:
        print(f"\nRules of the notes ({len(placed)}):")
    for one in placed:
        _print_row(one.block.rule_id, _standing(one.note) or one.block.severity, _sentence(one))
    told = "`understudy rules ID` explains one"
    print(f"\n{len(coded)} coded rules, {len(placed)} rules of notes; {told}.")
    return 0


def _print_row(rule_id: str, severity: str, text: str) -> None:
    first = f"{rule_id}  {severity:<8} "
    print("\n".join(textwrap.wrap(first + text, _WIDTH, subsequent_indent=" " * 9, break_on_hyphens=False)))


def _explain(rule: Rule, *, as_json: bool) -> int:
    from assistant.rules.registry import explanation

    if as_json:
        print_json({**_coded_json(rule), "explanation": explanation(rule.rule_id)})
        return 0
    from assistant.rules.rule_pages import facts

    print(explanation(rule.rule_id))
    print()
    for name, value in facts(rule):
        print(f"{name}: {value}")
    return 0


def _explain_notes(placed: Sequence[PlacedBlock], *, as_json: bool) -> int:
    if as_json:
        shown = [_note_json(one) for one in placed]
        print_json(shown[0] if len(shown) == 1 else shown)
        return 0
    for number, one in enumerate(placed):
        note, block = one.note, one.block
        if number:
            print()
        print("\n".join(textwrap.wrap(f"{block.rule_id}: {_sentence(one)}", _WIDTH, break_on_hyphens=False)))
        print()
        if block.message:
            print(f"Message: {block.message}")
        print(f"Note: {note.note_id}{f', {block.heading}' if block.heading else ''}")
        print(f"Lines: {note.path}:{block.start_line}-{block.end_line}")
        print(f"Severity: {block.severity}")
        print(f"Payers: {', '.join(note.payers) or 'all'}")
        first, last = note.effective_from or "any day", note.effective_through or "until further notice"
        print(f"Dates of service: {first} to {last}")
        print(f"Status: {_standing(note) or 'live, enforced'}")
        if note.verified:
            print(f"Verified: {note.verified}" + (f" by {note.owner}" if note.owner else ""))
        for example in block.examples:
            print(f"Must {example.expects}: {'; '.join(example.claim_text.splitlines())}")
    return 0


def _standing(note: KbNote) -> str | None:
    """Why the note's rules are not enforced at all; None: they are, on their days."""
    return None if note.status == "live" else f"{note.status}, not enforced"


def _sentence(one: PlacedBlock) -> str:
    from assistant.rules.block_text import sentence

    return sentence(one.block, payer_names=one.note.payers)


def _coded_json(rule: Rule) -> dict[str, Any]:
    from assistant.rules.rule_pages import headline

    return {
        "rule": rule.rule_id,
        "severity": rule.severity,
        "title": headline(rule.rule_id),
        "confidence": rule.confidence,
        "authority": rule.authority,
        "tables": list(rule.tables),
        "optional_keys": list(rule.optional_keys),
        "edits": rule.edits,
    }


def _note_json(one: PlacedBlock) -> dict[str, Any]:
    note, block = one.note, one.block
    return {
        "rule": block.rule_id,
        "severity": block.severity,
        "title": _sentence(one),
        "message": block.message,
        "note": note.note_id,
        "heading": block.heading,
        "lines": [block.start_line, block.end_line],
        "payers": list(note.payers),
        "effective_from": note.effective_from.isoformat() if note.effective_from else None,
        "effective_through": note.effective_through.isoformat() if note.effective_through else None,
        "status": note.status,
        "examples": [{"expects": example.expects, "claim": example.claim_text} for example in block.examples],
    }


def _near(wanted: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wanted, known, n=1) or get_close_matches(wanted.upper(), known, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
