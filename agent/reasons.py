"""Why a card is there, in one to three plain sentences, each with the evidence it stands on. Pure.

A sentence never says more than its evidence: what people who like an item also like, a quotation, a value two items
share, a wish that is met. Texts are plain, not Markdown.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.languages import DEFAULT
from agent.phrases import Phrases, load_phrases
from agent.profile import Preference
from agent.quoting import excerpt_around, one_line
from agent.types import Reason
from agent.wording import Wording, wording_of
from retrieval.catalog import Catalog
from retrieval.types import Candidate, Evidence

_MOST = 3
_DRIVES = 0.25
"""Being popular or new is a reason only from this share of the score on, or when there is no other."""
_IMPERSONAL = 0.1
"""Next to reasons of this person and this item, being popular or new counts so much of its weight."""
_NAMED = 0.25
"""Next to the heaviest item of a sentence, those below this share of its weight are not named."""
_DECIDES = 0.5
"""From this share of the score on, what the person likes is said to weigh most."""
_CROWD = 3
"""So many went for an item before that is worth saying, if there is something else to say."""
_QUOTE = 140
"""Characters of a quotation."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    candidate: Candidate
    wording: Wording
    phrases: Phrases
    liked: Collection[str]
    before: Sequence[tuple[str, ...]]
    query: str
    past: Collection[str]

    def say(self, key: str, **slots: object) -> str:
        """Of the ways to say it the one whose opening was heard the longest ago on the list, or never."""
        spec = self.wording.spec
        ways = self.phrases.ways(key, self.candidate.item.item_id, noun=spec.noun, nouns=spec.nouns, **slots)
        return min(ways, key=self._heard)

    def _heard(self, way: str) -> int:
        opening = self.phrases.opening(way)
        return max((n for n, said in enumerate(self.before, start=1) if said == opening), default=0)

    def values(self, facet: str, values: Iterable[str]) -> str:
        return self.phrases.listed([self.value(facet, v) for v in values])

    def value(self, facet: str, value: str) -> str:
        """A value as evidence writes it, for people."""
        if self.wording.facet(facet).kind == "numeric":
            return self.wording.value(facet, float(value))
        return self.wording.value(facet, one_line(value))


def reasons(
    candidate: Candidate,
    catalog: Catalog,
    language: str = DEFAULT,
    liked: Collection[str] = (),
    before: Sequence[tuple[str, ...]] = (),
    query: str = "",
    past: Collection[str] = (),
) -> tuple[Reason, ...]:
    """Return at most three reasons, what tells most first; none for a candidate without evidence.

    `liked` holds the ids of items that the person said they like: only of these may a sentence say so. `before` are the
    openings of the reasons above it on the list, `query` the words that were looked for, `past` the ids of what the log
    knows that they went for. AgentError for a language without words; CatalogError for evidence on a facet that the
    catalogue does not have.
    """
    phrases = load_phrases(Path(__file__).with_name(f"reasons.{language}.toml"))
    speaker = _Speaker(candidate, wording_of(catalog, language), phrases, liked, before, query, past)
    found = sorted((r for tell in _TELLERS for r in tell(speaker)), key=_worth, reverse=True)
    driving = [r for r in found if r.evidence[0].kind not in ("popularity", "recency") or _weight(r) >= _DRIVES]
    scoring = [r for r in driving if _weight(r) > 0]
    # Conditions hold for the whole list: said only where little else tells this card from the others.
    told = scoring if len(scoring) > 1 else driving or found
    return tuple(told[:_MOST])


def openings(told: Iterable[Reason], language: str) -> list[tuple[str, ...]]:
    """How the reasons of a card begin, for those of the next card to begin otherwise."""
    phrases = load_phrases(Path(__file__).with_name(f"reasons.{language}.toml"))
    return [phrases.opening(reason.text) for reason in told]


def liked_by_speaker(preferences: Iterable[Preference]) -> frozenset[str]:
    """Return the ids of the items that the speaker said they like; what was said for others does not count."""
    said = (p.said for p in preferences if p.said.kind == "item" and not p.said.person)
    return frozenset(str(s.values[0]) for s in said if s.rated and s.polarity > 0)


def _weight(reason: Reason) -> float:
    return sum(e.weight for e in reason.evidence)


def _worth(reason: Reason) -> float:
    return _weight(reason) * (_IMPERSONAL if reason.evidence[0].kind in ("popularity", "recency") else 1.0)


def _of(speaker: _Speaker, *kinds: str) -> list[Evidence]:
    return sorted((e for e in speaker.candidate.evidence if e.kind in kinds), key=lambda e: -e.weight)


def _together(speaker: _Speaker) -> Iterable[Reason]:
    named = _heaviest(_of(speaker, "cf"))
    if named:
        key = "cf"
        if all(e.ref in speaker.liked for e in named):
            key = "cf_liked_most" if sum(e.weight for e in named) >= _DECIDES else "cf_liked"
        elif all(e.ref in speaker.past for e in named):
            key = "cf_past"
        yield Reason(speaker.say(key, titles=_titles(named, speaker)), named)


def _alike(speaker: _Speaker) -> Iterable[Reason]:
    named = _heaviest([e for e in _of(speaker, "text") if not e.ref.startswith("description:")])
    if named:
        yield Reason(speaker.say("alike", titles=_titles(named, speaker)), named)


