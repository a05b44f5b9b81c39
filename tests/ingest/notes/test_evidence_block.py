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


@pytest.mark.parametrize(
    "line",
    [
        'where: ["maxillary sinus, left", antrum]',
        "unless: [stent placed]",
        "approach: [microscope]",
        "combines: [31255, 31276]",
        "replaces: [31254-31255]",
        "anesthesia: [general, sedation]",
        "count: 2-14\ncounts: lesions",
        "count: 15+\ncounts: lesions",
        "units: count-1\ncounts: blocks",
        "units: one",
        "size: 0.6-1.0\nsize-of: lesion",
        "size: 4.1+",
        "places: [office]",
        "payers: [medicare]",
        "counts: mg\nper: 10\nunits: count",
        "unclear: [cells opened]\nask: Which cells were opened?",
        "size: 0-2.5\nsize-of: repair",
    ],
)
def test_every_further_key_is_read(good, line: str) -> None:
    (block,) = good(f"```evidence\ncode: 31267\nany: [x]\n{line}\n```\n").evidence
    assert {key for key, _ in block.fields} > {"code", "any"}


def test_a_combination_needs_no_words_of_its_own(good) -> None:
    (block,) = good("```evidence\ncode: 31253\ncombines: [31255, 31276]\n```\n").evidence
    assert dict(block.fields)["combines"] == ("31255", "31276")


@pytest.mark.parametrize(
    ("line", "check", "says"),
    [
        ("anesthesia: [locl]", "KB020", 'did you mean "local"'),
        ("counts: lesion", "KB020", 'did you mean "lesions"'),
        ("places: home", "KB020", "office, facility"),
        ("payers: [Medi Care]", "KB029", "slug"),
        ("units: many", "KB020", "one of one, count, count-1"),
        ("size: 0.6 to 1", "KB028", "0.6-1.0"),
        ("size: 2.0-1.0", "KB028", "runs backwards"),
        ("size: 1.0-2.0\nsize-of: scar", "KB020", "lesion, lesion-alone, repair"),
        ("count: few\ncounts: lesions", "KB028", "1-90"),
        ("count: 2-14", "KB045", '"counts"'),
        ("units: count", "KB045", '"counts"'),
        ("counts: mg\nper: ten", "KB028", "10 or 0.5"),
        ("per: 10", "KB045", '"counts"'),
        ("size-of: lesion", "KB045", '"size"'),
        ("combines: [31255, x]", "KB023", "combines"),
        ("unles: [x]", "KB040", 'did you mean "unless"'),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_mend(read, line: str, check: str, says: str) -> None:
    (problem,) = read(f"---\nkind: procedure\n---\n```evidence\ncode: 31267\nany: [x]\n{line}\n```\nx").problems
    assert problem.check == check
    assert says in problem.message
