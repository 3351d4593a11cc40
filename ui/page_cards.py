"""What a card shows, as plain text, from a ranked item and its evidence. Pure; nothing here is markup."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.languages import DEFAULT
from agent.types import Card, Reason
from agent.wording import Wording, distinguishing, item_label, wording_of
from retrieval.catalog import Catalog, as_labels
from retrieval.types import Evidence, Item
from ui.views import picture_url

_CHIPS = 5
_CHIPS_PER_FACET = 2
_EXCERPT = 200


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
    picture: str = ""
    """Address of its picture; '' without one."""


def card_view(card: Card, catalog: Catalog, language: str = DEFAULT) -> CardView:
    """Everything a card says, in the language of its reply."""
    item, wording = card.item, wording_of(catalog, language)
    label = item_label(item, catalog)
    source_label, source = _source(item, wording)
    return CardView(
        number=card.number,
        item_id=item.item_id,
        title=item.title,
        label=label,
        aside=label.removeprefix(item.title).strip(" ()"),
        excerpt=excerpt(item.description),
        chips=tuple(_chips(item, wording))[:_CHIPS],
        percent=round(100 * card.score),
        reasons=tuple(_because(r, item, wording) for r in card.reasons),
        source=source,
        source_label=source_label,
        picture=picture_url(item, catalog) or "",
    )


def _source(item: Item, wording: Wording) -> tuple[str, str]:
    """Label and address of the first text facet that is a web address."""
    for name, spec in wording.spec.facets.items():
        value = item.facets.get(name)
        if spec.kind == "text" and isinstance(value, str) and value.startswith(("https://", "http://")):
            return spec.label, value
    return "", ""


def excerpt(text: str, most: int = _EXCERPT) -> str:
    """The beginning of a text, cut between words."""
    flat = " ".join(text[: 4 * most].split())
    return flat if len(flat) <= most else flat[:most].rsplit(" ", 1)[0].rstrip(",;:. ") + " …"


def _chips(item: Item, wording: Wording) -> Iterable[Chip]:
    beside_title = distinguishing(wording.catalog)
    for name, spec in wording.spec.facets.items():
        value = item.facets.get(name)
        if value is None or not spec.explainable or name == beside_title or spec.kind in ("text", "image"):
            continue
        if spec.kind == "categorical":
            yield from (Chip(wording.value(name, v), spec.label) for v in as_labels(value)[:_CHIPS_PER_FACET])
        elif spec.kind == "boolean":
            yield Chip(f"{spec.label}: {wording.value(name, value)}", spec.label)
        else:
            yield Chip(wording.value(name, value), spec.label)


def _because(reason: Reason, item: Item, wording: Wording) -> Because:
    return Because(reason.text, tuple(_ground(e, item, wording) for e in reason.evidence))


def _ground(evidence: Evidence, item: Item, wording: Wording) -> Ground:
    say = wording.phrases.part
    kind, percent = say(f"ground_{evidence.kind}"), round(100 * evidence.weight)
    if evidence.kind == "popularity":
        times = "" if evidence.ref == "trend" else say("ground_times", count=evidence.detail)
        return Ground(kind, _window(evidence.ref, wording), times, percent)
    if evidence.ref.startswith("description:"):
        return Ground(kind, item_label(item, wording.catalog), evidence.detail, percent, quoted=True)
    refers, detail = _refers(evidence.ref, wording), _pair(evidence.detail, wording)
    if evidence.kind == "facet":
        held, _, liked = evidence.detail.partition("/")
        detail = say("ground_share", held=held, liked=liked)
    return Ground(kind, refers, "" if _within(evidence, wording) else detail, percent)


def _within(evidence: Evidence, wording: Wording) -> bool:
    """Whether the detail only repeats what the evidence refers to."""
    return evidence.detail.casefold() in _told(evidence.ref, wording.catalog).casefold()


def _told(ref: str, catalog: Catalog) -> str:
    source = catalog.get(ref)
    return ref if source is None else item_label(source, catalog)


def _refers(ref: str, wording: Wording) -> str:
    source = wording.catalog.get(ref)
    return _pair(ref, wording) if source is None else item_label(source, wording.catalog)


def _window(ref: str, wording: Wording) -> str:
    """Write 'popularity_7d' as 'the last 7 days of the log'."""
    days = ref.partition("_")[2].removesuffix("d")
    key = {"": "whole", "untimed": "whole", "1": "day"}.get(days, "days")
    return wording.phrases.part("window_trend" if ref == "trend" else f"window_{key}", days=days)


def _pair(text: str, wording: Wording) -> str:
    """Write 'genres=Drama' as 'genre: Drama', 'genres!=Horror' as 'genre: not Horror', anything else as it is."""
    facet, equals, value = text.partition("=")
    name = facet.removesuffix("!")
    if not equals or name not in wording.spec.facets:
        return text
    key = "pair_not" if facet.endswith("!") else "pair"
    return wording.phrases.part(key, label=wording.facet(name).label, value=wording.value(name, value))
