"""What `make demo` shows on the sample practice: answers, a refusal, a claim checked, codes proposed, checked notes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from assistant.cli import main

_SAMPLE = Path(__file__).resolve().parents[1]
_SHOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "A question, answered from the practice's own note:",
        ("ask", "which modifier does Blue Shield need for 31255 on both sides"),
    ),
    ("The same question for a payer with the opposite habit:", ("ask", "and 31255 both sides at Summit HMO?")),
    (
        "Something nobody wrote down is refused, and remembered as a gap:",
        ("ask", "what does Blue Shield want for a cochlear implant"),
    ),
    ("What is still missing:", ("gaps",)),
    (
        "With the small language model that comes along (its every word is checked against the note):",
        ("ask", "--model", "default", "how many days do we have to file with Lakeside"),
    ),
    (
        "A claim checked before it goes out, with the practice's own rule and the fix:",
        ("validate", str(_SAMPLE / "evals" / "sets" / "demo-claim.txt")),
    ),
    (
        "Codes proposed for a clinical note, each with its words, checked by the same rules:",
        (
            *("propose", str(_SAMPLE / "evals" / "sets" / "demo-note.txt")),
            *("--payer", "blue-shield-ppo", "--dos", "2026-09-15", "--pos", "24", "--age", "46", "--sex", "F"),
        ),
    ),
    ("All notes checked, their examples run:", ("kb", "check")),
)  # fmt: skip


def show() -> int:
    """Run the commands a newcomer would type; 0 when each did what it should."""
    if not (_SAMPLE / "kb").is_dir():
        print("The demo runs in a checkout, where the sample practice is.", file=sys.stderr)
        return 2
    print("Understudy on the sample practice Harborview ENT. The first run reads all notes (about a minute).\n")
    for headline, arguments in _SHOWN:
        print(f"--- {headline}\n$ understudy {shlex.join(arguments)}\n")
        code = main([*arguments, "--practice", str(_SAMPLE)])
        print()
        if code not in (0, 1):
            return code
    print('Ask your own: .venv/bin/understudy ask "..."   Make your practice: .venv/bin/understudy init FOLDER')
    print("The web page: .venv/bin/understudy serve, then open the address it prints")
    return 0


if __name__ == "__main__":
    sys.exit(show())
