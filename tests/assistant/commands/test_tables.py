"""`understudy tables` and `tables import`: lists, imports, refuses, and tells which notes a release touches."""

from __future__ import annotations

import json
import sys

import pytest

PTP_HEAD = (
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
)
MUE_HEAD = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n"


@pytest.fixture
def command(small, library_of, run):
    """Runs `tables` on the small practice."""
    library_of(small.library)
    return lambda *arguments: run("tables", *map(str, arguments), "--practice", str(small.root))


@pytest.fixture
def pairs(tmp_path):
    """Writes a PTP file of these pairs, all with indicator 1 and open."""

    def write(name, *rows):
        path = tmp_path / name
        text = "".join(f"{row.replace('/', chr(9))}\t\t20200101\t*\t1\tInvented\r\n" for row in rows)
        path.write_bytes((PTP_HEAD + text).encode())
        return path

    return write


@pytest.fixture
def limits(tmp_path):
    def write(name, *rows):
        path = tmp_path / name
        path.write_bytes((MUE_HEAD + "".join(f"{row},2 Date,Invented\r\n" for row in rows)).encode())
        return path

    return write


def test_without_a_table_it_says_how_to_bring_one_in(command):
    code, out, err = command()
    assert (code, err) == (0, "")
    assert "`understudy tables import FILE...`" in out


def test_an_import_is_told_and_listed_with_its_checksum(command, limits, small):
    path = limits("MUE_2024q3.csv", "90001,1", "90002,2")
    code, out, err = command("import", path)
    assert (code, err) == (0, "")
    assert "MUE_2024q3.csv: MUE, practitioner services, 2024Q3, 2 rows, 2024-07-01 to 2024-09-30: imported" in out
    assert (small.root / "data" / "tables.sqlite").is_file()
    listed = json.loads(command("--json")[1])
    from hashlib import sha256

    digest = sha256(path.read_bytes()).hexdigest()
    release = next(one for one in listed["releases"] if one["program"] == "mue")
    assert release == {
        "program": "mue",
        "shipped": False,
        "release": "2024Q3",
        "effective_from": "2024-07-01",
        "effective_through": "2024-09-30",
        "rows": 2,
        "sha256": digest,
        "files": [{"file": "MUE_2024q3.csv", "part": "", "rows": 2, "sha256": digest}],
    }
    assert digest in command()[1]


def test_icd_10_cm_is_listed_from_the_start(command):
    assert "ICD-10-CM, FY2026: 2025-10-01 to 2026-09-30" in command()[1]
    first = json.loads(command("--json")[1])["releases"][0]
    assert (first["program"], first["shipped"]) == ("icd10cm", True)


def test_notes_that_name_a_deleted_diagnosis_are_listed(command, small, tmp_path):
    (small.kb / "sinus.md").write_text("# Sinus\nJ32.0 needs its side spelled out.\n")
    order = tmp_path / "icd10cm_order_2027.txt"
    lines = [("J32", 0), ("J322", 1), ("J3201", 1)]
    order.write_text(
        "".join(
            f"{n:05d} {code:<7} {flag} {'Invented':<60} Invented\n" for n, (code, flag) in enumerate(lines, start=1)
        )
    )
    code, out, err = command("import", order)
    assert (code, err) == (0, "")
    assert "FY2027 against FY2026:" in out
    assert "  kb/sinus.md\n    J32.0 deleted\n    J32.01 new\n" in out


def test_importing_again_is_said_to_change_nothing(command, limits):
    path = limits("MUE_2024q3.csv", "90001,1")
    command("import", path)
    code, out, _err = command("import", path)
    assert code == 0
    assert "was there already" in out


def test_several_files_of_one_release_add_up(command, pairs):
    one, two = pairs("ccipra-v302r0-f1.TXT", "10001/90002"), pairs("ccipra-v302r0-f2.TXT", "20001/90002")
    assert command("import", one, two)[0] == 0
    release = json.loads(command("--json")[1])["releases"][-1]
    assert release["rows"] == 2
    assert [file["part"] for file in release["files"]] == ["f1", "f2"]


