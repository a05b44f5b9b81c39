"""The README's Python example runs as it stands, in a practice folder, and prints what it says it does."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from assistant.shipped import shipped_folder

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_readme_has_an_example_for_a_chat_model_of_ones_own():
    assert any("open_desk(" in example and "model=" in example for example in EXAMPLES)


@pytest.mark.models
@pytest.mark.parametrize("example", EXAMPLES)
def test_each_python_example_runs_on_the_notes_of_the_sample_practice(example, tmp_path, monkeypatch):
    # One plan of the sample practice, and no library: reading all of it takes a minute.
    shutil.copytree(ROOT / "kb" / "payers" / "blue-shield-ppo", tmp_path / "kb" / "payers" / "blue-shield-ppo")
    (tmp_path / "library").mkdir()
    monkeypatch.setattr(
        "assistant.shipped.shipped_folder",
        lambda name: tmp_path / "library" if name == "kb/library" else shipped_folder(name),
    )
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
    first, *rest = printed.getvalue().splitlines()
    assert first == "Bill one line with modifier 50 and exactly 1 unit. [1]"
    assert any("modifier 50" in line for line in rest[:-1])
    assert rest[-1].startswith("payers/blue-shield-ppo/both-sided-sinus (")
