"""Linking words to things, on the bundled films and on small catalogues."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.aliases import Aliases, load_aliases
from retrieval.catalog import Catalog
from retrieval.entities import Linker, moment_facet
from retrieval.errors import CatalogError
from retrieval.finding import Span
from retrieval.language import load_language
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.references import resolved
from retrieval.types import Item
from tests.films import films, label, linker


@pytest.mark.parametrize(
    ("mention", "title"),
    [
        ("Inception", "Inception (2010)"),
        ("INCEPTION", "Inception (2010)"),
        ("the matrix", "The Matrix (1999)"),
        ("Matrix, The", "The Matrix (1999)"),
        ("Empire Strikes Back", "The Empire Strikes Back (1980)"),
        ("Lord of the Rings fellowship", "The Lord of the Rings: The Fellowship of the Ring (2001)"),
        ("Incepton", "Inception (2010)"),
        ("Shawshenk Redemtion", "The Shawshank Redemption (1994)"),
        ("silence of the lamps", "The Silence of the Lambs (1991)"),
        ("Back to the futur 2", "Back to the Future Part II (1989)"),
        ("Godfather 2", "The Godfather Part II (1974)"),
        ("Heat", "Heat (1995)"),
        ("Heat (1986)", "Heat (1986)"),
        ("heat 1986", "Heat (1986)"),
        ("T2", "Terminator 2: Judgment Day (1991)"),
        ("se7en", "Seven (1995)"),
        ("spiderman", "Spider-Man (2002)"),
        ("wall e", "WALL-E (2008)"),
        ("eternal sunshine", "Eternal Sunshine of the Spotless Mind (2004)"),
        ("Blade Runner 2049", "Blade Runner 2049 (2017)"),
        ("dr strangelove", "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb (1964)"),
        ("schindlers list", "Schindler's List (1993)"),
    ],
)
def test_a_mention_is_surely_that_film(mention: str, title: str) -> None:
    link = linker().link(mention)
    assert (link.status, label(link.candidates[0].item_id)) == ("sure", title)


@pytest.mark.parametrize("mention", ["Zorgblatt", "Inception (1999)", "", "🎬", "???"])
def test_what_the_catalogue_does_not_have_stays_unknown(mention: str) -> None:
    assert linker().link(mention).status == "unknown"


def test_an_unknown_mention_has_its_nearest_titles_as_suggestions() -> None:
    assert label(linker().link("Inception (1999)").candidates[0].item_id) == "Inception (2010)"


def test_a_short_rare_word_that_is_nearly_a_title_is_a_question() -> None:
    assert linker().link("Amelie").status == "ambiguous"


def test_several_films_of_one_name_and_fame_are_a_question() -> None:
    link = linker().link("A Star is Born")
    assert link.status == "ambiguous"
    assert {label(c.item_id) for c in link.candidates} >= {"A Star Is Born (1954)", "A Star Is Born (2018)"}


def test_the_best_known_of_one_name_is_meant_and_the_others_are_alternates() -> None:
    link = linker().link("Heat")
    assert [label(c.item_id) for c in link.candidates[:3]] == ["Heat (1995)", "Heat (1972)", "Heat (1986)"]


def test_candidates_are_best_first() -> None:
    scores = [c.score for c in linker().link("the dark night").candidates]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 11_000))
def test_the_name_of_an_item_links_back_to_it(row: int) -> None:
    item = films().items[row % len(films())]
    link = linker().link(linker().name(item))
    assert (link.status, link.candidates[0].item_id) == ("sure", item.item_id)


def seen(span: Span) -> str:
    return (
        label(span.items[0])
        if span.items
        else "+".join(str(m.value) for m in span.meanings[: 2 if span.together else 1])
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I loved Heat and Alien but hated Titanic", ["Heat (1995)", "Alien (1979)", "Titanic (1997)"]),
        ("i loved heat and alien, big", ["Heat (1995)", "Alien (1979)", "Big (1988)"]),
        ("I liked Up and Her", ["Up (2009)", "Her (2013)"]),
        ('"Her" is my favourite', ["Her (2013)"]),
        ("have you seen it?", []),
        ("i want to get out of the house", []),
        ("I like big explosions", ["Action"]),
        ("a film about an alien in paris", []),
        ("a scary movie", ["Horror"]),
        ("something by nolan", ["Christopher Nolan"]),
        ("Nolan's films", ["Christopher Nolan"]),
        ("films by spielberg or scorsese", ["Steven Spielberg", "Martin Scorsese"]),
        ("a comedy with jim carey", ["Comedy", "Jim Carrey"]),
        ("rom-coms", ["Romance+Comedy"]),
        ("thrillers and musicals", ["Thriller", "Musical"]),
        ("shawshenk redemtion was great", ["The Shawshank Redemption (1994)"]),
        ("heat 1986 or Inception (2010)", ["Heat (1986)", "Inception (2010)"]),
        ("The Legend of Ben Hall", []),
        ("the matrix", ["The Matrix (1999)"]),
        ("all the Matrix movies", ["The Matrix"]),
        ("anything but Marvel", ["Marvel Cinematic Universe"]),
        ("a US comedy", ["United States", "Comedy"]),
        ("tell us more", []),
        ("Hitchcock thrillers", ["Alfred Hitchcock", "Thriller"]),
    ],
)
def test_names_are_found_in_free_text(text: str, names: list[str]) -> None:
    assert [seen(span) for span in linker().find(text)] == names


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_names_have_true_offsets_and_do_not_overlap(text: str) -> None:
    spans = linker().find(text)
    assert all(text[s.start : s.end] == s.text for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_the_phrase_before_a_person_says_which_facet_is_meant() -> None:
    first = {text: linker().find(text)[0].meanings[0].facet for text in ("by Clint Eastwood", "with Clint Eastwood")}
    assert first == {"by Clint Eastwood": "director", "with Clint Eastwood": "cast"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the second one", [2]),
        ("#2", [2]),
        ("[3] please", [3]),
        ("number three", [3]),
        ("the last one", [5]),
        ("the first two", [1, 2]),
        ("the last two", [4, 5]),
        ("both", [1, 2]),
        ("I have seen those", [1, 2, 3, 4, 5]),
        ("compare 1 and 3", [1, 3]),
        ("already watched 2", [2]),
        ("number 9", []),
        ("the last Jedi", []),
        ("at first I liked films", []),
    ],
)
def test_pointers_name_places_of_a_list(text: str, places: list[int]) -> None:
    listed = ("1", "2", "3", "4", "5")
    found = [int(n) for reference in linker().references(text) for n in resolved(reference, listed)]
    assert found == places


def test_a_numbered_list_in_a_reply_gives_its_items_in_order() -> None:
    reply = "Here you go:\n1. **Heat** (1995) – tense\n2. Alien (1979): cold\n3. Zorgblatt (2031)"
    assert [label(i) for i in linker().listed(reply)] == ["Heat (1995)", "Alien (1979)"]


def test_a_whole_value_is_found_by_its_aliases_within_its_facet() -> None:
    found = linker().value("sci-fi", "genres")
    assert found is not None
    assert found.value == "Science Fiction"
    assert linker().value("sci-fi", "cast") is None


def test_an_item_named_like_its_series_is_meant_without_a_facet() -> None:
    assert linker().value("The Matrix") is None
    assert linker().value("The Matrix", "franchise") is not None


def small(*titles: str, year: float = 2000.0) -> Catalog:
    spec = CatalogSpec(
        facets={
            "year": FacetSpec(kind="numeric", label="year"),
            "genre": FacetSpec(kind="categorical", label="genre"),
        }
    )
    return Catalog([Item(f"i{n}", t, "", {"year": year + n, "genre": "Drama"}) for n, t in enumerate(titles)], spec)


def test_accents_and_width_of_letters_do_not_matter() -> None:
    assert Linker(small("Amélie")).link("AMELIE").status == "sure"


def test_titles_without_spaces_between_words_are_found() -> None:
    (span,) = Linker(small("霸王别姬", "红高粱")).find("我喜欢霸王别姬")
    assert span.items == ("i0",)


def test_a_catalogue_without_years_names_items_by_title_or_id() -> None:
    catalog = Catalog([Item("a", "Lamp", ""), Item("b", "Lamp", ""), Item("c", "Chair", "")], CatalogSpec())
    assert moment_facet(catalog) == ""
    assert [Linker(catalog).name(item) for item in catalog.items] == ["id:a", "id:b", "Chair"]


def test_an_empty_catalogue_links_nothing() -> None:
    assert Linker(small()).link("Heat").status == "unknown"
    assert Linker(small()).find("I loved Heat") == ()


@pytest.mark.parametrize(
    ("entry", "quoted"),
    [
        ('[genre]\n"Western" = ["cowboys"]', "'Western'"),
        ('[colour]\n"Red" = ["crimson"]', "colour"),
        ('[titles]\n"T2" = ["i9"]', "'i9'"),
        ('[groups]\n"sad" = "Drama"', "'sad'"),
        ('[genre]\n"Drama" = [1]', "'Drama'"),
        ("[genre", "cannot be read"),
        ('word = "x"', "section"),
    ],
)
def test_an_alias_that_cannot_be_used_is_an_error_that_quotes_it(tmp_path: Path, entry: str, quoted: str) -> None:
    path = tmp_path / "aliases.en.toml"
    path.write_text(entry, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"aliases\.en\.toml") as error:
        load_aliases([path], small("Heat"))
    assert quoted in str(error.value)


def test_nicknames_and_groups_are_understood() -> None:
    aliases = Aliases(titles={"the diner one": ("i0",)}, groups={"tearjerker": (("genre", "Drama"),)})
    known = Linker(small("Heat"), aliases)
    assert known.link("the diner one").candidates[0].item_id == "i0"
    assert known.find("a tearjerker")[0].together


def test_a_language_without_words_is_an_error_that_names_the_file() -> None:
    with pytest.raises(CatalogError, match=r"language\.xx\.toml"):
        load_language("xx")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("funnier", ["Comedy"]),
        ("a bit scarier and more romantic", ["Horror", "Romance"]),
        ("less scary", []),
        ("not too funny but romantic", ["Romance"]),
        ("更搞笑", ["Comedy"]),
        ("没那么恐怖", []),
        ("darker, like Nolan", []),
        ("", []),
    ],
)
def test_a_quality_that_is_asked_for_is_a_leaning_to_the_values_that_have_it(text: str, values: list[str]) -> None:
    assert [str(meaning.value) for meaning in linker().qualities(text)] == values
