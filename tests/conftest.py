"""The sample practice, taken in once for all tests that need the whole of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 900


@pytest.fixture(scope="session")
def sample_practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample practice with its index, to be written into; one for each process that runs tests."""
    own = tmp_path_factory.mktemp("sample") / "practice"
    shutil.copytree(_taken_in(tmp_path_factory), own)
    return own


def _taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy whose notes are taken in; with several processes the first one does it and the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    making, made = shared / "sample-being-made", shared / "sample-made"
    try:
        making.mkdir()
    except FileExistsError:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not made.exists():
            assert time.monotonic() < until, "another process never finished taking in the sample practice"
            time.sleep(0.5)
        return made
    shutil.copytree(REPOSITORY / "kb", making / "kb", ignore=shutil.ignore_patterns("library"))
    (making / "understudy.toml").write_text('[practice]\nname = "Harborview ENT"\n', encoding="utf-8")
    taking_in = [sys.executable, "-m", "assistant.cli", "ingest", "--practice", str(making)]
    subprocess.run(taking_in, check=True, capture_output=True)
    making.rename(made)
    return made
