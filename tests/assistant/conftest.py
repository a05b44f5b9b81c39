"""A small practice of invented payers, written into a temporary folder, and a desk that answers from it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import assistant.bootstrap
from assistant.ask.answer import Answer
from assistant.bootstrap import Desk
from assistant.settings import Practice, Settings
from assistant.shipped import shipped_folder
from ingest.index.embedder import FakeEmbedder

TODAY = date(2026, 11, 22)

NORTHWIND = """---
title: Northwind PPO
kind: payer
payers: [northwind-ppo]
aliases: [Northwind, NWP]
owner: lee.park
verified: 2026-09-01
review-by: 2027-03-01
---
## Who they are
Commercial PPO of the county. Member ids begin NW.

## Provider line
555-0190, option 3 for claims, weekdays 8:00 to 17:00.

## Timely filing
120 days from the date of service for a first claim.

```rule
id: nw-timely
file-within-days: 120
examples:
  - pass: "dos: 2026-01-05; received: 2026-03-01; 99213"
  - fail: "dos: 2026-01-05; received: 2026-08-01; 99213"
```
"""
NORTHWIND_TUBES = """---
title: Northwind PPO, ear tubes
kind: payer-rule
payers: [northwind-ppo]
codes: [69433, 69436]
owner: lee.park
verified: 2026-09-01
review-by: 2027-03-01
---
## Both ears in one session
Bill one line with modifier 50 and one unit. Two lines with RT and LT deny CO-4.

```rule
id: nw-tubes-50
when: {codes: [69433, 69436], bilateral: true}
require: {modifiers: ["50"], units: 1}
forbid: {modifiers: [RT, LT]}
fix: one-line-50
examples:
  - pass: 69436-50 x1
  - fail: 69436-RT; 69436-LT
```
"""
GRANITE_HMO = """---
title: Granite HMO
kind: payer
payers: [granite-hmo]
aliases: [Granite, GHMO]
owner: lee.park
verified: 2026-09-01
---
## Provider line
555-0191, option 1, weekdays 9:00 to 16:00.

## Timely filing
95 days from the date of service for a first claim.
"""
GRANITE_HMO_TUBES = """---
title: Granite HMO, ear tubes
kind: payer-rule
payers: [granite-hmo]
codes: [69433, 69436]
owner: lee.park
verified: 2026-09-01
---
## Both ears in one session
Two lines, RT on one and LT on the other, one unit each. A line with 50 denies CO-4.
"""
GRANITE_ADVANTAGE = """---
title: Granite Medicare Advantage
kind: payer
payers: [granite-advantage]
aliases: [Granite, GMA]
owner: lee.park
verified: 2026-09-01
---
## Provider line
555-0192, option 2, weekdays 8:00 to 15:00.

