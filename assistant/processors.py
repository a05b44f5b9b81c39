"""How many processors this process may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def all_cores() -> int:
    """The cores this process may use."""
    affinity: Callable[[int], Any] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)
