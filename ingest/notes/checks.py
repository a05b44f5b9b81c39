"""The checks of form a note can fail, each with its id and one sentence; and the list that collects what they find.

Does not check anything itself, and does not list the checks of meaning (KB1xx), which need the claim reader and tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ingest.notes.model import Problem, ProblemSeverity

# Below this likeness (Damerau-Levenshtein, 0 to 1) a suggestion would confuse more than it helps.
LIKENESS = 0.6


class Check(StrEnum):
    """Every check of form. `meaning` is the sentence kb/README.md prints; `severity` is what it raises."""

    meaning: str
    severity: ProblemSeverity

    def __new__(cls, check_id: str, meaning: str, severity: ProblemSeverity = "error") -> Check:
        member = str.__new__(cls, check_id)
        member._value_ = check_id
        member.meaning = meaning
        member.severity = severity
        return member

    # The file
    NOT_UTF8 = ("KB001", "The file is not UTF-8 text.")
    TOO_LARGE = ("KB002", "The file is larger than a note may be (1 MiB).")
    EMPTY = ("KB003", "The note says nothing: it has no body.")
    LEADS_OUT = ("KB004", "A symbolic link leads out of the notes folder; it is not followed.")
    UNREADABLE = ("KB005", "The file or folder cannot be read, or is no ordinary file.")
    FILE_NAME = ("KB006", "The file name cannot be cited, or two files would have the same note id.")
    # The front matter and the YAML of blocks
    UNCLOSED_FRONT_MATTER = ("KB010", "The front matter opens with --- and is never closed.")
    YAML = ("KB011", "The YAML cannot be read.")
    DUPLICATE_KEY = ("KB012", "A key is written twice.")
    YAML_MACHINERY = ("KB013", "YAML anchors, aliases, tags and merge keys are not used in notes.")
    SHAPE = ("KB014", "A value has the wrong shape, such as a list where one text belongs.")
    UNKNOWN_FIELD = ("KB015", "The front matter has a field that does not exist.")
    EMPTY_VALUE = ("KB016", "A field has no value; it is read as if it were not written.", "warning")
    # Values
    UNKNOWN_VALUE = ("KB020", "The value is not one of those this key may have.")
    DATE = ("KB021", "A date is not a day of the calendar, written YYYY-MM-DD.")
    DATE_ORDER = ("KB022", "Two dates of the note are in the wrong order.")
    PROCEDURE_CODE = ("KB023", "A procedure code or range of codes cannot exist.")
    DIAGNOSIS_CODE = ("KB024", "A diagnosis code, prefix or range cannot exist.")
    MODIFIER = ("KB025", "A modifier is not two characters such as 25 or RT.")
    CARC = ("KB026", "A denial code is neither a group and CARC (CO-97) nor a RARC (N122).")
    PLACE = ("KB027", "A place of service is not two digits.")
    NUMBER = ("KB028", "A number or a range of numbers cannot be read.")
    PAYER_SLUG = ("KB029", "A payer is not named by its slug, or a payer note does not name exactly one.")
    PAYER_FIELD = ("KB030", "A field that only a payer note has stands in another kind of note.", "warning")
    # Blocks
    BLOCK_KEY = ("KB040", "A rule or evidence block has a key that does not exist.")
    RULE_ID = ("KB041", "A rule block has no id, or one that is not lower-case words joined by hyphens.")
    NO_EFFECT = ("KB042", "A rule block asks for nothing and forbids nothing.")
    BLANK_KEY = ("KB049", "A key of a block has no value; a condition left blank would hold everywhere.")
    EXAMPLE = ("KB043", "An example of a block cannot be read.")
    NO_EXAMPLES = ("KB044", "A rule block lacks an example that passes or one that fails.", "warning")
    EVIDENCE = ("KB045", "An evidence block lacks its code or the words it looks for.")
    UNCLOSED_FENCE = ("KB046", "A fenced block is never closed and swallows what follows.")
    BLOCK_NOT_READ = ("KB047", "A block looks like a rule or evidence block but is not read as one.")
    UNCOVERED_CODE = ("KB048", "A code of the note is covered by no rule of the note.", "warning")
    # Between notes
    UNKNOWN_PAYER = ("KB050", "No payer note of the practice defines this payer.")
    DUPLICATE_PAYER = ("KB051", "Two payer notes define the same payer.")
    DUPLICATE_RULE = ("KB052", "Two rule blocks have the same id.")
    SUPERSEDES_NOTHING = ("KB053", "The note supersedes a note that does not exist.")
    SUPERSEDES_CIRCLE = ("KB054", "Notes supersede each other in a circle.")
    DEAD_LINK = ("KB055", "A link leads to no file or heading of the notes folder.", "warning")
    DUPLICATE_NOTE = ("KB056", "Two notes have the same body.", "warning")
    # On a date
    EXPIRED = ("KB060", "The note's effective-through has passed and its status is still live.", "warning")
    SUPERSEDED = ("KB061", "Another note has taken the place of this one.", "warning")
    OVERDUE = ("KB062", "The note's review-by has passed.", "warning")
    VERIFIED_LATER = ("KB063", "The note is marked verified on a day that has not come yet.", "warning")
    LONG_SECTION = ("KB064", "A section is longer than search reads in one piece.", "warning")


class ProblemLog:
    """Collects the problems of one file. Its only state is the list; nothing is printed or raised."""

    __slots__ = ("_problems", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self._problems: list[Problem] = []

    def add(self, check: Check, line: int, message: str) -> None:
        """Note one problem at a 1-based file line."""
        self._problems.append(Problem(self.path, line, check.value, message, check.severity))

    def __len__(self) -> int:
        return len(self._problems)

    def errors_since(self, mark: int) -> bool:
        """True when an error was added after `mark`, an earlier `len()` of this log."""
        return any(problem.severity == "error" for problem in self._problems[mark:])

    def in_order(self) -> tuple[Problem, ...]:
        """The problems by line; those of one line in the order they were found."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))


def nearest(word: str, choices: Iterable[str], likeness_wanted: float = LIKENESS) -> str | None:
    """The choice most like `word`, letter case and `_` for `-` aside, the first of equals; None when none is near."""
    from rapidfuzz.distance import DamerauLevenshtein
    from rapidfuzz.process import extractOne

    written = list(choices)
    found = extractOne(
        word.casefold().replace("_", "-").strip(),
        [choice.casefold() for choice in written],
        scorer=DamerauLevenshtein.normalized_similarity,
        score_cutoff=likeness_wanted,
    )
    return written[found[2]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest choice, or the empty string."""
    near = nearest(word, choices)
    return f'; did you mean "{near}"?' if near else ""


def shown(text: str, limit: int = 60) -> str:
    """User's text as it stands in a message: in double quotes, on one line, cut where it is long."""
    line = " ".join(text.split())
    return f'"{line if len(line) <= limit else line[: limit - 3] + "..."}"'
