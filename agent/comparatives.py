"""Comparing words of a plan as conditions: 'cheaper' is a bound on the price of what was shown.

A model writes the word, for it does not see every price and is bad at middles; code, which sees them, puts the number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from agent.languages import DEFAULT
from agent.plan import Action, Filter, Order, Plan, Search, SimilarTo
from agent.ports import PlanContext
from agent.resolve import Scene, item_of
from agent.rules.comparison import Comparison, Scales, comparisons, critique, order, scales_of, vague
from agent.rules.language_file import has_rules
from agent.rules.lexicon import Lexicon, load_lexicon, plain
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.types import Item

_Call = TypeVar("_Call", Search, SimilarTo)
_POINTER = re.compile(r"\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language compares by the facets of a catalogue."""

    lexicon: Lexicon
    scales: Scales


class Comparatives:
    """Knows the comparing words of one catalogue, in every language that has rules."""

    def __init__(self, catalog: Catalog, linker: Linker) -> None:
        self._catalog, self._linker = catalog, linker
        self._known: dict[str, _Words] = {}

    def bounded(self, plan: Plan, context: PlanContext) -> Plan:
        """The plan with its comparing words as bounds and orders; the same plan if it has none."""
        words = self._words(context.language)
        actions: list[Action] = []
        for action in plan.actions:
            if isinstance(action, Search) and action.query:
                actions.append(self._search(action, context, words))
            elif isinstance(action, SimilarTo) and action.twist:
                actions.append(self._similar(action, context, words))
            else:
                actions.append(action)
        return plan.model_copy(update={"actions": tuple(actions)})

    def _search(self, call: Search, context: PlanContext, words: _Words) -> Search:
        found = self._found(call.query, words)
        named = self._items(_POINTER.findall(call.query), context)
        of = named or context.shown
        filters = self._filters(found, of, call.filters, relative=call.keep)
        most = next((order(c) for c in found if c.degree == "most"), None) if call.sort is None else None
        return self._rest(call, "query", call.query, found, words, filters, most) if filters or most else call

    def _similar(self, call: SimilarTo, context: PlanContext, words: _Words) -> SimilarTo:
        found = [c for c in self._found(call.twist, words) if c.degree != "most"]
        filters = self._filters(found, self._items(call.titles, context), call.filters, relative=True)
        return self._rest(call, "twist", call.twist, found, words, filters, None) if filters else call

    def _found(self, text: str, words: _Words) -> list[Comparison]:
        low = plain(text)
        read = comparisons(low, words.scales, words.lexicon)
        inside = {place for start, end in self._linker.words(low) for place in range(start + 1, end)}
        usable = (c for c in read if c.degree == "most" or c.facet in words.scales.usable)
        return [c for c in usable if not {c.start, c.end} & inside]

    def _filters(
        self, found: Sequence[Comparison], of: Sequence[Item], asked: Sequence[Filter], *, relative: bool
    ) -> tuple[Filter, ...]:
        """A bound per word, but none on a facet that the plan bounds by itself."""
        bounds = [
            critique(c, of, self._catalog) if c.degree == "more" and relative else vague(c, self._catalog)
            for c in found
            if c.degree != "most"
        ]
        given = {f.facet for f in asked}
        return tuple(dict.fromkeys(f for f in bounds if f is not None and f.facet not in given))

    def _rest(
        self,
        call: _Call,
        field: str,
        text: str,
        found: Sequence[Comparison],
        words: _Words,
        filters: Sequence[Filter],
        most: Order | None,
    ) -> _Call:
        """The call with bounds in place of the words they came from."""
        made = {f.facet for f in filters} | ({most.facet} if most else set())
        taken = [(c.start, c.end) for c in found if c.facet in made]
        signs = (_POINTER, words.lexicon.than) if taken else ()
        taken += [m.span() for sign in signs for m in sign.finditer(text)]
        rest = "".join(c for place, c in enumerate(text) if not any(a <= place < b for a, b in taken))
        update: dict[str, object] = {field: " ".join(rest.split()), "filters": (*call.filters, *filters)}
        return call.model_copy(update=update | ({"sort": most} if most else {}))

    def _items(self, mentions: Sequence[str], context: PlanContext) -> tuple[Item, ...]:
        scene = Scene(self._catalog, self._linker, context.shown)
        return tuple(item for m in mentions if isinstance(item := item_of(m, scene), Item))

    def _words(self, language: str) -> _Words:
        code = language if has_rules(language) else DEFAULT
        if code not in self._known:
            heard = self._catalog.heard(code)
            lexicon = load_lexicon(heard.spec, code)
            self._known[code] = _Words(lexicon, scales_of(heard, lexicon, self._linker.language.ranks))
        return self._known[code]
