"""Messages about taste: what is liked, disliked, ruled out, known, for whom, and what is taken back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agent.plan import Action, Filter, Forget, React, Recommend, Remember, Search, SimilarTo
from agent.types import Message
from finetune.generate_find import found
from finetune.generate_scene import Draft, Said, Scene, State
from finetune.generate_words import Named
from retrieval.types import Op

_MOST_SHOWN = 5


def ruled_out(scene: Scene) -> Draft:
    """'no horror please', 'a thriller but no romance', 'never show me musicals'."""
    values, mentions = _avoided(scene)
    draw = scene.rng.random()
    if draw < 0.35:
        calls: tuple[Action, ...] = (Remember(avoids=mentions, scope="session"), Recommend())
        return Draft(scene.decorated(scene.pick("avoid.now", values=values), 0.2), calls, tool="remember")
    if draw < 0.5:
        calls = (Remember(avoids=mentions), Recommend())
        return Draft(scene.pick("avoid.always", values=values), calls, tool="remember")
    if draw < 0.68:
        calls = (Remember(avoids=mentions, scope="session"), Search(keep=True))
        return Draft(scene.pick("avoid.keep", values=values), calls, _own(scene.after_list()), tool="remember")
    wanted = scene.wishes.wish(scene.rng, 2)
    tail, comma = (
        scene.pick("avoid.tail", values=values),
        "，" if scene.world.unspaced else scene.rng.choice((", ", " ")),
    )
    ask = wanted.text if scene.chance(0.6) else scene.pick("ask.fresh", wish=wanted.text)
    calls = (Remember(avoids=mentions, scope="session"), found(wanted))
    return Draft(scene.decorated(f"{ask}{comma}{tail}", 0.2), calls, tool="remember")


def limited(scene: Scene) -> Draft:
    """'I never want anything before 1970': a rule for good."""
    bound = next((b for _ in range(20) if (b := scene.wishes.bound(scene.rng)) and len(b.filters) == 1), None)
    if bound is None or bound.filters[0].op is Op.IN:
        return ruled_out(scene)
    kept = _reversed(bound.filters[0])
    text = scene.pick("avoid.limit", bound=bound.text)
    return Draft(text, (Remember(constraints=(kept,)), Search(filters=(kept,))), tool="remember")


def liked(scene: Scene) -> Draft:
    """One side only: 'I loved Heat and Alien', 'I hate musicals'."""
    state = _own(scene.before(0.25))
    titles, values = _things(scene)
    side = "like" if scene.chance(0.6) else "dislike"
    text = scene.pick(f"taste.{side}", things=scene.listed(_words(titles, values)))
    kept = _remember(titles, values, side == "like")
    if scene.chance(0.12) and side == "like":
        text = scene.pick("taste.then_more", taste=text)
    then = _after(titles, values, state) if side == "like" else _on(state)
    return Draft(scene.decorated(text, 0.2), (kept, then), state, tool="remember")


def mixed(scene: Scene) -> Draft:
    """Both in one message, each thing with its own sign."""
    state = _own(scene.before(0.2))
    titles, values = _things(scene)
    others, hated = _things(scene)
    known = {t.said for t in titles} | {v.value for v in values}
    others = [t for t in others if t.said not in known]
    hated = [v for v in hated if v.value not in known]
    if not (others or hated):
        return liked(scene)
    if state.person:
        state = replace(state, person="")
    likes, dislikes = _words(titles, values), _words(others, hated)
    text = scene.pick("taste.mixed", likes=scene.listed(likes), dislikes=scene.listed(dislikes))
    kept = Remember(likes=_mentions(titles, values), dislikes=_mentions(others, hated))
    return Draft(scene.decorated(text, 0.2), (kept, _after(titles, values, state)), state, tool="remember")


def turned(scene: Scene) -> Draft:
    """A change of mind."""
    state = _own(scene.after_list())
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
    return Draft(text, (_remember(titles, (), side == "like"), found(wanted)), _own(scene.before(0.1)), tool="remember")


def seen(scene: Scene) -> Draft:
    """'I've seen Jaws', 'seen the first two'."""
    kind = "story" if scene.world.tells_stories else "goods"
    if scene.chance(0.45):
        titles = scene.titles(scene.rng.choice((1, 1, 2)))
        text = scene.pick(f"seen.named_{kind}", things=scene.listed([t.said for t in titles]))
        calls = [React(item=t.planned, verdict="seen") for t in titles]
        return Draft(text, (*calls, Recommend()), tool="react")
    state = _own(scene.after_list(scene.rng.choice((3, 4, 5))))
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
    state = _own(scene.after_list())
    one, number = scene.pointer(state)
    draw = scene.rng.random()
    if draw < 0.2 and len(state.shown) > 1:
        other = scene.rng.choice([n for n in range(1, len(state.shown) + 1) if n != number])
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


