"""Turns, cards and preferences as JSON values: one form for the command and the API. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import quote

from agent.profile import Preference, Profile
from agent.types import Card, Done
from retrieval.catalog import Catalog
from retrieval.types import Item, Spread
from ui.json_values import Json, plain_value
from ui.trace_view import citations_view, evidence_view, plan_view, trace_view


def owner(user: str, session: str) -> str:
    """Whose ledger a channel uses: the user's; without one, a session is a person of its own, `session:<id>`.

    Empty only when both are: then nothing is kept.
    """
    return user or (f"session:{session}" if session else "")


def done_view(done: Done, catalog: Catalog) -> Json:
    """Everything a finished turn says."""
    return {"reply": done.reply, **extras_view(done, catalog), "turn": done.turn}


def extras_view(done: Done, catalog: Catalog) -> Json:
    """What a finished turn says beside its reply; stands at the top level of an API response."""
    return {
        **cards_view(done.cards, catalog),
        "profile": [preference_view(preference) for preference in done.profile],
        "plan": plan_view(done.plan),
        "trace": trace_view(done.steps),
        "notes": [{"kind": note.kind, "detail": note.detail} for note in done.notes],
        "diversity": spread_view(done.spread),
        "tier": done.tier,
        "language": done.language,
        "timings_ms": {stage: round(ms, 3) for stage, ms in done.timings_ms.items()},
        "session": done.session,
    }


def spread_view(spread: Spread | None) -> Json | None:
    """What diversity did to the list, or null where it had no part."""
    return None if spread is None else {name: round(value, 4) for name, value in asdict(spread).items()}


def cards_view(cards: Sequence[Card], catalog: Catalog) -> Json:
    """The list, and per item where what is said of it can be checked."""
    return {
        "recommendations": [card_view(card, catalog) for card in cards],
        "citations": citations_view(cards, catalog),
    }


def card_view(card: Card, catalog: Catalog) -> Json:
    """One recommendation; `image` is where its picture is, on this server or elsewhere, or null."""
    return {
        "item_id": card.item.item_id,
        "title": card.item.title,
        "score": round(card.score, 6),
        "image": picture_url(card.item, catalog),
        "facets": facets_view(card.item, catalog),
        "reasons": [{"text": r.text, "evidence": [evidence_view(e) for e in r.evidence]} for r in card.reasons],
    }


def picture_url(item: Item, catalog: Catalog) -> str | None:
    """The address of an item's picture: a path of this server, or a whole one."""
    picture = catalog.picture(item)
    if picture is None or picture.url:
        return picture.url if picture else None
    return f"/v1/catalogs/{quote(catalog.spec.name)}/pictures/{picture.name}"


def facets_view(item: Item, catalog: Catalog) -> Json:
    """What the catalogue knows about an item, but for its picture; dates as ISO text, whole numbers as integers."""
    shown = (name for name in item.facets if catalog.facet(name).kind != "image")
    return {name: plain_value(item.facets[name]) for name in shown}


def preference_view(preference: Preference) -> Json:
    """One record of the ledger."""
    said = preference.said
    return {
        "id": preference.id,
        "kind": said.kind,
        "label": said.label,
        "polarity": said.polarity,
        "facet": said.facet,
        "op": said.op.value,
        "values": [plain_value(value) for value in said.values],
        "hard": said.hard,
        "seen": said.seen,
        "rated": said.rated,
        "scope": said.scope,
        "person": said.person,
        "words": said.words,
        "confidence": said.confidence,
        "since": {"session": preference.moment.session, "turn": preference.moment.turn, "at": preference.moment.at},
        "ended": preference.ended,
        "superseded_by": preference.superseded_by,
    }


def profile_view(profile: Profile, session: str = "") -> Json:
    """What counts now (lasting, and said in `session`), and what has ended."""
    return {
        "active": [preference_view(p) for p in profile.active(session)],
        "history": [preference_view(p) for p in profile.records if p.ended],
    }
