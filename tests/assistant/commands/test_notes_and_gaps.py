"""`understudy init`, `note new`, `kb check`, `ingest` and `gaps`."""

from __future__ import annotations

import builtins
import json
import tomllib

import pytest

pytestmark = pytest.mark.models
IMPLANT = "does Northwind need authorization for a cochlear implant"


@pytest.fixture
def command(small, library_of, run):
    """Runs a command on the small practice."""
    library_of(small.library)
    return lambda *arguments: run(*arguments, "--practice", str(small.root))


@pytest.fixture
def typed(monkeypatch):
    """Answers the prompts with these lines; then the input ends. Returns the prompts that were asked."""

    def answer(*lines: str) -> list[str]:
        left, prompts = list(lines), []

        def give(prompt: str = "") -> str:
            prompts.append(prompt)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(builtins, "input", give)
        return prompts

    return answer


def notes(small) -> set[str]:
    return {str(path.relative_to(small.kb)) for path in small.kb.rglob("*.md")}


# ---- init ----------------------------------------------------------------------------------------------------------


def test_init_makes_a_practice_that_answers_at_once(tmp_path, small, library_of, run):
    library_of(small.library)
    folder = tmp_path / "harbor-ent"
    code, out, _ = run("init", str(folder))
    assert code == 0
    assert str(folder) in out
    assert {path.name for path in folder.iterdir()} == {"kb", "understudy.toml", ".gitignore"}
    assert tomllib.loads((folder / "understudy.toml").read_text(encoding="utf-8"))["practice"]["name"] == "Harbor Ent"
    assert "data/" in (folder / ".gitignore").read_text(encoding="utf-8")
    assert run("ask", "does Aetna want 50 for 69436", "--practice", str(folder))[0] == 1
    assert run("kb", "check", "--practice", str(folder))[0] == 0


def test_init_leaves_alone_what_is_there(tmp_path, run):
    (tmp_path / "kb").mkdir()
    for name in ("understudy.toml", ".gitignore", "kb/README.md", "kb/mine.md"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    assert run("init", str(tmp_path))[0] == 0
    for name in ("understudy.toml", ".gitignore", "kb/README.md", "kb/mine.md"):
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ['O\'Neil "ENT" \\ Clinic', "caf\u00e9 #1 = x", "[brackets]", "  spaced  ", "\U0001f442"]
)
def test_init_writes_settings_that_can_be_read_for_any_name(tmp_path, run, name):
    folder = tmp_path / name
    assert run("init", str(folder))[0] == 0
    assert tomllib.loads((folder / "understudy.toml").read_text(encoding="utf-8"))["practice"]["specialties"] == []


