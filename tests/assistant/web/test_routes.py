"""What the tabs' routes give and refuse, on a small practice and without a browser."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.web.guard import Limits

pytestmark = pytest.mark.usefixtures("fake_embedder")

TUBES = "which modifier does Northwind want for 69436 in both ears"
CLAIM = "payer: northwind-ppo   dos: 2026-09-15   pos: 24\ndx: H65.23\n69436-RT\n69436-LT"
NOTE = "OPERATIVE NOTE\nGeneral anesthesia. Right ear: myringotomy, tube placed. Mrs. Zebra Quagga tolerated it well."


@pytest.fixture
def client(small, app_of, enter):
    return enter(app_of(small.practice))


def events(answer):
    return [json.loads(line) for line in answer.text.splitlines()]


def ask(client, question, thread="a", **more):
    told = events(client.post("/api/ask", json={"question": question, "thread": thread, **more}))
    return [one for one in told if one["event"] != "working"]


@pytest.mark.models
def test_an_answer_comes_as_events_with_cards_that_say_how_fresh_they_are(shared, app_of, enter, monkeypatch):
    monkeypatch.undo()  # the real embedder: what is found matters here
    client = enter(app_of(shared.practice, keep_gaps=False))
    first, last = ask(client, TUBES)
    assert (first["event"], last["event"]) == ("answer", "end")
    card = first["reply"]["citations"][0]
    assert card["note"] == "payers/northwind-ppo/tubes"
    assert card["freshness"] == "verified 2026-09-01 by lee.park; fresh until 2027-03-01"


def test_follow_ups_belong_to_their_own_thread_and_session(small, app_of, enter):
    app = app_of(small.practice)
    first, second = enter(app), enter(app)
    ask(first, TUBES, thread="one")
    assert ask(first, "and Granite HMO?", thread="one")[0]["reply"]["understood_as"]
    assert not ask(first, "and Granite HMO?", thread="two")[0]["reply"]["understood_as"]
    assert not ask(second, "and Granite HMO?", thread="one")[0]["reply"]["understood_as"]


def test_a_question_without_text_or_without_a_thread_is_refused_without_repeating_it(client):
    for body in (
        {"question": "", "thread": "a"},
        {"question": "zebra", "thread": "../x"},
        {"question": "zebra"},
        ["zebra"],
    ):
        answer = client.post("/api/ask", json=body)
        assert answer.status_code == 422
        assert "zebra" not in answer.text


def test_a_claim_is_judged_with_its_lines_and_each_fix_as_a_whole_claim(client):
    told = client.post("/api/check", json={"claim": CLAIM}).json()
    (finding,) = [one for one in told["report"]["findings"] if one["rule"] == "nw-tubes-50"]
    assert finding["lines"] == [0, 1]
    assert "69436-50 x1" in finding["fix"]["claim"]
    assert told["lines"] == ["69436-RT x1", "69436-LT x1"]
    assert "NOT complete" in told["sentence"]


def test_what_is_no_claim_is_told_by_line_and_column(client):
    told = client.post("/api/check", json={"claim": "payer: northwind-ppo\n694?6"}).json()
    assert told["report"] is None
    assert told["problems"][0]["line"] == 2


def test_a_rule_written_meanwhile_judges_the_next_claim(client, small):
    claim = "payer: northwind-ppo   dos: 2026-09-15   pos: 24\ndx: H61.23\n69210 x2"
    before = client.post("/api/check", json={"claim": claim}).json()
    small.write(
        "payers/northwind-ppo/wax",
        "---\npayers: [northwind-ppo]\ncodes: [69210]\n---\n## Wax\nOne unit.\n\n```rule\nid: nw-wax\n"
        "when: {codes: [69210]}\nrequire: {units: 1}\n```\n",
    )
    after = client.post("/api/check", json={"claim": claim}).json()
    rules = [[one["rule"] for one in told["report"]["findings"]] for told in (before, after)]
    assert "nw-wax" not in rules[0]
    assert "nw-wax" in rules[1]


def test_a_pasted_note_is_answered_and_kept_nowhere(client, small):
    told = client.post("/api/propose", json={"note": NOTE, "payer": "northwind-ppo", "dos": "2026-09-15", "pos": "24"})
    assert told.status_code == 200
    for line in told.json()["lines"]:
        for one in line["evidence"]:
            assert NOTE[one["start"] : one["end"]] == one["quote"]
    for path in small.root.rglob("*"):
        assert not path.is_file() or b"Quagga" not in path.read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        {"note": "  "},
        {"note": NOTE, "dos": "zebra"},
        {"note": NOTE, "pos": "zebra"},
        {"note": NOTE, "age": -1},
        {"note": NOTE, "age": "zebra"},
        {"note": NOTE, "sex": "zebra"},
        {"note": NOTE, "prior": "zebra"},
        {"note": "zebra " * 40_000},
    ],
)
def test_what_cannot_be_used_beside_a_note_is_named_and_not_repeated(client, body):
    answer = client.post("/api/propose", json=body)
    assert answer.status_code in (400, 422)
    assert "zebra" not in answer.text
    assert "Quagga" not in answer.text


def test_an_error_in_proposing_tells_nothing_of_the_note(client, monkeypatch, capsys):
    def fails(self, text, encounter):
        raise ValueError(text)

    monkeypatch.setattr("assistant.propose.propose.Proposer.propose", fails)
    answer = client.post("/api/propose", json={"note": NOTE})
    assert answer.status_code == 500
    assert "Quagga" not in answer.text + "".join(capsys.readouterr())


FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "=HYPERLINK(\"x\")",
    "＝1+1", "−1", "%0A=1+1", "'=1+1", "\"=1+1\"", "=IMPORTXML(\"http://x\")", "-2+3+cmd|' /C calc'!A0", "+cmd", "@x", "|calc",
]  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_in_a_file_of_claims_comes_back_as_text(client, cell):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out).writerows(
        [["claim", "payer", "dos", "pos", "procedure code", "modifier 1", "units", "diagnosis 1"],
         [cell, cell, "2026-09-15", "24", "69436", "RT", "1", "H65.23"],
         ["2", "northwind-ppo", "2026-09-15", "24", "69436", cell, "1", "H65.23"]]
    )  # fmt: skip
    told = events(client.post("/api/check/batch", content=out.getvalue().encode()))[-1]
    assert told["event"] == "done"
    rows = list(csv.reader(io.StringIO(told["csv"], newline="")))
    assert len(rows) == 3
    for row in rows[1:]:
        for one in row:
            assert not one.lstrip(" \t\r\n").startswith(("=", "+", "-", "@", "＝"))


def test_a_file_that_is_no_table_of_claims_is_told(client):
    for content in (b"", b"\x00\xff\xfe", b"hello\nworld\n", b"a,b\n1,2\n"):
        assert events(client.post("/api/check/batch", content=content))[0]["event"] == "problems"


def test_claims_of_a_file_come_one_by_one_with_progress(client):
    rows = "".join(f"{number},northwind-ppo,2026-09-15,24,69436,RT,1,H65.23\n" for number in range(130))
    content = "claim,payer,dos,pos,procedure code,modifier 1,units,diagnosis 1\n" + rows
    told = events(client.post("/api/check/batch", content=content.encode()))
    assert [one["id"] for one in told if one["event"] == "row"] == [str(number) for number in range(130)]
    assert [one["done"] for one in told if one["event"] == "progress"] == [50, 100, 130]


def test_notes_are_found_by_word_and_by_a_code_within_a_range(client):
    assert "payers/northwind-ppo/tubes" in [
        one["id"] for one in client.get("/api/notes?q=northwind 69433").json()["notes"]
    ]
    assert client.get("/api/notes?q=nosuchword").json()["notes"] == []


def test_a_note_is_shown_with_its_lines_marked(client):
    found = client.get("/api/note", params={"id": "payers/northwind-ppo/tubes", "from_line": 11, "to_line": 11}).json()
    assert '<mark class="cited">Bill one line with modifier 50' in found["html"]


@pytest.mark.parametrize(
    "note",
    ["../../../etc/passwd", "/etc/passwd", "payers/../../understudy", "payers\\northwind-ppo", "library/../../secret",
     "payers/northwind-ppo/tubes.md", "C:\\x", "%2e%2e/x", "", "payers/northwind-ppo", "data/records", "\x00"],
)  # fmt: skip
def test_only_notes_of_the_kb_are_shown(client, small, note):
    (small.root / "secret.md").write_text("# secret zebra\n", encoding="utf-8")
    answer = client.get("/api/note", params={"id": note})
    assert answer.status_code == 400
    assert "zebra" not in answer.text


def test_a_note_is_checked_saved_once_and_found(client, small):
    draft = {
        "title": "Northwind, wax", "payer": "Northwind", "codes": "69210", "text": "One unit a day.", "owner": "lee.park",
        "rule": {"require.units": "1", "pass": "69210 x1", "fail": "69210 x2"},
    }  # fmt: skip
    told = client.post("/api/note-check", json=draft).json()
    assert told["wrong"] == {}
    assert "exactly 1 unit" in told["sentence"] or "1 unit" in told["sentence"]
    saved = client.post("/api/note-save", json=draft).json()
    assert Path(small.root / saved["path"]).read_text(encoding="utf-8") == told["markdown"]
    assert client.get("/api/note", params={"id": saved["id"]}).json()["title"] == "Northwind, wax"


def test_a_rule_whose_example_fails_is_not_saved(client, small):
    draft = {"title": "Wax", "codes": "69210", "text": "One unit.", "rule": {"require.units": "1", "pass": "69210 x2"}}
    told = client.post("/api/note-check", json=draft).json()
    assert "rule" in told["wrong"] or "note" in told["wrong"]
    before = sorted(small.kb.rglob("*.md"))
    assert client.post("/api/note-save", json=draft).status_code == 400
    assert sorted(small.kb.rglob("*.md")) == before


@pytest.mark.parametrize(
    "title", ["../../escape", "/etc/cron.d/x", "..\\..\\x", "con", "a" * 119, "\u202egpj.exe", "x\ny"]
)
def test_a_title_never_leads_out_of_the_kb(client, small, title):
    answer = client.post("/api/note-save", json={"title": title, "text": "words"})
    if answer.status_code == 200:
        path = (small.root / answer.json()["path"]).resolve()
        assert path.is_relative_to(small.kb.resolve())
        assert path.is_file()


def test_what_nobody_wrote_is_listed_among_the_gaps(client):
    ask(client, "does Northwind need authorization for a cochlear implant")
    assert client.get("/api/gaps").json()["open"][0]["count"] == 1


def test_an_answer_found_unhelpful_stays_open_when_notes_change_elsewhere(small, app_of, enter):
    client = enter(app_of(small.practice))
    question = "what is the provider line of Granite HMO"
    (answer, _) = ask(client, question)
    quotes = [[one["note"], one["quote"]] for one in answer["reply"]["citations"]] or [["x", "y"]]
    client.post("/api/ask/gap", json={"question": question, "quotes": quotes})
    small.write("workflows/else", "# Elsewhere\nSomething else altogether.\n")
    ask(client, "who calls on Fridays", thread="b")
    assert question in [one["question"] for one in client.get("/api/gaps").json()["open"]]


def test_a_table_is_taken_in_with_progress_and_its_file_does_not_stay(client, small):
    content = "HCPCS/CPT,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n99998,2,2 Date of Service Edit: Policy,Nature\r\n"
    answer = client.post(
        "/api/tables/import",
        params={
            "name": "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv",
            "from_day": "2026-10-01",
            "through_day": "2026-12-31",
        },
        content=content.encode(),
    )
    last = events(answer)[-1]
    assert last["event"] in ("done", "failed")
    assert not list((small.root / "data" / "incoming").rglob("*.csv"))
    if last["event"] == "done":
        assert "mue" in [one["program"] for one in client.get("/api/tables").json()["releases"]]


@pytest.mark.parametrize(
    "name", ["../../x.csv", "/etc/x.csv", "x.sh", "x.csv\n", "", "x" * 200 + ".csv", "..csv", "a/b.csv", "a\\b.csv"]
)
def test_a_file_name_that_leads_elsewhere_is_refused(client, small, name):
    answer = client.post("/api/tables/import", params={"name": name}, content=b"x")
    assert answer.status_code == 400
    assert not (small.root / "data" / "incoming").exists()


def test_a_file_that_is_no_table_is_refused_and_removed(client, small):
    told = events(client.post("/api/tables/import", params={"name": "x.csv"}, content=b"nothing,of,cms\n"))[-1]
    assert told["event"] == "failed"
    assert str(small.root) not in told["error"]
    assert not list((small.root / "data" / "incoming").iterdir())


def test_forms_are_offered_what_the_practice_has(client):
    told = client.get("/api/practice").json()
    assert {"slug": "northwind-ppo", "name": "Northwind PPO"} in told["payers"]
    assert told["today"] == "2026-11-22"


def test_fifty_at_once_are_all_answered(client):
    barrier = threading.Barrier(50)

    def one(number):
        barrier.wait()
        return ask(
            client, f"which modifier does Northwind want for 69436 in both ears, case {number}", thread=f"t{number}"
        )

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(one, range(50)))
    assert all(events[-1]["event"] == "end" for events in told)


def test_a_full_line_says_so_at_once(small, app_of, enter, monkeypatch):
    from assistant.web import lanes

    made = lanes.Lane.__init__
    monkeypatch.setattr(lanes.Lane, "__init__", lambda self, name, **_: made(self, name, most=0))
    client = enter(app_of(small.practice))
    answer = client.post("/api/check", json={"claim": CLAIM})
    assert answer.status_code == 503
    assert "try again" in answer.json()["error"]


def test_files_may_be_larger_than_other_requests():
    limits = Limits()
    assert limits.of("/api/check/batch") > limits.of("/api/ask")
    assert limits.of("/api/tables/import") > limits.of("/api/check/batch")
