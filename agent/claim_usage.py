"""What a facet value means when descriptions of the catalogue use the word: a claim, or just a word. Pure.

'red' in the text of a product says that it is red; 'family' in that of a film hardly says that it is a family film.
"""

import re

from retrieval.catalog import Catalog, as_labels

_SAMPLE, _ENOUGH = 2000, 8


class WordUsage:
    """Measures words on an even sample of a catalogue, each once."""

    def __init__(self, catalog: Catalog) -> None:
        items = catalog.items
        self._sample = tuple(items[n] for n in range(0, len(items), max(len(items) // _SAMPLE, 1)))
        self._known: dict[tuple[str, str], float | None] = {}

    def says(self, facet: str, value: str) -> float | None:
        """Share of the items whose description uses the word that also hold the value; None if too few use it."""
        key = (facet, value)
        if key not in self._known:
            self._known[key] = self._measured(facet, value)
        return self._known[key]

    def _measured(self, facet: str, value: str) -> float | None:
        word = re.compile(rf"\b{re.escape(value)}\b", re.IGNORECASE)
        using = [item for item in self._sample if facet in item.facets and word.search(item.description)]
        holding = sum(value in as_labels(item.facets[facet]) for item in using)
        return holding / len(using) if len(using) >= _ENOUGH else None
