"""The scoring of proposed claims: what counts as right, what as missed, and what of the held-back cases is told."""

from __future__ import annotations

from collections import Counter

from assistant.propose.model import ProviderQuery
from evals.propose_set import Figures, ProposedCase, as_json, asks_for, f1, render


def case(case_id, *, missed=(), extra=(), hits=1, em=None, query=None):
    return ProposedCase(
        case_id, missed, extra, hits, (), (), 1, em, "99213" if em is not None else "", query, True, 0.1
    )


def test_f1_counts_what_is_missing_and_what_is_too_much():
    assert f1(Counter(hit=3, missed=1, extra=0)) == 6 / 7
    assert f1(Counter(hit=0, missed=2, extra=1)) == 0
    assert f1(Counter()) == 1


def test_a_case_is_exact_only_without_missing_and_extra_lines():
    assert case("D01").exact
    assert not case("D01", missed=("31267 x1",)).exact
    assert not case("D01", extra=("31267 x1",)).exact


def test_open_and_held_back_cases_are_counted_apart():
    told = as_json([case("D01"), case("D02", missed=("31256 x1",), em=False, query=True)])
    assert (told["open"]["exact"], told["held_back"]["exact"], told["all"]["cases"]) == (1, 0, 2)
    assert told["held_back"]["em_exact"] == "0/1"
    assert told["held_back"]["queries"] == "1/1"
    assert Figures().to_json()["em_exact"] == "0/0"


def test_of_a_held_back_case_no_code_is_shown():
    report = "\n".join(render([case("D01", extra=("30520 x1",)), case("D02", missed=("31256 x1",))]))
    assert "30520" in report
    assert "31256" not in report
    assert "D02" not in report


def test_cases_of_other_sets_are_all_open():
    assert case("ENT-102").is_open
    assert not case("D02").is_open


def test_where_words_are_named_one_question_alone_must_hold_one_of_them():
    side, other = ProviderQuery("On which side was this done?", "side"), ProviderQuery("How many?", "count")
    assert asks_for([side], ["side", "ear"])
    assert not asks_for([other], ["side"])
    assert not asks_for([side, other], ["side"])
    assert not asks_for([], ["side"])
    assert asks_for([side, other], None)
