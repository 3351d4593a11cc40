"""The words in which replies make claims, of all languages at once: read from claims.<code>.toml."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import AgentError


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: tuple[str, ...] = ()
    negation: tuple[str, ...] = Field((), alias="not")
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    you: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


class ClaimWords(BaseModel):
    """What the files say, put together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: tuple[str, ...]
    over: tuple[str, ...]
    under: tuple[str, ...]
    units: Mapping[str, tuple[str, ...]]
    words: _Words
    decades: Mapping[str, int]

    def __add__(self, other: "ClaimWords") -> "ClaimWords":
        units = {u: (*self.units.get(u, ()), *other.units.get(u, ())) for u in {**self.units, **other.units}}
        mine, theirs = self.words.model_dump(by_alias=True), other.words.model_dump(by_alias=True)
        return ClaimWords(
            about=self.about + other.about,
            over=self.over + other.over,
            under=self.under + other.under,
            units=units,
            words=_Words(**{key: (*mine[key], *theirs[key]) for key in mine}),
            decades={**self.decades, **other.decades},
        )


@cache
def claim_words() -> ClaimWords:
    """Every language's; AgentError for a file that cannot be used."""
    read = [_read(path) for path in sorted(Path(__file__).parent.glob("claims.*.toml"))]
    return sum(read[1:], read[0])


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of these words, whole ones where the script has spaces; longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return (
        "(?:"
        + "|".join(rf"\b{re.escape(w)}\b" if w.isascii() and w[-1:].isalnum() else re.escape(w) for w in ordered)
        + ")"
    )


def _read(path: Path) -> ClaimWords:
    try:
        return ClaimWords.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise AgentError(f"{path.name!r} cannot be used: {error}; repair it".replace("\n", "; ")) from error
