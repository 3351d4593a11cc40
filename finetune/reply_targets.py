"""The reply that a model learns to write for a turn: told from its brief prompt alone, in sentences that vary. Pure.

The sentences of the rules and further ways to say the same, drawn by a seed.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from zlib import crc32

import agent.rules
from agent import brief
from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    Found,
    HandedOff,
    Missed,
    Noted,
    Nothing,
    Observation,
    Question,
    Said,
    Supposed,
    Unresolved,
)
from agent.phrases import Phrases, load_phrases
from agent.ports import TellContext
from agent.quoting import escape, excerpt
from agent.rules.tell_choice import compared, supposed
from agent.rules.tell_facts import answered, missed, question, unresolved
from agent.rules.tell_list import Entry, lead, nothing
from agent.rules.tell_memory import dropped, noted
from agent.rules.tell_talk import handed_off, talk
from agent.rules.voice import Voice
from agent.wording import wording_of
from retrieval.catalog import Catalog

_STEPS = ("next_known", "next_more_like", "next_why", "next_taste", "", "")


def target(context: TellContext, catalog: Catalog, seed: str) -> str:
    """What to reply; the same for the same seed."""
    voice = Voice(context, wording_of(catalog, context.language), phrases(context.language), seed)
    observations = _ordered(context.observations)
    left = brief.entries_of(voice)
    blocks: list[str] = []
    running: list[str] = []
    for observation in observations:
        if isinstance(observation, Found):
            ids = {c.item.item_id for c in observation.candidates}
            mine = [entry for entry in left if entry.card.item.item_id in ids]
            left = [entry for entry in left if entry not in mine]
            if mine:
                running.append(_lead(voice, observation, len(mine), mine[0].card.number == 1))
                blocks += [_joined(voice, running), "\n".join(_entry(voice, observation, entry) for entry in mine)]
                running = []
        else:
            *standing, last = [*_told(voice, observation, alone=len(observations) == 1), ""]
            running += [*standing, last] if len(standing) < 2 else []
            blocks += [_joined(voice, running), *standing] if len(standing) > 1 else []
            running = [] if len(standing) > 1 else running
    blocks.append(_joined(voice, running) or _step(voice, observations))
    return "\n\n".join(block for block in blocks if block)


@cache
def phrases(language: str) -> Phrases:
    """The sentences of the rules and ours, as one file."""
    rules = load_phrases(Path(agent.rules.__file__).with_name(f"replies.{language}.toml"))
    ours = load_phrases(Path(__file__).with_name(f"replies.{language}.toml"))
    keys = {**rules.variants, **ours.variants}
    both = {key: (*rules.variants.get(key, ()), *ours.variants.get(key, ())) for key in keys}
    return Phrases(ours.name, both, ours.typing)


def _ordered(observations: Sequence[Observation]) -> list[Observation]:
    """Politeness first, a question last, nothing twice."""
    once = [o for n, o in enumerate(observations) if o not in observations[:n]]
    return sorted(once, key=lambda o: (not isinstance(o, Said), isinstance(o, Question)))


def _joined(voice: Voice, sentences: Sequence[str]) -> str:
    return voice.phrases.typing.sentence.join(s for s in sentences if s)


def _told(voice: Voice, observation: Observation, *, alone: bool) -> list[str]:  # noqa: C901 - one arm per observation
    """Sentences that run on, or paragraphs where there are several."""
    match observation:
        case Noted():
            return [_joined(voice, noted(voice, observation, fetched=_fetched(voice)))]
        case Dropped():
            return [_joined(voice, dropped(voice, observation))]
        case Unresolved():
            return [unresolved(voice, replace(observation, suggestions=observation.suggestions[: brief.SUGGESTIONS]))]
        case Nothing():
            ways, ends = observation.relaxations[: brief.WAYS], observation.reach[:1]
            return [_joined(voice, nothing(voice, replace(observation, relaxations=ways, reach=ends)))]
        case Answered():
            return [answered(voice, replace(observation, value=excerpt(observation.value, brief.ABOUT)))]
        case Missed():
            return [missed(voice, replace(observation, candidate=None))]
        case Question():
            return [_question(voice, observation)]
        case HandedOff():
            return [handed_off(voice, observation)]
        case Supposed():
            return [supposed(voice, replace(observation, items=observation.items[: brief.COMING]))]
        case Explained():
            return _explained(voice, observation)
        case Compared():
            return list(compared(voice, observation)) if observation.asked else _weighed(voice, observation)
        case Said():
            return _talk(voice, observation, alone=alone)
        case Found():
            raise TypeError("a list is told with its cards")


def _question(voice: Voice, asked: Question) -> str:
    """The choices without their counts, which stand on the buttons."""
    values = [voice.value(asked.facet, value) for value, _ in asked.choices[: brief.CHOICES]]
    if not values:
        return question(voice, asked)
    return voice.say("question", label=voice.label(asked.facet), choices=voice.listed(values, "or"))


def _talk(voice: Voice, said: Said, *, alone: bool) -> list[str]:
    """Small talk without examples of what to ask: the prompt has none."""
    if said.kind == "profile":
        return talk(voice, said, alone=True) if alone else []
    return talk(voice, said, alone=alone)[:1]


def _lead(voice: Voice, found: Found, shown: int, first: bool) -> str:
    """The sentence before a list; which end of an order comes first is not in the prompt."""
    bare = replace(voice, context=replace(voice.context, plan=voice.context.plan.model_copy(update={"actions": ()})))
    return lead(bare if found.sorted_by else voice, found, shown, first)


def _entry(voice: Voice, found: Found, entry: Entry) -> str:
    """The line of a card: its title, values that were asked for, and what speaks for it."""
    typing = voice.phrases.typing
    title = entry.card.item.title
    several = sum(card.item.title == title for card in voice.context.cards) > 1
    item = voice.offered(entry.card.item) if several else f"**{escape(title, 300)}**"
    evidence, reason = brief.told_of(entry, len(voice.context.cards))
    facts = escape(typing.comma.join(evidence), 300)
    reason = escape(reason, 300)
    told = voice.phrases.part("told_both", facts=facts, reason=reason) if facts and reason else facts or reason
    if entry.beside and (not told or _measured(voice, found)):
        item = voice.part("priced", item=item, facts=typing.comma.join(entry.beside))
    if not told:
        return voice.part("line", number=entry.card.number, item=item)
    return voice.part("line_because", number=entry.card.number, item=item, reason=told)


def _measured(voice: Voice, found: Found) -> bool:
    """Whether numbers were asked for, so that those of a card are of interest."""
    return bool(found.sorted_by) or any(voice.wording.facet(c.facet).kind == "numeric" for c in found.constraints)


def _explained(voice: Voice, found: Explained) -> list[str]:
    item = voice.spoken_of(found.candidate.item)
    reasons = [escape(brief.short(text, brief.REASON), 300) for text in brief.why_texts(voice, found.candidate)]
    if not reasons:
        return [voice.say("explained_none", item=item)]
    if len(reasons) == 1:
        return [voice.say("explained_one", item=item, reason=reasons[0])]
    return [voice.say("explained", item=item), "\n".join(voice.part("bullet", reason=r) for r in reasons)]


def _weighed(voice: Voice, found: Compared) -> list[str]:
    """Items side by side, a line per facet, and which suits better."""
    items = voice.listed(voice.spoken_of(item) for item in found.items)
    versus = voice.part("weighed_versus")
    rows = [
        voice.part(
            "weighed_row",
            label=label,
            values=versus.join(escape(excerpt(v, brief.CELL)) or voice.part("dash") for v in values),
        )
        for label, values in found.rows[: brief.ROWS]
    ]
    both = [
        voice.say("weighed_both", label=voice.label(facet), value=escape(excerpt(value, brief.CELL)))
        for facet, value in found.shared[:1]
    ]
    return [voice.say("weighed", items=items), "\n".join(rows), _joined(voice, [*both, _verdict(voice, found)])]


def _verdict(voice: Voice, found: Compared) -> str:
    if found.better is not None:
        return voice.say("compared_better", item=voice.spoken_of(found.better.item))
    return voice.say("compared_alike" if voice.context.preferences else "compared_untold")


def _step(voice: Voice, observations: Sequence[Observation]) -> str:
    """One question or suggestion behind a list, or none."""
    cards = voice.context.cards
    asked = any(isinstance(o, Question) or (isinstance(o, Unresolved) and o.suggestions) for o in observations)
    if not cards or asked:
        return ""
    key = _STEPS[_drawn(voice, len(_STEPS))]
    return voice.say(key, number=cards[_drawn(voice, len(cards))].number) if key else ""


def _drawn(voice: Voice, most: int) -> int:
    return crc32(f"{most}|{voice.seed}".encode()) % most


def _fetched(voice: Voice) -> bool:
    return any(isinstance(o, Found | Nothing) for o in voice.context.observations)
