"""Messages about taste: what is liked, disliked, ruled out, known, for whom, and what is taken back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agent.plan import Action, Filter, Forget, React, Recommend, Remember, Search
from finetune.generate_find import found
from finetune.generate_scene import Draft, Said, Scene, State
from finetune.generate_wish import Condition
from finetune.generate_words import Named
from retrieval.types import Op

_MOST_SHOWN = 5


def ruled_out(scene: Scene) -> Draft:
    """'no horror please', 'a thriller but no romance', 'never show me musicals'."""
    values, barred = _avoided(scene)
    draw = scene.rng.random()
    if draw < 0.35:
        calls: tuple[Action, ...] = (Remember(avoids=barred, scope="session"), Recommend())
        return Draft(scene.decorated(scene.pick("avoid.now", values=values), 0.2), calls, tool="remember")
    if draw < 0.5:
        calls = (Remember(avoids=barred), Recommend())
        return Draft(scene.pick("avoid.always", values=values), calls, tool="remember")
    if draw < 0.68:
        calls = (Remember(avoids=barred, scope="session"), Search(keep=True))
        return Draft(scene.pick("avoid.keep", values=values), calls, own(scene.after_list()), tool="remember")
    wanted = scene.wishes.wish(scene.rng, 2)
    if draw < 0.74:
        text = scene.pick("avoid.rather", wish=wanted.text, values=values)
        return Draft(text, (Remember(avoids=barred, scope="session"), found(wanted)), tool="remember")
    tail, comma = (
        scene.pick("avoid.tail", values=values),
        "，" if scene.world.unspaced else scene.rng.choice((", ", " ")),
    )
    ask = wanted.text if scene.chance(0.6) else scene.pick("ask.fresh", wish=wanted.text)
    calls = (Remember(avoids=barred, scope="session"), found(wanted))
    return Draft(scene.decorated(f"{ask}{comma}{tail}", 0.2), calls, tool="remember")


def limited(scene: Scene) -> Draft:
    """'I never want anything before 1970': a rule for good."""
    bound = next((b for _ in range(40) if (b := scene.wishes.bound(scene.rng)) and _is_side(b)), None)
    if bound is None:
        return ruled_out(scene)
    kept = _reversed(bound.filters[0])
    if scene.chance(0.6):
        state = own(scene.after_list()) if scene.chance(0.3) else State()
        text = scene.decorated(scene.pick("avoid.bound", bound=bound.text), 0.2)
        return Draft(text, (Search(filters=(kept,), keep=state.last is not None),), state)
    text = scene.pick("avoid.limit", bound=bound.text)
    return Draft(text, (Remember(constraints=(kept,)), Search(filters=(kept,))), tool="remember")


def liked(scene: Scene) -> Draft:
    """One side only: 'I loved Heat and Alien', 'I hate musicals'."""
    state = own(scene.before(0.25))
    titles, values = things(scene)
    side = "like" if scene.chance(0.6) else "dislike"
    text = scene.pick(f"taste.{side}", things=scene.listed(words_for(titles, values)))
    kept = _remember(titles, values, side == "like")
    if scene.chance(0.12) and side == "like":
        text = scene.pick("taste.then_more", taste=text)
    then = after(titles, values, state) if side == "like" else _on(state)
    return Draft(scene.decorated(text, 0.2), (kept, then), state, tool="remember")


def fond(scene: Scene) -> Draft:
    """Free words: 'I love slow-burn stories', 'tired of sequels'."""
    side = "story" if scene.world.tells_stories else "goods"
    state = own(scene.before(0.15))
    if scene.chance(0.5):
        words = scene.wishes.free(scene.rng)
        kept, then = Remember(likes=(words,)), Search(query=words, keep=state.last is not None)
        return Draft(scene.decorated(scene.pick("taste.like", things=words), 0.2), (kept, then), state, tool="remember")
    words = scene.pick(f"free.{side}_without")
    if scene.chance(0.35):
        person = scene.pick("other.person")
        text = scene.pick("other.taste_dislike", person=person, things=words)
        theirs = Remember(dislikes=(words,), scope="other", person=person)
        return Draft(text, (theirs, Recommend()), tool="remember")
    text = scene.decorated(scene.pick("taste.dislike", things=words), 0.2)
    return Draft(text, (Remember(dislikes=(words,)), _on(state)), state, tool="remember")


def mixed(scene: Scene) -> Draft:
    """Both in one message, each thing with its own sign."""
    state = own(scene.before(0.2))
    titles, values = things(scene)
    others, hated = things(scene)
    known = {t.said for t in titles} | {v.value for v in values}
    others = [t for t in others if t.said not in known]
    hated = [v for v in hated if v.value not in known]
    if not (others or hated):
        return liked(scene)
    if state.person:
        state = replace(state, person="")
    likes, dislikes = words_for(titles, values), words_for(others, hated)
    text = scene.pick("taste.mixed", likes=scene.listed(likes), dislikes=scene.listed(dislikes))
    kept = Remember(likes=mentions(titles, values), dislikes=mentions(others, hated))
    return Draft(scene.decorated(text, 0.2), (kept, after(titles, values, state)), state, tool="remember")


def turned(scene: Scene) -> Draft:
    """A change of mind."""
    state = own(scene.after_list())
    named = scene.named()
    if scene.chance(0.5):
        text, kept = scene.pick("taste.reversed", things=named.said), Remember(likes=(named.mention,))
        return Draft(text, (kept, Search(filters=(_within([named]),), keep=True)), state, tool="remember")
    text, kept = scene.pick("taste.soured", things=named.said), Remember(dislikes=(named.mention,))
    return Draft(text, (kept, Search(keep=True)), state, tool="remember")


def taste_and_wish(scene: Scene) -> Draft:
    """'I loved Heat. Show me something from the 90s.'"""
    titles = scene.titles(scene.rng.choice((1, 1, 2)))
    side = "like" if scene.chance(0.65) else "dislike"
    taste = scene.pick(f"taste.{side}", things=scene.listed([t.said for t in titles]))
    wanted = scene.wishes.wish(scene.rng, 2)
    ask = scene.pick("ask.fresh", wish=wanted.text)
    text = scene.pick("taste.then", taste=taste.rstrip(".!?。"), ask=ask)
    return Draft(text, (_remember(titles, (), side == "like"), found(wanted)), own(scene.before(0.1)), tool="remember")


def seen(scene: Scene) -> Draft:
    """'I've seen Jaws', 'seen the first two'."""
    kind = "story" if scene.world.tells_stories else "goods"
    if scene.chance(0.45):
        titles = scene.titles(scene.rng.choice((1, 1, 2)))
        text = scene.pick(f"seen.named_{kind}", things=scene.listed([t.said for t in titles]))
        calls = [React(item=t.planned, verdict="seen") for t in titles]
        return Draft(text, (*calls, Recommend()), tool="react")
    state = own(scene.after_list(scene.rng.choice((3, 4, 5))))
    words, places = _places(scene, state)
    if len(places) == len(state.shown):
        text = scene.pick(f"seen.all_{kind}")
    else:
        text = scene.pick(f"seen.listed_{kind}", ones=words)
    return Draft(
        text, (*(React(item=f"[{n}]", verdict="seen") for n in places), Recommend(more=True)), state, tool="react"
    )


