"""Tastes and requests: from the things of a message to what is remembered and what is fetched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.plan import Action, Filter, Order, React, Recommend, Scope, Search, SimilarTo
from agent.rules.comparison import is_comparative, order
from agent.rules.conditions import comparison_filter, meant, shared_values, unwanted, value_filters
from agent.rules.leftover import free_wish, is_gibberish, is_name, loose_things
from agent.rules.reading import Placed, Reading, Rules, Thing
from agent.rules.whom import Whom, whom
from retrieval.types import Op

_MOST = 12

Verdict = Literal["like", "dislike", "seen", "reject"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a message says about what should be found."""

    filters: tuple[Filter, ...] = ()
    sort: Order | None = None
    query: str = ""
    titles: tuple[str, ...] = ()
    critical: bool = False
    """It compares with what was shown."""


def opinions(reading: Reading, loose: Sequence[Thing], rules: Rules, person: Whom) -> tuple[Action, ...]:
    """What is to be remembered: likes and dislikes, verdicts on the list shown, items that are known already.

    What is ruled out ('no horror') holds for the conversation, unless it is said to hold always.
    """
    things = (*reading.things, *loose)
    likes = [m for t in things if t.stance == "like" and t.reference is None for m in mentions(t)]
    dislikes = [m for t in things if t.stance == "dislike" and t.reference is None for m in mentions(t)]
    let_go = lifted(reading, rules)
    avoids = [m for t in things if t.stance == "avoid" and t not in let_go for m in _avoided(t, rules)]
    parts = rules.lexicon.parts
    lasting: Scope = "session" if parts["temporary"].search(reading.masked) else "always"
    ruled_out: Scope = "always" if parts["standing"].search(reading.masked) else "session"
    calls: list[Action] = []
    if likes or dislikes or person.named:
        calls.append(person.remembering(reading, lasting, likes=_once(likes), dislikes=_once(dislikes)))
    if avoids:
        calls.append(person.remembering(reading, ruled_out, avoids=_once(avoids)))
    return (*calls, *_reactions(things, reading, rules))


def wanted(reading: Reading, loose: Sequence[Thing], rules: Rules) -> Wanted:
    """What is to be found: conditions, an order, items to be like, and free words."""
    free = free_wish(reading, loose, rules)
    free = "" if is_gibberish(free, rules) else free
    liked = [t for t in loose if t.stance == "like" and not is_name(t.words)]
    query = " ".join(filter(None, [free, *(t.words for t in liked)]))
    filters = [f for b in reading.bounds for f in b.filters]
    filters += value_filters(reading, rules)
    shared = shared_values(reading, rules)
    filters += [condition for _, condition in shared]
    let_go = _let_go(reading, rules)
    bounded = {f.facet for b in reading.bounds for f in b.filters}  # "too old, from 2010 on": the number is meant
    compared = [c for c in reading.comparisons if c.degree != "most" and not _overlaps(c, let_go)]
    compared = [c for c in compared if c.facet not in bounded]
    filters += [f for c in compared if (f := comparison_filter(c, reading, rules)) is not None]
    most = next((c for c in reading.comparisons if c.degree == "most"), None)
    words = query.split()
    critical = rules.lexicon.critical.search(reading.masked) is not None
    critical = (
        critical
        or any(c.degree == "more" for c in compared)
        or any(is_comparative(w, rules.lexicon, rules.linker.language.ranks) for w in words)
    )
    sources = [thing for thing, _ in shared]
    things = [t for t in (*reading.things, *loose) if t not in sources]
    alike = (t for t in things if t.stance == "similar" or _is_twisted(t, reading, rules))
    titles = _once(m for t in alike for m in mentions(t, named=True))
    if query or filters:
        query = " ".join([query, *_mentioned(reading, (*titles, *(m for t in sources for m in t.items)))]).strip()
    return Wanted(tuple(dict.fromkeys(filters)), order(most) if most else None, query, titles, critical)


