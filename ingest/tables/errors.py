"""The errors of the reference tables: one tree, so that a caller can catch `TablesError`. Decides nothing.

TablesError
├── ImportRefused   a file is not recognised, is broken, or the dates it covers cannot be told; nothing was imported
└── StoreUnusable   the tables file cannot be opened, read or written
"""

from __future__ import annotations


class TablesError(Exception):
    """Something about the reference tables. The message says where, what, and how to mend it."""


class ImportRefused(TablesError):  # noqa: N818 - reads as the state it names
    """The file was not imported, and nothing of it is in the store."""


class StoreUnusable(TablesError):  # noqa: N818
    """`data/tables.sqlite` is damaged, of another version, or cannot be read or written."""
