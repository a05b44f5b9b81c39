from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.grammars import answer_grammar, terms_of

PASSAGE = 'Blue Shield PPO: bill 31255-50, "one" unit ($45.00); deny CO-4/CO-97. Use J32.0 (not RT) – naïve Élan'


def test_terms_are_the_words_with_a_digit_or_a_capital():
    found = terms_of(PASSAGE)
    assert found == ("Blue", "Shield", "PPO", "31255-50", "$45.00", "CO-4", "CO-97", "Use", "J32.0", "RT")


def test_each_source_has_its_own_terms_and_its_own_mark():
    grammar = answer_grammar({1: ["50"], 3: ["RT", "LT"]}, most_sentences=2)
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())
    assert rules["root"] == 'sentence (" " sentence){0,1}'
    assert rules["sentence"] == "sentence-1 | sentence-3"
    assert rules["term-1"] == '"50"'
    assert rules["term-3"] == '"LT" | "RT"'
    assert rules["sentence-3"].endswith('". [3]"')
    assert "term-1" not in rules["sentence-3"]


def test_a_source_without_terms_can_still_be_cited():
    grammar = answer_grammar({1: []})
    assert "term-1" not in grammar
    assert 'sentence-1 ::= (opening) ([,:;]? " " (plain)){4,36} ". [1]"' in grammar


def test_quotes_and_backslashes_in_terms_are_escaped():
    assert r'"5\"" | "A\\B"' in answer_grammar({1: ['5"', "A\\B"]})


@pytest.mark.parametrize(
    "call",
    [
        lambda: answer_grammar({}),
        lambda: answer_grammar({0: ["50"]}),
        lambda: answer_grammar({1: ["two words"]}),
        lambda: answer_grammar({1: ["naïve"]}),
        lambda: answer_grammar({1: ["line\nbreak"]}),
        lambda: answer_grammar({1: [""]}),
        lambda: answer_grammar({1: []}, most_sentences=0),
        lambda: answer_grammar({1: []}, fewest_words=9, most_words=8),
    ],
)
def test_a_grammar_that_could_not_be_kept_is_refused(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()


@given(st.text(max_size=300))
def test_the_terms_of_any_text_make_a_grammar_of_one_rule_a_line(text):
    terms = terms_of(text)
    lines = answer_grammar({1: terms, 2: []}).splitlines()
    assert all(re.match(r"[a-z0-9-]+ ::= [ -~]+\Z", line) for line in lines)
    assert all(term in text for term in terms)
