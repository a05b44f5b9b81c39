"""Which sinuses an inflammation of the sinuses or a polyp is said to be in. Knows nothing but sinuses."""

from __future__ import annotations

from assistant.propose.diagnoses_mentions import Mention

_SINUS = {"maxillary": "0", "frontal": "1", "ethmoid": "2", "sphenoid": "3"}


def sinus_codes(mention: Mention) -> tuple[str, ...]:
    """One code for each sinus the clause names, for a mention of sinusitis; () for anything else, or none named."""
    stem = next((code[:3] for code in mention.codes if code.startswith(("J32", "J01"))), None)
    if stem is None or "sinusitis" not in mention.words:
        return ()
    named = sorted({_SINUS[token.word] for token in mention.tokens if token.word in _SINUS})
    if not named:
        return ()
    if stem == "J01" or "acute" in mention.words:
        return tuple(f"J01.{one}0" for one in named)
    return tuple(f"J32.{one}" for one in named)
