"""Texts as vectors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.index.batch_layout import laid_out
from ingest.index.bert_graph import why_not
from ingest.index.embedder import (
    CompiledEmbedder,
    FakeEmbedder,
    SentenceTransformerEmbedder,
    _batches,
    load_embedder,
    packaged_model_dir,
)
from ingest.index.errors import EmbedderMissing

TEXTS = [
    "which modifier does Blue Shield need for 31255?",
    "",
    "x",
    "CO-97 denial: the line was paid inside another service.",
    "Cefalea y vértigo — naïve façade, 頭痛, \U0001f642",
    "word " * 120,
    "far too long for the model " * 100,
    *(f"Section {n}: " + "bill one line with modifier 50 and one unit. " * n for n in range(1, 12)),
]


@pytest.fixture(scope="module")
def embedder() -> CompiledEmbedder:
    loaded = load_embedder()
    assert isinstance(loaded, CompiledEmbedder)
    return loaded


@pytest.mark.models
def test_the_compiled_model_gives_the_vectors_of_sentence_transformers(embedder: CompiledEmbedder) -> None:
    reference = SentenceTransformerEmbedder(packaged_model_dir())
    ours, theirs = embedder.embed(TEXTS), reference.embed(TEXTS)
    assert ours.shape == (len(TEXTS), 384)
    assert ours.dtype == np.float32
    assert float((ours * theirs).sum(axis=1).min()) > 0.99999
    assert (embedder.dimensions, embedder.max_tokens, embedder.model_id) == (
        *(reference.dimensions, reference.max_tokens, reference.model_id),
    )
    assert [embedder.count_tokens(text) for text in TEXTS] == [reference.count_tokens(text) for text in TEXTS]


@pytest.mark.models
def test_vectors_come_in_the_order_of_the_texts_whatever_their_company(embedder: CompiledEmbedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.models
def test_short_texts_side_by_side_know_nothing_of_each_other(embedder: CompiledEmbedder) -> None:
    short = [TEXTS[0], "graft", "", "which form goes with the appeal to the plan", "x"]
    alone = np.concatenate([embedder.embed([text]) for text in short])
    assert np.allclose(embedder.embed(short), alone, atol=1e-6)
    assert np.allclose(embedder.embed(short[::-1]), alone[::-1], atol=1e-6)


@given(st.lists(st.integers(2, 40), min_size=1, max_size=12))
def test_a_laid_out_token_sees_its_own_text_and_has_its_share_of_it(lengths: list[int]) -> None:
    texts = [[100 * number + place for place in range(length)] for number, length in enumerate(lengths, 1)]
    tokens, inputs = laid_out(texts)
    assert (tokens.shape[0] == 1) == (sum(lengths) <= 192 or len(lengths) == 1)
    mask, places, shares = inputs["mask"], inputs["places"], inputs["shares"]
    assert np.allclose(shares.sum(axis=2), 1)
    met = []
    for row in range(tokens.shape[0]):
        for text in shares[row]:
            own = np.flatnonzero(text)
            met.append(tokens[row][own].tolist())
            assert places[row][own].tolist() == list(range(len(own)))
            assert all(np.flatnonzero(mask[row][token]).tolist() == own.tolist() for token in own)
    assert met == texts


@pytest.mark.models
def test_progress_counts_up_to_the_number_of_texts(embedder: CompiledEmbedder) -> None:
    seen: list[tuple[int, int]] = []
    embedder.embed(TEXTS, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(TEXTS), len(TEXTS))
    assert seen == sorted(seen)


@pytest.mark.models
def test_a_question_is_embedded_without_torch_or_transformers() -> None:
    code = (
        "import sys\n"
        "from ingest.index.embedder import load_embedder\n"
        "assert not {'numpy.random', 'onnxruntime', 'tokenizers'} & {m for m in sys.modules if m != 'numpy.random'}\n"
        "assert load_embedder().embed(['modifier 50']).shape == (1, 384)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'chromadb', 'langchain_core'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def _copy_of_the_model(target: Path, **config: object) -> Path:
    shutil.copytree(packaged_model_dir(), target, ignore=shutil.ignore_patterns("*.safetensors", "vocab.txt"))
    (target / "model.safetensors").write_bytes(b"weights")
    path = target / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return target


@pytest.mark.models
def test_a_model_of_another_kind_is_left_to_sentence_transformers(tmp_path: Path) -> None:
    assert why_not(_copy_of_the_model(tmp_path / "same")) is None
    for number, config in enumerate(({"model_type": "mpnet"}, {"hidden_act": "relu"}, {"is_decoder": True})):
        other = _copy_of_the_model(tmp_path / str(number), **config)
        assert why_not(other) is not None
        assert isinstance(load_embedder(other), SentenceTransformerEmbedder)
    cls_pooled = _copy_of_the_model(tmp_path / "cls")
    (cls_pooled / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert why_not(cls_pooled) is not None


@pytest.mark.models
def test_the_model_id_names_the_weights_and_not_the_folder(tmp_path: Path) -> None:
    one, same, other = (_copy_of_the_model(tmp_path / name) for name in ("one", "same", "other"))
    (other / "model.safetensors").write_bytes(b"weightz")
    ids = [CompiledEmbedder(folder).model_id for folder in (one, same, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_folder_without_a_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbedderMissing, match="leave the setting out"):
        load_embedder(tmp_path)


def test_batches_hold_every_text_once_longest_first() -> None:
    lengths = [3, 2000, 40, 40, 5000, 1, 0]
    batches = list(_batches(lengths))
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    assert batches[0] == [4]
    assert all(len(batch) * lengths[batch[0]] <= 2048 or len(batch) == 1 for batch in batches)


def test_the_fake_is_deterministic_and_puts_shared_words_near() -> None:
    fake = FakeEmbedder()
    same, near, far = fake.embed(["modifier 50 for sinus surgery", "modifier 50 for the nose", "parking in the yard"])
    assert np.array_equal(same, FakeEmbedder().embed(["modifier 50 for sinus surgery"])[0])
    assert same @ near > same @ far
    assert np.isclose(np.linalg.norm(fake.embed([""])[0]), 1)
