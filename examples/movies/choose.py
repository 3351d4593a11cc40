"""Which films make the catalogue: every rated one, then the most notable others."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import facets
import people
from film import WIKI, Film, Source, clean_text, clean_title, href_of, slug, title_key

FIRST_YEAR = 1970
SHORTEST_TEXT = 120
_PRAISE = re.compile(
    r"\b(?:Academy|Oscar|Golden Globe|BAFTA|Emmy|Sundance|Cannes|Saturn|award|festival|critic|acclaim)", re.IGNORECASE
)
_MONEY = re.compile(r"\bbox[- ]office|gross(?:ed|ing)|\bmillion\b|\bbudget\b", re.IGNORECASE)
_MINOR = re.compile(
    r"\b(?:short film|straight-to|direct-to-video|made-for|television film|TV movie|upcoming)\b", re.IGNORECASE
)


def catalogue(rated: Sequence[Source], wiki: Sequence[Source], discussed: set[str], size: int) -> list[Film]:
    """Rated films, then films people discussed, then others by notability, oldest first and no film twice."""
    known_faces = Counter(name for source in rated for name in people.cast(source.cast))
    seen = _Seen()
    chosen = [source for source in rated if seen.add(source)]
    ranked = sorted(wiki, key=lambda s: (s.href not in discussed, -notability(s, known_faces), s.href))
    for source in ranked:
        if len(chosen) >= size:
            break
        if _eligible(source, discussed) and seen.add(source):
            chosen.append(source)
    ids = _ids(chosen)
    films = [to_film(source, ids[source.href]) for source in chosen]
    return sorted(films, key=lambda film: (film.year, film.item_id))


def notability(source: Source, known_faces: Counter[str]) -> float:
    """How likely somebody has heard of the film: its text, its faces, its reception."""
    faces = sum(min(known_faces[name], 10) for name in people.cast(source.cast)[:6])
    points = min(len(source.text), 900) / 150 + min(faces, 30) / 5 + source.thumbnail
    points += 2.0 * bool(_PRAISE.search(source.text)) + 1.5 * bool(_MONEY.search(source.text))
    return points - 2.0 * bool(_MINOR.search(source.text[:300])) - (3.0 if "Short" in source.genres else 0.0)


def to_film(source: Source, item_id: str) -> Film:
    """The catalogue's film: the source's fields cleaned, and what its text states read into facets."""
    text = clean_text(source.text)
    phrase = facets.opening(text)
    return Film(
        item_id=item_id,
        title=clean_title(source.title),
        year=source.year,
        genres=facets.genres(source.genres, phrase),
        cast=people.cast(source.cast),
        director=people.directors(text),
        country=facets.countries(phrase),
        language=facets.languages(phrase, text),
        runtime=facets.runtime(text),
        franchise=(),
        description=text,
        wikipedia=WIKI + source.href,
    )


def _eligible(source: Source, discussed: set[str]) -> bool:
    """Whether the row is a feature with a page of its own; a discussed film may be older and shorter."""
    text = clean_text(source.text)
    if not source.href or "#" in source.href or not facets.is_film(facets.opening(text), text):
        return False
    return source.href in discussed or (source.year >= FIRST_YEAR and len(text) >= SHORTEST_TEXT)


class _Seen:
    """Films taken so far, by page, and by title with year and cast."""

    def __init__(self) -> None:
        self._pages: set[str] = set()
        self._casts: dict[tuple[str, int], list[set[str]]] = {}

    def add(self, source: Source) -> bool:
        page, key, cast = href_of(source.href), title_key(clean_title(source.title)), set(source.cast)
        near = [c for year in (-1, 0, 1) for c in self._casts.get((key, source.year + year), [])]
        # Two films of one name and year are told apart by their casts; one without a cast is taken as the same.
        if page in self._pages or (not source.item_id and any(not c or not cast or c & cast for c in near)):
            return False
        self._pages.add(page)
        self._casts.setdefault((key, source.year), []).append(cast)
        return True


def _ids(sources: Iterable[Source]) -> dict[str, str]:
    """An id for each page: the IMDb one, else a slug, numbered where two pages share it."""
    ids: dict[str, str] = {}
    used: Counter[str] = Counter()
    for source in sorted(sources, key=lambda s: s.href):
        name = source.item_id or "wp-" + slug(source.href)
        used[name] += 1
        ids[source.href] = name if used[name] == 1 else f"{name}-{used[name]}"
    return ids
