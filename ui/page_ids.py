"""Who is looking at the page: random ids, made here, kept by the person's own browser."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agent import TurnRequest

_BYTES = 32
Token: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""256 random bits: whoever holds it is the person, so it must not be guessable."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Visitor(_Frozen):
    """One person in one catalogue, and the conversation that is open there."""

    user: Token
    session: Token


class Visit(_Frozen):
    """What a browser keeps: a visitor per catalogue, so that one catalogue never sees the taste told to another."""

    catalog: str
    visitors: dict[str, Visitor]
    diversity: Annotated[float, Field(ge=0, le=1)] = TurnRequest("").diversity
    """How varied the lists of this browser are."""
    language: str = ""
    """Of the page; '' until the browser has said which it wants."""

    @property
    def visitor(self) -> Visitor:
        """The person in the open catalogue."""
        return self.visitors[self.catalog]


def visit(kept: object, catalogs: Iterable[str]) -> Visit:
    """Read the JSON that a browser kept; whatever is not a visit of these catalogues begins a new one."""
    names = tuple(catalogs)
    try:
        found = Visit.model_validate_json(kept if isinstance(kept, str) else "")
    except ValidationError:
        return Visit(catalog=names[0], visitors={name: stranger() for name in names})
    # Those of catalogues that are not offered now stay: they may be on their way.
    visitors = {**found.visitors, **{name: found.visitors.get(name) or stranger() for name in names}}
    catalog = found.catalog if found.catalog in names else names[0]
    return found.model_copy(update={"catalog": catalog, "visitors": visitors})


def stranger() -> Visitor:
    """Someone nobody has met."""
    return Visitor(user=secrets.token_urlsafe(_BYTES), session=secrets.token_urlsafe(_BYTES))


def fresh(there: Visit, *, forget: bool = False) -> Visit:
    """Begin another conversation in the open catalogue; with `forget`, as somebody new."""
    user = stranger().user if forget else there.visitor.user
    now = Visitor(user=user, session=stranger().session)
    return there.model_copy(update={"visitors": {**there.visitors, there.catalog: now}})


def moved(there: Visit, catalog: str, catalogs: Mapping[str, object]) -> Visit:
    """Open another catalogue; an unknown name changes nothing."""
    return there.model_copy(update={"catalog": catalog}) if catalog in catalogs else there
