"""How the tokens of several texts lie in one batch of an encoder: a few side by side in one row, many in a row each.

Knows no weights and no words; `bert_graph` says what the arrays mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Side by side nothing is padding, but every token is held against all others of the row: worth it for short rows.
_ONE_ROW_TOKENS = 192

Inputs = dict[str, NDArray[np.generic]]


def laid_out(texts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], Inputs]:
    """The token ids of the batch, shape (rows, tokens), and the inputs `places`, `mask` and `shares` for them.

    `texts` are lists of token ids, none of them empty. Read row by row, the encoder's vectors are in their order.
    """
    lengths = np.array([len(one) for one in texts], np.int64)
    return _side_by_side(texts, lengths) if int(lengths.sum()) <= _ONE_ROW_TOKENS else _row_each(texts, lengths)


def _side_by_side(texts: Sequence[Sequence[int]], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], Inputs]:
    """All in one row; a token sees those of its own text alone."""
    tokens = np.array([token for one in texts for token in one], np.int64)
    text_of = np.repeat(np.arange(len(texts)), lengths)
    first = np.cumsum(lengths) - lengths
    of_text = text_of == np.arange(len(texts))[:, None]
    inputs: Inputs = {
        "places": (np.arange(len(tokens)) - first[text_of])[None],
        "mask": (text_of[:, None] == text_of).astype(np.int32)[None],
        "shares": (of_text / lengths[:, None]).astype(np.float32)[None],
    }
    return tokens[None], inputs


def _row_each(texts: Sequence[Sequence[int]], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], Inputs]:
    """Each in its own row, padded on the right with what no token sees."""
    width = int(lengths.max())
    tokens = np.zeros((len(texts), width), np.int64)
    for row, one in enumerate(texts):
        tokens[row, : len(one)] = one
    held = np.arange(width) < lengths[:, None]
    inputs: Inputs = {
        "places": np.broadcast_to(np.arange(width), tokens.shape),
        "mask": np.broadcast_to(held.astype(np.int32)[:, None], (len(texts), width, width)),
        "shares": (held / lengths[:, None]).astype(np.float32)[:, None],
    }
    return tokens, inputs
