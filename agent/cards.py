"""From what was found to the numbered cards that the person sees. Pure."""

from collections.abc import Sequence

from agent.observations import Found, Observation
from agent.profile import Preference
from agent.reasons import liked_by_speaker, reasons
from agent.types import Card
from retrieval.catalog import Catalog


def cards_of(
    observations: Sequence[Observation], catalog: Catalog, preferences: Sequence[Preference] = (), language: str = "en"
) -> tuple[Card, ...]:
    """One list over all fetches of the turn, each item once, numbered from 1; reasons may speak of the preferences."""
    liked = liked_by_speaker(preferences)
    found = {c.item.item_id: c for o in observations if isinstance(o, Found) for c in reversed(o.candidates)}
    ordered = dict.fromkeys(c.item.item_id for o in observations if isinstance(o, Found) for c in o.candidates)
    return tuple(
        Card(number, found[i].item, found[i].score, reasons(found[i], catalog, language, liked), found[i].parts)
        for number, i in enumerate(ordered, start=1)
    )
