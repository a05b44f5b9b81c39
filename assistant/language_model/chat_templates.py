"""How each family of models writes a conversation: our own closed table, chosen by the special tokens a model has.

Never reads or runs the Jinja template that a model file may carry: a file from elsewhere is data, not a program.
"""

from __future__ import annotations

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

    `markers` are the special tokens that a model of this family has, each as one token.
    """

    name: str
    markers: tuple[str, ...]
    system: tuple[str, str] | None
    user: tuple[str, str]
    assistant: tuple[str, str]
    opening: str


# Written from the families' published prompt formats. The first row whose markers a model has is used, so the more
# particular comes first.
TEMPLATES: tuple[ChatTemplate, ...] = (
    ChatTemplate(
        name="llama-3",
        markers=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
        user=("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        assistant=("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"),
        opening="<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    ChatTemplate(
        name="chatml",
        markers=("<|im_start|>", "<|im_end|>"),
        system=("<|im_start|>system\n", "<|im_end|>\n"),
        user=("<|im_start|>user\n", "<|im_end|>\n"),
        assistant=("<|im_start|>assistant\n", "<|im_end|>\n"),
        opening="<|im_start|>assistant\n",
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
    ),
)


def choose_template(
    has_token: Callable[[str], bool], metadata: Mapping[str, str], *, name: str | None, where: str
) -> ChatTemplate:
    """The template for a model: the one named, else the first whose markers all are tokens of its vocabulary.

    A Mistral of the first generation has no such tokens but names itself. Raises ModelFileError when nothing fits;
    `where` is the model file, for the message.
    """
    names = ", ".join(template.name for template in TEMPLATES)
    if name is not None:
        for template in TEMPLATES:
            if template.name == name:
                return template
        raise ModelFileError(f'"{name}" is no chat template; choose one of: {names}')
    for template in TEMPLATES:
        if all(has_token(marker) for marker in template.markers):
            return template
    called = " ".join(metadata.get(f"general.{key}", "") for key in ("architecture", "basename", "name")).lower()
    if "mistral" in called:
        return next(template for template in TEMPLATES if template.name == "mistral")
    architecture = metadata.get("general.architecture", "unknown")
    raise ModelFileError(
        f"{where}: no chat template of ours fits this model (architecture {architecture}): it has the turn markers of "
        f"none of {names}; use a chat or instruct model of one of these families, or serve it with a local server"
    )


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
