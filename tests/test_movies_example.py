"""The bundled film catalogue keeps its promises."""

import csv
import gzip
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

MOVIES = Path(__file__).parents[1] / "examples" / "movies"
KEYS = [
    "item_id", "title", "year", "genres", "cast", "director", "country", "language", "runtime", "franchise",
    "description", "wikipedia",
]  # fmt: skip


@cache
def films() -> list[dict[str, Any]]:
    with gzip.open(MOVIES / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@cache
def interactions() -> list[dict[str, str]]:
    with gzip.open(MOVIES / "interactions.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def aliases() -> dict[str, dict[str, Any]]:
    return tomllib.loads((MOVIES / "aliases.en.toml").read_text(encoding="utf-8"))


def find(title: str, year: int) -> dict[str, Any]:
    (film,) = [f for f in films() if f["title"] == title and f["year"] == year]
    return film


def test_every_film_has_an_id_of_its_own() -> None:
    ids = [film["item_id"] for film in films()]
    assert len(set(ids)) == len(ids) >= 11_500
    assert all(re.fullmatch(r"tt\d{7,8}|wp-[a-z0-9-]+", item_id) for item_id in ids)


def test_no_page_is_listed_twice() -> None:
    pages = [film["wikipedia"] for film in films()]
    assert len(set(pages)) == len(pages)


def test_facets_have_their_types_and_order_and_are_never_empty() -> None:
    for film in films():
        assert list(film) == [key for key in KEYS if key in film]
        assert {"item_id", "title", "year", "description", "wikipedia"} <= set(film)
        assert type(film["year"]) is int and 1900 <= film["year"] <= 2030
        assert type(film.get("runtime", 90)) is int and 40 <= film.get("runtime", 90) <= 400
        for facet in ("genres", "cast", "director", "country", "language"):
            values = film.get(facet, ["absent"])
            assert values and all(type(value) is str and value.strip() == value != "" for value in values)
            assert len(set(values)) == len(values)


def test_text_is_one_line_without_markup() -> None:
    markup = re.compile(r"<[^>]*>|\{\{|\}\}|\[\[|\]\]|&[a-z]+;|mw-parser|[\n\t\r]| {2,}|\ufffd")
    for film in films():
        assert not markup.search(film["title"] + " " + film["description"]), film["item_id"]
        assert not film["title"].endswith("(film)")


def test_every_text_names_the_page_it_came_from() -> None:
    assert all(re.fullmatch(r"https://en\.wikipedia\.org/wiki/\S+", film["wikipedia"]) for film in films())


def test_casts_hold_people_not_notes() -> None:
    note = re.compile(r"[()\[\]]|^voices?\b|\b(?:of|by)$|^narrated", re.IGNORECASE)
    assert not [name for film in films() for name in film.get("cast", []) if note.search(name) or len(name) < 2]


def test_every_interaction_names_a_film_and_keeps_to_its_event() -> None:
    ids = {film["item_id"] for film in films()}
    for row in interactions():
        assert row["item_id"] in ids
        if row["event"] == "rating":
            assert row["user_id"][0] == "u" and 0 <= int(row["value"]) <= 10 and int(row["timestamp"]) > 1_300_000_000
        else:
            assert row["event"] == "dialogue" and row["user_id"][0] == "d"
            assert row["value"] in "01" and row["timestamp"] == ""


@pytest.mark.parametrize("facet", ["genres", "country", "language"])
def test_every_alias_means_a_value_some_film_has(facet: str) -> None:
    values = {value for film in films() for value in film.get(facet, [])}
    assert set(aliases()[facet]) <= values
    assert all(wanted in values for group in aliases()["groups"].values() for wanted in group.get(facet, []))


@pytest.mark.parametrize("facet", ["genres", "country", "language"])
def test_no_word_means_two_values_of_a_facet(facet: str) -> None:
    words = [word for of_value in aliases()[facet].values() for word in of_value]
    assert len(set(words)) == len(words)


def test_every_nickname_names_films_of_the_catalogue() -> None:
    ids = {film["item_id"] for film in films()}
    for named in aliases()["titles"].values():
        assert named and set(named) <= ids


def test_nicknames_and_franchises_mean_what_people_mean() -> None:
    assert aliases()["titles"]["T2"] == [find("Terminator 2: Judgment Day", 1991)["item_id"]]
    assert "007" in aliases()["franchise"]["James Bond"]
    assert "James Bond" in find("Skyfall", 2012)["franchise"]
    assert sum("Harry Potter" in film.get("franchise", []) for film in films()) == 8
    assert len({series for film in films() for series in film.get("franchise", [])}) >= 60


@pytest.mark.parametrize(
    ("title", "year", "directors"),
    [
        ("Inception", 2010, ["Christopher Nolan"]),
        ("Pulp Fiction", 1994, ["Quentin Tarantino"]),
        ("Jaws", 1975, ["Steven Spielberg"]),
        ("The Matrix", 1999, ["Lana Wachowski", "Lilly Wachowski"]),
        ("The Big Lebowski", 1998, ["Joel Coen", "Ethan Coen"]),
        ("Get Out", 2017, ["Jordan Peele"]),
        ("The Shining", 1980, ["Stanley Kubrick"]),
        ("Aliens", 1986, ["James Cameron"]),
        ("Psycho", 1960, ["Alfred Hitchcock"]),
        ("Toy Story", 1995, ["John Lasseter"]),
        ("Lady Bird", 2017, ["Greta Gerwig"]),
        ("Frozen", 2013, ["Chris Buck", "Jennifer Lee"]),
    ],
)
def test_a_known_film_has_its_director(title: str, year: int, directors: list[str]) -> None:
    assert find(title, year)["director"] == directors


def test_recent_films_nobody_rated_are_there_to_be_found_cold() -> None:
    rated = {row["item_id"] for row in interactions()}
    assert sum(film["year"] >= 2014 and film["item_id"] not in rated for film in films()) > 1_000


def test_the_catalogue_stays_small_enough_to_bundle() -> None:
    assert sum(path.stat().st_size for path in MOVIES.rglob("*") if path.is_file()) < 9_000_000
