"""What a patient has may be told as of long ago; a block for new patients is not for established ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.propose.candidates import procedure_candidates
from assistant.propose.evidence import repertoire_of
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from ingest.notes.reader import read_note

BLOCKS = """---
title: Devices
kind: procedure
codes: [93289, 99385, 99395]
verified: 2026-11-22
review-by: 2027-11-22
owner: library
sources: ["own"]
---
## Check (93289)
Read out.

```evidence
code: 93289
any: [interrogated]
has: [defibrillator|icd]
```

## New (99385)
Yearly.

```evidence
code: 99385
patient: new
any: [annual physical]
```

## Known (99395)
Yearly.

```evidence
code: 99395
patient: established
any: [annual physical]
```
"""
ENCOUNTER = Encounter(None, None, "11", age=30)


@pytest.fixture(scope="module")
def repertoire():
    read = read_note(BLOCKS.encode(), note_id="devices", path="devices.md", layer="library")
    assert read.note is not None
    return repertoire_of([read.note])


def codes(repertoire, text, encounter=ENCOUNTER):
    found, _ = procedure_candidates(read_clinical_note(text), repertoire, encounter)
    return [one.procedure_code for one in found]


@pytest.mark.parametrize(("text", "shown"), [
    ("Defibrillator placed in 2019. Device interrogated.", ["93289"]),
    ("PSH: ICD 2019.\nDevice interrogated.", ["93289"]),
    ("Device interrogated.", []),
    ("No defibrillator. Device interrogated.", []),
    ("A defibrillator will be placed. Device interrogated.", []),
])  # fmt: skip
def test_a_device_of_long_ago_counts_and_one_denied_or_planned_does_not(repertoire, text, shown):
    assert codes(repertoire, text) == shown


@pytest.mark.parametrize(("new", "code"), [(True, "99385"), (False, "99395"), (None, "99395")])
def test_a_patient_of_whom_nothing_is_told_is_established(repertoire, new, code):
    assert codes(repertoire, "Annual physical was done.", replace(ENCOUNTER, new_patient=new)) == [code]
