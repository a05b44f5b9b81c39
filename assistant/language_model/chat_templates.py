"""How each family of models writes a conversation: our own closed table, chosen by the tokens and the name of a model.

Never reads or runs the Jinja template that a model file may carry: a file from elsewhere is data, not a program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.language_model.errors import ModelFileError
from assistant.language_model.messages import Turn


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of prompt text. Only in `markup` may a tokenizer see special tokens; all else is data."""

    text: str
    markup: bool


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """The markup before and after each turn. `system` None: the family folds the system text into the first user turn.

    `markers` are the special tokens that a model of this family has, each as one token. A family without such tokens
    is known by its `names`, a pattern over what the model calls itself. `stop`: where the answer ends, for families
    that have no token for it.
    """

    name: str
    markers: tuple[str, ...]
    system: tuple[str, str] | None
    user: tuple[str, str]
    assistant: tuple[str, str]
    opening: str
    names: str = ""
    stop: tuple[str, ...] = ()


def _marked(name: str, markers: tuple[str, ...], before: str, after: str) -> ChatTemplate:
    """A family that puts the role's name between the same two marks for every role."""
    opening = before.format("assistant")
    return ChatTemplate(
        name, markers, (before.format("system"), after), (before.format("user"), after), (opening, after), opening
    )


# For a model of no family below: words alone, as base models have read them in transcripts. It is named in
# `understudy models`, since such a model often goes on as the user; the stop words end that.
PLAIN = ChatTemplate(
    name="plain",
    markers=(),
    system=("", "\n\n"),
    user=("User: ", "\n"),
    assistant=("Assistant: ", "\n"),
    opening="Assistant:",
    stop=("\nUser:", "\nAssistant:"),
)

# Written from the families' published prompt formats. The first row whose markers a model has is used, so the more
# particular comes first; then the first whose names it bears.
TEMPLATES: tuple[ChatTemplate, ...] = (
    _marked(
        "llama-4",
        ("<|header_start|>", "<|header_end|>", "<|eot|>"),
        "<|header_start|>{}<|header_end|>\n\n",
        "<|eot|>",
    ),
    _marked(
        "llama-3",
        ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|start_header_id|>{}<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    _marked("phi-4", ("<|im_start|>", "<|im_sep|>", "<|im_end|>"), "<|im_start|>{}<|im_sep|>", "<|im_end|>"),
    _marked("chatml", ("<|im_start|>", "<|im_end|>"), "<|im_start|>{}\n", "<|im_end|>\n"),
    _marked("phi-3", ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"), "<|{}|>\n", "<|end|>\n"),
    _marked(
        "granite",
        ("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"),
        "<|start_of_role|>{}<|end_of_role|>",
        "<|end_of_text|>\n",
    ),
    ChatTemplate(
        name="gemma",
        markers=("<start_of_turn>", "<end_of_turn>"),
        system=None,
        user=("<start_of_turn>user\n", "<end_of_turn>\n"),
        assistant=("<start_of_turn>model\n", "<end_of_turn>\n"),
        opening="<start_of_turn>model\n",
    ),
    ChatTemplate(
        name="mistral-system",
        markers=("[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
        system=("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
        user=("[INST]", "[/INST]"),
        assistant=("", "</s>"),
        opening="",
    ),
    ChatTemplate(
        name="mistral",
        markers=("[INST]", "[/INST]"),
        system=None,
        user=("[INST]", "[/INST]"),
        assistant=("", "</s>"),
        opening="",
        names=r"mistral|mixtral",
    ),
    ChatTemplate(
        name="llama-2",
        markers=(),
        system=None,
        user=("[INST] ", " [/INST]"),
        assistant=(" ", " </s>"),
        opening="",
        names=r"llama[-_ ]?2.*chat|codellama.*instruct",
    ),
    ChatTemplate(
        name="zephyr",
        markers=(),
        system=("<|system|>\n", "</s>\n"),
        user=("<|user|>\n", "</s>\n"),
        assistant=("<|assistant|>\n", "</s>\n"),
        opening="<|assistant|>\n",
        names=r"zephyr|tinyllama.*chat",
    ),
)
# These turn text into vectors and write none.
_ENCODERS = re.compile(r"bert|t5encoder|clip|embedding")


def choose_template(
    has_token: Callable[[str], bool], metadata: Mapping[str, str], *, name: str | None, where: str
) -> ChatTemplate:
    """The template for a model: the one named, else that of the first family whose tokens or name it has.

    A model of no known family gets `PLAIN`. Raises ModelFileError for a name that is no template, and for a model that
    writes no text; `where` is the model file, for the message. `metadata` holds the GGUF's `general.` fields.
    """
    if name is not None:
        for template in (*TEMPLATES, PLAIN):
            if template.name == name:
                return template
        names = ", ".join(template.name for template in (*TEMPLATES, PLAIN))
        raise ModelFileError(f'"{name}" is no chat template; choose one of: {names}')
    architecture = metadata.get("general.architecture", "unknown")
    if _ENCODERS.search(architecture.lower()):
        raise ModelFileError(
            f"{where}: this model (architecture {architecture}) turns text into vectors and writes none; choose a chat "
            "or instruct model"
        )
    for template in TEMPLATES:
        if template.markers and all(has_token(marker) for marker in template.markers):
            return template
    called = " ".join(metadata.get(f"general.{key}", "") for key in ("architecture", "basename", "name")).lower()
    for template in TEMPLATES:
        if template.names and re.search(template.names, called):
            return template
    return PLAIN


def render(template: ChatTemplate, turns: Sequence[Turn]) -> list[list[Piece]]:
    """The prompt as segments, one a message, the last ending where the answer begins.

    A segment depends on nothing after it, so a conversation that begins the same has the same first segments: these
    are what a model's key-value cache keeps. `turns` are as `turns_of` gives them.
    """
    segments: list[list[Piece]] = []
    folded = False
    for turn in turns:
        if turn.role == "system" and template.system is None:
            segments.append([Piece(template.user[0], True), Piece(turn.text + "\n\n", False)])
            folded = True
            continue
        before, after = _markup(template, turn)
        if folded:
            before, folded = "", False
        segments.append([Piece(before, True), Piece(turn.text, False), Piece(after, True)])
    segments[-1].append(Piece(template.opening, True))
    return [[piece for piece in segment if piece.text] for segment in segments]


def _markup(template: ChatTemplate, turn: Turn) -> tuple[str, str]:
    if turn.role == "assistant":
        return template.assistant
    if turn.role == "system" and template.system is not None:
        return template.system
    return template.user
