"""What a run found, as a JSON record that a later run is compared with: counts, and the misses by item id.

Scores nothing. A baseline is such a record kept in evals/baselines/.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.ask.sufficiency import Weights
from assistant.errors import InputError
from evals.scorers import FigureKind


class RecordError(InputError):
    """A record cannot be read, or two records are not about the same thing."""


class Count(BaseModel):
    """`n` of `of`. What is counted is what the figure's label says: good ones where more is better, else bad ones."""

    model_config = ConfigDict(frozen=True)

    n: int
    of: int

    def __str__(self) -> str:
        return f"{self.n}/{self.of}"

    @property
    def percent(self) -> str:
        """The share as people read it; a dash when nothing was counted."""
        return f"{100 * self.n / self.of:.1f}%" if self.of else "-"


class RunRecord(BaseModel):
    """One run. `items` are the ids that were run, `misses` the figures each of them counts against (none: not listed).

    `as_of` is the date passed in for items without their own. The hashes name the set's bytes, the notes and the
    sufficiency weights; `fitted_on` is what the weights say of themselves (both empty where none take part).
    `seconds_median` is for one item.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["run", "metamorphic", "claims", "vignettes", "follow-ups"] = "run"
    set: str
    practice: str
    as_of: date
    subset: bool = False
    model: str | None = None
    without: tuple[str, ...] = ()
    set_hash: str
    notes_hash: str
    weights_hash: str
    fitted_on: str
    items: tuple[str, ...]
    figures: dict[str, Count]
    misses: dict[str, tuple[str, ...]]
    seconds_median: float


def counted(kinds: Iterable[FigureKind], outcomes: Sequence[Mapping[str, bool]]) -> dict[str, Count]:
    """Each figure over the items it applies to. An outcome holds True for good, False for bad."""
    figures = {}
    for kind in kinds:
        seen = [good[kind.name] for good in outcomes if kind.name in good]
        figures[kind.name] = Count(n=sum(good == (kind.better == "more") for good in seen), of=len(seen))
    return figures


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of a run against the baseline, over the items both have: misses before and now, and which changed."""

    kind: FigureKind
    misses_before: int
    misses_now: int
    new: tuple[str, ...]
    mended: tuple[str, ...]

    @property
    def below(self) -> bool:
        """True when a figure that decides has more misses than before."""
        return self.kind.decides and self.misses_now > self.misses_before


def compare(kinds: Iterable[FigureKind], baseline: RunRecord, run: RunRecord) -> tuple[Difference, ...]:
    """The run against the baseline, figure by figure, over the items both have (a subset is compared as one).

    Raises RecordError when they are not about the same set, items or date.
    """
    for what, before, now in (
        ("kind", baseline.kind, run.kind),
        ("set", baseline.set, run.set),
        ("items (set_hash)", baseline.set_hash, run.set_hash),
        ("date", baseline.as_of.isoformat(), run.as_of.isoformat()),
    ):
        if before != now:
            raise RecordError(
                f"the baseline and the run differ in their {what} ({before}, {now}), so they cannot be compared; "
                "run the same again, or make a new baseline with --write-baseline and say why in its commit"
            )
    shared = set(baseline.items) & set(run.items)
    found = []
    for kind in kinds:
        before_ids = {one for one in shared if kind.name in baseline.misses.get(one, ())}
        now_ids = {one for one in shared if kind.name in run.misses.get(one, ())}
        new, mended = tuple(sorted(now_ids - before_ids)), tuple(sorted(before_ids - now_ids))
        found.append(Difference(kind, len(before_ids), len(now_ids), new, mended))
    return tuple(found)


def told_changes(baseline: RunRecord, run: RunRecord) -> list[str]:
    """What else differs between two comparable records, for people: notes, weights, model, legs left out."""
    told = []
    if baseline.notes_hash != run.notes_hash:
        told.append("the notes have changed since the baseline")
    if baseline.weights_hash != run.weights_hash:
        told.append(f"other weights: fitted on {run.fitted_on}; the baseline's on {baseline.fitted_on}")
    for what, before, now in (
        ("model", baseline.model or "off", run.model or "off"),
        ("left out", ", ".join(baseline.without) or "nothing", ", ".join(run.without) or "nothing"),
    ):
        if before != now:
            told.append(f"{what}: {now}; in the baseline {before}")
    if len(run.items) != len(baseline.items):
        told.append(f"{len(run.items)} items, of the baseline's {len(baseline.items)}")
    return told


def read_record(path: Path) -> RunRecord:
    """A record from its file. Raises RecordError saying what is wrong."""
    try:
        return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f'"{place}": ' if place else ""
        raise RecordError(
            f"{path}: no record of a run: {where}{first['msg']}; make one with `understudy eval run SET --json`"
        ) from error


def write_record(path: Path, record: RunRecord) -> None:
    """Write a record as a file that reads well in a diff: one miss a line."""
    raw = record.model_dump(mode="json")
    raw["seconds_median"] = round(record.seconds_median, 3)
    lines = ["{"]
    for place, (key, value) in enumerate(raw.items()):
        comma = "," if place < len(raw) - 1 else ""
        if key in ("figures", "misses") and value:
            inner = ",\n".join(f"    {json.dumps(name)}: {json.dumps(one)}" for name, one in value.items())
            lines.append(f'  "{key}": {{\n{inner}\n  }}{comma}')
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}{comma}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


def weights_hash(weights: Weights) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the weights' values."""
    values = {key: value for key, value in asdict(weights).items() if key != "fitted_on"}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def notes_hash(folders: Iterable[Path]) -> str:
    """The first 16 hexadecimal digits of the SHA-256 over the names and bytes of every note below the folders."""
    digest = hashlib.sha256()
    files = {path.resolve(): path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.md")}
    for path, name in sorted(files.items(), key=lambda one: (one[1], one[0])):
        content = path.read_bytes()
        digest.update(f"{name}\x00{len(content)}\x00".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def tags_counted(scored: Iterable[tuple[Sequence[str], bool]]) -> dict[str, Count]:
    """How many items of each tag are right, most frequent tag first."""
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for tags, good in scored:
        for tag in tags:
            seen[tag] += 1
            right[tag] += good
    return {tag: Count(n=right[tag], of=seen[tag]) for tag in sorted(seen, key=lambda tag: (-seen[tag], tag))}
