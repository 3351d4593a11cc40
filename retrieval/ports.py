"""The seams of retrieval: what an adapter must do. Adapters inherit nothing."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Constraint, Taste

Vector: TypeAlias = NDArray[np.float32]
"""Shape (d,), L2-normalised."""
Matrix: TypeAlias = NDArray[np.float32]
"""Shape (n, d), rows L2-normalised."""
Scores: TypeAlias = NDArray[np.float32]
"""Shape (n,), higher is better."""


class Embedder(Protocol):
    """Text to unit vectors. The same text always gives the same vector."""

    @property
    def name(self) -> str:
        """Identifies model and version; an index built with another name is refused."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Embed texts; shape (len(texts), d). An empty text is legal."""


class VectorStore(Protocol):
    """Nearest neighbours by cosine similarity, filtered before the search, ties by id."""

    def upsert(self, ids: Sequence[str], vectors: Matrix, metadatas: Sequence[Mapping[str, object]]) -> None:
        """Add or replace; atomic per call."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove; unknown ids are ignored."""

    def search(
        self, vector: Vector, k: int, where: Sequence[Constraint] = (), within: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return at most k (id, similarity), best first, of items that satisfy `where` and are in `within` if given."""


class CFModel(Protocol):
    """Collaborative filtering by fold-in: people are given as signed histories, never as trained user ids."""

    @property
    def name(self) -> str:
        """The family and its parameters, as shown in the validation table."""

    def scores(self, tastes: Sequence[Taste], candidates: Sequence[str]) -> Scores:
        """Score candidates for these tastes (oldest first), shape (len(candidates),); unknown items score 0."""

    def recommend(self, tastes: Sequence[Taste], k: int, exclude: frozenset[str]) -> list[tuple[str, float]]:
        """Return at most k (item_id, score > 0), best first; never an excluded or judged item. No tastes are legal."""

    def contributions(self, tastes: Sequence[Taste], candidate: str) -> list[tuple[str, float]]:
        """Which judged items drive the candidate's score, and by how much; largest first; sums to its score."""
