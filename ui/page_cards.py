"""What a card shows, as plain text, from a ranked item and its evidence. Pure; nothing here is markup."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.types import Card, Reason
from agent.wording import distinguishing, item_label, value_text
from retrieval.catalog import Catalog, as_labels
from retrieval.types import Evidence, Item

_CHIPS = 5
_CHIPS_PER_FACET = 2
_EXCERPT = 200
_KINDS = {
    "cf": "People with this taste",
    "text": "The description",
    "facet": "In common",
    "graph": "A connection",
    "wish": "What you asked for",
    "popularity": "Popularity",
    "recency": "How new it is",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One facet value and what it is: 'Drama', 'genre'."""

    text: str
    facet: str


@dataclass(frozen=True, slots=True)
class Ground:
    """One piece of evidence for people; `percent` is its share of the score, 0-100, 0 for what decides unscored."""

    kind: str
    refers: str
    detail: str
    percent: int
    quoted: bool = False
    """`detail` is a passage of the description."""


@dataclass(frozen=True, slots=True)
class Because:
    """A reason and the evidence it stands on."""

    text: str
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as it is shown; `percent` is the score, 0-100."""

    number: int
    item_id: str
    title: str
    label: str
    aside: str
    excerpt: str
    chips: tuple[Chip, ...]
    percent: int
    reasons: tuple[Because, ...]
    source: str = ""
    """Where the text comes from, on the web; '' if the catalogue does not say."""
    source_label: str = ""


def card_view(card: Card, catalog: Catalog) -> CardView:
    """Everything a card says."""
    item = card.item
    label = item_label(item, catalog)
    source_label, source = _source(item, catalog)
    return CardView(
        number=card.number,
        item_id=item.item_id,
        title=item.title,
        label=label,
        aside=label.removeprefix(item.title).strip(" ()"),
        excerpt=_excerpt(item.description),
        chips=tuple(_chips(item, catalog))[:_CHIPS],
        percent=round(100 * card.score),
        reasons=tuple(_because(r, item, catalog) for r in card.reasons),
        source=source,
        source_label=source_label,
    )


def _source(item: Item, catalog: Catalog) -> tuple[str, str]:
    """Label and address of the first text facet that is a web address."""
    for name, spec in catalog.spec.facets.items():
        value = item.facets.get(name)
        if spec.kind == "text" and isinstance(value, str) and value.startswith(("https://", "http://")):
            return spec.label, value
    return "", ""


def _excerpt(text: str) -> str:
    flat = " ".join(text[: 4 * _EXCERPT].split())
    return flat if len(flat) <= _EXCERPT else flat[:_EXCERPT].rsplit(" ", 1)[0].rstrip(",;:. ") + " …"


def _chips(item: Item, catalog: Catalog) -> Iterable[Chip]:
    beside_title = distinguishing(catalog)
    for name, spec in catalog.spec.facets.items():
        value = item.facets.get(name)
        if value is None or not spec.explainable or name == beside_title or spec.kind in ("text", "image"):
            continue
        if spec.kind == "categorical":
            yield from (Chip(text, spec.label) for text in as_labels(value)[:_CHIPS_PER_FACET])
        elif spec.kind == "boolean":
            yield Chip(f"{spec.label}: {value_text(value, spec)}", spec.label)
        else:
            yield Chip(value_text(value, spec), spec.label)


def _because(reason: Reason, item: Item, catalog: Catalog) -> Because:
    return Because(reason.text, tuple(_ground(e, item, catalog) for e in reason.evidence))


def _ground(evidence: Evidence, item: Item, catalog: Catalog) -> Ground:
    kind, percent = _KINDS[evidence.kind], round(100 * evidence.weight)
    if evidence.kind == "popularity":
        times = "" if evidence.ref == "trend" else f"{evidence.detail} times"
        return Ground(kind, _window(evidence.ref), times, percent)
    if evidence.ref.startswith("description:"):
        return Ground(kind, item_label(item, catalog), evidence.detail, percent, quoted=True)
    refers, detail = _refers(evidence.ref, catalog), _pair(evidence.detail, catalog)
    if evidence.kind == "facet":
        detail = f"{detail.replace('/', ' of ')} you like"
    return Ground(kind, refers, "" if detail.casefold() in refers.casefold() else detail, percent)


def _refers(ref: str, catalog: Catalog) -> str:
    source = catalog.get(ref)
    return _pair(ref, catalog) if source is None else item_label(source, catalog)


def _window(ref: str) -> str:
    """Write 'popularity_7d' as 'the last 7 days of the log'."""
    _, _, days = ref.partition("_")
    if ref == "trend":
        return "lately, next to before"
    if days in ("", "untimed"):
        return "the whole log"
    return "the last day of the log" if days == "1d" else f"the last {days.removesuffix('d')} days of the log"


def _pair(text: str, catalog: Catalog) -> str:
    """Write 'genres=Drama' as 'genre: Drama', 'genres!=Horror' as 'genre: not Horror', anything else as it is."""
    name, equals, value = text.partition("=")
    spec = catalog.spec.facets.get(name.removesuffix("!"))
    if not equals or spec is None:
        return text
    return f"{spec.label}: {'not ' if name.endswith('!') else ''}{value}"
