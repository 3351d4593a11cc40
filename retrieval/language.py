"""What linking needs to know of a language, from `language.<code>.toml` and `common.<code>.toml` beside this file."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.errors import CatalogError

Pointing = Literal["place", "both", "all", "it"]

_HERE = Path(__file__).parent


class Pointer(BaseModel):
    """One way to point at things of a list; see the data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Pointing
    pattern: str


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: frozenset[str]
    parts: frozenset[str]
    pronouns: frozenset[str]
    cues: frozenset[str]
    indefinites: frozenset[str]
    fillers: frozenset[str]
    chains: frozenset[str]
    closers: frozenset[str]
    series: frozenset[str]
    places: frozenset[str]
    plurals: tuple[tuple[str, str], ...]
    degrees: tuple[tuple[str, str], ...]
    lessening: frozenset[str]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    references: tuple[Pointer, ...]


class _Common(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    words: str


class Language(_File):
    """One language. `ranks` holds the common words, 0 for the most frequent."""

    ranks: Mapping[str, int]

    def key(self, words: tuple[str, ...]) -> str:
        """Return what all spellings of a name share: words joined, numbers as digits, 'part' before them dropped."""
        if self.numbers.keys().isdisjoint(words) and self.parts.isdisjoint(words):
            return "".join(words)  # of a million titles, nearly all
        if len(words) == 1:
            return self.digits(words[0])
        last = len(words) - 1
        kept = (w for i, w in enumerate(words) if i == last or not (w in self.parts and self._number(words[i + 1])))
        return "".join(self.digits(w) for w in kept)

    def digits(self, word: str) -> str:
        """Return a number word as digits, any other word as it is."""
        number = self.numbers.get(word)
        return word if number is None else str(number)

    def without_article(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words without a leading or a moved article: 'the matrix' and 'matrix, the' are both 'matrix'."""
        if len(words) > 1 and words[0] in self.articles:
            return words[1:]
        return words[:-1] if len(words) > 1 and words[-1] in self.articles else words

    def singulars(self, word: str) -> tuple[str, ...]:
        """Return what the word may be the plural of."""
        return tuple(
            word.removesuffix(several) + one
            for several, one in self.plurals
            if word.endswith(several) and len(word) > len(several) + 2
        )

    def plain_forms(self, word: str) -> tuple[str, ...]:
        """Return what the word may be a degree of: 'funnier' of 'funny'."""
        return tuple(
            word.removesuffix(degree) + plain
            for degree, plain in self.degrees
            if word.endswith(degree) and len(word) > len(degree) + 2
        )

    def rank(self, word: str) -> int:
        """How many words are more frequent; numbers are common, an unknown word has the largest rank."""
        return 0 if word.isdigit() else self.ranks.get(word, len(self.ranks))

    def _number(self, word: str) -> bool:
        return word.isdigit() or word in self.numbers


def every_language() -> Language:
    """Join the words of all languages that have files, English first: names are linked in any message."""
    codes = sorted(path.name.split(".")[1] for path in _HERE.glob("language.*.toml"))
    return joined([load_language(code) for code in sorted(codes, key=lambda code: code != "en")])


def joined(languages: Sequence[Language]) -> Language:
    """One language with the words of several; what a word means in an earlier one counts."""
    first, *others = languages
    for other in others:
        update: dict[str, object] = {}
        for name in type(first).model_fields:
            ours, theirs = getattr(first, name), getattr(other, name)
            if isinstance(ours, frozenset):
                update[name] = ours | theirs
            elif isinstance(ours, tuple):
                update[name] = (*ours, *theirs)
            else:
                update[name] = {**theirs, **ours}
        first = first.model_copy(update=update)
    return first


def load_language(code: str = "en") -> Language:
    """Read the words of a language; CatalogError if there is no such file or it cannot be used."""
    path = _HERE / f"language.{code}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        common = _Common(**tomllib.loads((_HERE / f"common.{code}.toml").read_text(encoding="utf-8")))
        return Language(**data, ranks={word: i for i, word in enumerate(common.words.split())})
    except OSError as e:
        raise CatalogError(f"no words for the language {code!r}: add {path.name!r} and 'common.{code}.toml'") from e
    except (tomllib.TOMLDecodeError, ValidationError) as e:
        raise CatalogError(f"{path.name!r} cannot be used: {e}".replace("\n", "; ")) from e
