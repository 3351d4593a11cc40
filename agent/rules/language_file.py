"""The file of a language for the tier without a model, read and checked."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import AgentError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Writing(_Part):
    """How the language is written; see the data file."""

    edge: str
    stop: str
    gap: str
    joint: str
    before_value: str
    after_value: str
    rest: str
    multiples: frozenset[str]
    shortened: bool
    glue: frozenset[str]


class _Counts(_Part):
    adjectives: str
    patterns: tuple[str, ...]
    few: int


class BoundWords(_Part):
    """Words inside and between bounds; see the data file."""

    parts: dict[str, tuple[int, int]]
    spans: dict[str, int]
    decade_unit: str
    last: str
    tail: str
    fillers: str
    half: str
    halves: str
    one: str
    joints: frozenset[str]
    decades: dict[str, int]
    decade: str
    past: str


class _Bounds(_Part):
    between: tuple[str, ...]
    at: dict[str, str]
    after: dict[str, str]
    negated: str
    words: BoundWords


class Comparatives(_Part):
    """How comparing words are formed; see the data file."""

    endings: tuple[tuple[str, str, str], ...]
    prefixes: tuple[tuple[str, str, str], ...]
    superlatives: dict[str, str]
    named_more: dict[str, int] = {}
    """Comparatives made of a facet's own name, 'higher {}', and which way they go."""
    named_most: dict[str, int] = {}
    plain: dict[str, str]
    forms: tuple[str, ...]
    plain_follows: str
    critical: str
    than: str
    than_before: str
    too: str
    too_bad: str


class _Leftover(_Part):
    drop: str
    origins: frozenset[str]
    members: str
    makers: str


class LanguageFile(_Part):
    """Everything a language file holds, as written."""

    writing: Writing
    padding: str
    whole: dict[str, str]
    parts: dict[str, str]
    stances: dict[str, str]
    verdicts: dict[str, str]
    negation: str
    reactions: dict[str, str]
    numbers: dict[str, float]
    counts: _Counts
    bounds: _Bounds
    units: dict[str, dict[str, float]]
    comparison: Comparatives
    questions: dict[str, str]
    leftover: _Leftover


def has_rules(code: str) -> bool:
    """Whether messages of a language can be understood without a model."""
    return Path(__file__).with_name(f"{code}.toml").is_file()


def read_file(code: str) -> LanguageFile:
    """Read `<code>.toml`; AgentError if there is no such language or its file cannot be used."""
    path = Path(__file__).with_name(f"{code}.toml")
    try:
        return LanguageFile(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as e:
        raise AgentError(f"no rules for the language {code!r}; add 'agent/rules/{path.name}'") from e
    except (tomllib.TOMLDecodeError, ValidationError) as e:
        raise AgentError(f"'agent/rules/{path.name}' cannot be used: {e}; repair it".replace("\n", " ")) from e
