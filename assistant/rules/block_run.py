"""Runs every rule block in force over one claim, the higher level taking the place of the lower line by line.

Does not choose the blocks: the caller passes those that are enforceable and apply to the claim's payer and date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from assistant.rules.block_conditions import WHOLE_CLAIM, Selected, selection
from assistant.rules.block_result import BlockFinding, BlockResult, NotEvaluated
from assistant.rules.interpreter import examine_ready
from assistant.rules.precedence import PlacedBlock
from assistant.rules.ready_block import ReadyBlock
from ingest.claims.model import Claim


@dataclass(frozen=True, slots=True)
class BlocksReport:
    """What the rule blocks say about a claim, each with its note.

    `governed` holds, for each 0-based line, the keys some rule block has spoken about there: the CMS tables give way.
    `undecided` holds the keys some block may speak about there, each with the header keys that would tell.
    """

    findings: tuple[tuple[PlacedBlock, BlockFinding], ...]
    not_evaluated: tuple[tuple[PlacedBlock, NotEvaluated], ...]
    governed: Mapping[int, frozenset[str]]
    undecided: Mapping[int, Mapping[str, frozenset[str]]] = field(default_factory=dict)


def evaluate_blocks(
    placed: Sequence[PlacedBlock], claim: Claim, *, payer_names: Mapping[str, str] | None = None
) -> BlocksReport:
    """Every finding, by level from the highest, then by note and place in the note.

    A rule selected on a line takes over its keys there from all lower levels. Where it is unknown whether a higher rule
    selects the line, what the lower one would find becomes not evaluated. `payer_names` maps slugs to names.
    """
    names = payer_names or {}
    findings: list[tuple[PlacedBlock, BlockFinding]] = []
    not_evaluated: list[tuple[PlacedBlock, NotEvaluated]] = []
    certain: dict[int, frozenset[str]] = {}
    open_keys: dict[int, dict[str, frozenset[str]]] = {}
    for _, same_level in groupby(sorted(placed, key=_in_order), key=_level):
        chosen = [(one, selected) for one in same_level if (selected := selection(one.ready.conditions, claim))]
        for one, selected in chosen:
            called = tuple(names.get(payer, payer) for payer in one.note.payers)
            result = _examine(one.ready, claim, selected, called, certain, open_keys)
            findings.extend((one, finding) for finding in result.findings)
            if result.not_evaluated:
                not_evaluated.append((one, result.not_evaluated))
        for one, selected in chosen:
            _take_over(one.ready.keys, selected, claim, certain, open_keys)
    return BlocksReport(tuple(findings), tuple(not_evaluated), certain, open_keys)


def _in_order(one: PlacedBlock) -> tuple[int, str, int]:
    return one.order


def _level(one: PlacedBlock) -> int:
    return one.order[0]


def _examine(
    ready: ReadyBlock,
    claim: Claim,
    selected: tuple[Selected, ...],
    payer_names: tuple[str, ...],
    certain: Mapping[int, frozenset[str]],
    open_keys: Mapping[int, Mapping[str, frozenset[str]]],
) -> BlockResult:
    def run(suspended: Mapping[int, frozenset[str]]) -> BlockResult:
        return examine_ready(ready, claim, selected, payer_names=payer_names, suspended=suspended)

    result = run(certain)
    if not open_keys or not result.findings:
        return result
    mine = ready.keys
    unsure = {key for keys in open_keys.values() for key in keys if key in mine}
    if not unsure:
        return result
    possible = {
        index: certain.get(index, frozenset()) | frozenset(open_keys.get(index, {})) for index in {*certain, *open_keys}
    }
    narrowed = run(possible)
    if narrowed.findings == result.findings:
        return result
    missing = {
        header
        for index, keys in open_keys.items()
        for key, headers in keys.items()
        if key in mine and any(index in finding.lines or not finding.lines for finding in result.findings)
        for header in headers
    }
    if result.not_evaluated:
        missing.update(result.not_evaluated.missing)
    return BlockResult(narrowed.findings, NotEvaluated(ready.block.rule_id, tuple(sorted(missing))))


def _take_over(
    keys: frozenset[str],
    selected: tuple[Selected, ...],
    claim: Claim,
    certain: dict[int, frozenset[str]],
    open_keys: dict[int, dict[str, frozenset[str]]],
) -> None:
    for chosen in selected:
        places = range(len(claim.lines)) if chosen.index == WHOLE_CLAIM else (chosen.index,)
        for index in places:
            if not chosen.missing:
                certain[index] = certain.get(index, frozenset()) | keys
                continue
            waiting = open_keys.setdefault(index, {})
            for key in keys:
                waiting[key] = waiting.get(key, frozenset()) | frozenset(chosen.missing)
