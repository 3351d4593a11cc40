"""What was said in a conversation before now, from the records of its turns."""

from pydantic import BaseModel, ConfigDict

from agent import Assistant
from agent.languages import DEFAULT
from agent.types import Card, Reason
from retrieval.catalog import Catalog
from retrieval.types import Evidence, EvidenceKind, Spread
from ui.page_ids import Visitor
from ui.page_trace import Ran, trace_view
from ui.page_turn import Exchange

_TURNS = 20
"""Turns shown after a reload; the store has the rest."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Reason(_Kept):
    text: str
    evidence: tuple[tuple[EvidenceKind, str, str, float], ...]


class _Card(_Kept):
    item_id: str
    score: float
    reasons: tuple[_Reason, ...]


class _Record(_Kept):
    text: str
    reply: str
    tier: str
    language: str = DEFAULT
    cards: tuple[_Card, ...]
    steps: tuple[Ran, ...] = ()
    compared: tuple[str, ...] = ()
    spread: Spread | None = None
    timings_ms: dict[str, float] = {}
    notes: tuple[tuple[str, str], ...] = ()


async def exchanges(assistant: Assistant, visitor: Visitor) -> tuple[Exchange, ...]:
    """Read the latest turns of a conversation, oldest first."""
    records = await assistant.conversation(visitor.user, visitor.session, _TURNS)
    catalog = assistant.index.catalog
    return tuple(_exchange(_Record.model_validate(record), catalog) for record in records)


def _exchange(record: _Record, catalog: Catalog) -> Exchange:
    """An item that has left the catalogue since then leaves the list too."""
    cards = tuple(c for n, kept in enumerate(record.cards, start=1) if (c := _card(n, kept, catalog)))
    trace = trace_view(record.steps, record.timings_ms, record.tier, [": ".join(note) for note in record.notes])
    return Exchange(
        record.text,
        "done",
        record.reply,
        cards,
        record.tier,
        language=record.language,
        trace=trace,
        compared=tuple(item for i in record.compared if (item := catalog.get(i))),
        spread=record.spread,
    )


def _card(number: int, kept: _Card, catalog: Catalog) -> Card | None:
    item = catalog.get(kept.item_id)
    return None if item is None else Card(number, item, kept.score, tuple(_reason(r) for r in kept.reasons))


def _reason(kept: _Reason) -> Reason:
    return Reason(kept.text, tuple(Evidence(*ground) for ground in kept.evidence))