@pytest.mark.parametrize("name", ["two\nlines", "bell\x07"])
def test_init_writes_settings_that_can_be_read_for_a_name_with_control_characters(tmp_path, run, name):
    folder = tmp_path / name
    code, _, _ = run("init", str(folder))
    assert code == 2 or tomllib.loads((folder / "understudy.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("named", ["file/practice", "file", "~nobody-of-this-name/practice"])
def test_init_of_a_folder_that_cannot_be_is_bad_input(tmp_path, run, named):
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = run("init", named if named.startswith("~") else str(tmp_path / named))
    assert code == 2
    assert err.startswith("understudy: ")


# ---- note new ------------------------------------------------------------------------------------------------------


def test_a_note_is_saved_from_options_alone_and_answers_the_next_question(command, small, typed):
    prompts = typed()
    code, out, _ = command(
        "note", "new", "--yes", "--title", "Northwind, cochlear implants", "--payer", "Northwind", "--codes", "69930",
        "--text", "A cochlear implant, 69930, needs prior authorization; ask ten days ahead.", "--owner", "lee.park",
    )  # fmt: skip
    assert (code, prompts) == (0, [])
    path = small.kb / "payers" / "northwind-ppo" / "northwind-cochlear-implants.md"
    assert str(path) in out
    assert path.is_file()
    code, out, _ = command("ask", IMPLANT)
    assert code == 0
    assert "payers/northwind-ppo/northwind-cochlear-implants" in out


def test_a_note_is_saved_with_a_rule_that_is_enforced(command, small):
    rule = 'id: implant-auth\nwhen: {codes: [69930]}\nrequire: {authorization: true}\nexamples:\n  - pass: "authorization: A1; 69930"\n  - fail: 69930\n'
    code, _, _ = command(
        "note", "new", "--yes", "--title", "Implants", "--codes", "69930", "--text", "Ask first.", "--rule", rule
    )
    assert code == 0
    assert command("kb", "check")[0] == 0
    assert "```rule" in (small.kb / "reference" / "implants.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--title", "x"],
        ["--title", "x", "--text", ""],
        ["--title", "x", "--text", "y", "--payer", "Granite"],
        ["--title", "x", "--text", "y", "--payer", "Zephyr"],
        ["--title", "x", "--text", "y", "--codes", "tubes"],
        ["--title", "x", "--text", "y", "--rule", "id: a\nzebra: 1"],
        ["--title", "x\udce9", "--text", "y"],
    ],
)
def test_options_that_cannot_be_used_save_nothing(command, small, options):
    before = notes(small)
    code, _, err = command("note", "new", "--yes", *options)
    assert code == 2
    assert err.startswith("understudy: ")
    assert notes(small) == before


def test_a_note_is_asked_for_question_by_question(command, small, typed):
    typed(
        "Granite HMO, tube removal",
        "granite hmo",
        "69424",
        "Both ears take modifier 50.",
        "One line.",
        "",
        "lee.park",
        "n",
        "",
    )
    code, out, _ = command("note", "new")
    assert code == 0
    saved = (small.kb / "payers" / "granite-hmo" / "granite-hmo-tube-removal.md").read_text(encoding="utf-8")
    assert "Both ears take modifier 50.\nOne line." in saved
    assert saved.strip() in out


def test_an_answer_that_does_not_fit_is_asked_again(command, small, typed):
    prompts = typed("", "Posting", "Zephyr", "", "tubes", "", "", "Post before nine.", "", "", "n", "y")
    code, out, _ = command("note", "new")
    assert code == 0
    assert "no payer note knows" in out
    assert sum(prompt.startswith("Title") for prompt in prompts) == 2
    assert sum(prompt.startswith("Payer") for prompt in prompts) == 2
    assert "reference/posting.md" in {name.replace("\\", "/") for name in notes(small)}


def test_a_rule_is_asked_for_key_by_key_and_said_in_words(command, small, typed):
    from assistant.note_form import RULE_KEYS

    answers = {"require.modifiers": "50", "pass": "69424-50", "fail": "69424-RT"}
    typed("Removal", "", "69424", "Always 50.", "", "", "y", *(answers.get(key, "") for key, _ in RULE_KEYS), "yes")
    code, out, _ = command("note", "new")
    assert code == 0
    assert "when 69424 is billed" in out
    assert command("kb", "check")[0] == 0


def test_a_note_that_is_not_wanted_in_the_end_is_not_saved(command, small, typed):
    before = notes(small)
    typed("Posting", "", "", "Post before nine.", "", "", "n", "n")
    code, out, _ = command("note", "new")
    assert code == 1
    assert "Not saved." in out
    assert notes(small) == before


def test_an_input_that_ends_saves_nothing(command, small, typed):
    before = notes(small)
    typed("Posting", "")
    code, _, err = command("note", "new")
    assert code == 2
    assert "nothing was saved" in err
    assert notes(small) == before


# ---- kb check ------------------------------------------------------------------------------------------------------


def test_good_notes_check_without_errors(command):
    code, out, _ = command("kb", "check")
    assert code == 0
    assert "0 errors" in out.splitlines()[-1]


