"""The one language model a program has in memory: loaded when it is first needed, given back when another is chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from assistant.language_model.choose import ModelChoice


class HeldModel:
    """Holds at most one model. Several threads that want the same model wait for one loading."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._choice: ModelChoice | None = None
        self._model: BaseChatModel | None = None

    def get(self, choice: ModelChoice, load: Callable[[], BaseChatModel]) -> BaseChatModel:
        """The model of this choice, loaded by `load` where it is not held. What `load` raises is raised."""
        with self._lock:
            if self._model is None or choice != self._choice:
                self._give_back()
                self._model, self._choice = load(), choice
            return self._model

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._give_back()

    def _give_back(self) -> None:
        close = getattr(self._model, "close", None)
        self._model = None
        if callable(close):
            close()
