"""`understudy validate`: what is printed, exit codes, files of every kind, and many claims at once."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.bootstrap import judge_parts
from assistant.commands.claim_stream import BatchRow, Work, stream
from assistant.report_words import import_hint
from ingest.index.enforced_notes import read_enforced

ROOT = Path(__file__).resolve().parents[3]
BAD = "payer: Northwind   dos: 2026-03-01\n69436-RT; 69436-LT"
CLEAN = "payer: Northwind   dos: 2026-03-01   received: 2026-03-05   pos: 24\n69436-50"


@pytest.fixture
def practice(small, library_of) -> Path:
    """The small practice; its library is its own."""
    library_of(small.library)
    return small.root


@pytest.fixture
def validate(run, practice, monkeypatch):
    """Runs `validate` on the small practice: exit code, standard output, standard error."""

    def go(*arguments: str, typed: str | bytes = b"") -> tuple[int, str, str]:
        raw = typed.encode() if isinstance(typed, str) else typed
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return run("validate", "--practice", str(practice), *arguments)

    return go


def rules(row: dict) -> list[str]:
    return [finding["rule"] for finding in row["findings"]]


# --- one claim -----------------------------------------------------------------------------------------------------


def test_the_report_shows_each_line_with_what_is_wrong_and_how_to_mend_it(validate) -> None:
    code, out, _ = validate("-", typed=BAD)
    assert code == 1
    assert "  0  69436-RT x1\n       ERROR  nw-tubes-50 (with line 1)\n" in out
    assert "fix (form alone): 69436-50 x1  in place of lines 0 and 1" in out
    assert "source: payers/northwind-ppo/tubes#both-ears-in-one-session:" in out
    assert "  1  69436-LT x1\n       see ERROR nw-tubes-50 on line 0\n" in out
    assert "After the fixes that change form alone:\n     69436-50 x1\n" in out
    assert "the claim does not say: received (nw-timely)" in out
    assert out.splitlines()[-1].startswith("FIX: 1 error, with a fix that changes form alone; NOT complete: ")


def test_what_could_not_be_checked_names_the_file_to_import(validate) -> None:
    code, out, _ = validate("-", typed="payer: Medicare; dos: 2026-08-01; 69436; 92511")
    assert "NCCI PTP edits, practitioner: no release covers 2026-08-01 (PTP001)" in out
    assert "(ccipra-v322r0, f1 to f4)" in out
    assert "understudy tables import FILE" in out
    assert "PASS" not in out
    assert out.splitlines()[-1].startswith("no error found; NOT complete: ")
    assert code == 0


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("ptp", "ccipra-v302r0"),
        ("mue", "MCR_MUE_PractitionerServices_Eff_07-01-2024"),
        ("mpfs", "RVU24C"),
        ("add-on", "AOC_V2024Q3-MCR"),
        ("hcpcs", "July 2024"),
        ("icd10cm", "icd10cm_order_2024.txt"),
    ],
)
def test_the_file_to_import_is_named_as_cms_names_it(program, name: str) -> None:
    from datetime import date

    assert name in import_hint(program, date(2024, 8, 1))


def test_json_is_the_report_of_the_design(validate) -> None:
    code, out, _ = validate("-", "--json", typed=BAD)
    shown = json.loads(out)
    assert code == 1
    assert set(shown) == {"verdict", "complete", "findings", "not_evaluated", "fixed"}
    assert (shown["verdict"], shown["complete"]) == ("fix", False)
    (finding,) = shown["findings"]
    assert finding["lines"] == [0, 1]
    assert finding["fix"] == {"shorthand": "69436-50 x1", "safe": True}
    assert finding["source"]["note"].startswith("payers/northwind-ppo/tubes#")
    assert shown["fixed"].endswith("\n69436-50 x1")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.txt", BAD),
        ("c", BAD),
        (
            "c.json",
            '{"payer": "Northwind", "dos": "2026-03-01", "lines": ["69436-RT", {"code": 69436, "modifiers": "LT"}]}',
        ),
    ],
)
def test_a_file_is_read_by_its_suffix(validate, tmp_path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    code, out, _ = validate(str(tmp_path / name), "--json")
    assert (code, rules(json.loads(out))) == (1, ["nw-tubes-50"])


def test_json_on_standard_input_is_seen_and_a_format_may_be_told(validate) -> None:
    text = '{"payer": "Northwind", "dos": "2026-03-01", "lines": ["69436-50"]}'
    assert validate("-", "--json", typed=text)[0] == 0
    assert validate("-", "--json", "--format", "json", typed=text)[0] == 0
    assert validate("-", "--json", "--format", "shorthand", typed=text)[0] == 2
    assert validate("-", "--json", "--format", "csv", typed="claim,code\n1,69436\n")[0] == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (BAD.replace("-LT", "-L"), "standard input:2:17: this is not a modifier"),
        ('{"lines": ["1"]}', "standard input:1:12: /lines/0: "),
        ("", "standard input:1:1: the claim has no service line"),
    ],
)
def test_a_claim_that_cannot_be_read_is_told_with_line_and_column(validate, typed: str, told: str) -> None:
    code, out, err = validate("-", typed=typed)
    assert (code, out) == (2, "")
    assert told in err
    code, out, err = validate("-", "--json", typed=typed)
    assert (code, set(json.loads(out))) == (2, {"error"})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give one FILE"),
        (["-", "--batch", "-"], "give one FILE"),
        (["no-such-file"], "cannot be read"),
        (["x.jsonl"], "use --batch x.jsonl"),
        (["--batch", "-", "--format", "csv"], "--batch takes JSON lines"),
        (["-", "--format", "json", "--mapping", "m.toml"], "a mapping is for CSV"),
    ],
)
def test_what_cannot_be_done_is_told_and_exits_two(validate, arguments: list[str], told: str) -> None:
    code, out, err = validate(*arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_bytes_that_are_no_text_are_refused(validate) -> None:
    code, _, err = validate("-", typed=b"69436\xff")
    assert code == 2
    assert "UTF-8" in err


# --- many claims ---------------------------------------------------------------------------------------------------


def test_a_batch_answers_each_line_in_order_and_bad_ones_take_no_other_with_them(validate) -> None:
    rows = [
        json.dumps({"id": "a", "claim": BAD}),
        "",
        "no json",
        json.dumps({"id": "c", "claim": "x"}),
        json.dumps({"id": "d"}),
        json.dumps([1]),
        json.dumps({"claim": {"payer": "NWP", "dos": "2026-03-01", "lines": [{"code": "69436", "modifiers": ["50"]}]}}),
        json.dumps({"id": "g", "claim": {"lines": [{"code": "1"}]}}),
    ]
    raw = "\ufeff".encode() + "\r\n".join(rows).encode() + b"\n\xff\n"
    code, out, _ = validate("--batch", "-", typed=raw)
    shown = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [row["id"] for row in shown] == ["a", 3, "c", "d", 6, 7, "g", 9]
    assert ["error" in row for row in shown] == [False, True, True, True, True, False, True, True]
    assert rules(shown[0]) == ["nw-tubes-50"]
    assert "/claim/lines/0/code" in shown[6]["error"]
    assert "line 8, column 42" in shown[6]["error"]


@pytest.mark.parametrize(("claims", "code"), [([CLEAN], 0), ([CLEAN, BAD], 1), ([BAD, "x", CLEAN], 2)])
def test_the_exit_code_is_that_of_the_worst_claim(validate, claims: list[str], code: int) -> None:
    typed = "\n".join(json.dumps({"id": place, "claim": one}) for place, one in enumerate(claims))
    assert validate("--batch", "-", typed=typed)[0] == code


CSV = """\
Claim ID;Payer;Date of Service;CPT;Mod;POS
1;Northwind;03/01/2026;69436;RT;24
1;Northwind;03/01/2026;69436;LT;24
2;NWP;03/01/2026;69436;50;24
3;NWP;03/01/2026;694;;24
"""


def test_a_csv_file_gives_a_report_for_each_claim_and_counts_them(validate, tmp_path) -> None:
    file = tmp_path / "claims.csv"
    file.write_bytes(CSV.replace("\n", "\r\n").encode("utf-8-sig"))
    code, out, _ = validate(str(file))
    assert code == 2
    assert "=== claim 1: FIX\n" in out
    assert "=== claim 2: no error found\n" in out
    assert "=== claim 3: not read\n  line 5, column 4: CPT: " in out
    assert "3 claims: 1 without an error, 1 to fix, 0 for a person, 1 not read; 2 of them NOT complete" in out
    code, out, _ = validate(str(file), "--json")
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["1", "2", "3"]


def test_a_list_of_claims_in_json_gives_a_line_for_each(validate, tmp_path) -> None:
    file = tmp_path / "claims.json"
    file.write_text('[{"id": "x", "lines": ["69436"]}, {"lines": ["69436"]}]', encoding="utf-8")
    code, out, _ = validate(str(file), "--json")
    assert (code, [json.loads(line)["id"] for line in out.splitlines()]) == (0, ["x", 2])


def test_a_mapping_is_written_edited_and_used(validate, tmp_path) -> None:
    file, mapping = tmp_path / "export.csv", tmp_path / "mapping.toml"
    file.write_text(CSV.replace("CPT", "Leistung"), encoding="utf-8")
    assert validate(str(file))[0] == 2
    code, out, _ = validate(str(file), "--write-mapping", str(mapping))
    assert code == 0
    assert f"--mapping {mapping}" in out
    text = mapping.read_text(encoding="utf-8")
    assert '#   "Leistung"' in text
    code, _, err = validate(str(file), "--write-mapping", str(mapping))
    assert (code, "is there already" in err) == (2, True)
    mapping.write_text(text.replace('# code = ""', 'code = "Leistung"'), encoding="utf-8")
    code, out, _ = validate(str(file), "--mapping", str(mapping), "--json")
    assert [("error" in json.loads(line)) for line in out.splitlines()] == [False, False, True]
    mapping.write_text(text.replace('# code = ""', "code = 7"), encoding="utf-8")
    code, _, err = validate(str(file), "--mapping", str(mapping))
    assert (code, "in quotation marks" in err) == (2, True)


def many(count: int) -> list[bytes]:
    lines = ["69436-RT; 69436-LT", "69436-50", "99213 x0", "69436-50 x2; 92511", "30520-50 [A]"]
    return [
        json.dumps({"id": f"c{n}", "claim": f"payer: Northwind; dos: 2026-03-0{n % 9 + 1}; {lines[n % 5]}"}).encode()
        for n in range(count)
    ]


def test_processes_give_the_same_in_the_same_order(small, monkeypatch) -> None:
    monkeypatch.setattr("assistant.commands.claim_stream._AT_ONCE", 20)
    work = Work(judge_parts(small.practice), as_json=True)
    rows = [BatchRow(number, raw) for number, raw in enumerate(many(700), start=1)]
    alone = list(stream(rows, work, 1))
    assert list(stream(rows, work, 2)) == alone
    assert len({done.code for done in alone}) == 3


def test_rows_are_taken_in_no_faster_than_results_are_given_out(small, monkeypatch) -> None:
    monkeypatch.setattr("assistant.commands.claim_stream._AT_ONCE", 5)
    taken = 0

    def endless():
        nonlocal taken
        for number, raw in enumerate(many(10), start=1):
            taken += 1
            yield BatchRow(number, raw)
        while True:
            taken += 1
            yield BatchRow(taken, b'{"id": 1, "claim": "99213"}')

    results = stream(endless(), Work(judge_parts(small.practice), as_json=True), 2)
    for _ in range(200):
        next(results)
    results.close()
    assert taken <= 5 + 1 + 50 * 4 * 2 + 250


def command(practice: Path, *arguments: str) -> list[str]:
    start = (
        "import sys, pathlib, assistant.shipped;"
        f"assistant.shipped.shipped_folder = lambda name: pathlib.Path({str(practice / 'shared-library')!r});"
        "from assistant.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-W", "ignore", "-c", start, "validate", "--practice", str(practice), *arguments]


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_goes_away_ends_it_quietly(practice, tmp_path, jobs: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(many(3000)))
    running = subprocess.Popen(
        command(practice, "--batch", str(file), "--jobs", jobs),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.readline()
    running.stdout.close()
    assert running.stderr is not None
    told = running.stderr.read()
    running.stderr.close()
    assert running.wait(timeout=60) == 0
    assert told == b""


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
def test_an_interruption_ends_it_and_its_processes(practice, tmp_path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(many(60_000)))
    out = (tmp_path / "out").open("wb")
    running = subprocess.Popen(
        command(practice, "--batch", str(file), "--jobs", "2"),
        cwd=ROOT,
        stdout=out,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while (tmp_path / "out").stat().st_size < 200_000 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=60)
    out.close()
    assert running.returncode == 130
    assert told == b"understudy: stopped\n"
    # What has ended stays listed until it is collected, on a busy machine for a moment.
    while _has_members(running.pid) and time.monotonic() < deadline + 60:
        time.sleep(0.05)
    assert not _has_members(running.pid)


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# --- the notes it judges by ----------------------------------------------------------------------------------------


def test_an_edited_note_counts_in_the_next_run(validate, small) -> None:
    assert rules(json.loads(validate("-", "--json", typed=BAD)[1])) == ["nw-tubes-50"]
    text = small.text("payers/northwind-ppo/tubes")
    small.write("payers/northwind-ppo/tubes", text.replace("kind: payer-rule", "kind: payer-rule\nstatus: draft"))
    assert rules(json.loads(validate("-", "--json", typed=BAD)[1])) == []
    small.write("payers/northwind-ppo/tubes", text)
    assert rules(json.loads(validate("-", "--json", typed=BAD)[1])) == ["nw-tubes-50"]
    small.remove("payers/northwind-ppo/tubes")
    assert rules(json.loads(validate("-", "--json", typed=BAD)[1])) == []


def old(small) -> None:
    """Gives every note a time that is believed."""
    for path in small.root.rglob("*.md"):
        os.utime(path, ns=(1_700_000_000_000_000_000, 1_700_000_000_000_000_000))


@pytest.mark.parametrize("damage", [b"", b"{", b"understudy notes 1 x y\n{}", None])
def test_a_damaged_cache_of_notes_is_made_anew(small, damage: bytes | None, monkeypatch) -> None:
    old(small)
    # The files are as good as old: only the time of the entry is new.
    monkeypatch.setattr("ingest.index.enforced_notes._TOO_FRESH_NS", -(10**12))
    cache = small.root / "data" / "notes.json"
    first = read_enforced(small.kb, small.library, cache)
    assert {note.note_id for note in first.notes} >= {"payers/northwind-ppo/tubes"}
    whole = cache.read_bytes()
    assert b"pickle" not in whole
    monkeypatch.setattr("ingest.index.enforced_notes._read_all", lambda *_: pytest.fail("the cache was not believed"))
    assert read_enforced(small.kb, small.library, cache) == first
    monkeypatch.undo()
    cache.write_bytes(whole.replace(b"nw-tubes-50", b"nw-tubes-51") if damage is None else damage)
    assert read_enforced(small.kb, small.library, cache) == first


def test_an_edit_that_keeps_size_and_time_is_seen(small, monkeypatch) -> None:
    old(small)
    monkeypatch.setattr("ingest.index.enforced_notes._TOO_FRESH_NS", -(10**12))
    cache = small.root / "data" / "notes.json"
    read_enforced(small.kb, small.library, cache)
    path = small.path("payers/northwind-ppo/tubes")
    time.sleep(0.02)
    path.write_text(path.read_text(encoding="utf-8").replace("nw-tubes-50", "nw-tubes-77"), encoding="utf-8")
    old(small)
    found = read_enforced(small.kb, small.library, cache)
    assert "nw-tubes-77" in {block.rule_id for note in found.notes for block in note.rules}


def test_a_note_with_an_error_keeps_its_last_good_rules_and_its_claims_are_not_complete(validate, small) -> None:
    assert validate("-", typed=BAD)[0] == 1
    text = small.text("payers/northwind-ppo/tubes")
    small.write("payers/northwind-ppo/tubes", text.replace("fix: one-line-50", "fix: no-such-fix"))
    shown = json.loads(validate("-", "--json", typed=BAD)[1])
    assert rules(shown) == ["nw-tubes-50"]
    assert any("payers/northwind-ppo/tubes" in one["reason"] for one in shown["not_evaluated"])


def test_a_folder_that_cannot_be_written_is_no_hindrance(small, tmp_path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    assert read_enforced(small.kb, small.library, blocked / "notes.json").notes


def test_nothing_heavy_is_imported(practice) -> None:
    script = (
        "import sys, io, json; from assistant.cli import main; sys.stdin = io.TextIOWrapper(io.BytesIO(b'99213'));"
        f"main(['validate', '-', '--practice', {str(practice)!r}]); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    heavy = (
        "chromadb onnxruntime langchain langchain_core torch numpy pandas pydantic simple_icd_10_cm llama_cpp gradio"
    )
    assert imported.isdisjoint(heavy.split())