def fetch(reading: Reading, want: Wanted, remembered: Sequence[Action], rules: Rules) -> Action | None:
    """The one call that looks for items; None if the message asks for none."""
    trial = _is_trial(reading, want, rules)
    if want.titles:
        return SimilarTo(titles=want.titles, twist=want.query, filters=want.filters, count=reading.count)
    if want.filters or want.query or want.sort:
        return Search(
            trial=trial,
            kind=_kind(reading, want, rules),
            query=want.query,
            filters=want.filters,
            sort=want.sort,
            keep=trial or _continues(reading, want, rules),
            drop=_dropped(reading, rules),
            count=reading.count,
        )
    bare = [m for t in reading.things if t.stance in ("", "want", "none") for m in t.items]
    if bare and not remembered:
        return SimilarTo(titles=_once(bare), count=reading.count)
    dropped = _dropped(reading, rules)
    if dropped:
        return Search(keep=True, drop=dropped, trial=trial, count=reading.count)
    if not remembered:
        return Recommend(count=reading.count) if reading.count or _requests(reading, rules) else None
    return _after_opinions(reading, remembered, rules)


def _kind(reading: Reading, want: Wanted, rules: Rules) -> str:
    """A kind of thing asked for by a common word that nothing here is called by."""
    match = rules.lexicon.parts["asks_kind"].search(reading.masked)
    word = match["kind"] if match is not None and match["kind"] in want.query.split() else ""
    language = rules.linker.language
    common = any(w in language.ranks for w in (word, *language.singulars(word)))
    return word if word and common and not rules.linker.is_named(word) else ""


def _is_trial(reading: Reading, want: Wanted, rules: Rules) -> bool:
    """'What if it were from the 90s?', 'and without the year?': a question about the list, which stays."""
    asks = rules.lexicon.parts["trial"].search(reading.plain) is not None
    return asks and reading.context.last is not None and not want.titles


def loose(reading: Reading, rules: Rules) -> tuple[Thing, ...]:
    """Objects without a name, less those that are comparisons and the like, or a facet that is let go."""
    found = [t for t in loose_things(reading, rules) if not is_gibberish(t.words, rules) or t.stance != "avoid"]
    let_go = _let_go(reading, rules)
    return tuple(t for t in found if not _overlaps(t, let_go))


def _let_go(reading: Reading, rules: Rules) -> tuple[int, int]:
    """Where a message says that a facet does not matter."""
    match = rules.lexicon.parts["no_matter"].search(reading.plain) if _dropped(reading, rules) else None
    return match.span() if match is not None else (0, 0)


def _overlaps(placed: Placed, span: tuple[int, int]) -> bool:
    return span[0] < placed.end and placed.start < span[1]


def lifted(reading: Reading, rules: Rules) -> tuple[Thing, ...]:
    """'And without Tom Hanks?' of a list with him asks what it would be without that condition."""
    last = reading.context.last
    if last is None or not rules.lexicon.parts["trial"].search(reading.plain):
        return ()
    asked = {(f.facet, v) for f in last.filters if f.op is Op.IN for v in f.values}
    return tuple(
        t for t in reading.things if t.stance == "avoid" and any((m.facet, m.value) in asked for m in meant(t))
    )


def mentions(thing: Thing, *, named: bool = False) -> tuple[str, ...]:
    """How a plan names a thing. `named`: only items, not facet values."""
    if thing.items:
        return thing.items
    if thing.span is None:
        return (thing.words,) if thing.words and thing.reference is None else ()
    return () if named else tuple(f"{m.facet}: {m.value}" for m in meant(thing))


def _avoided(thing: Thing, rules: Rules) -> tuple[str, ...]:
    if meant(thing):
        return tuple(f"{m.facet}: {m.value}" for m in unwanted(meant(thing), rules))
    if thing.reference is not None:
        return ()
    return thing.items or (thing.words,)


def _reactions(things: Iterable[Thing], reading: Reading, rules: Rules) -> list[Action]:
    rejecting = rules.lexicon.reactions["reject"].search(reading.masked)
    calls: list[Action] = []
    for thing in things:
        verdict = _verdict(thing, rejecting=rejecting is not None)
        if verdict is None:
            continue
        named = thing.items or ((thing.words,) if thing.span is None and thing.reference is None else ())
        calls += [React(item=mention, verdict=verdict) for mention in named]
    return calls[:_MOST]


