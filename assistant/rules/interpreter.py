"""Runs one rule block of a note over one claim.

Does not look at the note's payers, dates and status: `applies` and precedence.py do. Reads no file and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from assistant.rules.block_conditions import WHOLE_CLAIM, Selected, selection
from assistant.rules.block_demands import UNITS_KEY, Demand
from assistant.rules.block_fixes import propose_fix
from assistant.rules.block_result import (
    Answer,
    BlockFinding,
    BlockResult,
    Missing,
    NotEvaluated,
    all_hold,
    apply_fix,
)
from assistant.rules.block_text import sentence
from assistant.rules.ready_block import ReadyBlock
from ingest.claims.model import Claim
from ingest.claims.service_line import write_service_lines
from ingest.notes.model import KbNote, RuleBlock

# Line (0-based) to the keys a higher level's rule has taken over there.
Suspended = Mapping[int, frozenset[str]]
NOTHING_SUSPENDED: Suspended = MappingProxyType({})


def evaluate_block(block: RuleBlock, claim: Claim, *, note: KbNote | None) -> tuple[BlockFinding, ...] | NotEvaluated:
    """What the block finds: () when it is met or asks nothing of this claim.

    NotEvaluated when nothing is certainly broken and a header key that would decide is missing. A rule whose demand is
    met either way is not held up by an unknown condition. `examine_block` tells both where both are true.
    """
    result = examine_block(block, claim, note=note)
    if result.not_evaluated is not None and not result.findings:
        return result.not_evaluated
    return result.findings


def examine_block(
    block: RuleBlock,
    claim: Claim,
    *,
    note: KbNote | None,
    payer_names: tuple[str, ...] | None = None,
    suspended: Suspended = NOTHING_SUSPENDED,
) -> BlockResult:
    """Findings by first line, one for each procedure code, and what could not be decided beside them.

    `payer_names` is how the sentence calls the note's payers (None: by their slugs). `suspended` holds what rules of a
    higher level have taken over.
    """
    names = payer_names if payer_names is not None else (note.payers if note else ())
    ready = ReadyBlock.of(block)
    return examine_ready(ready, claim, selection(ready.conditions, claim), payer_names=names, suspended=suspended)


def examine_ready(
    ready: ReadyBlock,
    claim: Claim,
    selected: tuple[Selected, ...],
    *,
    payer_names: tuple[str, ...],
    suspended: Suspended = NOTHING_SUSPENDED,
) -> BlockResult:
    """See `examine_block`; `selected` is what the block's conditions choose from the claim."""
    outcome = _outcome(ready, claim, selected, suspended)
    findings = [_finding(ready, claim, code, lines, payer_names, suspended) for code, lines in outcome.broken.items()]
    if len(findings) > 1:
        findings.sort(key=lambda finding: (finding.lines, finding.procedure_code or ""))
    missing = NotEvaluated(ready.block.rule_id, tuple(sorted(outcome.missing))) if outcome.missing else None
    return BlockResult(tuple(findings), missing)


def applies(note: KbNote, payer: str | None, on: date | None) -> bool | None:
    """True when the note is about this payer (its slug) on this day, both ends of its dates included.

    None when it cannot be told: the note names payers and the claim none, or it has dates and the claim none.
    """
    about: bool | None = True
    if note.payers:
        about = None if payer is None else payer in note.payers
    in_force: bool | None = True
    if note.effective_from is not None or note.effective_through is not None:
        in_force = None if on is None else note.in_force(on)
    if about is False or in_force is False:
        return False
    return None if about is None or in_force is None else True


