"""Second films and tracings of one day (76), and work that was begun and stopped (53)."""

from __future__ import annotations

import pytest

from assistant.propose.model import Evidence, ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.repeats import repeated_tests
from assistant.propose.told_modifiers import stopped_codes


def shown(text, code, *quotes, days="XXX"):
    evidence = tuple(Evidence(text.index(one), text.index(one) + len(one), one) for one in quotes)
    return ProcedureCandidate(code, None, 1, evidence, global_days=days)


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("Wrist films, three views, read by me. Fracture set. Second set of three views read by me.", True),
        ("Wrist films, three views, read by me. Post-reduction films read by me: good position.", True),
        ("Wrist films, three views, read by me. New films in a week.", False),
        ("Wrist films, three views, read by me. Compared with the repeat films of last month.", False),
    ],
)
def test_a_second_film_needs_its_own_reading_today(text, again):
    told = repeated_tests(read_clinical_note(text), [shown(text, "73110", "Wrist films")])
    assert told == ({"73110": "76"} if again else {})


def test_a_film_of_another_part_is_no_repetition():
    text = "Wrist films read by me. Second set of the elbow, two views, read by me."
    assert repeated_tests(read_clinical_note(text), [shown(text, "73110", "Wrist films")]) == {}


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("09:00 12-lead ECG, read: sinus. After the drug a second ECG, separate report: QT same.", True),
        ("12-lead ECG, read: sinus. Old tracing from May beside it.", False),
        ("12-lead ECG, read: sinus. A repeat ECG will be made next week and read.", False),
    ],
)
def test_a_second_tracing_of_the_day(text, again):
    told = repeated_tests(read_clinical_note(text), [shown(text, "93010", "12-lead ECG")])
    assert told == ({"93010": "76"} if again else {})


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        ("Coronary filmed. Pressure fell to 70 and the study was stopped at once for her safety.", True),
        ("Coronary filmed. She had a seizure. The procedure was aborted.", True),
        ("Coronary filmed. The procedure was completed. No hypotension.", False),
        ("Coronary filmed. The procedure was stopped when all arteries had been seen.", False),
        ("The last procedure was stopped in 2019 for hypotension. Coronary filmed.", False),
    ],
)
def test_work_stopped_for_the_patients_sake_is_53(text, stopped):
    found = stopped_codes(read_clinical_note(text), [shown(text, "93454", "Coronary filmed", days="000")])
    assert found == ({"93454": "53"} if stopped else {})
