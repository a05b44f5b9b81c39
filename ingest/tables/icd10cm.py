"""Which ICD-10-CM codes and headings exist, from the official tabular list, compiled once into a small text file.

Knows codes only, no descriptions and no notes. The list is the release of April 2026 (fiscal year 2026, in force from
2025-10-01 to 2026-09-30) that the package simple-icd-10-cm carries; ICD-10-CM is published by CMS and NCHS.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_PACKAGE = "simple-icd-10-cm"


@cache
def known_diagnoses() -> frozenset[str]:
    """Every code and three-character heading, with its point (`J32`, `J32.0`). Compiled on first use (about 5 s)."""
    path = _cache_folder() / f"icd10cm-{version(_PACKAGE)}.txt"
    try:
        return frozenset(path.read_text(encoding="ascii").split())
    except FileNotFoundError:
        codes = _compile()
    _write(path, codes)
    return frozenset(codes)


def is_known_diagnosis(diagnosis_code: str) -> bool:
    """True for a code or heading of the list, as written with its point."""
    return diagnosis_code.upper() in known_diagnoses()


def _compile() -> list[str]:
    # The package takes seconds to import and much memory, so nothing else may import it.
    import simple_icd_10_cm as tabular

    # Chapters are numbers and blocks have a dash; everything else is a category or a code.
    return sorted(code for code in tabular.get_all_codes(True) if "-" not in code and code[:1].isalpha())


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".cache") / "understudy"


def _write(path: Path, codes: list[str]) -> None:
    """Whole or not at all; two processes that compile at once write the same."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="ascii") as file:
            file.write("\n".join(codes))
        Path(file.name).replace(path)
    except OSError:
        # Without a cache folder the list is compiled again next time; nothing else is lost.
        return
