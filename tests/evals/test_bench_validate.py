"""The bench of validating: a small run ends well, and its hostile texts are hostile."""

from __future__ import annotations

import random
import sys

import pytest

from evals.bench import bench_validate
from evals.bench.hostile_claims import bytes_of_csv, text_of_json, text_of_shorthand
from ingest.claims.csv_claims import read_csv_claims
from ingest.claims.json_claims import read_json_claims
from ingest.claims.shorthand import read_claim


def test_a_small_run_of_the_hostile_inputs_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_validate.main(["--only", "hostile", "--hostile", "500"]) == 0
    out = capsys.readouterr().out
    assert out.count("500 of 500") == 3
    assert "DOES NOT HOLD" not in out


def test_the_hostile_inputs_are_not_all_refused_and_not_all_taken() -> None:
    chance = random.Random(1)
    taken = [read_claim(text_of_shorthand(chance)).claim is not None for _ in range(500)]
    taken_json = [read_json_claims(text_of_json(chance))[0].read.claim is not None for _ in range(2_000)]
    taken_csv = [any(one.read.claim for one in read_csv_claims(bytes_of_csv(chance))[0]) for _ in range(2_000)]
    for results in (taken, taken_json, taken_csv):
        assert any(results)
        assert not all(results)


def test_the_claims_of_the_bench_are_claims_of_three_to_five_lines() -> None:
    for text in bench_validate.claim_texts(200):
        claim = read_claim(text).claim
        assert claim is not None
        assert 3 <= len(claim.lines) <= 5


def test_the_size_of_a_process_is_its_own_and_not_that_of_whoever_starts_it() -> None:
    held = bytearray(b"x" * (150 << 20))
    small = bench_validate._largest_mb([sys.executable, "-c", "pass"])
    large = bench_validate._largest_mb([sys.executable, "-c", "x = b'x' * (90 << 20)"])
    assert len(held) >> 20 == 150
    assert small < 60
    assert large - small > 80
