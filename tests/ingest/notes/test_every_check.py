"""Every check of form has a knowledge base that raises it and one, nearly the same, that does not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from ingest.notes.checks import Check
from ingest.notes.folder import read_folder
from ingest.notes.model import Problem
from ingest.notes.reader import MAX_NOTE_BYTES
from ingest.notes.relations import check_relations, long_sections

AS_OF = date(2026, 11, 22)
Files = dict[str, str | bytes]
PAYER = "---\nkind: payer\npayers: [acme]\n---\n"


def note(fields: str, body: str = "Text.\n") -> Files:
    return {"n.md": f"---\n{fields}\n---\n{body}"}


def rule(block: str, fields: str = "title: T") -> Files:
    return note(fields, f"## H\n```rule\n{block}\n```\n")


def evidence(block: str) -> Files:
    return note("kind: procedure", f"## H\n```evidence\n{block}\n```\n")


EXAMPLES = "examples: [pass: 99213, fail: 99214]"
RULE = "id: r\nforbid: {codes: [99214]}\n" + EXAMPLES


@dataclass(frozen=True)
class Case:
    """Files that raise the check at `line` of a file, and files that do not."""

    fires: Files
    silent: Files
    line: int = 2
    at: str = "n.md"
    prepare: Callable[[Path], None] = lambda kb_dir: None
    also: tuple[str, ...] = ()


def link(name: str, target: str) -> Callable[[Path], None]:
    return lambda kb_dir: (kb_dir / name).symlink_to(target)


CASES: dict[Check, list[Case]] = {
    Check.NOT_UTF8: [
        Case({"n.md": b"one\r\ntwo \x93x\x94\n"}, {"n.md": "one\ntwo \u201cx\u201d\n"}),
        Case({"n.md": "one\n".encode("utf-16")}, {"n.md": b"\xef\xbb\xbfone\n"}, line=1),
        Case({"n.md": "one\n".encode("utf-16-le")}, {"n.md": "one\n"}, line=1),
    ],
    Check.TOO_LARGE: [Case({"n.md": "x" * (MAX_NOTE_BYTES + 1)}, {"n.md": "x" * MAX_NOTE_BYTES}, line=1)],
    Check.EMPTY: [
        Case({"n.md": ""}, {"n.md": "x"}, line=1),
        Case(note("kind: denial", "\n"), note("kind: payer\npayers: [acme]", ""), line=4),
    ],
    Check.LEADS_OUT: [
        Case({"n.md": "x", "../out.md": "secret"}, {"n.md": "x"}, 1, "o.md", link("o.md", "../out.md")),
        Case({"n.md": "x", "../out/a.md": "secret"}, {"n.md": "x"}, 1, "o", link("o", "../out")),
    ],
    Check.UNREADABLE: [
        Case({"n.md": "x"}, {"n.md": "x"}, 1, "o.md", link("o.md", "nowhere.md")),
        Case({"n.md": "x"}, {"n.md": "x"}, 1, "o.md", link("o.md", "o.md")),
        Case({"n.md": "x"}, {"n.md": "x"}, 1, "o.md", lambda kb_dir: os.mkfifo(kb_dir / "o.md")),
    ],
    Check.FILE_NAME: [
        Case({"a\tb.md": "x"}, {"a b.md": "x"}, 1, r"a\tb.md"),
        Case({"caf\u00e9.md": "x", "cafe\u0301.md": "y"}, {"caf\u00e9.md": "x"}, 1, "caf\u00e9.md"),
        Case({"a.md": "x", "a.MD": "y"}, {"a.MD": "y"}, 1, "a.md"),
    ],
    Check.UNCLOSED_FRONT_MATTER: [
        Case({"n.md": "---\ntitle: T\n\nText\n"}, {"n.md": "---\ntitle: T\n---\nText\n"}, line=1),
        Case({"n.md": "\n---\nText only\n"}, {"n.md": "***\nText only\n"}),
    ],
    Check.YAML: [
        Case(note("title: a: b"), note('title: "a: b"')),
        Case(note("title: @x"), note('title: "@x"')),
        Case(note("codes:\n\t- 99213"), note("codes:\n  - 99213"), line=3),
        Case(note("title: [a"), note("title: a"), line=2),
        Case(note("title: a\x07"), note("title: a")),
        Case(rule("id: r\n---\nid: s"), rule(RULE), line=7),
        Case(rule(RULE.replace("99213", "pos: 11; 99213")), rule(RULE.replace("99213", '"pos: 11; 99213"')), line=8),
    ],
    Check.DUPLICATE_KEY: [
        Case(note("title: a\ntitle: b"), note("title: a"), line=3),
        Case(rule(RULE + "\nid: s"), rule(RULE), 9),
    ],
    Check.YAML_MACHINERY: [
        Case(note("title: &a b"), note('title: "&a b"')),
        Case(note("title: x\nowner: *a"), note('owner: "*a"'), line=3),
        Case(note("title: !!str b"), note('title: "!!str b"')),
        Case(note("<<: {title: b}"), note("title: b")),
    ],
    Check.SHAPE: [
        Case(note("title: [a, b]"), note("title: a, b")),
        Case(note("payers: {acme: yes}"), note("payers: acme") | {"p.md": PAYER}),
        Case(note("- title"), note("title: x")),
        Case(rule("just words"), rule(RULE), line=5),
        Case(rule("id: r\nrequire: [authorization]\n" + EXAMPLES), rule(RULE), line=7),
        Case(rule("id: r\nwhen: {days-since: 30520}\n" + RULE[6:]), rule(RULE), line=7),
    ],
    Check.UNKNOWN_FIELD: [Case(note("efective-from: 2026-01-01"), note("effective-from: 2026-01-01"))],
    Check.EMPTY_VALUE: [Case(note("owner:"), note("owner: x")), Case(note("sources: ['']"), note("sources: []"))],
    Check.UNKNOWN_VALUE: [
        Case(note("kind: payer-rules"), note("kind: payer-rule")),
        Case(note("status: active"), note("status: live")),
        Case(note("confidence: sure"), note("confidence: pattern")),
        Case(
            {"n.md": PAYER.replace("[acme]", "[acme]\nedits: [ncci]")},
            {"n.md": PAYER.replace("[acme]", "[acme]\nedits: [ptp]")},
            line=4,
        ),
        Case(rule(RULE + "\nseverity: fatal"), rule(RULE + "\nseverity: warning"), line=9),
        Case(rule(RULE + "\nfix: magic"), rule(RULE + "\nfix: set-units"), line=9),
        Case(rule(RULE + "\nwhen: {bilateral: maybe}"), rule(RULE + "\nwhen: {bilateral: true}"), line=9),
        Case(rule(RULE + "\nwhen: {sex: x}"), rule(RULE + "\nwhen: {sex: f}"), line=9),
        Case(evidence("code: 31267\nany: [x]\nsides: both"), evidence("code: 31267\nany: [x]\nsides: once"), line=8),
        Case(evidence("code: 31267\nany: [x]\nglobal: 30"), evidence("code: 31267\nany: [x]\nglobal: 090"), line=8),
    ],
    Check.DATE: [
        Case(note("verified: 2026-02-29"), note("verified: 2024-02-29")),
        Case(note("verified: 3/1/2026"), note("verified: 2026-03-01")),
        Case(note("verified: 0206-03-01"), note("verified: 2026-03-01")),
    ],
    Check.DATE_ORDER: [
        Case(
            note("effective-from: 2026-01-02\neffective-through: 2026-01-01"),
            note("effective-from: 2026-01-01\neffective-through: 2026-01-01"),
        ),
        Case(note("verified: 2026-01-02\nreview-by: 2026-01-01"), note("verified: 2026-01-01\nreview-by: 2026-01-01")),
    ],
    Check.PROCEDURE_CODE: [
        Case(note("codes: [3125]"), note("codes: [31255]")),
        Case(note("codes: [31259-31253]"), note("codes: [31253-31259]")),
        Case(note("codes: [31253-J3301]"), note("codes: [J3300-J3301]")),
        Case(rule("id: r\nforbid: {codes: [x]}\n" + EXAMPLES), rule(RULE), line=7),
        Case(evidence("code: 31255-31267\nany: [x]"), evidence("code: 31267\nany: [x]"), line=6),
    ],
    Check.DIAGNOSIS_CODE: [
        Case(rule(RULE + "\nwhen: {diagnoses: [J320]}"), rule(RULE + "\nwhen: {diagnoses: [J32, J32.0]}"), line=9),
        Case(rule(RULE + "\nwhen: {diagnoses: [H66-H65]}"), rule(RULE + "\nwhen: {diagnoses: [H65.0-H65.9]}"), line=9),
    ],
    Check.MODIFIER: [Case(note("modifiers: [500]"), note("modifiers: ['50', rt]"))],
    Check.CARC: [Case(note("carcs: [97]"), note("carcs: [CO-97, pr-1, N122, MA130, M15, OA-B7]"))],
    Check.PLACE: [Case(note("places: [8]"), note("places: [08]"))],
    Check.NUMBER: [
        Case(rule(RULE + "\nunits-max: many"), rule(RULE + "\nunits-max: 4"), line=9),
        Case(rule(RULE + "\nwhen: {age: 90-1}"), rule(RULE + "\nwhen: {age: 1-90}"), line=9),
        Case(rule(RULE + "\nwhen: {units: 2-}"), rule(RULE + "\nwhen: {units: 2+}"), line=9),
    ],
    Check.PAYER_SLUG: [
        Case(note("payers: Blue Shield"), note("payers: acme") | {"p.md": PAYER}),
        Case(note("payers:"), note("title: x")),
        Case({"n.md": "---\nkind: payer\n---\n"}, {"n.md": PAYER}),
        Case({"n.md": PAYER.replace("acme", "acme, other")}, {"n.md": PAYER}, line=3),
    ],
    Check.PAYER_FIELD: [Case(note("aliases: x"), {"n.md": PAYER.replace("---\nkind", "---\naliases: x\nkind")})],
    Check.BLOCK_KEY: [
        Case(rule(RULE + "\nwen: {sex: F}"), rule(RULE + "\nwhen: {sex: F}"), line=9),
        Case(rule(RULE + "\nrequire: {with: [99215]}"), rule(RULE + "\nwhen: {with: [99215]}"), line=9),
        Case(evidence("code: 31267\nanny: [x]\nany: [x]"), evidence("code: 31267\nany: [x]"), line=7),
    ],
    Check.RULE_ID: [
        Case(rule(RULE[6:]), rule(RULE), line=5),
        Case(rule(RULE.replace("id: r", "id: My Rule")), rule(RULE.replace("id: r", "id: my-rule")), line=6),
    ],
    Check.NO_EFFECT: [
        Case(rule("id: r\n" + EXAMPLES), rule(RULE), line=5),
        Case(
            rule("id: r\nrequire: {authorization: false}\n" + EXAMPLES),
            rule("id: r\nrequire: {authorization: true}\n" + EXAMPLES),
            5,
        ),
    ],
    Check.EXAMPLE: [
        Case(rule(RULE.replace("pass: 99213", "passes: 99213")), rule(RULE), line=8),
        Case(rule(RULE.replace("pass: 99213", "pass: {pos: 11}")), rule(RULE), line=8),
        Case(rule(RULE.replace("pass: 99213", "99213")), rule(RULE), line=8),
        Case(rule("id: r\nforbid: {codes: [99214]}\nexamples: 99213"), rule(RULE), line=8),
    ],
    Check.NO_EXAMPLES: [Case(rule(RULE.replace("pass", "fail")), rule(RULE), line=5)],
    Check.EVIDENCE: [
        Case(evidence("any: [x]"), evidence("code: 31267\nany: [x]"), line=5),
        Case(evidence("code: 31267"), evidence("code: 31267\nall: [x]"), line=5),
        Case(evidence("code: 31253"), evidence("code: 31253\ncombines: [31255, 31276]"), line=5),
        Case(
            evidence("code: 17110\nany: [x]\ncount: 1-14"),
            evidence("code: 17110\nany: [x]\ncount: 1-14\ncounts: lesions"),
            line=8,
        ),
    ],
    Check.UNCLOSED_FENCE: [
        Case({"n.md": "## H\n```rule\n" + RULE + "\n"}, {"n.md": "## H\n```rule\n" + RULE + "\n```"}),
        Case({"n.md": "a\n~~~\nb\n```\n"}, {"n.md": "a\n~~~\nb\n~~~\n"}),
        Case({"n.md": "a\n> ```\n> b\n\nc\n"}, {"n.md": "a\n> ```\n> b\n> ```\n\nc\n"}),
    ],
    Check.BLOCK_NOT_READ: [
        Case({"n.md": "x\n```rules\nid: r\n```\n"}, {"n.md": "x\n```ruby\nid: r\n```\n"}),
        Case(
            {"n.md": "x\n\n    ```rule\n    id: r\n    ```\n"},
            {"n.md": "x\n\n    ```yaml\n    id: r\n    ```\n"},
            line=3,
        ),
    ],
    Check.UNCOVERED_CODE: [
        Case(
            rule(RULE + "\nwhen: {codes: [99213]}", "codes: [99213, 99214, 99215]"),
            rule(RULE + "\nwhen: {codes: [99213], with: [99215]}", "codes: [99210-99213, 99214, 99215]"),
        ),
    ],
    Check.BLANK_KEY: [
        Case(rule(RULE + "\nwhen: {codes: []}"), rule(RULE + "\nwhen: {codes: [99213]}"), line=9),
        Case(rule(RULE + "\nwhen:"), rule(RULE), line=9),
    ],
    Check.UNKNOWN_PAYER: [
        Case(note("payers: [acne]") | {"p.md": PAYER}, note("payers: [acme]") | {"p.md": PAYER}),
        Case(
            note("title: x\npayers:\n  - acme\n  - b") | {"p.md": PAYER},
            {"library/n.md": "---\npayers: medicare\n---\nx"},
            5,
        ),
    ],
    Check.DUPLICATE_PAYER: [
        Case({"a.md": PAYER, "n.md": PAYER}, {"a.md": PAYER, "n.md": PAYER.replace("acme", "b")}, line=3),
    ],
    Check.DUPLICATE_RULE: [
        Case(
            {"a.md": f"```rule\n{RULE}\n```\n", "n.md": f"x\n```rule\n{RULE}\n```\n"},
            {"a.md": f"```rule\n{RULE}\n```\n", "n.md": f"x\n```rule\n{RULE.replace('id: r', 'id: s')}\n```\n"},
        ),
        Case({"n.md": f"```rule\n{RULE}\n```\n```rule\n{RULE}\n```\n"}, {"n.md": f"```rule\n{RULE}\n```\n"}, line=6),
    ],
    Check.SUPERSEDES_NOTHING: [
        Case(
            note("supersedes: payers/old") | {"payer/old.md": "y"},
            note("supersedes: payer/old") | {"payer/old.md": "y"},
        ),
    ],
    Check.SUPERSEDES_CIRCLE: [
        Case(note("supersedes: n"), note("supersedes: m") | {"m.md": "y"}),
        Case(
            note("supersedes: m") | {"m.md": "---\nsupersedes: n\n---\ny"},
            note("supersedes: m") | {"m.md": "y"},
            also=("m.md",),
        ),
    ],
    Check.DEAD_LINK: [
        Case({"n.md": "x\n[a](b.md)\n"}, {"n.md": "x\n[a](c/b.md)\n", "c/b.md": "y"}),
        Case({"n.md": "x\n[a](#b)\n"}, {"n.md": "x\n[a](#b)\n\n# B\n"}),
        Case(
            {"n.md": "x\n[a](../secret.txt)\n"}, {"n.md": "x\n[a](https://example.org/x) [b](mailto:a@example.org)\n"}
        ),
        Case({"n.md": "x\n![a](b%20c.png)\n"}, {"n.md": "x\n![a](b%20c.png)\n", "b c.png": "y"}),
    ],
    Check.DUPLICATE_NOTE: [
        Case({"a.md": "Same  text.\n", "n.md": "---\ntitle: b\n---\nSame text."}, {"a.md": "x", "n.md": "y"}, line=4)
    ],
    Check.EXPIRED: [
        Case(note("effective-through: 2026-11-21"), note("effective-through: 2026-11-22")),
        Case(note("effective-through: 2025-01-01"), note("effective-through: 2025-01-01\nstatus: retired")),
    ],
    Check.SUPERSEDED: [
        Case(
            {"n.md": "x", "m.md": "---\nsupersedes: n\neffective-from: 2026-11-22\n---\ny"},
            {"n.md": "x", "m.md": "---\nsupersedes: n\neffective-from: 2026-11-23\n---\ny"},
            line=1,
        ),
        Case(
            {"n.md": "x", "m.md": "---\nsupersedes: n\n---\ny"},
            {"n.md": "x", "m.md": "---\nsupersedes: n\nstatus: draft\n---\ny"},
            line=1,
        ),
    ],
    Check.OVERDUE: [Case(note("review-by: 2026-11-21"), note("review-by: 2026-11-22"))],
    Check.VERIFIED_LATER: [Case(note("verified: 2026-11-23"), note("verified: 2026-11-22"))],
    Check.LONG_SECTION: [Case({"n.md": "x\n## H\n" + "w " * 60}, {"n.md": "x\n## H\n" + "w " * 40})],
}
FLAT = [(check, case) for check, cases in CASES.items() for case in cases]


def problems(kb_dir: Path, files: Files, prepare: Callable[[Path], None]) -> list[Problem]:
    kb_dir.mkdir()
    for name, content in files.items():
        path = kb_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    prepare(kb_dir)
    own = read_folder(kb_dir, layer="practice", exclude=frozenset({"library"}))
    shipped = read_folder(kb_dir / "library", layer="library", prefix="library/")
    notes = [*own.notes, *shipped.notes]
    long = long_sections(notes, count_tokens=lambda text: len(text.split()), max_tokens=50)
    return [*own.problems, *check_relations(notes, paths=own.paths | shipped.paths, as_of=AS_OF), *long]


def test_every_check_has_a_firing_and_a_silent_case() -> None:
    assert set(CASES) == set(Check)


@pytest.mark.parametrize(("check", "case"), FLAT, ids=[f"{check}-{n}" for n, (check, _) in enumerate(FLAT)])
def test_check_fires_at_its_line_and_not_on_the_mended_files(check: Check, case: Case, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = problems(tmp_path / "a" / "kb", case.fires, case.prepare)
    places = [(problem.path, problem.line) for problem in found if problem.check == check]
    assert [place for place in places if place[0] == f"kb/{case.at}"] == [(f"kb/{case.at}", case.line)], found
    assert {path for path, _ in places} == {f"kb/{name}" for name in (case.at, *case.also)}
    (tmp_path / "b").mkdir()
    found = problems(tmp_path / "b" / "kb", case.silent, lambda kb_dir: None)
    assert [problem for problem in found if problem.check == check] == []


@pytest.mark.parametrize("check", list(Check))
def test_severity_of_a_problem_is_that_of_its_check(check: Check, tmp_path: Path) -> None:
    case = CASES[check][0]
    found = problems(tmp_path / "kb", case.fires, case.prepare)
    assert {problem.severity for problem in found if problem.check == check} == {check.severity}
