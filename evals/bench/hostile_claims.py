"""Texts that look like claims and are broken somewhere, drawn by chance: for benches of the readers."""

from __future__ import annotations

import json
import random
from typing import Any

_PIECES = (
    "31267|-|50| x|2|[A|]|$|dx:|J32.0|,|;|\n|   |dos:|2026-02-30|\u2013|prior:|none|age:|payer:|\u200b|\t|\r|\u2028"
    "|\x00|\ud800|zz:|\u00df|0|\u0130|99999999999999999999|\u0661|{|}|\"|'|=|@|\uff1b|\u202e|\U0001f600|-RT|-LT"
).split("|")
_KEYS = (
    "lines dx dos pos age sex prior payer new_patient new-patient documentation code units modifiers diagnoses billed "
    "id authorization attachments rendering received Lines corrected_of zz"
).split()
_SCALARS: tuple[Any, ...] = (
    *("31267", "50", "A", "J32.0", "2026-09-15", "", "x" * 400, "a;b", "a: b", "\x00", "\ud800", "none", "F", "24"),
    *(None, True, 0, 1, -1, 31267, 10**40, 1.5, float("nan"), float("inf"), 1e308),
)
_CELLS = (
    *"claim code dx modifiers pointers units dos payer prior 31267 50 A J32.0 1 2026-09-15 none '=1 sep=; 12".split(),
    *("\u0661", "a;b", "0", "", '"', "\n", "\r", "\x00", '="1"', '"a\nb"', "=1+1", "x" * 300),
)


_CLAIM = {"dos": "2026-09-15", "dx": ["J32.0"], "lines": [{"code": "31267", "modifiers": ["50"], "diagnoses": ["A"]}]}


def text_of_shorthand(chance: random.Random) -> str:
    """Pieces of the shorthand in any order, now and then a claim with one character changed."""
    if chance.random() < 0.3:
        text = list("payer: acme   dos: 2026-09-15   age: 46\ndx: J32.0, J34.2\n31267-50 x1 [A] $120.00\n30520 [B]")
        for _ in range(chance.randint(0, 3)):
            text[chance.randrange(len(text))] = chance.choice(_PIECES)
        return "".join(text)
    return "".join(chance.choice(_PIECES) for _ in range(chance.randint(0, 40)))


def text_of_json(chance: random.Random) -> str:
    """JSON with a claim's keys and any values, now and then cut or garbled."""
    value: Any = _value(chance, 0)
    if chance.random() < 0.4:
        value = {**_CLAIM, **{chance.choice(_KEYS): chance.choice(_SCALARS) for _ in range(chance.randint(0, 2))}}
    elif chance.random() < 0.5:
        value = {"lines": [_value(chance, 1) for _ in range(chance.randint(0, 3))], **_object(chance, 1)}
    text = json.dumps(value)
    if chance.random() < 0.3 and text:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(_PIECES) + text[at + chance.randint(0, 2) :]
    return "[" * chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 5_000)) + text


def bytes_of_csv(chance: random.Random) -> bytes:
    """Cells of a claim file in any order, with every delimiter and encoding."""
    delimiter = chance.choice(",,,;\t|")
    rows = [
        delimiter.join(chance.choice(_CELLS) for _ in range(chance.randint(0, 7))) for _ in range(chance.randint(0, 6))
    ]
    if chance.random() < 0.3:
        cells = ["1", "31267", "J32.0", "50", "A", "1", "2026-09-15"]
        for _ in range(chance.randint(0, 2)):
            cells[chance.randrange(len(cells))] = chance.choice(_CELLS)
        rows = [delimiter.join(cells)]
    if chance.random() < 0.6:
        rows.insert(0, delimiter.join(("claim", "code", "dx", "modifiers", "pointers", "units", "dos")))
    text = chance.choice(("\n", "\r\n", "\r")).join(rows)
    raw = text.encode(chance.choice(("utf-8", "utf-8-sig", "utf-16", "utf-8", "cp1252")), "replace")
    if chance.random() < 0.2 and raw:
        at = chance.randrange(len(raw))
        raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
    return raw


def _value(chance: random.Random, depth: int) -> Any:
    draw = chance.random()
    if depth < 4 and draw < 0.2:
        return [_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    if depth < 4 and draw < 0.45:
        return _object(chance, depth)
    return chance.choice(_SCALARS)


def _object(chance: random.Random, depth: int) -> dict[str, Any]:
    return {chance.choice(_KEYS): _value(chance, depth + 1) for _ in range(chance.randint(0, 6))}
