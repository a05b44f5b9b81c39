"""Whether a clause speaks of a diagnosis as something the patient has: word by word, where the clause mixes things.

The clause's own status comes from the note reader; this only splits a clause that says two things ("hoarseness,
possible reflux"; "obesity, diet counseling"). Source: ICD-10-CM Official Guidelines, section IV.H.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from assistant.propose.diagnoses_mentions import Mention

Standing = Literal["has", "uncertain", "mentioned", "not"]

_BEFORE = re.compile(
    r"\b(?:possibl[ey]|probabl[ey]|likely|suspect(?:ed|ing|s)?|suspicious(?: for)?|suspicion (?:of|for)"
    r"|concern(?:ing|ed)? (?:for|about|of)|"
    r"consistent with|c/w|compatible with|rule[ -]?out|r/o|question(?:able)?(?: of)?|presum\w+"
    r"|differential|ddx|could be|may (?:be|have)|"
    r"might (?:be|have)|appears? to be|suggest(?:s|ive of|ing)?|worrisome for|evaluat\w+ for"
    r"|working diagnosis|versus|vs)\b|\?", re.I
)  # fmt: skip
_EITHER = re.compile(r"\b(?:versus|vs)\b", re.I)
# Talk of a disease that does not say the patient has it, before its name and after it.
_TALK_BEFORE = re.compile(
    r"\b(?:asked about|asks about|worried about|risks? (?:of|for|include\w*|were|are|discussed)"
    r"|warning\w*|danger signs|signs of|prevent\w*|return if|call if|"
    r"discuss(?:ed|ion) (?:of|about)|educat\w+|brochure|screen(?:ed|ing) for|look(?:ing)? for"
    r"|watch(?:ing)? for|handout|in case of|(?:stopped|terminated|ended|halted) (?:for|due to|because of)|"
    r"mother|father|brother|sister|son|daughter|exposure to|vaccin\w+ (?:for|against)"
    r"|immuniz\w+ against)\b", re.I
)  # fmt: skip
_TALK_AFTER = re.compile(
    r"\b(?:looked at|left alone|left for|not treated|untreated|another day|will book|watched|precautions"
    r"|prophylaxis|prevention|screen(?:ing)? (?:negative|neg)|"
    r"in (?:his |her )?(?:mother|father|brother|sister|family)|risk)\b", re.I
)  # fmt: skip
_LACKING = re.compile(r"(?:\b(?:without|w/o|with no)|, no) (?=[a-z]{3})", re.I)
_DENIED = re.compile(r"^\W*no\b|\b(?:denie[sd]|not|never|neither|negative|nor|absent|resolved|none)\b", re.I)
_NEAR = 60
# Between a disease and the doubt about it, and what then stands behind that doubt.
_LINKED = re.compile(
    r"\W*(?:(?:is|was|are|were|being|still|also|strongly|clinically|now|again|most|very)\W+){0,3}", re.I
)
_CLOSED_OFF = re.compile(
    r"\s*(?:[,.;:)]|$|(?:and|but|because|since|given|as|on|in|by|with|from|at|after|until|clinically|here|today)\b)",
    re.I,
)


def standing(mention: Mention, others: Sequence[Mention]) -> Standing:
    """How the clause speaks of the mention. `others`: all mentions of that clause."""
    text, offset = mention.clause.text, mention.clause.start
    before, after = text[: mention.start - offset], text[mention.end - offset :]
    inside = text[mention.start - offset :]
    if _TALK_BEFORE.search(before[-_NEAR:]):
        return "not"
    if _TALK_AFTER.search(inside[: mention.end - mention.start + _NEAR]):
        return "mentioned"
    if mention.clause.status == "negated":
        # "Laceration of the finger without nail damage": what stands before is there.
        affirmed = _LACKING.search(after) and not _LACKING.search(before) and not _DENIED.search(text)
        return "has" if affirmed else "not"
    if "behavior" in mention.words and not _BEFORE.search(before):
        # "Neoplasm of uncertain behavior" is a name, and so is "unspecified".
        return "has"
    if mention.clause.status == "planned" and _BEFORE.search(before):
        return "not"
    if mention.clause.status in {"uncertain", "hypothetical"}:
        return (
            "has"
            if mention.clause.status == "uncertain" and _certain_part(mention, others, before, after)
            else "uncertain"
        )
    return "has"


def _certain_part(mention: Mention, others: Sequence[Mention], before: str, after: str) -> bool:
    """Whether the clause's doubt is about something else than this mention."""
    text = mention.clause.text
    if _EITHER.search(text) or _BEFORE.search(before):
        return False
    cue = _BEFORE.search(after)
    if cue is None:
        return False
    if _LINKED.fullmatch(after[: cue.start()]) and _CLOSED_OFF.match(after[cue.end() :]):
        # "Pneumonia is suspected, cough for a week".
        return False
    cue_at = mention.end - mention.clause.start + cue.start()
    follows = re.sub(r"[^a-z]", "", text[cue_at + len(cue.group()) :].lower())
    if len(follows) > 2 and not re.match(r"\s*(?:but )?(?:not|un)", text[cue_at + len(cue.group()) :]):
        return True
    # The doubt stands at the end: it is about the last thing named before it.
    between = [one for one in others if one is not mention and mention.end <= one.start < cue_at + mention.clause.start]
    return bool(between)
