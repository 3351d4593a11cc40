"""The words of the page, from `labels.<code>.toml` beside this file, and which language a browser asks for."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from agent.languages import DEFAULT, languages
from agent.phrases import Phrases, load_phrases

_HERE = Path(__file__).resolve().parent
Say: TypeAlias = Callable[..., str]
"""`say(key, **slots)`: a word of the page."""


@cache
def page_languages() -> dict[str, str]:
    """Codes of the languages that the page and the replies speak, with their own names; the default first."""
    codes = [code for code in languages() if _path(code).is_file()]
    return {code: labels(code).part("name") for code in codes}


def labels(code: str = DEFAULT) -> Phrases:
    """The words of a language; AgentError if the page does not speak it."""
    return load_phrases(_path(code))


def asked_for(accept: str) -> str:
    """The first language of an Accept-Language header that the page speaks, else the default."""
    ranked = sorted(filter(None, map(_wanted, accept.split(","))), key=lambda wanted: -wanted[1])
    return next((code for code, _ in ranked if code in page_languages()), DEFAULT)


def _wanted(part: str) -> tuple[str, float] | None:
    tag, _, quality = part.partition(";q=")
    code = tag.strip().casefold().partition("-")[0]
    try:
        return (code, float(quality or 1)) if code else None
    except ValueError:
        return None


def _path(code: str) -> Path:
    return _HERE / f"labels.{code}.toml"
