"""Which language models there are: the one that comes along, files in folders, servers. Loads none but to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.language_model.chat_templates import choose_template
from assistant.language_model.choose import ModelChoice, resolve_model
from assistant.language_model.errors import LanguageModelError, ModelFileError
from assistant.language_model.gguf_header import read_header
from assistant.language_model.known_files import standing_of

if TYPE_CHECKING:
    from assistant.language_model.measure import Speed

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model that may be chosen. `choice` is what to give `--model`; what does not apply or is not told is None.

    `known` tells whether a file may be loaded. `error`: why it cannot be used; then nothing else is sure.
    """

    choice: str
    name: str
    kind: Literal["file", "server"]
    sha256: str | None = None
    known: Literal["shipped", "confirmed", "unknown"] | None = None
    size_bytes: int | None = None
    architecture: str | None = None
    context_tokens: int | None = None
    template: str | None = None
    speed: Speed | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The model as JSON; sizes in bytes, times in seconds."""
        return asdict(self)


def find_models(
    *,
    chosen: str,
    folder: Path,
    places: Sequence[Path],
    asked: Sequence[str],
    confirmed: Path,
    allow_hosts: tuple[str, ...],
    context_tokens: int | None,
    speed: bool,
    on_progress: Progress | None = None,
) -> tuple[FoundModel, ...]:
    """The default model, the one `chosen` in the settings of the practice in `folder`, those in `places` and `asked`.

    Each once; one that cannot be used is there with its error. `speed`: load each that may be loaded, and measure it.
    """
    found: dict[str, FoundModel] = {}
    for choice, base in _choices(chosen, folder, places, asked):
        try:
            resolved = resolve_model(choice, folder=base)
        except LanguageModelError as error:
            found.setdefault(
                choice, FoundModel(choice, choice, "server" if "://" in choice else "file", error=str(error))
            )
            continue
        if resolved.path is not None:
            key = str(resolved.path.absolute())
            if key not in found:
                found[key] = _file(choice, resolved.path, confirmed, context_tokens, speed, on_progress)
        elif resolved.address is not None:
            found.update((one.choice, one) for one in _server(resolved, allow_hosts, speed))
    return tuple(found.values())


def _choices(
    chosen: str, folder: Path, places: Sequence[Path], asked: Sequence[str]
) -> Iterator[tuple[str, Path | None]]:
    yield "default", None
    if chosen != "default":
        yield chosen, folder
    for place in (*(str(place) for place in places), *asked):
        path = Path(place).expanduser()
        if "://" not in place and path.is_dir():
            for file in sorted(path.glob("*.gguf")):
                yield str(file), None
        else:
            yield place, None


def _file(
    choice: str, path: Path, confirmed: Path, context_tokens: int | None, speed: bool, on_progress: Progress | None
) -> FoundModel:
    from assistant.language_model.measure import measure_file

    try:
        header = read_header(path)
        template = choose_template(header.markers.__contains__, header.fields, name=None, where=str(path))
        standing = standing_of(path, confirmed, on_progress)
        figures = None
        if speed and standing.known != "unknown":
            figures = measure_file(path, context_tokens=context_tokens)
    except ModelFileError as error:
        return FoundModel(choice, path.name, "file", error=str(error))
    return FoundModel(
        choice=choice,
        name=path.name,
        kind="file",
        sha256=standing.sha256,
        known=standing.known,
        size_bytes=path.stat().st_size,
        architecture=header.architecture,
        context_tokens=header.context_tokens,
        template=template.name,
        speed=figures,
    )


def _server(choice: ModelChoice, allow_hosts: tuple[str, ...], speed: bool) -> Iterator[FoundModel]:
    from assistant.language_model.local_server import LocalServerChat
    from assistant.language_model.measure import measure_server

    address = str(choice.address)
    try:
        served = LocalServerChat(address=address, served_model=choice.served_model or "any", allow_hosts=allow_hosts)
        listed = served.models()
    except LanguageModelError as error:
        yield FoundModel(choice.label, choice.served_model or address, "server", error=str(error))
        return
    wanted = [one for one in listed if choice.served_model in (None, one.name)]
    if not wanted:
        there = ", ".join(one.name for one in listed[:8]) or "none"
        named = choice.served_model or "at all"
        missing = f"{address}: the server lists no model {named}; it has: {there}"
        yield FoundModel(choice.label, choice.served_model or address, "server", error=missing)
    for one in wanted:
        label = f"{address}#{one.name}"
        try:
            figures = None
            if speed:
                model = LocalServerChat(address=address, served_model=one.name, allow_hosts=allow_hosts)
                figures = measure_server(model)
        except LanguageModelError as error:
            yield FoundModel(label, one.name, "server", context_tokens=one.context_tokens, error=str(error))
            continue
        yield FoundModel(label, one.name, "server", context_tokens=one.context_tokens, speed=figures)
