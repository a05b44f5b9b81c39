"""From what was asked for with `--model` to a chat model: `off`, `default`, a GGUF file or a local server's address.

Imports neither langchain_core, llama_cpp nor httpx until a model is loaded; with the model off none of them is.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from assistant.language_model.errors import ModelChoiceError
from assistant.language_model.model_file import check_model_file, default_model_path

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

_WORDS = ("off", "default")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model to use. `path` is set for a file, `address` (without fragment) for a server.

    `served_model` is the model a server is asked for; None means the only one it has.
    """

    kind: Literal["off", "file", "server"]
    path: Path | None = None
    address: str | None = None
    served_model: str | None = None

    @property
    def label(self) -> str:
        """The name for answers and records: `off`, the file's name, or the server's address with its model."""
        if self.path is not None:
            return self.path.name
        if self.address is not None:
            return f"{self.address}#{self.served_model}" if self.served_model else self.address
        return "off"


def resolve_model(choice: str, *, folder: Path | None = None) -> ModelChoice:
    """Read `off`, `default`, the path of a GGUF, or `http://127.0.0.1:8080` (`#name` after it where it serves several).

    `folder` is where a relative path begins; None: the current folder. Looks at the file's first bytes, asks no
    server. Raises ModelChoiceError, ModelFileError or ModelUnavailableError.
    """
    text = choice.strip()
    if not text:
        raise ModelChoiceError(
            "no model was named; use off, default, the path of a .gguf file, or http://127.0.0.1:8080"
        )
    word = text.lower()
    if word == "off":
        return ModelChoice("off")
    if word == "default":
        return ModelChoice("file", path=default_model_path())
    if "://" in text:
        return _server(text)
    path = (folder or Path()) / Path(text).expanduser()
    if not path.exists() and path.suffix.lower() != ".gguf" and len(Path(text).parts) == 1:
        near = difflib.get_close_matches(word, _WORDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "use off, default, a path, or http://127.0.0.1:8080"
        raise ModelChoiceError(f'"{text}" is neither a model choice nor a file that exists; {hint}')
    check_model_file(path)
    return ModelChoice("file", path=path)


def load_model(
    choice: ModelChoice,
    *,
    confirmed: Path | None = None,
    allow_hosts: tuple[str, ...] = (),
    timeout_seconds: float = 60.0,
    context_tokens: int | None = None,
    max_tokens: int = 200,
) -> BaseChatModel | None:
    """The chat model of a choice, ready to be asked; None when the model is off.

    A file is read whole first: its hash must be one that comes with Understudy or stand in `confirmed`, where
    `understudy models confirm` keeps what was confirmed (None: nothing was). `allow_hosts` names the other machines a
    server may be on. `context_tokens` is for files only (None: 4096, or the model's own where smaller), as
    `timeout_seconds` for a whole answer is for servers.
    Raises the errors of `assistant.language_model.errors`: nothing else is loaded in place of what was asked for.
    """
    if choice.path is not None:
        from assistant.language_model.known_files import require_known

        require_known(choice.path, confirmed)
        from assistant.language_model.llama_cpp_chat import LlamaCppChat

        return LlamaCppChat(model_path=choice.path, context_tokens=context_tokens, max_tokens=max_tokens)
    if choice.address is not None:
        from assistant.language_model.local_server import LocalServerChat

        return LocalServerChat(
            address=choice.address,
            served_model=choice.served_model,
            allow_hosts=allow_hosts,
            timeout_seconds=timeout_seconds,
            max_tokens=max_tokens,
        )
    return None


def name_of(model: BaseChatModel) -> str:
    """What a chat model that was passed in is called in answers: its kind, and the model where it names one."""
    named = next((name for key in ("model_name", "model") if isinstance(name := getattr(model, key, None), str)), "")
    return f"{type(model).__name__} {named}".strip()[:100]


def _server(text: str) -> ModelChoice:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ModelChoiceError(f'"{text}" is not an address ({error}); write it as http://127.0.0.1:8080') from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelChoiceError(f'"{text}" is not the address of a server; write it as http://127.0.0.1:8080')
    if parts.username is not None or parts.password is not None or parts.query:
        raise ModelChoiceError(
            "the address of a model server must hold no user name, password or query, since it is shown and recorded; "
            "write it as http://127.0.0.1:8080"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/v1")
    address = f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"
    return ModelChoice("server", address=address, served_model=parts.fragment or None)
