"""The practice folder and its understudy.toml, as frozen values. Opens no index, no records and no model."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import PracticeError, SettingsError

SETTINGS_FILE = "understudy.toml"
# A name, an IPv4 address, or an IPv6 address without brackets.
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\Z|[0-9A-Fa-f:]{2,39}\Z")
_MOST_PROCESSES = 64
_KEYS: dict[str, dict[str, type]] = {
    "practice": {"name": str, "specialties": list},
    "defaults": {"payer": str, "place": str},
    "model": {"use": str, "allow-hosts": list, "context-tokens": int, "timeout-seconds": int},
    "ask": {"accept": float},
    "serve": {"processes": int},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What understudy.toml says; every key is optional. `prefill_*` fill forms only, never the domain.

    `model_hosts` are the machines beside this one that a model server may be on. `processes` look answers up for the
    page beside its own; None: as many as suit the machine.
    """

    name: str = ""
    specialties: tuple[str, ...] = ()
    prefill_payer: str | None = None
    prefill_place: str | None = None
    model: str = "off"
    model_hosts: tuple[str, ...] = ()
    context_tokens: int | None = None
    model_timeout_seconds: int = 60
    accept: float | None = None
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice folder with the places in it and the library every practice inherits."""

    folder: Path
    library: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def kb(self) -> Path:
        """The practice's Markdown notes."""
        return self.folder / "kb"

    @property
    def data(self) -> Path:
        """What the program writes: index and records."""
        return self.folder / "data"

    @property
    def index(self) -> Path:
        """The index, a cache that may be deleted at any time."""
        return self.data / "index"

    @property
    def tables(self) -> Path:
        """The reference tables, imported from CMS's files."""
        return self.data / "tables.sqlite"

    @property
    def confirmed_models(self) -> Path:
        """Which model files a person confirmed; lost, they are confirmed again."""
        return self.data / "confirmed-models.json"

    @property
    def models(self) -> Path:
        """Where the practice may keep model files: they are too large for git."""
        return self.data / "models"

    @property
    def records(self) -> Path:
        """The records, which must never be lost."""
        return self.data / "records.sqlite"


def find_practice(option: str | None, environ: Mapping[str, str], current: Path) -> Practice:
    """The practice folder: `--practice`, else UNDERSTUDY_PRACTICE, else the current folder.

    Raises PracticeError when there is no kb folder in it, SettingsError for an understudy.toml that is not understood.
    """
    from assistant.shipped import shipped_folder

    named = option or environ.get("UNDERSTUDY_PRACTICE")
    try:
        folder = (Path(named).expanduser() if named else current).absolute()
    except RuntimeError as error:
        raise PracticeError(f"{named}: this machine knows no such user; write the folder out without ~") from error
    if not folder.is_dir():
        raise PracticeError(f"{folder}: there is no such folder; `understudy init {named}` makes a practice folder")
    if not (folder / "kb").is_dir():
        raise PracticeError(
            f"{folder}: no kb folder in it, so this is no practice folder; go to yours, name it with --practice, "
            "or make one with `understudy init FOLDER`"
        )
    return Practice(folder, shipped_folder("kb/library"), read_settings(folder / SETTINGS_FILE))


def read_settings(path: Path) -> Settings:
    """The settings of a file; the defaults when there is none. Raises SettingsError naming key and mend."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); mend it or take it away") from error
    _check(path, raw)
    practice, defaults, model = raw.get("practice", {}), raw.get("defaults", {}), raw.get("model", {})
    return Settings(
        name=practice.get("name", ""),
        specialties=tuple(practice.get("specialties", ())),
        prefill_payer=defaults.get("payer"),
        prefill_place=defaults.get("place"),
        model=model.get("use", "off"),
        model_hosts=tuple(model.get("allow-hosts", ())),
        context_tokens=model.get("context-tokens"),
        model_timeout_seconds=model.get("timeout-seconds", 60),
        accept=None if (accept := raw.get("ask", {}).get("accept")) is None else float(accept),
        processes=raw.get("serve", {}).get("processes"),
    )


def _check(path: Path, raw: Mapping[str, Any]) -> None:
    for table, entries in raw.items():
        if table not in _KEYS or not isinstance(entries, dict):
            raise SettingsError(f"{path}: unknown table [{table}]{_near(table, _KEYS)}")
        for key, value in entries.items():
            expected = _KEYS[table].get(key)
            if expected is None:
                raise SettingsError(f'{path}: unknown key "{key}" in [{table}]{_near(key, _KEYS[table])}')
            if expected is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if not isinstance(value, expected) or (expected is not bool and isinstance(value, bool)):
                raise SettingsError(f'{path}: "{key}" in [{table}] must be a {expected.__name__}')
            wrong = _out_of_range(key, value)
            if wrong:
                raise SettingsError(f'{path}: "{key}" in [{table}] {wrong}')


def _out_of_range(key: str, value: Any) -> str | None:
    """What is wrong with a value of the right type; None when nothing is."""
    if key == "accept" and not 0.0 <= value <= 1.0:
        return "must lie between 0 and 1"
    if key == "specialties" and not all(isinstance(one, str) for one in value):
        return "must be a list of words"
    if key == "allow-hosts" and not all(isinstance(one, str) and _HOST.match(one) for one in value):
        return 'must be a list of host names or addresses alone, as in ["10.0.0.5"], without http:// and port'
    if key == "processes" and not 0 <= value <= _MOST_PROCESSES:
        return f"must lie between 0 and {_MOST_PROCESSES}"
    if key in ("context-tokens", "timeout-seconds") and value < 1:
        return "must be 1 or more"
    return None


def _near(word: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