def for_other(scene: Scene) -> Draft:
    """'something for my dad, he loves westerns', 'a comedy to watch with my parents'."""
    person, draw = scene.pick("other.person"), scene.rng.random()
    if draw < 0.12:
        together = Remember(scope="other", person=person, together=True)
        if scene.chance(0.4):
            return Draft(scene.pick("other.together", person=person), (together, Recommend()), tool="remember")
        wanted = scene.wishes.wish(scene.rng, 2)
        text = scene.pick("other.together_wish", person=person, wish=wanted.text)
        return Draft(text, (together, found(wanted)), tool="remember")
    if draw < 0.3:
        ask = scene.pick("recommend.plain").rstrip("?.") if not scene.world.unspaced else ""
        text = scene.pick("other.for", person=person, ask=ask)
        return Draft(text, (Remember(scope="other", person=person), Recommend()), tool="remember")
    if draw < 0.6:
        wanted = scene.wishes.wish(scene.rng, 2)
        text = scene.pick("other.for_wish", person=person, wish=wanted.text)
        return Draft(
            scene.decorated(text, 0.2), (Remember(scope="other", person=person), found(wanted)), tool="remember"
        )
    return _their_taste(scene, person)


def back_to_oneself(scene: Scene) -> Draft:
    """'now for me again' ends it."""
    person = scene.pick("other.person")
    state = replace(scene.after_list(), person=person)
    return Draft(scene.pick("forget.oneself"), (Forget(what=person), Recommend()), state, tool="forget")


def meant(scene: Scene) -> Draft:
    """'I meant Aliens': the message before once more, with another item."""
    first, second = scene.titles(2)
    text = scene.pick("meant.title", title=second.said)
    told = scene.pick("assistant.list", titles=scene.title().said, wish=scene.wishes.nouns(scene.rng))
    state = scene.after_list()
    if scene.chance(0.5):
        before = Message("user", scene.pick("similar.plain", things=first.said))
        state = replace(state, messages=(before, Message("assistant", told)), last=SimilarTo(titles=(first.planned,)))
        return Draft(text, (SimilarTo(titles=(second.planned,)),), state)
    before = Message("user", scene.pick("taste.like", things=first.said))
    state = _own(replace(state, messages=(before, Message("assistant", told)), last=Recommend()))
    calls = (Forget(what=first.planned), Remember(likes=(second.planned,)), Search(keep=True))
    return Draft(text, calls, state, tool="forget")


def _their_taste(scene: Scene, person: str) -> Draft:
    titles, values = _things(scene)
    words = scene.listed(_words(titles, values))
    draw = scene.rng.random()
    if draw < 0.5:
        text = scene.pick("other.taste_like", person=person, things=words)
        kept = Remember(likes=_mentions(titles, values), scope="other", person=person)
        return Draft(text, (kept, _after(titles, values, State())), tool="remember")
    if draw < 0.75:
        text = scene.pick("other.taste_dislike", person=person, things=words)
        kept = Remember(dislikes=_mentions(titles, values), scope="other", person=person)
        return Draft(text, (kept, Recommend()), tool="remember")
    hated = scene.named()
    text = scene.pick("other.taste_both", person=person, likes=words, dislikes=hated.said)
    kept = Remember(likes=_mentions(titles, values), dislikes=(hated.mention,), scope="other", person=person)
    return Draft(text, (kept, _after(titles, values, State())), tool="remember")


def _things(scene: Scene) -> tuple[list[Said], list[Named]]:
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
    mentions = _mentions(titles, values)
    return Remember(likes=mentions) if likes else Remember(dislikes=mentions)


def _mentions(titles: Sequence[Said], values: Sequence[Named]) -> tuple[str, ...]:
    return (*(t.planned for t in titles), *(v.mention for v in values))


def _words(titles: Sequence[Said], values: Sequence[Named]) -> list[str]:
    return [*(t.said for t in titles), *(v.said for v in values)]


def _after(titles: Sequence[Said], values: Sequence[Named], state: State) -> Action:
    """What follows a like: a search for liked values, unless items say what is liked."""
    if values and not titles:
        return Search(filters=(_within(values),), keep=state.last is not None)
    return _on(state)


def _on(state: State) -> Action:
    return Search(keep=True) if state.last is not None else Recommend()


def _within(values: Sequence[Named]) -> Filter:
    return Filter(facet=values[0].facet, op=Op.IN, values=tuple(v.planned for v in values))


def _reversed(bound: Filter) -> Filter:
    """What holds when a bound is ruled out."""
    ops = {Op.GE: Op.LT, Op.LT: Op.GE, Op.GT: Op.LE, Op.LE: Op.GT}
    return bound.model_copy(update={"op": ops[bound.op]})


def _own(state: State) -> State:
    return replace(state, person="")
