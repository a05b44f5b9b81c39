"""Our retrieval as a LangChain user meets it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def retriever(shared, today):
    from assistant.ask.retriever import NotesRetriever

    return NotesRetriever(asker=shared.desk(keep_gaps=False).asker(today), as_of=today)


def test_documents_are_the_sufficient_passages_with_where_they_stand(retriever):
    (document,) = retriever.invoke("which modifier does Northwind want for 69436 in both ears")
    assert "Bill one line with modifier 50" in document.page_content
    assert document.metadata["note"] == "payers/northwind-ppo/tubes"
    assert document.metadata["payers"] == ["northwind-ppo"]
    assert document.metadata["status"] == "live"
    first, last = document.metadata["lines"]
    assert first < last
    assert 0 <= document.metadata["probability"] <= 1


@pytest.mark.parametrize(
    "question",
    [
        "does Aetna want 50 for tubes",
        "which code pays the most for tubes",
        "what does Northwind want for a cochlear implant",
    ],
)
def test_nothing_is_given_where_nothing_is_sufficient_or_the_question_is_declined(retriever, question):
    assert retriever.invoke(question) == []


def test_k_limits_the_documents_and_the_best_comes_first(retriever):
    question = "which modifier for 69436 in both ears"
    every = retriever.invoke(question)
    assert len(every) >= 2
    assert [one.metadata["probability"] for one in every] == sorted(
        (one.metadata["probability"] for one in every), reverse=True
    )
    limited = retriever.model_copy(update={"k": 1}).invoke(question)
    assert [one.id for one in limited] == [every[0].id]


def test_it_works_as_a_runnable_in_a_chain(retriever):
    chain = retriever | (lambda documents: [one.metadata["note"] for one in documents])
    assert chain.invoke("Granite HMO timely filing") == ["payers/granite-hmo/payer"]
