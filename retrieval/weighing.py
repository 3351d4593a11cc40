"""What a person asks for, next to what was learned about what people like: one fused score of both."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import expit

from retrieval.fusion import Fused, Fusion, Term, reciprocal_rank_fusion
from retrieval.ports import Scores

PRIORS = (
    Term("content", "raw", 0.0, 1.0, 4.0),
    Term("wish", "raw", 0.0, 1.0, 2.0),
    Term("dislike", "raw", 0.0, 1.0, 2.0),
    Term("avoid", "raw", 0.0, 1.0, 4.0),
)
"""What a log cannot teach, because nobody asks for anything in it: how much it counts, in logits, to be the closest
candidate to the text, to meet every wish, to be the same as a disliked item, to be what is not wanted. A fusion that
has learned such a feature keeps its own weight."""

PERSONAL = frozenset({"cf", "last", "taste", "graph"})
"""Parts that come from what a person has liked or chosen."""

Ask: TypeAlias = Literal["nothing", "text", "twist"]
"""What a query says in words: nothing, a text to go by, or a twist to an item it names ('like this, but slower')."""

SOFTENED: Mapping[Ask, Mapping[str, float]] = {
    "nothing": {},
    "text": dict.fromkeys(PERSONAL, 0.4),
    "twist": {"content": 0.25},
}
"""What parts weigh under each. Who loves one thing and asks for another wants the other, and of those the one they will
like; who asks for something like a named item wants that first, and among such items the twist decides."""


def weigh(columns: Mapping[str, Scores], fusion: Fusion | None, ask: Ask) -> Fused:
    """Fuse feature columns of equal length; by reciprocal ranks without a fusion."""
    complete = None if fusion is None else with_priors(fusion)
    fused = reciprocal_rank_fusion(columns) if complete is None else complete.fuse(columns)
    return _softened(fused, complete, SOFTENED[ask]) if SOFTENED[ask] else fused


def with_priors(fusion: Fusion) -> Fusion:
    """Give a fusion the terms it could not learn."""
    missing = (term for term in PRIORS if term.feature not in fusion.features)
    unscaled = tuple(replace(term, weight=term.weight / fusion.slope) for term in missing)
    return replace(fusion, terms=(*fusion.terms, *unscaled))


def _softened(fused: Fused, fusion: Fusion | None, share: Mapping[str, float]) -> Fused:
    parts = {name: part * np.float32(share.get(name, 1.0)) for name, part in fused.parts.items()}
    total = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    scores = np.clip(total, 0, 1) if fusion is None else expit(total + np.float32(fusion.intercept))
    return Fused(np.asarray(scores, dtype=np.float32), parts)
