"""From what was found to the numbered cards that the person sees. Pure."""

from collections.abc import Collection, Sequence

from agent.languages import DEFAULT
from agent.observations import Found, Observation
from agent.profile import Preference
from agent.reasons import liked_by_speaker, openings, reasons
from agent.types import Card
from retrieval.catalog import Catalog


def cards_of(
    observations: Sequence[Observation],
    catalog: Catalog,
    preferences: Sequence[Preference] = (),
    language: str = DEFAULT,
    past: Collection[str] = (),
) -> tuple[Card, ...]:
    """One list over all fetches of the turn, each item once, numbered from 1; reasons may speak of `past` choices."""
    liked = liked_by_speaker(preferences)
    found = {c.item.item_id: c for o in observations if isinstance(o, Found) for c in reversed(o.candidates)}
    ordered = dict.fromkeys(c.item.item_id for o in observations if isinstance(o, Found) for c in o.candidates)
    queries = {c.item.item_id: o.query for o in observations if isinstance(o, Found) for c in o.candidates}
    cards: list[Card] = []
    said: list[tuple[str, ...]] = []
    for number, item_id in enumerate(ordered, start=1):
        candidate = found[item_id]
        why = reasons(candidate, catalog, language, liked, said, queries[item_id], past)
        said += openings(why, language)
        cards.append(Card(number, candidate.item, candidate.score, why, candidate.parts))
    return tuple(cards)
