"""Evidence blocks against clauses: sides, conditions, counts, sizes, combinations, and what is refused with why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from assistant.propose.candidates import NOT_ENOUGH, TITLE_ONLY, UNSURE, procedure_candidates
from assistant.propose.candidates_units import COUNT_NOT_TOLD, SIZE_NOT_TOLD
from assistant.propose.evidence import repertoire_of
from assistant.propose.evidence_amounts import Counted, counted
from assistant.propose.evidence_context import age_told, anesthesia_told
from assistant.propose.evidence_sizes import excised, sizes
from assistant.propose.model import Clause, ClinicalNote, Encounter, ProcedureCandidate, Rejected
from assistant.propose.note_reader import read_clinical_note
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

NOBODY = Encounter(payer=None, date_of_service=None, place_of_service=None)
SIDES = {"R": frozenset({"RT"}), "L": frozenset({"LT"}), "B": frozenset({"RT", "LT"}), "-": frozenset()}


def a_note(*told: tuple[Any, ...]) -> ClinicalNote:
    """Clauses written (text, side letter, further fields), each a sentence of its own unless told otherwise."""
    text = ""
    clauses = []
    for number, (words, side, *more) in enumerate(told):
        start = len(text)
        text += words + ". "
        clause = Clause(
            start, start + len(words), words, "done", "procedure", SIDES[side], bool(SIDES[side]), number, 0
        )
        clauses.append(replace(clause, **(more[0] if more else {})))
    return ClinicalNote(text, (), tuple(clauses))


def kb_note(*blocks: str, note_id: str = "library/p", layer: Any = "library", status: str = "live") -> KbNote:
    body = "".join(f"\n## Part {number}\n```evidence\n{block}\n```\n" for number, block in enumerate(blocks))
    read = read_note(
        f"---\nkind: procedure\nstatus: {status}\n---\n{body}".encode(),
        note_id=note_id,
        path=f"{note_id}.md",
        layer=layer,
    )
    assert read.problems == ()
    assert read.note is not None
    return read.note


def propose(
    note: ClinicalNote, *blocks: str, encounter: Encounter = NOBODY
) -> tuple[tuple[ProcedureCandidate, ...], tuple[Rejected, ...]]:
    return procedure_candidates(note, repertoire_of([kb_note(*blocks)]), encounter)


def lines(note: ClinicalNote, *blocks: str, encounter: Encounter = NOBODY) -> list[tuple[str, str | None, int]]:
    found, _ = propose(note, *blocks, encounter=encounter)
    return [(item.procedure_code, item.side, item.units) for item in found if not item.why_not]


ETHMOID = "code: 31255\nsides: per-side\nany: [posterior ethmoid ... open|remov*]\nreplaces: [31254]"
ANTERIOR = "code: 31254\nsides: per-side\nany: [anterior ethmoid ... open]\nunclear: [ethmoid ... open]\nask: Which cells were opened?"
FRONTAL = "code: 31276\nsides: per-side\nany: [frontal ... open]"
BOTH = "code: 31253\nsides: per-side\ncombines: [31255, 31276]\nreplaces: [31255, 31276]"
TUBE = 'code: 69436\nsides: per-side\nglobal: "010"\nany: [tube ... placed]\nanesthesia: [general]\ninstead: 69433'
TUBE_AWAKE = "code: 69433\nsides: per-side\nany: [tube ... placed]\nanesthesia: [local, topical]"


def test_a_clause_gives_its_side_and_is_the_evidence() -> None:
    note = a_note(("Posterior ethmoid cells removed", "L"))
    ((item,), rejected) = propose(note, ETHMOID)
    assert (item.procedure_code, item.side, item.units, item.confidence) == ("31255", "LT", 1, "high")
    (evidence,) = item.evidence
    assert note.text[evidence.start : evidence.end] == evidence.quote == "Posterior ethmoid cells removed"
    assert item.source == "library/p#part-0"
    assert rejected == ()


def test_both_sides_give_two_candidates_and_no_side_gives_an_unsure_one() -> None:
    assert lines(a_note(("posterior ethmoid opened", "B")), ETHMOID) == [("31255", "LT", 1), ("31255", "RT", 1)]
    ((item,), _) = propose(a_note(("posterior ethmoid opened", "-")), ETHMOID)
    assert (item.side, item.confidence) == (None, "low")


def test_text_without_a_side_adds_nothing_to_a_side_told() -> None:
    note = a_note(("posterior ethmoid opened", "R"), ("posterior ethmoid cells removed", "-"))
    assert lines(note, ETHMOID) == [("31255", "RT", 1)]


def test_a_code_without_sides_stands_once() -> None:
    note = a_note(("septum straightened", "R"), ("septum straightened again", "L"))
    assert lines(note, "code: 30520\nsides: once\nany: [septum ... straighten]") == [("30520", None, 1)]


def test_a_combination_is_decided_side_by_side() -> None:
    note = a_note(("posterior ethmoid opened", "B"), ("frontal opened", "L"))
    assert lines(note, ETHMOID, FRONTAL, BOTH) == [("31253", "LT", 1), ("31255", "RT", 1)]


def test_the_lesser_code_goes_on_the_same_side_only() -> None:
    note = a_note(
        ("posterior ethmoid opened", "L"), ("anterior ethmoid opened", "L"), ("anterior ethmoid opened wide", "R")
    )
    found, rejected = propose(note, ETHMOID, ANTERIOR)
    assert [(item.procedure_code, item.side) for item in found] == [("31255", "LT"), ("31254", "RT")]
    assert [(item.code, item.why) for item in rejected] == [("31254", "part of 31255")]


def test_what_does_not_say_enough_is_asked_and_not_coded() -> None:
    ((item,), _) = propose(a_note(("ethmoid cells opened", "L")), ANTERIOR, ETHMOID)
    assert (item.procedure_code, item.side, item.why_not, item.ask) == (
        "31254",
        "LT",
        NOT_ENOUGH,
        "Which cells were opened?",
    )
    assert lines(a_note(("ethmoid cells opened", "L"), ("posterior ethmoid opened", "L")), ANTERIOR, ETHMOID) == [
        ("31255", "LT", 1)
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "planned"}, "only planned"),
        ({"status": "negated"}, "the note says it was not done"),
        ({"status": "historical"}, "done in the past, not in this encounter"),
        ({"section": "title"}, TITLE_ONLY),
        ({"section": "billing"}, TITLE_ONLY),
        ({"section": "consent"}, "only the consent names it"),
    ],
)
def test_what_was_not_done_or_is_only_named_is_refused_with_its_words(fields: dict[str, Any], why: str) -> None:
    found, rejected = propose(a_note(("posterior ethmoid opened", "L", fields)), ETHMOID)
    assert found == ()
    assert [(item.code, item.why, item.evidence[0].quote) for item in rejected] == [
        ("31255", why, "posterior ethmoid opened")
    ]


def test_a_title_is_refused_for_the_side_the_body_does_not_show() -> None:
    title = ("bilateral posterior ethmoid opened", "B", {"section": "title"})
    _, rejected = propose(a_note(title, ("posterior ethmoid opened", "R")), ETHMOID)
    assert [(item.code, item.why) for item in rejected] == [("31255", TITLE_ONLY)]
    _, rejected = propose(a_note(title, ("posterior ethmoid opened", "B")), ETHMOID)
    assert rejected == ()


def test_text_told_twice_counts_once() -> None:
    wart = ("three warts frozen", "-", {"repeated": True})
    block = "code: 17110\nany: [wart ... frozen]\ncounts: lesions\ncount: 1-14\nunits: count"
    ((item,), _) = propose(a_note(wart, ("gap", "-"), wart), block)
    assert item.units == 3
    assert len(item.evidence) == 1


def test_not_unless_where_all_and_approach() -> None:
    block = "code: 31267\nsides: per-side\nany: [polyp ... removed]\nwhere: [maxillary]\nnot: [from ostium]"
    assert lines(a_note(("polyp removed", "L")), block) == []
    assert lines(a_note(("maxillary opened", "L"), ("polyp removed", "L")), block) == [("31267", "LT", 1)]
    between = [("x", "L")] * 2
    assert lines(a_note(("maxillary opened", "L"), *between, ("polyp removed", "L")), block) == [("31267", "LT", 1)]
    assert lines(a_note(("maxillary opened", "L"), *between, *between, ("polyp removed", "L")), block) == []
    assert lines(a_note(("maxillary polyp removed from the ostium", "L")), block) == []
    unless = block + "\nunless: [nothing inside]"
    note = a_note(("maxillary polyp removed", "B"), ("nothing inside", "L"))
    assert lines(note, unless) == [("31267", "RT", 1)]
    every = "code: 61782\nany: [navigation used]\nall: [registr*, accura*]"
    assert lines(a_note(("navigation used", "-"), ("registration done", "-")), every) == []
    note = a_note(("navigation used", "-"), ("registration done", "-"), ("accuracy checked", "-"))
    ((item,), _) = propose(note, every)
    assert len(item.evidence) == 3
    scope = "code: 31237\nsides: per-side\nany: [crust ... removed]\napproach: [endoscop*]"
    assert lines(a_note(("crusts removed", "L")), scope) == []
    assert lines(a_note(("endoscope passed", "-"), ("crusts removed", "L")), scope) == [("31237", "LT", 1)]


def test_the_nearest_site_of_the_family_wins() -> None:
    def block(code: str, site: str) -> str:
        return f"code: {code}\nfamily: sinus\nsides: per-side\nany: [polyp ... removed]\nwhere: [{site}]"

    note = a_note(("maxillary opened", "L"), ("sphenoid opened, polyp removed", "L"))
    assert lines(note, block("31267", "maxillary"), block("31288", "sphenoid")) == [("31288", "LT", 1)]


def test_anesthesia_decides_and_the_other_code_stands_instead() -> None:
    tube = ("tube placed", "R")
    general = ("General anesthesia by mask", "-", {"section": "anesthesia"})
    assert lines(a_note(general, tube), TUBE, TUBE_AWAKE) == [("69436", "RT", 1)]
    assert lines(a_note(("topical phenol", "-"), tube), TUBE) == [("69433", "RT", 1)]
    in_office = replace(NOBODY, place_of_service="11")
    assert lines(a_note(tube), TUBE, encounter=in_office) == [("69433", "RT", 1)]
    ((item,), _) = propose(a_note(tube), TUBE)
    assert (item.procedure_code, item.confidence) == ("69436", "low")


def test_a_condition_not_told_never_beats_a_sure_lesser_code() -> None:
    greater = "code: 30310\nany: [bead removed]\nanesthesia: [general]\nreplaces: [30300]"
    found, rejected = propose(a_note(("bead removed", "-")), greater, "code: 30300\nany: [bead removed]")
    assert [item.procedure_code for item in found] == ["30300"]
    assert [(item.code, item.why) for item in rejected] == [("30310", UNSURE)]


@pytest.mark.parametrize(("age", "expected"), [(11, ["42830"]), (12, ["42831"]), (None, ["42830", "42831"])])
def test_age_is_that_of_the_encounter_and_both_stand_unsurely_without_it(age: int | None, expected: list[str]) -> None:
    blocks = [
        f'code: {code}\nany: [adenoids removed]\nage: "{band}"' for code, band in (("42830", "0-11"), ("42831", "12+"))
    ]
    found, _ = propose(a_note(("adenoids removed", "-")), *blocks, encounter=replace(NOBODY, age=age))
    assert [item.procedure_code for item in found] == expected
    assert all((item.confidence == "low") == (age is None) for item in found)


def test_place_and_payer_are_asked() -> None:
    block = "code: 93015\nany: [treadmill done]\nplaces: [office]"
    note = a_note(("treadmill done", "-"))
    assert lines(note, block, encounter=replace(NOBODY, place_of_service="22")) == []
    assert lines(note, block, encounter=replace(NOBODY, place_of_service="11")) == [("93015", None, 1)]
    own = "code: G0268\nany: [wax removed]\npayers: [medicare]"
    assert lines(a_note(("wax removed", "-")), own) == []
    assert lines(a_note(("wax removed", "-")), own, encounter=replace(NOBODY, payer="medicare")) == [("G0268", None, 1)]


def test_a_code_that_stands_only_beside_another_falls_with_it() -> None:
    add_on = "code: 17003\nany: [keratosis ... frozen]\nadd-on-to: [17000]\ncounts: lesions\nunits: count-1"
    first = "code: 17000\nany: [keratosis ... frozen]\ncounts: lesions\ncount: 1-14"
    note = a_note(("nine keratoses frozen", "-"))
    keratoses = [block.replace("keratosis", "keratos*") for block in (first, add_on)]
    assert lines(note, *keratoses) == [("17000", None, 1), ("17003", None, 8)]
    found, rejected = propose(note, keratoses[1])
    assert found == ()
    assert [item.why for item in rejected] == ["stands only beside 17000"]


def test_two_blocks_of_a_code_count_by_the_company_that_stands() -> None:
    shave = "code: 11102\nany: [shave sample]"
    punch = "code: 11104\nany: [punch sample]\nreplaces: [11102]"
    more = "code: 11103\nany: [shave sample]\ncounts: lesions\nunits: count-1\nadd-on-to: [11102]"
    each = "code: 11103\nany: [shave sample]\ncounts: lesions\nunits: count\nadd-on-to: [11104]"
    two = (("one shave sample of the nose", "-"), ("one shave sample of the back", "-"))
    assert lines(a_note(*two), shave, punch, more, each) == [("11102", None, 1), ("11103", None, 1)]
    assert sorted(lines(a_note(*two, ("punch sample", "-")), shave, punch, more, each)) == [
        ("11103", None, 2),
        ("11104", None, 1),
    ]


def test_a_vague_number_is_asked() -> None:
    block = "code: 17110\nany: [wart ... frozen]\ncounts: lesions\ncount: 1-14\nask: How many?"
    ((item,), _) = propose(a_note(("several warts were frozen", "-")), block)
    assert (item.why_not, item.ask) == (COUNT_NOT_TOLD, "How many?")
    assert lines(a_note(("fifteen warts were frozen", "-")), block) == []
    assert lines(a_note(("the wart was frozen", "-")), block) == [("17110", None, 1)]


def test_milligrams_make_units() -> None:
    block = "code: J3301\nany: [triamcinolone]\ncounts: mg\nper: 10\nunits: count"
    assert lines(a_note(("45 mg triamcinolone", "R"), ("40 mg triamcinolone", "L")), block) == [("J3301", None, 9)]


def test_the_size_picks_one_of_a_row() -> None:
    row = [
        f'code: {code}\nfamily: excision\nany: [cyst ... removed]\nsize: "{size}"\nsize-of: lesion'
        for code, size in (("11400", "0-0.5"), ("11401", "0.6-1.0"), ("11402", "1.1-2.0"))
    ]
    note = a_note(("cyst 1.4 cm", "-"), ("Narrowest margin 0.2 cm on each side", "-"), ("cyst removed whole", "-"))
    assert lines(note, *row) == [("11402", None, 1)]
    found, _ = propose(a_note(("cyst removed", "-")), *row)
    assert {item.why_not for item in found} == {SIZE_NOT_TOLD}
    _, rejected = propose(a_note(("cyst to be removed", "-", {"status": "planned"})), *row)
    assert [item.code for item in rejected] == ["11400"]


def test_lengths_of_repairs_are_added_up() -> None:
    row = [
        f'code: {code}\nany: [closed]\nsize: "{size}"\nsize-of: repair'
        for code, size in (("12001", "0-2.5"), ("12002", "2.6-7.5"))
    ]
    note = a_note(("2 cm cut closed", "R"), ("3 cm cut closed", "L"))
    assert lines(note, *row) == [("12002", None, 1)]


def test_the_practices_block_takes_the_place_of_the_librarys() -> None:
    library = kb_note("code: 30520\nany: [septum straightened]", "code: 31276\nany: [frontal opened]")
    practice = kb_note("code: 30520\nany: [septum moved]", note_id="p", layer="practice")
    draft = kb_note("code: 31276\nany: [never]", note_id="d", layer="practice", status="draft")
    repertoire = repertoire_of([library, practice, draft])
    assert [(block.procedure_code, block.source) for block in repertoire.blocks] == [
        ("31276", "library/p#part-1"),
        ("30520", "p#part-0"),
    ]


@pytest.mark.parametrize(
    ("kind", "evidence", "beside", "expected"),
    [
        ("lesions", ["nine actinic keratoses frozen"], [], Counted(9)),
        ("lesions", ["keratoses treated: left temple 2, right cheek 3, nose 1"], [], Counted(6)),
        ("lesions", ["keratoses treated"], ["left temple 2, right cheek 3", "Total nine"], Counted(9)),
        ("lesions", ["keratoses frozen x9"], [], Counted(9)),
        ("lesions", ["two cycles of nitrogen to the wart"], [], Counted(1)),
        ("lesions", ["multiple warts"], [], Counted(None, vague=True)),
        ("injections", ["one injection in the right arm and one injection in the left"], [], Counted(2)),
        ("tests", ["40 prick tests placed"], [], Counted(40)),
        ("minutes", ["25 minutes of counseling"], [], Counted(25)),
        ("minutes", ["counseling"], [], Counted(None)),
        ("days", ["worn 48 hours"], [], Counted(2)),
    ],
)
def test_counts_are_read_as_told(kind: str, evidence: list[str], beside: list[str], expected: Counted) -> None:
    assert counted(kind, evidence, beside) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 1.4 x 0.8 cm cyst", "1.4"),
        ("a 12 mm papule, margins 2 mm", "1.6"),
        ("excised diameter 2.1 cm, lesion 1.5 cm", "2.1"),
        ("closed over 3 cm", None),
    ],
)
def test_the_excised_diameter_holds_the_margins(text: str, expected: str | None) -> None:
    assert excised(sizes(text)) == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "age"),
    [("A 7-year-old boy", 7), ("Age 14. Tonsils", 14), ("57 y/o walk-in", 57), ("73M, established", 73), ("His mother, age 60", None),
     ("Adenoids out at age 4", None), ("9 month old", 0), ("no age", None)],
)  # fmt: skip
def test_the_age_is_the_patients(text: str, age: int | None) -> None:
    assert age_told(a_note((text, "-")), NOBODY) == age


def test_general_anesthesia_silences_what_was_injected_beside_it() -> None:
    note = a_note(("General endotracheal anesthesia", "-"), ("1% lidocaine injected", "-"))
    assert anesthesia_told(note.clauses) == {"general"}
    assert anesthesia_told(a_note(("lidocaine injected", "-"), ("Emla cream", "-")).clauses) == {"local", "topical"}
    assert anesthesia_told(a_note(("No general anesthesia", "-", {"status": "negated"})).clauses) == frozenset()


def test_clinical_text_shows_in_no_repr() -> None:
    note = a_note(
        ("posterior ethmoid opened in Zebulon", "L"), ("frontal opened in Zebulon", "L", {"status": "planned"})
    )
    found, rejected = propose(note, ETHMOID, FRONTAL)
    assert found
    assert rejected
    assert "Zebulon" not in repr((found, rejected))


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        ("posterior ethmiod cells opened", True),
        ("posteior ethmoid cells opened", True),
        ("posterrior ethmoid cells opened", True),
        ("posterial ethmoid cells opened", False),
        ("posterior ethmoidal nerve opened", False),
    ],
)
def test_a_slip_of_the_keyboard_is_read_as_meant(told: str, stands: bool) -> None:
    note = a_note((told, "L"))
    found, _ = propose(note, ETHMOID)
    assert bool(found) == stands
    assert all(item.evidence[0].quote == told for item in found)


def test_another_procedure_is_no_slip() -> None:
    block = "code: 69436\nany: [tympanostomy tube]"
    assert lines(a_note(("tympanotomy tube", "-")), block) == []
    assert lines(a_note(("tympanostmoy tube", "-")), block) == [("69436", None, 1)]
    resected = "code: 30130\nany: [turbinate ... resected]"
    assert lines(a_note(("turbinate rejected", "-")), resected) == []


def test_where_the_title_names_the_procedure_the_steps_in_the_body_suffice() -> None:
    block = "code: 42415\nsides: per-side\nany: [superficial parotidectomy]\ntitled: [lobe ... remov*]"
    note = read_clinical_note(
        "TITLE: Left superficial parotidectomy.\nPROCEDURE: Flap raised. Lobe with tumor removed."
    )
    assert lines(note, block) == [("42415", "LT", 1)]
    assert lines(read_clinical_note("TITLE: Left superficial parotidectomy.\nPROCEDURE: Flap raised."), block) == []
    assert lines(read_clinical_note("PROCEDURE: Lobe with tumor removed on the left."), block) == []


def test_a_code_without_the_company_it_needs_takes_no_other_away() -> None:
    wax = "code: 69210\nany: [wax remov*]"
    company = "code: G0268\nany: [wax remov*]\nreplaces: [69210]\nwith: [92557]"
    assert lines(read_clinical_note("Wax removed."), wax, company) == [("69210", None, 1)]


BICEPS = "code: 29828\nfamily: shoulder\nsides: per-side\nany: [biceps ... anchored]"


def test_what_one_clause_begins_and_the_next_one_tells_is_read_together() -> None:
    told = (("long biceps frayed", "L"), ("anchored in the groove", "L", {"sentence": 0}))
    assert lines(a_note(*told), BICEPS) == [("29828", "LT", 1)]


def test_clauses_of_two_sentences_are_not_read_together() -> None:
    assert lines(a_note(("long biceps frayed", "L"), ("anchored in the groove", "L")), BICEPS) == []


def test_nothing_is_read_together_for_a_family_that_one_clause_shows_alone() -> None:
    cuff = "code: 29827\nfamily: shoulder\nsides: per-side\nany: [cuff repaired]"
    told = (("cuff repaired", "L"), ("long biceps frayed", "L"), ("anchored in the groove", "L", {"sentence": 1}))
    assert lines(a_note(*told), BICEPS, cuff) == [("29827", "LT", 1)]


def test_clauses_that_other_work_explains_are_not_read_together_with_a_new_subject() -> None:
    other = "code: 20680\nfamily: hardware\nsides: per-side\nany: [screw removed]"
    told = (("long biceps frayed and screw removed", "L"), ("capsule anchored", "L", {"sentence": 0}))
    assert lines(a_note(*told), BICEPS, other) == [("20680", "LT", 1)]
