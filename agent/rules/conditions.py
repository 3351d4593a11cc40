"""Conditions of a search: from facet values and comparisons, with the stance that is taken towards them."""

from agent.plan import Filter
from agent.rules.comparison import Comparison, critique, vague
from agent.rules.reading import Reading, Rules, Thing
from retrieval.catalog import as_labels, as_number
from retrieval.folding import is_unspaced
from retrieval.types import Item, Op
from retrieval.values import Meaning


def meant(thing: Thing) -> tuple[Meaning, ...]:
    """The facet values a name stands for."""
    if thing.span is None:
        return ()
    return thing.span.meanings if is_together(thing) else thing.span.meanings[:1]


def is_together(thing: Thing) -> bool:
    """Whether all values of a name are meant at once."""
    return thing.span is not None and thing.span.together


def value_filters(reading: Reading, rules: Rules) -> list[Filter]:
    """Conditions from the values that are wanted; liked ones too, unless items say what is liked."""
    has_items = any(t.items for t in reading.things if t.stance == "like")
    filters: list[Filter] = []
    before: Thing | None = None
    liked = [t for t in reading.things if t.stance == "like" and t.span is not None and t.span.kind == "value"]
    for thing in reading.things:
        if not meant(thing) or thing.items:
            continue
        if thing.stance in ("", "want", "similar", "none"):
            _want(filters, thing, before, reading, rules)
            before = thing
        elif thing.stance == "like" and not has_items:
            for meaning in meant(thing):
                join = (len(liked) > 1 and not is_together(thing)) or _is_umbrella(thing, meaning, rules)
                _merge(filters, Filter(facet=meaning.facet, op=Op.IN, values=(_plain(meaning),)), join=join)
    return filters


def shared_values(reading: Reading, rules: Rules) -> list[tuple[Thing, Filter]]:
    """'By the director of Jaws': what an item has of a facet, as a condition, with the item that it is taken from."""
    found: list[tuple[Thing, Filter]] = []
    for thing in reading.things:
        item = _item(thing.items[0], reading, rules) if thing.items else None
        facet = next((n for n, role in rules.lexicon.roles.items() if role.search(reading.plain[: thing.start])), "")
        held = item.facets.get(facet) if item is not None and facet else None
        if held is not None:
            values = as_labels(held) if isinstance(held, str | tuple) else (as_number(held),)
            found.append((thing, Filter(facet=facet, op=Op.IN, values=values)))
    return found


def _want(filters: list[Filter], thing: Thing, before: Thing | None, reading: Reading, rules: Rules) -> None:
    either = before is not None and _is_choice(before, thing, reading, rules)
    for place, meaning in enumerate(meant(thing)):
        join = either or (place > 0 and _is_umbrella(thing, meaning, rules))
        _merge(filters, Filter(facet=meaning.facet, op=Op.IN, values=(_plain(meaning),)), join=join)


def _is_umbrella(thing: Thing, meaning: Meaning, rules: Rules) -> bool:
    """'Tops' are shirts or jackets: several values of a facet that holds one an item are never meant all at once.

    Nor are people of one name: not every film of the Coens is by both.
    """
    several = sum(m.facet == meaning.facet for m in meant(thing)) > 1
    spec = rules.catalog.facet(meaning.facet)
    return is_together(thing) and several and (spec.people or not spec.multi)


def unwanted(meanings: tuple[Meaning, ...], rules: Rules) -> tuple[Meaning, ...]:
    """Of 'no romcoms' the rarer value, so that comedies stay; of an umbrella every value."""
    worst = min(meanings, key=lambda m: m.fame)
    spec = rules.catalog.facet(worst.facet)
    return (worst,) if spec.multi and not spec.people else tuple(m for m in meanings if m.facet == worst.facet)


def _plain(meaning: Meaning) -> str | float | bool:
    return meaning.value if isinstance(meaning.value, str | float | bool) else str(meaning.value)


def _is_choice(before: Thing, thing: Thing, reading: Reading, rules: Rules) -> bool:
    """'Comedies or dramas' and 'comedies and dramas' are a choice; 'a comedy and drama', 'sci-fi horror' are not."""
    facets = {m.facet for t in (before, thing) for m in meant(t)}
    if len(facets) == 1 and not rules.catalog.facet(*facets).multi:
        return True  # no item has both
    between = reading.plain[before.end : thing.start].strip()
    gap = between.strip(" ,")
    if rules.lexicon.parts["or"].match(gap):
        return True
    words = (before.words.casefold(), thing.words.casefold())
    several = all(rules.linker.language.singulars(w) or (between and is_unspaced(w)) for w in words)
    people = any(rules.catalog.facet(m.facet).people for m in meant(before))
    return several and not people and (not gap or rules.lexicon.parts["and"].fullmatch(gap) is not None)


def _merge(filters: list[Filter], new: Filter, *, join: bool) -> None:
    """Add a condition; with `join`, to the last one on the same facet."""
    for i, old in enumerate(filters):
        if join and old.facet == new.facet and old.op == new.op:
            filters[i] = Filter(facet=old.facet, op=old.op, values=tuple(dict.fromkeys((*old.values, *new.values))))
            return
    filters.append(new)


def comparison_filter(compared: Comparison, reading: Reading, rules: Rules) -> Filter | None:
    """The condition of a comparing word; None if nothing it compares with has a value."""
    if compared.degree != "more":
        return vague(compared, rules.catalog)
    return critique(compared, _compared_with(compared, reading, rules), rules.catalog)


def _compared_with(compared: Comparison, reading: Reading, rules: Rules) -> list[Item]:
    """What a comparative compares with: the item named after it, an item to be like, or the list shown."""
    than = rules.lexicon.than.search(reading.masked, compared.end, compared.end + 10)
    named = [t for t in reading.things if t.items and (t.start > compared.end if than else t.stance == "similar")]
    named = [
        t for t in reading.things if t.items and rules.lexicon.than_before.search(reading.masked[: t.start])
    ] or named
    items = [item for t in named[:1] for m in t.items if (item := _item(m, reading, rules)) is not None]
    return items or list(reading.context.shown)


def _item(mention: str, reading: Reading, rules: Rules) -> Item | None:
    if mention.startswith("["):
        return reading.context.shown[int(mention[1:-1]) - 1]
    link = rules.linker.link(mention)
    return rules.catalog.get(link.candidates[0].item_id) if link.status == "sure" else None
