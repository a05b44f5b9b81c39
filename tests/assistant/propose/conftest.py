"""What several tests of proposing share."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import build_proposer
from assistant.propose.propose import Proposer
from assistant.settings import Practice, find_practice

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def proposer(tmp_path_factory: pytest.TempPathFactory) -> Proposer:
    """Proposes from the sample's notes and the library, without any table."""
    sample = find_practice(str(ROOT), {}, ROOT)
    folder = tmp_path_factory.mktemp("practice")
    (folder / "kb").symlink_to(sample.kb, target_is_directory=True)
    return build_proposer(Practice(folder, sample.library))
