"""The documentation of the coded rules, made from their modules: RULES.md is what `markdown` gives.

Writes no file: `understudy rules --markdown` prints it, and a test fails while RULES.md says something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.rules.registry import all_rules, explanation
from assistant.rules.rule import Rule
from ingest.tables.model import PROGRAM_NAMES

_SECTION = re.compile(r"^(What it checks|Why it matters|Fix|Not evaluated when|Source): ", re.MULTILINE)
_BEGIN = """\
# The coded rules

Made from the rules themselves; do not edit. `understudy rules --markdown > assistant/rules/RULES.md` makes it anew.
Rules that stand in notes are listed by `understudy rules`. How to add a rule: [CONTRIBUTING.md](CONTRIBUTING.md).

"""


def headline(rule_id: str) -> str:
    """The first sentence of a rule's documentation, without its id and its point."""
    first = " ".join(explanation(rule_id).partition("\n\n")[0].split())
    return first.removeprefix(f"{rule_id}: ").removesuffix(".")


def facts(rule: Rule) -> Iterator[tuple[str, str]]:
    """What the rule declares besides its text, as names and values."""
    yield "Severity", rule.severity
    yield "Confidence", rule.confidence
    yield "Authority", rule.authority
    if rule.tables:
        yield "Tables", ", ".join(PROGRAM_NAMES[program] for program in rule.tables)
    if rule.optional_keys:
        yield "Reads where given", ", ".join(rule.optional_keys)
    if rule.edits:
        yield "Switched off by", f"a payer note whose `edits` leaves out {rule.edits}"


def markdown() -> str:
    """The page of all rules: a table, then a section for each."""
    rules = all_rules()
    rows = ["| rule | severity | what it finds |", "|---|---|---|"]
    rows += [
        f"| [{one.rule_id}](#{one.rule_id.lower()}) | {one.severity} | {_cell(headline(one.rule_id))} |"
        for one in rules
    ]
    return _BEGIN + "\n".join(rows) + "\n" + "".join(_page(rule) for rule in rules)


def _page(rule: Rule) -> str:
    first, _, rest = explanation(rule.rule_id).partition("\n\n")
    title = " ".join(first.split()).removeprefix(f"{rule.rule_id}: ")
    told = "; ".join(f"{name.lower()}: {value}" for name, value in facts(rule))
    body = _SECTION.sub(r"**\1.** ", rest.strip())
    return f"\n## {rule.rule_id}\n\n{title}\n\n{body}\n\n*{told}.*\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
