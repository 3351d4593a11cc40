"""Which languages there are, and which one a message is in: read from the language files, named nowhere in code."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import AgentError

DEFAULT = "en"
"""The language of last resort: every key of a language file is there in it."""

_HERE = Path(__file__).parent
_NEEDED = ("wording.{}.toml", "reasons.{}.toml", "rules/replies.{}.toml")


class Signs(BaseModel):
    """What a message of a language looks like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    script: str
    borrowed: bool
    words: str


class Typing(BaseModel):
    """How text of a language is put together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comma: str
    sentence: str
    unspaced: str
    elisions: tuple[tuple[str, str, str], ...]


class LanguageWords(BaseModel):
    """Everything in `wording.<code>.toml`, as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: Signs
    text: Typing
    words: dict[str, tuple[str, ...]]


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
    signs = {code: words_of(code).message for code in codes}
    said = {code: len(re.findall(s.words, text)) for code, s in signs.items() if re.search(s.script, text)}
    most = max(said.values(), default=0)
    # A sentence of one language with names of another: of equals, the one whose letters nobody borrows.
    best = sorted((c for c in said if said[c] == most), key=lambda c: (signs[c].borrowed, c != before))
    if not best or (most == 0 and signs[best[0]].borrowed):
        return before
    return best[0]


@cache
def words_of(code: str) -> LanguageWords:
    """Read `wording.<code>.toml`; AgentError if there is no such language or its file cannot be used.

    What it has no words for is said in the default language.
    """
    path = _HERE / f"wording.{code}.toml"
    try:
        read = LanguageWords.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        contacts = [pattern for end, start, _ in read.text.elisions for pattern in (end, start)]
        for pattern in (read.message.script, read.message.words, read.text.unspaced, *contacts):
            re.compile(pattern)
    except OSError as error:
        raise AgentError(f"there is no language {code!r}: 'agent/{path.name}' is missing; write it") from error
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise AgentError(f"'agent/{path.name}' cannot be used: {error}; repair it".replace("\n", "; ")) from error
    if code == DEFAULT:
        return read
    return read.model_copy(update={"words": {**words_of(DEFAULT).words, **read.words}})
