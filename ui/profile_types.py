"""What the API answers about people: profiles, their records, what was erased."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from agent.plan import Scope
from agent.profile import Ending, Kind
from retrieval.types import Op


class Answer(BaseModel):
    """An answer."""

    # Fields with a default are always there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Since(Answer):
    """Where and when something was said."""

    session: str
    turn: int
    at: str


class PreferenceView(Answer):
    """One record of a profile."""

    id: str
    kind: Kind
    label: str
    polarity: Literal[-1, 1]
    facet: str
    op: Op
    values: list[str | float | bool]
    hard: bool
    seen: bool
    rated: bool
    scope: Scope
    person: str
    words: str
    confidence: float
    since: Since
    ended: Ending
    superseded_by: str


class ProfileView(Answer):
    """What counts for a person now, and what has ended."""

    user: str
    active: list[PreferenceView]
    history: list[PreferenceView]


class ProfileExport(Answer):
    """Everything that is stored about a person."""

    user: str
    export: Mapping[str, JsonValue]


class Erasure(Answer):
    """How much went."""

    turns: int
    preferences: int


class Erased(Answer):
    """What was erased of a person."""

    user: str
    erased: Erasure


class Reacted(Answer):
    """A verdict that was kept, and what counts now."""

    user: str
    session: str
    item_id: str
    verdict: Literal["like", "dislike", "seen", "reject"]
    profile: list[PreferenceView]
