"""Tell what helps to choose: a comparison, a what-if with its counts, and how far the catalogue goes. Pure."""

from collections.abc import Iterator, Sequence

from agent.observations import Compared, Reach, Supposed
from agent.quoting import escape
from agent.reasons import liked_by_speaker, reasons
from agent.rules.voice import Voice

_CELL = 90
"""Characters of a cell of a table."""
_SHARED = 120


def compared(voice: Voice, found: Compared) -> Iterator[str]:
    """The one that was asked for; else a table of what differs, what all share, and which suits better and why."""
    if found.asked:
        yield _winner(voice, found)
        return
    if found.rows:
        yield voice.say("compared")
        yield table(voice, found)
    shared = [voice.part("shared_facet", label=voice.label(f), value=escape(v, _SHARED)) for f, v in found.shared]
    verdict = [voice.say("shared", facets=voice.part("clauses").join(shared))] if shared else []
    yield voice.phrases.typing.sentence.join([*verdict, _better(voice, found)])


def table(voice: Voice, found: Compared) -> str:
    """Items side by side, as a small table."""
    head = ["", *(voice.named(item) for item in found.items)]
    rows = [[escape(label), *(escape(v, _CELL) or voice.part("dash") for v in values)] for label, values in found.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def supposed(voice: Voice, found: Supposed) -> str:
    """How many there would be instead, what would come up, and that nothing has changed yet."""
    slots = {"before": f"{found.before:,}", "after": f"{found.after:,}"}
    ways = supposed_ways(voice, found)
    if not ways:
        return voice.say("supposed_same", **slots)
    told = [voice.say("supposed", ways=voice.listed(ways), **slots)]
    if found.items:
        told.append(voice.say("supposed_items", items=voice.listed(voice.named(item) for item in found.items)))
    return voice.phrases.typing.sentence.join([*told, voice.say("supposed_offer" if found.after else "supposed_kept")])


def supposed_ways(voice: Voice, found: Supposed) -> list[str]:
    """What is supposed: 'without “Western”', 'with “under $20”'."""
    ways = [voice.part("if_without", conditions=voice.listed(voice.conditions(found.dropped)))] if found.dropped else []
    return ways + (
        [voice.part("if_with", conditions=voice.listed(voice.conditions(found.added)))] if found.added else []
    )


def reached(voice: Voice, found: Sequence[Reach]) -> list[str]:
    """Where what there is begins or ends, for bounds that lie outside."""
    return [
        voice.say(
            "reach_lowest" if r.lowest else "reach_highest",
            label=voice.label(r.facet),
            value=voice.value(r.facet, r.value),
        )
        for r in found
    ]


def _winner(voice: Voice, found: Compared) -> str:
    label = voice.label(found.asked)
    items = voice.listed(voice.named(item) for item in found.items)
    if found.winner is None:
        return voice.say("compared_even", label=label, items=items)
    value = found.winner.facets.get(found.asked)
    others = [i for i in found.items if i is not found.winner]
    held = [
        voice.part("held_by", item=voice.named(i), value=voice.value(found.asked, v))
        for i in others
        if (v := i.facets.get(found.asked)) is not None
    ]
    told = voice.value(found.asked, value) if value is not None else ""
    return voice.say(
        "compared_winner", item=voice.spoken_of(found.winner), label=label, value=told, others=voice.listed(held)
    )


def _better(voice: Voice, found: Compared) -> str:
    if found.better is None:
        known = bool(voice.context.preferences)
        return voice.say("compared_alike" if known else "compared_untold")
    liked = liked_by_speaker(voice.context.preferences)
    told = [
        r
        for r in reasons(found.better, voice.wording.catalog, voice.context.language, liked, past=voice.context.past)
        if r.evidence[0].kind not in ("popularity", "recency")  # true of it, but no taste of theirs
    ]
    item = voice.spoken_of(found.better.item)
    if not told:
        return voice.say("compared_better", item=item)
    return voice.say("compared_because", item=item, reason=escape(told[0].text, 300))
