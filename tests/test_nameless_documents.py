"""Documents of catalogues whose titles are names."""

from retrieval.documents import document_text
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Item

BOOKS = CatalogSpec(
    noun="book", titles_are_names=True, facets={"author": FacetSpec(kind="categorical", label="author")}
)


def test_a_title_that_is_a_name_stands_nowhere_in_the_document() -> None:
    item = Item("a", "Emma", "Emma is a novel about a matchmaker. Emmaline is not in it.", {"author": "Austen"})
    text = document_text(item, BOOKS)
    assert text == "book is a novel about a matchmaker. Emmaline is not in it. author: Austen"


def test_a_title_with_signs_is_taken_literally() -> None:
    item = Item("a", "What? (Again)", "It is called What? (Again) in print.")
    assert document_text(item, BOOKS) == "It is called book in print"


def test_without_a_description_the_title_is_all_there_is() -> None:
    assert document_text(Item("a", "Emma", ""), BOOKS) == "Emma"
