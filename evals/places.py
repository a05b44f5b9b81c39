"""Where the evaluation sets, their practices and the baselines lie. Reads none of them.

`ask` is asked of the practice named on the command line; a fitting set comes with its own practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from assistant.errors import InputError
from assistant.settings import Practice, find_practice

_ROOM = Path(__file__).resolve().parent
_SETS = _ROOM / "sets"
_PRACTICES = _SETS / "practices"
# The tests' second practice is a fitting set too; an installed package does not carry it.
_TEST_PRACTICES = _ROOM.parent / "tests" / "fixtures" / "practices"
_QUESTIONS = "questions.jsonl"
# Further questions of a fitting practice: the fit learns from them too, `eval run` asks the set's own only.
_MORE = "more.jsonl"
_FOLLOW_UPS = "follow-ups"
_CONVERSATIONS = f"{_FOLLOW_UPS}.jsonl"
# Files that are run with the set they are named after, never alone.
_COMPANIONS = ("-cms", "-wrong")
# CMS's own files, which the repository may not hold: beside a checkout, and not in every place.
CMS_FILES = _ROOM.parent.parent / "shared" / "data" / "cms"


@dataclass(frozen=True, slots=True)
class EvalSet:
    """A set by name: its items' file, and the folder of the practice it comes with (None: whatever is named)."""

    name: str
    items: Path
    practice: Path | None

    @property
    def more(self) -> Path | None:
        """The file of further questions for the fit; None when there is none."""
        path = self.practice / _MORE if self.practice is not None else None
        return path if path is not None and path.is_file() else None


def fitting_sets() -> tuple[EvalSet, ...]:
    """The sets the sufficiency weights are fitted on, by name: a practice folder each, its questions beside kb/."""
    folders = {
        folder.name: folder
        for root in (_TEST_PRACTICES, _PRACTICES)
        if root.is_dir()
        for folder in root.iterdir()
        if (folder / _QUESTIONS).is_file() and (folder / "kb").is_dir()
    }
    return tuple(EvalSet(name, folders[name] / _QUESTIONS, folders[name]) for name in sorted(folders))


def _conversations() -> tuple[EvalSet, ...]:
    """The sets of conversations that come with a practice: `echo-follow-ups`."""
    return tuple(
        EvalSet(f"{one.name}-{_FOLLOW_UPS}", one.practice / _CONVERSATIONS, one.practice)
        for one in fitting_sets()
        if one.practice is not None and (one.practice / _CONVERSATIONS).is_file()
    )


def find_set(name: str) -> EvalSet:
    """A set by its name (`ask`, a fitting practice's) or by the path of a .jsonl file.

    Raises InputError naming the sets there are.
    """
    own = (path for path in sorted(_SETS.glob("*.jsonl")) if not path.stem.endswith(_COMPANIONS))
    known = {path.stem: EvalSet(path.stem, path, None) for path in own}
    known |= {one.name: one for one in (*fitting_sets(), *_conversations())}
    if name in known:
        return known[name]
    path = Path(name).expanduser()
    if path.suffix == ".jsonl" and path.is_file():
        owner = path.resolve().parent
        comes_with_practice = path.name in (_QUESTIONS, _CONVERSATIONS) and (owner / "kb").is_dir()
        name = owner.name if path.name == _QUESTIONS else f"{owner.name}-{_FOLLOW_UPS}"
        return EvalSet(name if comes_with_practice else path.stem, path, owner if comes_with_practice else None)
    if path.suffix == ".jsonl":
        raise InputError(f"{path}: there is no such file")
    near = get_close_matches(name, known, n=1)
    meant = f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}, or name a .jsonl file"
    raise InputError(f'there is no evaluation set "{name}"{meant}')


def practice_for(chosen: EvalSet, option: str | None, environ: Mapping[str, str], current: Path) -> Practice:
    """The practice to ask: the option, else the one the set comes with, else as every command finds it."""
    if option is None and chosen.practice is not None:
        return find_practice(str(chosen.practice), {}, current)
    return find_practice(option, environ, current)


def baseline_path(set_name: str, kind: str = "run") -> Path:
    """Where the baseline of a set lies, whether or not there is one."""
    suffix = "-metamorphic" if kind == "metamorphic" else ""
    return _ROOM / "baselines" / f"{set_name}{suffix}.json"


def not_held_out(set_name: str, fitted_on: str) -> str | None:
    """Why a set's figures do not show how it goes with questions never seen; None when nothing speaks against it.

    `fitted_on` is what the weights say of themselves: names, with `:0` or `:1` for a half.
    """
    names = [name.strip() for name in fitted_on.split(",") if name.strip()]
    if any(name.partition(":")[0] == set_name for name in names):
        return f"the sufficiency weights were fitted on this set (fitted on: {fitted_on}); its figures are not held out"
    known = {one.name for one in fitting_sets()}
    strange = [name for name in names if name.partition(":")[0] not in known]
    if strange:
        return (
            f"the sufficiency weights were fitted on {', '.join(strange)} too, which `understudy eval fit` does not "
            "read; if this set's items are among them, its figures are not held out"
        )
    return None
