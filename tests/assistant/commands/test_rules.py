"""`understudy rules`: the list, one rule explained, the page of all rules, and the five minutes of CONTRIBUTING.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.rules.registry import all_rules

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "assistant" / "rules" / "CONTRIBUTING.md"


@pytest.fixture
def practice(small, library_of) -> Path:
    library_of(small.library)
    return small.root


def test_the_list_holds_every_coded_rule_and_every_rule_of_the_notes(run, practice) -> None:
    code, out, _ = run("rules", "--practice", str(practice))
    assert code == 0
    for rule in all_rules():
        assert re.search(rf"^{rule.rule_id} +{rule.severity} ", out, re.MULTILINE)
    assert re.search(r"^nw-tubes-50 +error ", out, re.MULTILINE)
    code, out, _ = run("rules", "--json", "--practice", str(practice))
    shown = json.loads(out)
    assert {one["rule"] for one in shown} >= {"PTP001", "nw-tubes-50", "nw-timely"}
    assert len(shown) == len(all_rules()) + 2


def test_without_a_practice_the_coded_rules_are_listed(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNDERSTUDY_PRACTICE", raising=False)
    code, out, _ = run("rules")
    assert (code, "PTP001" in out, "Rules of the notes" in out) == (0, True, False)
    assert run("rules", "PTP001")[0] == 0
    assert run("rules", "--practice", str(tmp_path))[0] == 2


@pytest.mark.parametrize("wanted", ["PTP001", "ptp001"])
def test_a_coded_rule_is_explained(run, wanted: str) -> None:
    code, out, _ = run("rules", wanted)
    assert code == 0
    assert out.startswith("PTP001: ")
    for told in ("What it checks:", "Why it matters:", "Fix:", "Not evaluated when:", "Source:"):
        assert f"\n{told}" in out
    for told in ("Severity: error", "Confidence: high", "Authority: NCCI", "Tables: NCCI PTP", "payer note"):
        assert told in out
    assert json.loads(run("rules", wanted, "--json")[1])["explanation"].startswith("PTP001: ")


def test_a_rule_of_a_note_is_explained_with_its_sentence_its_note_and_its_lines(run, practice, small) -> None:
    code, out, _ = run("rules", "nw-tubes-50", "--practice", str(practice))
    assert code == 0
    assert out.startswith("nw-tubes-50: northwind-ppo: when 69433 or 69436 is billed for both sides")
    assert "Note: payers/northwind-ppo/tubes, Both ears in one session" in out
    first, last = map(int, re.search(r"Lines: .*tubes\.md:(\d+)-(\d+)", out).groups())  # type: ignore[union-attr]
    lines = small.text("payers/northwind-ppo/tubes").split("\n")
    assert (lines[first - 1], lines[last - 1]) == ("```rule", "```")
    assert "Must fail: 69436-RT; 69436-LT" in out
    shown = json.loads(run("rules", "nw-tubes-50", "--json", "--practice", str(practice))[1])
    assert (shown["note"], shown["lines"]) == ("payers/northwind-ppo/tubes", [first, last])


def test_a_rule_of_a_draft_is_said_not_to_be_enforced(run, practice, small) -> None:
    text = small.text("payers/northwind-ppo/tubes").replace("owner:", "status: draft\nowner:", 1)
    small.write("payers/northwind-ppo/tubes", text)
    assert "Status: draft, not enforced" in run("rules", "nw-tubes-50", "--practice", str(practice))[1]


def test_an_unknown_rule_is_an_error_with_a_suggestion(run, practice) -> None:
    code, out, err = run("rules", "nw-tubes", "--practice", str(practice))
    assert (code, out) == (2, "")
    assert 'did you mean "nw-tubes-50"?' in err
    assert run("rules", "PTP001", "--markdown")[0] == 2


def test_the_page_of_all_rules_is_what_the_rules_say(run) -> None:
    code, out, _ = run("rules", "--markdown")
    assert code == 0
    page = (ROOT / "assistant" / "rules" / "RULES.md").read_text(encoding="utf-8")
    assert page == out, "RULES.md is stale: understudy rules --markdown > assistant/rules/RULES.md"
    for rule in all_rules():
        assert f"\n## {rule.rule_id}\n" in page


# --- the guide -----------------------------------------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_who_follows_the_guide_has_a_rule_that_passes_its_tests(tmp_path: Path) -> None:
    """Copies the room and its tests, adds the guide's rule and cases by its file names, and runs the guide's command."""
    (module,), (cases,) = blocks("python"), blocks("yaml")
    rule_id = re.match(r'"""([A-Z]{2,4}\d{3}): ', module).group(1)  # type: ignore[union-attr]
    guide = GUIDE.read_text(encoding="utf-8")
    assert f"assistant/rules/{rule_id}.py" in guide
    assert f"tests/rules/{rule_id}.yaml" in guide
    assert rule_id not in {rule.rule_id for rule in all_rules()}
    for folder in ("assistant", "ingest"):
        copied = tmp_path / folder
        for path in (ROOT / folder).rglob("*.py"):
            target = copied / path.relative_to(ROOT / folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    tests = tmp_path / "tests" / "rules"
    tests.mkdir(parents=True)
    for name in ("cases.py", "test_rules.py"):
        (tests / name).write_bytes((ROOT / "tests" / "rules" / name).read_bytes())
    # The others' cases take a minute; those of the new rule and of one other tell as much.
    others = [rule.rule_id for rule in all_rules() if rule.rule_id != "PTP001"]
    for other in others:
        (tmp_path / "assistant" / "rules" / f"{other}.py").unlink()
    (tests / "PTP001.yaml").write_bytes((ROOT / "tests" / "rules" / "PTP001.yaml").read_bytes())
    (tmp_path / "assistant" / "rules" / f"{rule_id}.py").write_text(module, encoding="utf-8")
    (tests / f"{rule_id}.yaml").write_text(cases, encoding="utf-8")

    def ran() -> subprocess.CompletedProcess[str]:
        script = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import pytest;"
            f"sys.exit(pytest.main(['tests/rules', '-q', '-k', '{rule_id}', '-p', 'no:cacheprovider',"
            " '--import-mode=importlib', '--rootdir', '.']))"
        )
        return subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    done = ran()
    assert done.returncode == 0, done.stdout
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))  # type: ignore[union-attr]
    assert passed >= cases.count("- name:") + 2
    # The tests do look at the new rule: with its test of units turned round they fail.
    (tmp_path / "assistant" / "rules" / f"{rule_id}.py").write_text(
        module.replace("line.units > 1", "line.units < 1"), encoding="utf-8"
    )
    assert "line.units > 1" in module
    assert ran().returncode == 1