@dataclass(slots=True)
class _Outcome:
    """Broken lines by procedure code (None: the claim), and the header keys that would decide what is open."""

    broken: dict[str | None, tuple[int, ...]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


def _outcome(ready: ReadyBlock, claim: Claim, selected: tuple[Selected, ...], suspended: Suspended) -> _Outcome:
    if ready.conditions is None:
        return _whole_claim(ready, claim, suspended)
    outcome = _Outcome()
    by_code: dict[str, list[Selected]] = {}
    for chosen in selected:
        by_code.setdefault(claim.lines[chosen.index].procedure_code, []).append(chosen)
    for code, lines in by_code.items():
        broken: set[int] = set()
        for chosen in lines:
            held = _held(ready.demands, claim, chosen.index, suspended)
            if held is False and not chosen.missing:
                broken.add(chosen.index)
            elif held is not True:
                outcome.missing.update(chosen.missing, held.keys if isinstance(held, Missing) else ())
        broken |= _over_units_max(ready.block, claim, lines, suspended, outcome.missing)
        if broken:
            outcome.broken[code] = tuple(sorted(broken))
    return outcome


def _whole_claim(ready: ReadyBlock, claim: Claim, suspended: Suspended) -> _Outcome:
    outcome = _Outcome()
    every_line = range(len(claim.lines))
    of_the_claim: Answer = True
    if ready.of_the_claim:
        # What is asked of the claim gives way only where a higher rule has spoken about every line.
        by_line = [suspended.get(index, frozenset()) for index in every_line]
        taken = frozenset.intersection(*by_line) if by_line else frozenset()
        of_the_claim = all_hold([d.holds(claim, WHOLE_CLAIM) for d in ready.of_the_claim if d.key not in taken])
    broken: set[int] = set()
    if ready.of_each_line:
        broken.update(i for i in every_line if _held(ready.of_each_line, claim, i, suspended) is False)
    if ready.block.units_max is not None:
        for code in {line.procedure_code for line in claim.lines}:
            lines = [Selected(index) for index in every_line if claim.lines[index].procedure_code == code]
            broken |= _over_units_max(ready.block, claim, lines, suspended, outcome.missing)
    if broken or of_the_claim is False:
        outcome.broken[None] = tuple(sorted(broken))
    elif isinstance(of_the_claim, Missing):
        outcome.missing.update(of_the_claim.keys)
    return outcome


def _held(asked: tuple[Demand, ...], claim: Claim, index: int, suspended: Suspended) -> Answer:
    taken = suspended.get(index, frozenset())
    return all_hold([demand.holds(claim, index) for demand in asked if demand.key not in taken])


def _over_units_max(
    block: RuleBlock, claim: Claim, lines: list[Selected], suspended: Suspended, missing: set[str]
) -> set[int]:
    """The selected lines of one code when their units add up to more than `units-max`."""
    if block.units_max is None:
        return set()
    counted = [chosen for chosen in lines if UNITS_KEY not in suspended.get(chosen.index, frozenset())]
    certain = [chosen.index for chosen in counted if not chosen.missing]
    if sum(claim.lines[index].units for index in certain) > block.units_max:
        return set(certain)
    if sum(claim.lines[chosen.index].units for chosen in counted) > block.units_max:
        missing.update(key for chosen in counted for key in chosen.missing)
    return set()


def _finding(
    ready: ReadyBlock,
    claim: Claim,
    procedure_code: str | None,
    lines: tuple[int, ...],
    payer_names: tuple[str, ...],
    suspended: Suspended,
) -> BlockFinding:
    block = ready.block
    message = block.message or sentence(block, payer_names=payer_names)
    finding = BlockFinding(block.rule_id, block.severity, lines, procedure_code, message)
    proposal = propose_fix(block, tuple(claim.lines[index] for index in lines)) if procedure_code else None
    if proposal is None:
        return finding
    fixed = replace(finding, fix=write_service_lines(proposal.lines), safe=proposal.safe, fixed_lines=proposal.lines)
    # A fix that leaves its own rule broken would be a promise the next check takes back.
    mended = apply_fix(claim, fixed)
    taken = frozenset(key for index in lines for key in suspended.get(index, frozenset()))
    selected = selection(ready.conditions, mended)
    after = _outcome(ready, mended, selected, dict.fromkeys(range(len(mended.lines)), taken))
    return finding if procedure_code in after.broken else fixed
