"""Items side by side, as plain text: facet by facet, with what differs marked. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.languages import DEFAULT
from agent.wording import item_label, wording_of
from retrieval.catalog import Catalog
from retrieval.types import Item
from ui.page_cards import excerpt
from ui.views import picture_url

MOST = 4
"""Items that fit side by side."""
_ABOUT = 220
_HIDDEN = ("text", "image")


@dataclass(frozen=True, slots=True)
class Column:
    """One item."""

    item_id: str
    label: str
    picture: str
    about: str


@dataclass(frozen=True, slots=True)
class Row:
    """One facet: a text per item, '' where the catalogue holds nothing."""

    label: str
    texts: tuple[str, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The table; rows that differ first, in the order of the manifest."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def comparison_view(items: Sequence[Item], catalog: Catalog, language: str = DEFAULT) -> ComparisonView | None:
    """Put two to four items side by side; None for fewer."""
    shown = tuple({item.item_id: item for item in items}.values())[:MOST]
    if len(shown) < 2:
        return None
    columns = tuple(
        Column(i.item_id, item_label(i, catalog), picture_url(i, catalog) or "", excerpt(i.description, _ABOUT))
        for i in shown
    )
    rows = sorted(_rows(shown, catalog, language), key=lambda row: not row.differs)
    return ComparisonView(columns, tuple(rows))


def _rows(items: Sequence[Item], catalog: Catalog, language: str) -> Iterable[Row]:
    wording = wording_of(catalog, language)
    for name, spec in wording.spec.facets.items():
        held = [item.facets.get(name) for item in items]
        if spec.kind in _HIDDEN or not spec.explainable or all(value is None for value in held):
            continue
        texts = tuple("" if value is None else wording.value(name, value) for value in held)
        yield Row(spec.label, texts, len({_folded(value) for value in held}) > 1)


def _folded(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value