def _quoted(speaker: _Speaker) -> Iterable[Reason]:
    for evidence in _of(speaker, "text"):
        if evidence.ref.startswith("description:"):
            quote = excerpt_around(evidence.detail, _QUOTE, speaker.query)
            yield Reason(speaker.say("quoted", quote=quote) if quote else speaker.say("whole"), (evidence,))


def _linked(speaker: _Speaker) -> Iterable[Reason]:
    """One sentence per liked item, over all the values that it shares."""
    by_source: dict[str, list[Evidence]] = {}
    for evidence in _of(speaker, "graph"):
        by_source.setdefault(evidence.ref, []).append(evidence)
    for source, group in by_source.items():
        item = speaker.wording.catalog.get(source)
        title = one_line(item.title if item else source)
        values = _by_facet(e.detail for e in group)
        if len(values) == 1:
            ((facet, shared),) = values.items()
            text = _announced(speaker, "same", facet, shared, title=title)
        else:
            parts = [_announced(speaker, "part", facet, shared) for facet, shared in values.items()]
            text = speaker.say("same_several", title=title, parts=speaker.phrases.typing.comma.join(parts))
        yield Reason(text, tuple(group))


def _often(speaker: _Speaker) -> Iterable[Reason]:
    """One sentence over all the values of a facet that equally many of the liked items share."""
    alike: dict[tuple[str, str], list[Evidence]] = {}
    for evidence in _of(speaker, "facet"):
        alike.setdefault((evidence.ref.partition("=")[0], evidence.detail), []).append(evidence)
    for (_, detail), group in alike.items():
        ((facet, values),) = _by_facet(e.ref for e in group).items()
        held, _, liked = detail.partition("/")
        number = "some" if held != liked else "both" if liked == "2" else "all"
        known = "_liked" if liked.isdigit() and int(liked) == len(speaker.liked) else ""
        share = speaker.phrases.part(
            f"share_{number}{known}", held=held, liked=liked, nouns=speaker.wording.spec.nouns,
            counter=speaker.wording.translation.counter or speaker.phrases.part("counter"),
        )  # fmt: skip
        yield Reason(_announced(speaker, "often", facet, values, share=share), tuple(group))


def _wished(speaker: _Speaker) -> Iterable[Reason]:
    """One sentence over all wishes and conditions, each value once."""
    found = _of(speaker, "wish")
    if found:
        parts = list(dict.fromkeys(_wish(speaker, e) for e in found))
        yield Reason(speaker.say("wished", parts=speaker.phrases.listed(parts)), tuple(found))


def _current(speaker: _Speaker) -> Iterable[Reason]:
    for evidence in _of(speaker, "popularity"):
        if float(evidence.detail) >= _CROWD or (float(evidence.detail) > 0 and len(speaker.candidate.evidence) == 1):
            window = evidence.ref.partition("_")[2]
            key = "trend" if evidence.ref == "trend" else _POPULAR.get(window, "popular_days")
            count = f"{float(evidence.detail):,.0f}"
            times = speaker.phrases.part("once" if count == "1" else "times", count=count)
            yield Reason(speaker.say(key, times=times, days=window.removesuffix("d")), (evidence,))
    for evidence in _of(speaker, "recency"):
        facet, _, value = evidence.ref.partition("=")
        label = speaker.wording.facet(facet).label
        yield Reason(speaker.say("recent", label=label, value=speaker.value(facet, value)), (evidence,))


_POPULAR = {"": "popular", "untimed": "popular", "1d": "popular_day"}
_TELLERS: tuple[Callable[[_Speaker], Iterable[Reason]], ...] = (
    _together,
    _alike,
    _quoted,
    _linked,
    _often,
    _wished,
    _current,
)


def _heaviest(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(e for e in found[:_MOST] if e.weight >= _NAMED * found[0].weight)


def _titles(named: Sequence[Evidence], speaker: _Speaker) -> str:
    return speaker.phrases.listed(list(dict.fromkeys(one_line(e.detail) for e in named)))


def _announced(speaker: _Speaker, key: str, facet: str, values: Sequence[str], **slots: object) -> str:
    """Say a facet's values with the words that announce them, where the catalogue has such words."""
    listed = speaker.values(facet, values)
    announced = speaker.wording.announced(facet, listed)
    key = f"{key}_announced" if announced else key
    label = speaker.wording.facet(facet).label
    return speaker.say(key, announced=announced, label=label, values=listed, **slots)


def _wish(speaker: _Speaker, evidence: Evidence) -> str:
    facet, _, value = evidence.ref.partition("=")
    name, wording = facet.removesuffix("!"), speaker.wording
    kind, label = wording.facet(name).kind, wording.facet(name).label
    if kind == "boolean":
        return wording.flag(name, (value == "True") != facet.endswith("!"))
    if facet.endswith("!"):
        return speaker.phrases.part("without", values=speaker.value(name, value))
    told = speaker.value(name, value)
    if kind == "categorical":
        return wording.announced(name, told) or told
    sign, _, bound = evidence.detail.partition(" ")
    if bound and wording.family(name) != "year" and bound != value:
        limit = speaker.value(name, bound)
        return speaker.phrases.part("within" if sign[0] == "<" else "above", label=label, value=told, bound=limit)
    return speaker.phrases.part(wording.family(name), label=label, value=told)


def _by_facet(refs: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref in refs:
        facet, _, value = ref.partition("=")
        found.setdefault(facet, []).append(value)
    return found
