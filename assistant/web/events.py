"""One event of a streamed answer as a line of JSON: what the page's script reads one by one."""

from __future__ import annotations

import json
from typing import Any


def event_line(event: dict[str, Any]) -> str:
    """The event on a line of its own, characters as they are."""
    return json.dumps(event, ensure_ascii=False) + "\n"
