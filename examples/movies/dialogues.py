"""Which catalogue film a ReDial film is, and who said in a dialogue that they liked it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

from film import Film, href_of, title_key

Row: TypeAlias = Mapping[str, Any]

_NAMED_YEAR = re.compile(r"\((\d{4})\)\s*$")


@dataclass
class MatchCount:
    """How ReDial's films and opinions came over."""

    films: int = 0
    films_by_page: int = 0
    films_by_title: int = 0
    opinions: int = 0
    matched: int = 0
    year_conflicts: int = 0
    unmatched: list[str] = field(default_factory=list)


class Matcher:
    """ReDial film → item_id: by Wikipedia page, else by title and year where only one film answers."""

    def __init__(self, films: Sequence[Film]) -> None:
        self.years = {film.item_id: film.year for film in films}
        self._pages = {href_of(film.wikipedia): film.item_id for film in films}
        self._titles: dict[str, list[Film]] = defaultdict(list)
        self._by_year: dict[int, list[Film]] = defaultdict(list)
        for film in films:
            self._titles[title_key(film.title)].append(film)
            self._by_year[film.year].append(film)

    def by_page(self, url: str) -> str | None:
        """The film of this Wikipedia page."""
        return self._pages.get(href_of(url)) if url else None

    def by_title(self, title: str, year: int | None) -> str | None:
        """The one film of this name and year; next year's namesake only where nothing else bears the name."""
        if year is None:
            return None
        namesakes = self._titles.get(title_key(title)) or []
        exact = [film for film in namesakes if film.year == year]
        near = exact or [film for film in namesakes if abs(film.year - year) == 1]
        return near[0].item_id if len(near) == 1 and (exact or len(namesakes) == 1) else None

    def by_main_title(self, title: str, year: int) -> str | None:
        """The one film of this very year whose title goes on after a colon: Jumanji (2017)."""
        start = (title.strip().lower() + ":", title.strip().lower() + "!")
        found = [film for film in self._by_year.get(year, []) if film.title.lower().startswith(start)]
        return found[0].item_id if len(found) == 1 else None


def match_films(matcher: Matcher, items: Iterable[Row], count: MatchCount) -> dict[str, str]:
    """ReDial item id → catalogue id, for every ReDial film that is in the catalogue."""
    matched: dict[str, str] = {}
    for item in items:
        count.films += 1
        by_page = matcher.by_page(item["url"])
        found = by_page or matcher.by_title(item["title"], item["year"])
        if found:
            matched[item["item_id"]] = found
            count.films_by_page += by_page is not None
            count.films_by_title += by_page is None
    return matched


def opinions(
    dialogues: Iterable[Row], matched: Mapping[str, str], matcher: Matcher, count: MatchCount
) -> Iterator[tuple[str, str, int]]:
    """(dialogue, item_id, 1 liked or 0 disliked) for each stated opinion on a catalogue film, once a dialogue."""
    for dialogue in dialogues:
        stated: dict[str, int] = {}
        for mention in dialogue["mentions"].values():
            if mention["liked"] is None:
                continue
            count.opinions += 1
            item_id = _film_meant(mention["name"], matched.get(mention["item_id"]), matcher, count)
            if item_id is None:
                count.unmatched.append(mention["name"])
                continue
            count.matched += 1
            stated[item_id] = int(mention["liked"])
        yield from ((dialogue["dialogue"], item_id, liked) for item_id, liked in stated.items())


def _film_meant(name: str, item_id: str | None, matcher: Matcher, count: MatchCount) -> str | None:
    """The joined film, unless the speaker's own words name another year's film of that title."""
    name = unquote(name)
    said = _NAMED_YEAR.search(name)
    if said is None:
        return item_id
    year, title = int(said[1]), name[: said.start()]
    if item_id is None:
        return matcher.by_title(title, year) or matcher.by_main_title(title, year)
    if abs(matcher.years[item_id] - year) <= 1:
        return item_id
    count.year_conflicts += 1
    return matcher.by_title(title, year) or matcher.by_main_title(title, year)
