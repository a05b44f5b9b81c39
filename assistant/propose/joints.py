"""Which large and middle joints a text names on which side: each is billed by itself, however alike their codes.

Source: CPT bills one joint or bursa as one service; of two different joints the second is told apart (NCCI: 59 or XS).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.propose.model import Side
from ingest.codes import CodeSet

# Injection or aspiration of a joint, by its size.
JOINT_INJECTIONS = CodeSet.parse(["20604-20611"])
_NAMES = {
    "knee": r"knees?|patellofemoral|pes anserine|prepatellar",
    "shoulder": r"shoulders?|subacromial|glenohumeral",
    "hip": r"hips?|trochanter\w*",
    "elbow": r"elbows?|olecranon",
    "wrist": r"wrists?|radiocarpal",
    "ankle": r"ankles?|tibiotalar",
}
_NAMED = re.compile(
    r"\b(?:(?P<side>left|right|lt|rt|l|r|both|bilateral)[ .]+(?:\w+ )?)?(?:"
    + "|".join(f"(?P<{name}>{said})" for name, said in _NAMES.items())
    + r")\b",
    re.IGNORECASE,
)
_SIDES: dict[str, tuple[Side, ...]] = {
    "left": ("LT",), "lt": ("LT",), "l": ("LT",), "right": ("RT",), "rt": ("RT",), "r": ("RT",),
    "both": ("RT", "LT"), "bilateral": ("RT", "LT"),
}  # fmt: skip


def joints_named(texts: Iterable[str], sides: Iterable[Side]) -> tuple[tuple[Side, str], ...]:
    """Each side and joint once, right before left. A joint told without a side has those of `sides` if there is one."""
    known = tuple(sides)
    found: dict[tuple[Side, str], None] = {}
    for text in texts:
        for match in _NAMED.finditer(text):
            joint = next(name for name in _NAMES if match[name])
            told = _SIDES[match["side"].lower()] if match["side"] else known if len(known) == 1 else ()
            found.update(dict.fromkeys((side, joint) for side in told))
    return tuple(sorted(found, key=lambda one: (one[0] != "RT", one[1])))