def verdict(scene: Scene) -> Draft:
    """'the second one looks great', 'not the third'."""
    state = own(scene.after_list())
    one, number = scene.pointer(state)
    draw = scene.rng.random()
    if draw < 0.2 and scene.pointable(state) > 1:
        other = scene.rng.choice([n for n in range(1, scene.pointable(state) + 1) if n != number])
        text = scene.pick("react.both", one=one, other=scene.pointer(state, place=other)[0])
        calls = (React(item=f"[{number}]", verdict="like"), React(item=f"[{other}]", verdict="dislike"))
        return Draft(text, (*calls, Search(keep=True)), state, tool="react")
    kind: Literal["like", "dislike", "reject"] = "like" if draw < 0.5 else "dislike" if draw < 0.72 else "reject"
    then: Action = Recommend(more=True) if kind == "reject" else Search(keep=True)
    text = scene.pick(f"react.{kind}", one=one)
    return Draft(text, (React(item=f"[{number}]", verdict=kind), then), state, tool="react")


def forgotten(scene: Scene) -> Draft:
    """'undo', 'forget everything', 'forget about horror'."""
    draw = scene.rng.random()
    state = scene.after_list() if scene.chance(0.6) else scene.known(State())
    if draw < 0.35:
        return Draft(scene.pick("forget.last"), (Forget(what="last"),), state)
    if draw < 0.6:
        return Draft(scene.pick("forget.everything"), (Forget(what="everything"),), state)
    if draw < 0.8:
        named = scene.named()
        return Draft(scene.pick("forget.named", thing=named.said), (Forget(what=named.mention),), state)
    title = scene.title()
    return Draft(scene.pick("forget.named", thing=title.said), (Forget(what=title.planned),), state)


