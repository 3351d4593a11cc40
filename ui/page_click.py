"""A click on one of the page's own buttons, as the browser reports it: untrusted, so it is read as a closed shape."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import BadRequest
from ui.page_choices import Answer

Talk: TypeAlias = Literal["say", "why", "similar", "compare", "answer", "tune"]
"""Clicks that are a turn."""
Change: TypeAlias = Literal["react", "edit", "forget", "undo"]
"""Clicks that change the ledger."""


class Click(BaseModel):
    """What was clicked and what it was about; only the fields of its `act` are set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: Talk | Change | Literal["open", "speak", "renew", "export", "erase"]
    text: str = ""
    item: str = ""
    items: tuple[str, ...] = Field(default=(), max_length=4)
    call: Annotated[Answer, Field(discriminator="tool")] | None = None
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    id: str = ""
    verdict: Literal["like", "dislike", "seen"] = "like"
    polarity: Literal["1", "-1"] | None = None
    hard: Literal["yes", "no"] | None = None
    scope: Literal["session", "always"] | None = None


def click_of(data: object) -> Click:
    """Read a click; BadRequest if it is none that the page can send."""
    try:
        return Click.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(f"the click {first['input']!r:.80} cannot be read; reload the page") from error
