"""The tools a plan may call, as one tagged union. The docstring of a tool is what a model reads about it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from retrieval.types import Op

Mention: TypeAlias = str
"""A thing as a plan names it: 'Inception', 'Heat (1995)', '[2]' for the second item shown last, 'genres: Horror' for a
facet value, or free words. Code resolves it against the catalogue; an unknown one is told, never guessed."""

Scope: TypeAlias = Literal["search", "session", "always", "other"]
"""How long a preference counts: this search, this session, from now on; or for somebody else than the speaker."""


FacetName: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "facet"})]
"""A facet of the catalogue; the schema that a model reads lists those there are (agent/tool_schema.py)."""

OrderedFacet: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "ordered facet"})]
"""One whose values have an order: numbers, dates, yes/no."""


class _Call(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Filter(_Call):
    """A hard condition on one facet. `in`/`not_in` take several values, the others one."""

    facet: FacetName
    op: Op
    values: tuple[str | float | bool, ...] = Field(min_length=1)


class Order(_Call):
    """Sort by a facet over everything that matches: the newest, the cheapest, the longest."""

    facet: OrderedFacet
    descending: bool = True


class Remember(_Call):
    """Keep what the person said about their taste: liked or disliked items and facet values, wishes in free words,
    things to avoid, and hard constraints, each with the words it came from."""

    tool: Literal["remember"] = "remember"
    likes: tuple[Mention, ...] = ()
    dislikes: tuple[Mention, ...] = ()
    wants: tuple[Mention, ...] = ()
    avoids: tuple[Mention, ...] = ()
    constraints: tuple[Filter, ...] = ()
    scope: Scope = "always"
    person: str = ""
    """Whom it is for when scope is 'other': 'my dad'."""
    together: bool = False
    """The speaker is one of them: 'for me and my kids'. Both tastes count then, and the limits of all."""
    words: str = ""
    """The part of the message it came from."""


class Forget(_Call):
    """Drop a preference: a mention of it, 'last' for the newest change (undo), 'everything' for all of them."""

    tool: Literal["forget"] = "forget"
    what: Mention


class Search(_Call):
    """Find items by meaning and by facets. `keep` continues the last search: its text, anchors and filters stay, except
    those of a facet that is filtered anew or listed in `drop`."""

    tool: Literal["search"] = "search"
    query: str = ""
    filters: tuple[Filter, ...] = ()
    sort: Order | None = None
    keep: bool = False
    drop: tuple[FacetName, ...] = ()
    trial: bool = False
    """What if: count what it would bring, and leave the list and its conditions as they are."""
    kind: str = ""
    """The kind of thing asked for by name ('jeans'), a part of `query`: where there is none, nothing is shown."""
    count: int | None = Field(default=None, ge=1, le=50)


class SimilarTo(_Call):
    """Find items like the named ones, with an optional twist in free words ('but darker') and filters."""

    tool: Literal["similar_to"] = "similar_to"
    titles: tuple[Mention, ...] = Field(min_length=1)
    twist: str = ""
    filters: tuple[Filter, ...] = ()
    count: int | None = Field(default=None, ge=1, le=50)


class Recommend(_Call):
    """Recommend from the person's taste alone. `more`: others than those shown; `surprise`: favour the unusual."""

    tool: Literal["recommend"] = "recommend"
    filters: tuple[Filter, ...] = ()
    more: bool = False
    surprise: bool = False
    count: int | None = Field(default=None, ge=1, le=50)


class Details(_Call):
    """Answer a question of fact about one item. `facet` when it asks for one; `value` when it asks yes or no."""

    tool: Literal["details"] = "details"
    item: Mention
    question: str = ""
    facet: FacetName = ""
    value: str = ""
    condition: Filter | None = None
    """When it asks whether a bound holds: 'is it longer than two hours?'."""


class Compare(_Call):
    """Put two or more items side by side: what differs, what they share, and which fits the person's taste better.
    `by` when the person asks which of them is the longer, the newer, the cheaper one."""

    tool: Literal["compare"] = "compare"
    items: tuple[Mention, ...] = Field(min_length=1)
    by: Order | None = None


class Why(_Call):
    """Say why an item was recommended."""

    tool: Literal["why"] = "why"
    item: Mention


class WhyNot(_Call):
    """Say why an item was not recommended, and what would bring it in."""

    tool: Literal["why_not"] = "why_not"
    item: Mention


class React(_Call):
    """Record a verdict on an item: liked, disliked, already seen, or not interested."""

    tool: Literal["react"] = "react"
    item: Mention
    verdict: Literal["like", "dislike", "seen", "reject"]


class Ask(_Call):
    """Ask the person one question about a facet, when the answer would change the list."""

    tool: Literal["ask"] = "ask"
    facet: FacetName


class Accept(_Call):
    """Do what was offered in the reply before: the person says yes to a what-if, or to dropping a condition."""

    tool: Literal["accept"] = "accept"


class Chat(_Call):
    """Nothing to fetch: greeting, thanks, goodbye, help, small talk, off-topic, insult, unclear or empty message; or
    `profile`: the person asks what is known about them."""

    tool: Literal["chat"] = "chat"
    kind: Literal[
        "greeting", "thanks", "goodbye", "help", "profile", "smalltalk", "offtopic", "insult", "unclear", "empty"
    ]


class Handoff(_Call):
    """Bring in a person from the staff."""

    tool: Literal["handoff"] = "handoff"
    reason: str = ""


Action: TypeAlias = Annotated[
    Remember
    | Forget
    | Search
    | SimilarTo
    | Recommend
    | Details
    | Compare
    | Why
    | WhyNot
    | React
    | Ask
    | Accept
    | Chat
    | Handoff,
    Field(discriminator="tool"),
]


class Plan(_Call):
    """What to do in a turn, in order. The same tool may occur several times."""

    actions: tuple[Action, ...] = Field(min_length=1, max_length=12)
