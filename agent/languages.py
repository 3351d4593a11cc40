"""Which languages there are, and which one a message is in: read from the language files, named nowhere in code."""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import AgentError

DEFAULT = "en"
"""The language of last resort: every key of a language file is there in it."""

_HERE = Path(__file__).parent
_NEEDED = ("wording.{}.toml", "reasons.{}.toml", "rules/replies.{}.toml")


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    script: str
    borrowed: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a message of a language looks like."""

    script: re.Pattern[str]
    words: re.Pattern[str]
    borrowed: bool


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that replies can be told in, the default first: those whose files are all there."""
    codes = {path.name.split(".")[1] for path in _HERE.glob("wording.*.toml")}
    whole = {code for code in codes if all((_HERE / name.format(code)).is_file() for name in _NEEDED)}
    return tuple(sorted(whole, key=lambda code: (code != DEFAULT, code)))


def language_of(text: str, before: str = "", codes: Sequence[str] = ()) -> str:
    """Return the language of a message, one of `codes` (all there are when empty); `before` is that of the dialogue.

    Words that make sentences decide, then the script; what has neither keeps the language of the dialogue.
    """
    codes = codes or languages()
    before = before or codes[0]
    text = text.lower() if text.isupper() else text[:1].lower() + text[1:]
    signs = {code: _signs(code) for code in codes}
    said = Counter({code: len(s.words.findall(text)) for code, s in signs.items() if s.script.search(text)})
    most = max(said.values(), default=0)
    # A sentence of one language with names of another: of equals, the one whose letters nobody borrows.
    best = sorted((c for c in said if said[c] == most), key=lambda c: (signs[c].borrowed, c != before))
    if not best or (most == 0 and signs[best[0]].borrowed):
        return before
    return best[0]


@cache
def _signs(code: str) -> _Signs:
    path = _HERE / f"wording.{code}.toml"
    try:
        read = _Message(**tomllib.loads(path.read_text(encoding="utf-8"))["message"])
        return _Signs(re.compile(read.script), re.compile(read.words), read.borrowed)
    except OSError as error:
        raise AgentError(f"there is no language {code!r}: 'agent/{path.name}' is missing; write it") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValidationError, re.error) as error:
        raise AgentError(f"'agent/{path.name}' cannot be used: {error}; repair it".replace("\n", "; ")) from error