def test_every_problem_is_listed_with_its_file_and_line(command, small):
    small.write("a", "---\nownre: x\n---\nWords.\n")
    small.write(
        "b",
        small.text("payers/northwind-ppo/tubes")
        .replace("fail: 69436-RT", "fail: 69436-50 x1 #")
        .replace("nw-tubes-50", "b-rule"),
    )
    code, out, _ = command("kb", "check")
    assert code == 1
    assert "kb/a.md:2: KB" in out
    assert 'did you mean "owner"' in out
    assert "kb/b.md:" in out


def test_the_json_of_a_check_has_counts_and_problems(command, small):
    small.write("a", "---\nownre: x\n---\nWords.\n")
    code, out, _ = command("kb", "check", "--json")
    stated = json.loads(out)
    assert code == 1
    assert set(stated) == {"notes", "errors", "warnings", "problems"}
    assert stated["errors"] == sum(problem["severity"] == "error" for problem in stated["problems"]) >= 1
    assert stated["warnings"] == len(stated["problems"]) - stated["errors"]
    assert set(stated["problems"][0]) == {"path", "line", "check", "severity", "message"}


def test_the_librarys_warnings_are_listed_only_when_asked_for(command, small):
    small.write("library/national/loose", "---\ncodes: [69436]\n---\n## Loose\n" + "word " * 400)

    def loose(*options: str) -> list[str]:
        problems = json.loads(command("kb", "check", "--json", *options)[1])["problems"]
        return [problem["severity"] for problem in problems if "loose" in problem["path"]]

    assert loose() == []
    assert set(loose("--library")) == {"warning"}


def test_checking_writes_nothing(command, small):
    command("kb", "check")
    assert not small.practice.data.exists()


# ---- ingest and gaps -----------------------------------------------------------------------------------------------


def test_ingest_reports_what_changed_and_which_gap_is_answered_now(command, small):
    command("ask", IMPLANT)
    small.write(
        "payers/northwind-ppo/implants",
        "---\npayers: [northwind-ppo]\ncodes: [69930]\n---\n## Authorization for a cochlear implant\n"
        "A cochlear implant, 69930, needs prior authorization; ask ten days ahead.\n",
    )
    small.write("broken", "---\nownre: x\n---\nWords.\n")
    code, out, _ = command("ingest", "--json")
    stated = json.loads(out)
    assert code == 1
    assert stated["added"] == ["payers/northwind-ppo/implants"]
    assert stated["not_taken"] == ["broken"]
    assert stated["problems"]
    assert len(stated["gaps_closed"]) == 1
    assert stated["chroma"] == "level"
    assert json.loads(command("gaps", "--json")[1]) == []
    (closed,) = json.loads(command("gaps", "--closed", "--json")[1])
    assert closed["closed_by"] == ["payers/northwind-ppo/implants"]
    assert closed["question"] == IMPLANT


def test_gaps_are_listed_most_asked_first(command):
    for question in (IMPLANT, "Granite HMO copay for tubes", IMPLANT):
        assert command("ask", question)[0] == 1
    code, out, _ = command("gaps")
    assert code == 0
    assert out.index("cochlear implant") < out.index("copay")
    assert "asked 2 times" in out
    stated = json.loads(command("gaps", "--json")[1])
    assert [gap["count"] for gap in stated] == [2, 1]
    assert set(stated[0]) == {
        "id", "payers", "codes", "asked", "question", "count", "first_asked", "last_asked", "closed_on", "closed_by", "as_of",
    }  # fmt: skip


def test_no_gaps_are_said_to_be_none_and_make_no_file(command, small):
    assert command("gaps")[:2] == (0, "No open gaps.\n")
    assert command("gaps", "--closed")[:2] == (0, "No closed gaps.\n")
    assert not small.practice.records.exists()


def test_damaged_records_are_an_error_that_names_the_file(command, small):
    small.practice.data.mkdir()
    small.practice.records.write_bytes(b"no database " * 500)
    code, out, err = command("gaps")
    assert (code, out) == (2, "")
    assert str(small.practice.records) in err
    assert "Traceback" not in err
