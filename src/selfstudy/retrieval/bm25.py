"""BM25 over passages (Robertson and Zaragoza 2009), through bm25s."""

from __future__ import annotations

from collections.abc import Sequence

from selfstudy.domain.passage import Passage


def best_passages(passages: Sequence[Passage], questions: Sequence[str]) -> list[Passage]:
    """For each question the passage that BM25 ranks first; titles count as text.

    Raises:
        ValueError: there are no passages.
    """
    if not passages:
        raise ValueError("retrieval: there are no passages to search")
    import bm25s  # imported here: it is slow to load, and most commands do not search

    index = bm25s.BM25()
    texts = [f"{p.title}\n{p.text}" for p in passages]
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    asked = bm25s.tokenize(list(questions), stopwords="en", show_progress=False)
    found, _ = index.retrieve(asked, k=1, show_progress=False)
    return [passages[int(row[0])] for row in found]