def _verdict(thing: Thing, *, rejecting: bool) -> Verdict | None:
    """The verdict to record on a thing: on what was shown any, on what was named only 'seen' and 'reject'."""
    if thing.stance in ("seen", "reject"):
        return thing.stance
    if thing.reference is None:
        return None
    if thing.stance == "avoid" or (thing.stance == "dislike" and rejecting):
        return "reject"
    return thing.stance if thing.stance in ("like", "dislike") else None


def _is_twisted(thing: Thing, reading: Reading, rules: Rules) -> bool:
    """'Heat but funnier': a bare title that opens the message is something to be like."""
    opens = bool(thing.items) and thing.stance == "" and not reading.plain[: thing.start].strip(" \"'")
    return opens and rules.lexicon.parts["twist"].match(reading.plain, thing.end) is not None


def _mentioned(reading: Reading, titles: Sequence[str]) -> list[str]:
    """Items that are named beside a wish, and neither liked nor to be alike, say what it is about."""
    neutral = (t for t in reading.things if t.items and t.span is not None and t.stance in ("", "want", "none"))
    neutral = (t for t in neutral if not set(t.items) & set(titles))
    return [t.words for t in neutral]


def _continues(reading: Reading, want: Wanted, rules: Rules) -> bool:
    """Whether the message refines the last search instead of beginning another."""
    if reading.context.last is None or _is_for_another(reading, rules):
        return False
    parts = rules.lexicon.parts
    if want.filters and parts["ones"].search(reading.masked):
        return True
    if want.critical or parts["what_if"].match(reading.plain.lstrip()) or parts["only"].search(reading.masked):
        return True
    positive = [f for f in want.filters if f.op is not Op.NOT_IN]
    if not positive and not want.query:
        return want.sort is None or not parts["fresh"].search(reading.masked)
    return not parts["fresh"].search(reading.masked) and not parts["request"].match(reading.plain)


def _is_for_another(reading: Reading, rules: Rules) -> bool:
    """'And for my sister: …' begins anew: what was found for somebody else does not bind her."""
    meant = whom(reading, rules)
    return meant.named and not meant.together and meant.person != reading.context.person


def _dropped(reading: Reading, rules: Rules) -> tuple[str, ...]:
    """Facets that do not matter any more: 'any year is fine', 'and without the decade?'."""
    match = rules.lexicon.parts["no_matter"].search(reading.plain)
    if match is None or lifted(reading, rules):
        return tuple(dict.fromkeys(meant(t)[0].facet for t in lifted(reading, rules)))
    words = next((w for w in match.groupdict().values() if w), "").removeprefix("the ").strip()
    return tuple(name for name in rules.catalog.spec.facets if _is_called(name, words, rules))


def _is_called(facet: str, words: str, rules: Rules) -> bool:
    spec, parts = rules.catalog.spec.facets[facet], rules.lexicon.parts
    if words in {facet.casefold(), spec.label.casefold(), spec.plural.casefold(), f"{spec.label.casefold()}s"}:
        return True
    roles = {rules.measures.moment: parts["moments"], rules.measures.price: parts["prices"]}
    return facet in roles and roles[facet].fullmatch(words) is not None


def _requests(reading: Reading, rules: Rules) -> bool:
    return any(m.stance in ("want", "similar") for m in reading.marks) or bool(
        rules.lexicon.parts["fresh"].search(reading.masked)
    )


def _after_opinions(reading: Reading, remembered: Sequence[Action], rules: Rules) -> Action:
    """After news about taste the list is made anew, under the conditions that still hold."""
    if all(isinstance(a, React) and a.verdict in ("seen", "reject") for a in remembered) and reading.context.shown:
        return Recommend(more=True, count=reading.count)
    goes_on = reading.context.last is not None and not _is_for_another(reading, rules)
    return Search(keep=True, count=reading.count) if goes_on else Recommend(count=reading.count)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
