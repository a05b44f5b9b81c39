"""The errors a command ends with: one tree, each saying where, what and how to mend."""

from __future__ import annotations


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
