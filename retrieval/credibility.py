"""Whether words of a text are meant as a name: common words only with evidence, parts of names only when famous."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrieval.catalog import Catalog, as_labels
from retrieval.folding import is_unspaced
from retrieval.language import Language
from retrieval.passage import Passage
from retrieval.segments import Segmenter
from retrieval.spelling import Speller
from retrieval.titles import How, TitleIndex
from retrieval.values import Found, Meaning, ValueIndex

_EVERYDAY, _TELLING, COMMON, _SURNAME = 1000, 4000, 6500, 9500
"""Ranks by frequency, from which on a word is no longer everyday, tells a title of three words, is uncommon, and
is taken for a surname."""
_TINY = 300
_FAMOUS = 25.0
"""Fame of a person whose surname is understood although it is a fairly common word."""
_SERIES = 0.3
"""A value is a series when this share of its items has its name in their titles."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that can be named in a text."""

    titles: TitleIndex
    ids: tuple[str, ...]
    values: ValueIndex
    nicknames: Mapping[str, tuple[str, ...]]
    """Key to item ids."""
    speller: Speller
    segmenter: Segmenter
    language: Language
    catalog: Catalog
    reach: Mapping[str, tuple[int, ...]]
    """Of names without spaces: first word to the numbers of words that such names have, the largest first."""

    def known(self, row: int) -> bool:
        """Whether an item belongs to the best known tenth."""
        return self.titles.titles[row].weight >= self.titles.well_known


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words at to end (exclusive) of a passage, as they may be meant. `chained`: a list of titles leads up to them."""

    passage: Passage
    words: tuple[str, ...]
    at: int
    end: int
    chained: bool

    @property
    def written(self) -> str:
        """The words as written."""
        return self.passage.text(self.at, self.end)


def is_evident(stretch: Stretch, names: Names) -> bool:
    """Whether quotes, a year or capitals in the middle of a sentence show that a name is meant."""
    passage, at, end = stretch.passage, stretch.at, stretch.end
    if passage.quoted(at, end):
        return True
    year = passage.year_after(end)
    looked = names.titles.lookup(stretch.words, bare=False) if year is not None else None
    if looked is not None and any(names.titles.titles[row].moment == year for row in looked[1]):
        return True
    return passage.capitals(at, end)


def is_title(stretch: Stretch, how: How, rows: tuple[int, ...], names: Names) -> bool:
    """Whether words without outward evidence are meant as a title (or, without rows, as a nickname)."""
    language, passage = names.language, stretch.passage
    bare = language.without_article(stretch.words)
    known = bool(rows) and names.known(rows[0])
    if passage.is_indefinite(stretch.at) or passage.is_subject(stretch.at):
        return False
    if len(bare) < 4 and all(w in language.pronouns or w.isdigit() for w in bare):
        return False
    if is_unspaced("".join(bare)):
        return _is_unspaced_title(stretch, bare, how, names, known=known or not rows)
    rarity = rank(bare, language)
    odd = known or len(bare) > 1 or not rows or rarity >= len(language.ranks)
    if rarity >= COMMON and odd and (how != "part" or known or not rows):
        return True
    return _is_common_title(stretch, bare, how, names, known=known, nickname=not rows)


def _is_unspaced_title(stretch: Stretch, bare: tuple[str, ...], how: How, names: Names, *, known: bool) -> bool:
    """Where no spaces set a name apart: words of the text, and uncommon ones or invited by what stands before."""
    passage, word = stretch.passage, "".join(bare)
    if word in names.language.pronouns or not passage.whole(stretch.at, stretch.end):
        return False
    if len(bare) > 1 and names.language.rank(word) >= COMMON:
        return known or how == "whole" or _invited(stretch)
    return _invited(stretch) and (known or how == "whole") and len(bare) > 1


def _invited(stretch: Stretch) -> bool:
    alone = stretch.at == 0 and stretch.end == len(stretch.passage.tokens)
    return alone or stretch.chained or stretch.passage.cued(stretch.at, stretch.end)


def _is_common_title(
    stretch: Stretch, bare: tuple[str, ...], how: How, names: Names, *, known: bool, nickname: bool
) -> bool:
    rarity = rank(bare, names.language)
    invited = _invited(stretch) or (known and stretch.passage.foreign(stretch.at, stretch.end))
    whole = how != "part"
    if len(bare) == 1:
        with_article = known and len(stretch.words) > 1 and rarity >= _EVERYDAY
        return with_article or (invited and (nickname or known or how == "whole"))
    if len(bare) >= 4 or (len(bare) == 3 and (known or rarity >= _TELLING)):
        return whole or known
    return invited or (known and whole and rarity >= _TINY)


def is_value(value: Found, stretch: Stretch, names: Names, *, evident: bool) -> bool:
    """Values are taken at their word; parts of names, and people called like common words, need a sign."""
    words, text = stretch.words, stretch.written
    if is_unspaced(text):
        edges = stretch.passage.whole if len(words) == 1 else stretch.passage.uncrossed
        return edges(stretch.at, stretch.end)
    if len(words) == 1 and len(words[0]) < 4 and words[0] in names.language.pronouns:
        return text.isupper() and len(text) > 1
    if not value.people or evident:
        return True
    announced = stretch.passage.announced(stretch.at)
    if any(m.facet == announced for m in value.meanings):
        return True
    rarity = rank(words, names.language)
    if value.partial:
        famous = rarity >= _SURNAME or (rarity >= COMMON and value.meanings[0].fame >= _FAMOUS)
        return famous and not value.first
    return len(words) > 1 or rarity >= COMMON


def outweighs(item_id: str, how: How, value: Found, stretch: Stretch, names: Names, *, evident: bool) -> bool:
    """Whether a title that is also a facet value is meant: when it is written exactly like a title.

    A well-known title outweighs a surname, unless the name describes what follows: 'Hitchcock thrillers'.
    """
    announced = stretch.passage.announced(stretch.at)
    if value.partial and not announced:
        return how != "part" and names.known(names.catalog.position(item_id)) and not _describes(stretch, names)
    acronym = stretch.written.isupper() and len(stretch.written) < 4
    return evident and how == "whole" and not (acronym or announced or value.together)


def is_series(words: tuple[str, ...], value: Found | None, names: Names) -> bool:
    """Whether a value is called like an item that has it, and so are many of its items: a series and its first part."""
    if value is None or value.people or value.partial:
        return False
    for last in (words[-1], *names.language.singulars(words[-1])):
        looked = names.titles.lookup((*words[:-1], last))
        rows = looked[1][:5] if looked is not None and looked[0] != "part" else ()
        first = next((row for row in rows if holds(names.ids[row], value.meanings, names.catalog)), None)
        if first is not None:
            bare = names.language.without_article(names.titles.titles[first].words)
            named = sum(holds(names.ids[r], value.meanings, names.catalog) for r in names.titles.containing(bare))
            return named >= _SERIES * max(value.meanings[0].items, 1)
    return False


def holds(item_id: str, meanings: Iterable[Meaning], catalog: Catalog) -> bool:
    """Whether an item has one of these facet values."""
    item = catalog.get(item_id)
    return item is not None and any(str(m.value) in as_labels(item.facets.get(m.facet)) for m in meanings)


def rank(words: Iterable[str], language: Language) -> int:
    """How rare the rarest word is, over which a name is recognised; a name without spaces is one word."""
    words = tuple(words)
    if len(words) > 1 and is_unspaced("".join(words)):
        return language.rank("".join(words))
    return max((language.rank(w) for w in words), default=0)


def _describes(stretch: Stretch, names: Names) -> bool:
    passage = stretch.passage
    if stretch.end >= len(passage.words):
        return False
    following = passage.words[stretch.end]
    return following in passage.nouns or names.values.lookup((following,)) is not None