def test_gaps_are_said_in_the_list(command, limits):
    command("import", limits("MUE_2026q1.csv", "90001,1"), limits("MUE_2026q3.csv", "90001,1", "90002,1"))
    told = "MUE, practitioner services: no release covers 2026-04-01 to 2026-06-30 (2026Q2)"
    assert told in command()[1]
    assert told in json.loads(command("--json")[1])["remarks"]


def test_a_refused_file_ends_with_2_and_the_others_are_in(command, limits, tmp_path):
    bad = tmp_path / "letter.txt"
    bad.write_text("Dear practice,\n")
    code, out, err = command("import", bad, limits("MUE_2024q3.csv", "90001,1"))
    assert code == 2
    assert "MUE_2024q3.csv" in out
    assert err.startswith("understudy: letter.txt: no table that is known here")


def test_dates_are_asked_for_and_taken(command, limits):
    path = limits("limits.csv", "90001,1")
    code, _out, err = command("import", path)
    assert code == 2
    assert "--effective-from" in err
    code, out, _err = command("import", path, "--effective-from", "2024-01-01", "--effective-through", "2024-12-31")
    assert code == 0
    assert "2024-01-01 to 2024-12-31: imported" in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--effective-from", "2024-01-01"), "belong together"),
        (("--effective-through", "2024-01-01"), "belong together"),
        (("--effective-from", "2024-01-02", "--effective-through", "2024-01-01"), "run backwards"),
        (("--effective-from", "tomorrow", "--effective-through", "2024-01-01"), "is no date"),
    ],
)
def test_dates_that_make_no_window_are_refused(command, limits, options, told):
    code, _out, err = command("import", limits("MUE_2024q3.csv", "90001,1"), *options)
    assert code == 2
    assert told in err


def test_notes_that_name_a_newly_bundled_code_are_listed(command, pairs):
    code, out, _err = command("import", pairs("ccipra-v301r0-f1.TXT", "69436/99998", "70000/70001"))
    assert code == 0
    assert "against" not in out
    code, out, _err = command("import", pairs("ccipra-v302r0-f1.TXT", "69436/99998", "69436/99999", "70000/70001"))
    assert code == 0
    assert "2024Q3 v30.2 against 2024Q2 v30.1: 1 newly bundled." in out
    assert "    69436 newly bundled: 99999" in out
    assert [line.strip() for line in out.splitlines() if line.strip().endswith(".md")]


def test_the_notes_are_listed_in_json_with_note_and_codes(command, pairs):
    command("import", pairs("ccipra-v301r0-f1.TXT", "69436/99998"))
    _code, out, _err = command("import", pairs("ccipra-v302r0-f1.TXT", "69436/99999"), "--json")
    changes = json.loads(out)["changes"]
    assert [(one["program"], one["release"], one["before"]) for one in changes] == [
        ("ptp", "2024Q3 v30.2", "2024Q2 v30.1")
    ]
    assert changes[0]["totals"] == {"newly bundled": 1, "no longer bundled": 1}
    assert {
        (code["code"], code["change"], *code["details"]) for note in changes[0]["notes"] for code in note["codes"]
    } == {
        ("69436", "newly bundled", "99999"),
        ("69436", "no longer bundled", "99998"),
    }


def test_the_practice_may_stand_before_or_after_import(small, library_of, run, limits):
    library_of(small.library)
    path = str(limits("MUE_2024q3.csv", "90001,1"))
    assert run("tables", "--practice", str(small.root), "import", path)[0] == 0
    assert "was there already" in run("tables", "import", path, "--practice", str(small.root))[1]


def test_a_damaged_store_is_told_and_not_replaced(command, limits, small):
    store = small.root / "data" / "tables.sqlite"
    store.parent.mkdir(exist_ok=True)
    store.write_bytes(b"not a database at all" * 100)
    for arguments in ((), ("import", limits("MUE_2024q3.csv", "90001,1"))):
        code, _out, err = command(*arguments)
        assert code == 2
        assert "tables.sqlite" in err
    assert store.read_bytes().startswith(b"not a database")


def test_help_and_list_load_neither_spreadsheets_nor_models():
    import subprocess

    probe = (
        "import sys; from assistant.cli import build_parser; build_parser(); "
        "print([name for name in ('openpyxl', 'numpy', 'torch', 'tqdm', 'sqlite3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
