"""Text to folded tokens that know where they stood: no case, accents or punctuation; Han and kana count singly."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SINGLE = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+(?:['’][^\W_{_SINGLE}]+)*|&")
_ASCII = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|&")
_OWNER = re.compile(r"['’]s$")
_UNSPACED = re.compile(f"[{_SINGLE}]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word at characters start to end (exclusive). `stem` lacks a possessive ending: nolan for Nolan's."""

    form: str
    stem: str
    start: int
    end: int
    capital: bool


def fold(text: str) -> str:
    """Return text without case and accents; its length may change."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(variants())


@cache
def variants() -> Mapping[int, int]:
    """Characters that are written in several ways, from `variants.<code>.toml`: traditional Chinese to simplified."""
    table: dict[int, int] = {}
    for path in sorted(Path(__file__).parent.glob("variants.*.toml")):
        pairs = tomllib.loads(path.read_text(encoding="utf-8"))
        table.update(str.maketrans(pairs["from"], pairs["to"]))
    return table


def is_unspaced(text: str) -> bool:
    """Whether a text has characters of a script that sets no spaces between words."""
    return _UNSPACED.search(text) is not None


def tokens(text: str, limit: int = 400) -> tuple[Token, ...]:
    """Return the first `limit` words of a text, folded; '&' reads as 'and'."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        if len(found) == limit:
            break
        found.append(_token(match.group(), match.start(), match.end()))
    return tuple(found)


def forms(text: str) -> tuple[str, ...]:
    """Return the folded words of a text."""
    if text.isascii():
        words = _ASCII.findall(text.casefold())
        if "'" in text or "&" in text:
            return tuple("and" if w == "&" else w.replace("'", "") for w in words)
        return tuple(words)
    return tuple(token.form for token in tokens(text))


def _token(word: str, start: int, end: int) -> Token:
    form = "and" if word == "&" else _bare(word)
    return Token(form, _bare(_OWNER.sub("", word)) or form, start, end, word[0].isupper())


def _bare(word: str) -> str:
    folded = fold(word)
    return folded if folded.isalnum() else "".join(c for c in folded if c.isalnum()) or word
