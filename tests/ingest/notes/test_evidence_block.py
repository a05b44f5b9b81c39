"""Evidence blocks: every key with its texts as written, and the examples with their lines."""

from __future__ import annotations

import pytest

from ingest.notes.model import EvidenceExample

DESIGN_BLOCK = """\
```evidence
code: 31267
family: sinus-endoscopy
site: maxillary sinus
sides: per-side            # per-side | once | bilateral-in-code
global: "000"
any: ["tissue|polyp|fungal ball ... removed|taken ... from (inside|within) the maxillary sinus"]
not: ["mucus ... suctioned"]
instead: 31256             # what it becomes when only the opening is documented
examples:
  - yes: Polypoid mucosa was removed from within the left maxillary sinus.
  - no: The maxillary ostium was enlarged and thick mucus suctioned.
```
"""


def test_the_block_of_the_design_is_read_as_written(good) -> None:
    (block,) = good(f"---\nkind: procedure\n---\n## Maxillary\n{DESIGN_BLOCK}").evidence
    assert block.procedure_code == "31267"
    assert block.fields == (
        ("code", ("31267",)),
        ("family", ("sinus-endoscopy",)),
        ("site", ("maxillary sinus",)),
        ("sides", ("per-side",)),
        ("global", ("000",)),
        ("any", ("tissue|polyp|fungal ball ... removed|taken ... from (inside|within) the maxillary sinus",)),
        ("not", ("mucus ... suctioned",)),
        ("instead", ("31256",)),
    )
    assert block.field_lines == (6, 7, 8, 9, 10, 11, 12, 13)
    assert block.examples == (
        EvidenceExample("yes", "Polypoid mucosa was removed from within the left maxillary sinus.", 15),
        EvidenceExample("no", "The maxillary ostium was enlarged and thick mucus suctioned.", 16),
    )
    assert (block.heading_slug, block.start_line, block.end_line) == ("maxillary", 5, 17)


def test_a_pattern_keeps_its_commas(good) -> None:
    (block,) = good("```evidence\ncode: 31267\nany: polyp, removed\n```\n").evidence
    assert dict(block.fields)["any"] == ("polyp, removed",)


@pytest.mark.parametrize(
    "block", ["code: x\nany: [x]", "code: 31267", "any: [x]", "code: 31267\nany: [x]\nsides: both"]
)
def test_half_a_block_is_never_kept(read, block: str) -> None:
    assert read(f"```evidence\n{block}\n```\nx").note.evidence == ()
