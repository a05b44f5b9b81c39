"""The errors a command ends with: one tree, each saying where, what and how to mend."""

from __future__ import annotations

import traceback
from pathlib import Path


class UnderstudyError(Exception):
    """Something the user can mend. Its text is shown as it is; it never holds clinical text."""


class PracticeError(UnderstudyError):
    """The practice folder is missing something or cannot be read."""


class SettingsError(UnderstudyError):
    """understudy.toml says something that is not understood."""


class InputError(UnderstudyError):
    """What was typed or piped in cannot be used."""


class RecordsError(UnderstudyError):
    """The records file cannot be opened or is damaged; it is never replaced by an empty one."""


def place_of(error: BaseException) -> str:
    """The kind of an error and where it was raised, without its text: that may hold what was pasted."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
