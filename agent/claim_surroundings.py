"""What stands around a word of a reply: quotation marks, a denial, the words that a description has there too. Pure."""

import re

from agent.claim_evidence import Known
from retrieval.catalog import as_labels
from retrieval.finding import Span
from retrieval.folding import forms

_BACK = 28
_PARTS = re.compile(r"[”:;：；]")


def clause_before(text: str, place: int) -> str:
    """What stands shortly before a place, from the last sign on that parts one thing said from another."""
    return _PARTS.split(text[max(0, place - _BACK) : place])[-1]


def holds_value(known: Known, value: str) -> bool:
    """Whether an item has a facet value that reads like this."""
    held = known.item.facets.values() if known.item else ()
    return any(value in as_labels(v) for v in held if isinstance(v, str | tuple))


def with_before(text: str, span: Span) -> list[str]:
    """The words of a value with the two before them, as a description may have them."""
    words = forms(text[: span.end])
    return list(words[-len(forms(span.text)) - 2 :])


def is_quoted(text: str, place: int) -> bool:
    """Whether a place is in quotation marks: somebody's words, or a condition that is spoken of."""
    before = text[:place]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1
