"""The errors of the index: one tree, so that a caller can catch `KbIndexError`. Decides nothing.

KbIndexError
├── IndexMissing     there is no index yet
├── IndexDamaged     what lies in the index folder is not what was written
├── IndexBusy        another process is writing it
├── IndexUnwritable  the folder refuses to be written (permission, full disk, a file where a folder belongs)
├── ChromaFailed     the Chroma part could not be written or opened; the rest of the index is not touched by it
└── EmbedderMissing  the embedding model is not there or is of a kind that cannot be read
"""

from __future__ import annotations


class KbIndexError(Exception):
    """Something about the index of the notes. The message says where, what, and how to mend it."""


class IndexMissing(KbIndexError):  # noqa: N818 - reads as the state it names
    """No index has been written yet: run `understudy ingest`."""


class IndexDamaged(KbIndexError):  # noqa: N818
    """A file of the index is missing or is not what was written. The next sync writes it anew from the notes."""


class IndexBusy(KbIndexError):  # noqa: N818
    """Another process holds the writer lock."""


class IndexUnwritable(KbIndexError):  # noqa: N818
    """The index folder cannot be written. What was there before is unchanged."""


class ChromaFailed(KbIndexError):  # noqa: N818
    """The subprocess that writes or checks the Chroma folder failed, crashed or ran out of time."""


class EmbedderMissing(KbIndexError):  # noqa: N818
    """The embedding model cannot be loaded."""