def things(scene: Scene) -> tuple[list[Said], list[Named]]:
    """Titles, or values of one facet, or one of both."""
    draw = scene.rng.random()
    if draw < 0.62:
        return scene.titles(scene.rng.choice((1, 1, 2, 2, 3))), []
    first = scene.named()
    if draw < 0.9:
        second = scene.world.named(scene.rng, first.facet, other_than=(first.value,)) if scene.chance(0.3) else None
        return [], [first, *([second] if second else [])]
    return scene.titles(1), [first]


def _avoided(scene: Scene) -> tuple[str, tuple[str, ...]]:
    """Words for what is ruled out, and its mentions."""
    side = "story" if scene.world.tells_stories else "goods"
    if scene.chance(0.25):
        words = scene.pick(f"free.{side}_without")
        return words, (words,)
    first = scene.named()
    second = scene.world.named(scene.rng, first.facet, other_than=(first.value,)) if scene.chance(0.2) else None
    if second is None:
        return first.said, (first.mention,)
    return f"{first.said}{scene.pick('avoid.or')}{second.said}", (first.mention, second.mention)


def _places(scene: Scene, state: State) -> tuple[str, list[int]]:
    """Words for several of a list, and their numbers."""
    size, draw = len(state.shown), scene.rng.random()
    if draw < 0.4 or size < 3:
        one, number = scene.pointer(state)
        return one, [number]
    if draw < 0.6:
        n = scene.rng.choice((2, 3)) if size > 3 else 2
        return scene.pick("point.first", n=scene.wishes.number(n, scene.rng)), list(range(1, n + 1))
    if draw < 0.75:
        return "", list(range(1, size + 1))
    a, b = sorted(scene.rng.sample(range(1, min(size, _MOST_SHOWN) + 1), 2))
    words = scene.pick("point.ones", a=str(a), b=str(b), nth_a=scene.nth(a), nth_b=scene.nth(b))
    return words, [a, b]


def _remember(titles: Sequence[Said], values: Sequence[Named], likes: bool) -> Remember:
    named = mentions(titles, values)
    return Remember(likes=named) if likes else Remember(dislikes=named)


def mentions(titles: Sequence[Said], values: Sequence[Named]) -> tuple[str, ...]:
    """Titles and values as `remember` names them."""
    return (*(t.planned for t in titles), *(v.mention for v in values))


def words_for(titles: Sequence[Said], values: Sequence[Named]) -> list[str]:
    """Titles and values as they are said."""
    return [*(t.said for t in titles), *(v.said for v in values)]


def after(titles: Sequence[Said], values: Sequence[Named], state: State) -> Action:
    """What follows a like: a search for liked values, unless items say what is liked."""
    if values and not titles:
        return Search(filters=(_within(values),), keep=state.last is not None)
    return _on(state)


def _on(state: State) -> Action:
    return Search(keep=True) if state.last is not None else Recommend()


def _within(values: Sequence[Named]) -> Filter:
    return Filter(facet=values[0].facet, op=Op.IN, values=tuple(v.planned for v in values))


def _is_side(bound: Condition) -> bool:
    """One limit, put by what is beyond it."""
    return len(bound.filters) == 1 and bound.filters[0].op in (Op.GT, Op.LT)


def _reversed(bound: Filter) -> Filter:
    """What holds when a bound is ruled out."""
    return bound.model_copy(update={"op": Op.GE if bound.op is Op.LT else Op.LE})


def own(state: State) -> State:
    """A state in which the speaker is recommended to."""
    return replace(state, person="")
