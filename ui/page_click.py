"""A click on one of the page's own buttons, as the browser reports it: untrusted, so it is read as a closed shape."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import BadRequest


class Click(BaseModel):
    """What was clicked and what it was about; only the fields of its `act` are set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: Literal["say", "why", "similar", "react", "edit", "forget", "undo", "export", "erase", "renew"]
    text: str = ""
    item: str = ""
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