## Timely filing
365 days from the date of service for a first claim.
"""
GRANITE_ADVANTAGE_TUBES = """---
title: Granite Medicare Advantage, ear tubes
kind: payer-rule
payers: [granite-advantage]
codes: [69433, 69436]
owner: lee.park
verified: 2026-09-01
---
## Both ears in one session
One line with 50 and one unit. RT and LT lines are sent back.
"""
MEDICARE = """---
title: Medicare Part B
kind: payer
payers: [medicare]
aliases: [Medicare, MCR]
verified: 2026-09-01
---
## Provider line
555-0193, weekdays 8:00 to 16:00.
"""
ERA_WORKFLOW = """---
title: Fetching remittances
kind: workflow
owner: sam.ode
verified: 2026-08-01
---
## Every morning
Download the 835 files from the clearinghouse before nine and post them the same day.
"""
LIBRARY_WAX = """---
title: Ear wax removal
kind: reference
codes: [69210, 69209]
verified: 2026-06-01
sources: ["CPT 2026"]
---
## Both ears
69210 is for one ear: both ears in one session take modifier 50.
"""
NOTES = {
    "payers/northwind-ppo/payer": NORTHWIND,
    "payers/northwind-ppo/tubes": NORTHWIND_TUBES,
    "payers/granite-hmo/payer": GRANITE_HMO,
    "payers/granite-hmo/tubes": GRANITE_HMO_TUBES,
    "payers/granite-advantage/payer": GRANITE_ADVANTAGE,
    "payers/granite-advantage/tubes": GRANITE_ADVANTAGE_TUBES,
    "payers/medicare/payer": MEDICARE,
    "workflows/remittances": ERA_WORKFLOW,
}
LIBRARY = {"national/ear-wax": LIBRARY_WAX}


class SmallPractice:
    """A practice folder with its library beside it. Writes notes and answers questions from them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kb = root / "kb"
        self.library = root / "shared-library"
        self.kb.mkdir(parents=True, exist_ok=True)
        self.library.mkdir(exist_ok=True)

    @property
    def practice(self) -> Practice:
        """The practice as settings give it, without a file of settings."""
        return Practice(self.root, self.library, Settings())

    def write(self, note_id: str, text: str) -> Path:
        """Write a note; `library/...` goes to the library. Its time differs from that of any earlier version."""
        path = self.path(note_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text(text, encoding="utf-8")
        if path.stat().st_mtime_ns <= before:
            os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
        return path

    def write_all(self) -> SmallPractice:
        """Write all notes of the small practice and of its library."""
        for note_id, text in NOTES.items():
            self.write(note_id, text)
        for note_id, text in LIBRARY.items():
            self.write(f"library/{note_id}", text)
        return self

    def path(self, note_id: str) -> Path:
        """The file of a note."""
        inside, _, rest = note_id.partition("/")
        return self.library / f"{rest}.md" if inside == "library" else self.kb / f"{note_id}.md"

    def remove(self, note_id: str) -> None:
        """Delete a note."""
        self.path(note_id).unlink()

    def text(self, note_id: str) -> str:
        """A note's text."""
        return self.path(note_id).read_text(encoding="utf-8")

    def desk(self, **options: Any) -> Desk:
        """A desk of its own."""
        return Desk(self.practice, **options)

    def ask(self, question: str, as_of: date = TODAY) -> Answer:
        """The answer of a fresh desk, as a new process would give it."""
        return self.desk().ask(question, as_of=as_of, today=TODAY)

    def quotes_stand(self, answer: Answer) -> bool:
        """Whether every quote is exactly within the lines it names."""
        pieces = [(one.note, one.lines, one.quote) for one in (*answer.citations, *answer.general)]
        return all(
            quote and quote in "\n".join(self.text(note).split("\n")[lines[0] - 1 : lines[1]])
            for note, lines, quote in pieces
        )


@pytest.fixture
def empty_practice(tmp_path: Path) -> SmallPractice:
    """A practice and a library without a note."""
    return SmallPractice(tmp_path / "practice")


@pytest.fixture
def small(empty_practice: SmallPractice) -> SmallPractice:
    """A practice of its own with all small notes."""
    return empty_practice.write_all()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> SmallPractice:
    """All small notes, for tests that change nothing."""
    return SmallPractice(tmp_path_factory.mktemp("shared") / "practice").write_all()


@pytest.fixture(scope="session")
def today() -> date:
    """The day the tests are asked on."""
    return TODAY


@pytest.fixture
def fake_embedder(monkeypatch: pytest.MonkeyPatch) -> FakeEmbedder:
    """No model: words hashed into vectors, for tests in which no ranking is asked."""
    fake = FakeEmbedder()
    monkeypatch.setattr(assistant.bootstrap, "embedder", lambda: fake)
    return fake


@pytest.fixture
def library_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets commands find another library than the one that comes along."""

    def use(folder: Path) -> None:
        # The rest of what comes along stays: a module first imported meanwhile keeps what it finds here.
        monkeypatch.setattr(
            "assistant.shipped.shipped_folder", lambda name: folder if name == "kb/library" else shipped_folder(name)
        )

    return use


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process: exit code, standard output, standard error."""
    from assistant.cli import main

    def run_main(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(list(arguments))
        except SystemExit as stopped:  # argparse
            code = stopped.code if isinstance(stopped.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    # cli.main changes os.environ for good; the copy is undone after the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return run_main


@pytest.fixture(scope="session")
def json_lines() -> Callable[[str], list[dict[str, Any]]]:
    """The JSON objects of an output, one a line."""
    return lambda text: [json.loads(line) for line in text.splitlines()]
