"""Messages that ask about items: facts, comparisons, why and why not; and those that ask for nothing."""

from collections.abc import Sequence
from dataclasses import replace

from agent.plan import Accept, Chat, Compare, Details, Filter, Handoff, Order, Search, Why, WhyNot
from agent.types import Fetch, Message
from finetune.generate_find import superlatives
from finetune.generate_scene import Draft, Scene, State
from retrieval.catalog import as_labels
from retrieval.types import Op

_TALK = ("greeting", "thanks", "goodbye", "help", "profile", "smalltalk", "offtopic", "insult", "unclear", "empty")
_MEMBERS = "with"
_MAKERS = "by"
_MOST_COMPARED = 6


def fact(scene: Scene) -> Draft:
    """'who directed it?', 'is the second one in stock?', 'tell me more about Heat'."""
    it, planned, state = _subject(scene)
    draw = scene.rng.random()
    if draw < 0.3:
        return Draft(scene.decorated(scene.pick("question.about", it=it), 0.15), (Details(item=planned),), state)
    if draw < 0.33:
        side = "story" if scene.world.tells_stories else "goods"
        text = scene.pick("question.quality", it=it, quality=scene.pick(f"free.{side}_moods"))
        return Draft(text, (Details(item=planned),), state)
    if draw < 0.38:
        return Draft(scene.pick("question.other", it=it), (Details(item=planned),), state)
    if draw < 0.68:
        return _asked_facet(scene, it, planned, state)
    if draw < 0.9:
        return _asked_value(scene, it, planned, state)
    bound = next((b for _ in range(20) if (b := scene.wishes.bound(scene.rng)) and len(b.filters) == 1), None)
    if bound is None:
        return _asked_value(scene, it, planned, state)
    text = scene.pick("question.bound", it=it, bound=bound.text)
    condition = bound.filters[0]
    if condition.op is Op.IN:
        return Draft(text, (Details(item=planned, facet=condition.facet, condition=condition),), state)
    return Draft(text, (Details(item=planned, facet=condition.facet, condition=condition),), state)


def which_of_these(scene: Scene) -> Draft:
    """'are any of these comedies?': of each in turn."""
    facets = [n for n, role in scene.world.roles.items() if role != "people"]
    state = scene.after_list(3)
    if not facets:
        return fact(scene)
    named = scene.world.named(scene.rng, scene.rng.choice(facets))
    if named is None:
        return fact(scene)
    calls = tuple(
        Details(item=f"[{n}]", facet=named.facet, value=named.planned) for n in range(1, len(state.shown) + 1)
    )
    return Draft(scene.pick("question.any", value=named.said), calls, state)


def comparison(scene: Scene) -> Draft:
    """'compare the first two', 'Heat or Alien?', 'which one is the cheapest?'."""
    draw = scene.rng.random()
    if draw < 0.3:
        titles = scene.titles(3 if scene.chance(0.2) else 2)
        if len(titles) < 2:
            return fact(scene)
        named = {k: t.said for k, t in zip("abc", titles, strict=False)}
        key = "compare.three" if len(titles) == 3 else "compare.two"
        return Draft(scene.pick(key, **named), (Compare(items=tuple(t.planned for t in titles)),))
    state = scene.after_list(scene.rng.choice((3, 4, 5)))
    if len(state.shown) < 2:
        return fact(scene)
    if draw < 0.5:
        n = 3 if len(state.shown) > 3 and scene.chance(0.3) else 2
        text = scene.pick("compare.first", n=scene.wishes.number(n, scene.rng))
        return Draft(text, (Compare(items=tuple(f"[{i}]" for i in range(1, n + 1))),), state)
    if draw < 0.72:
        a, b = scene.rng.sample(range(1, scene.pointable(state) + 1), 2)
        one, two = scene.pointer(state, place=a)[0], scene.pointer(state, place=b)[0]
        return Draft(scene.pick("compare.two", a=one, b=two), (Compare(items=(f"[{a}]", f"[{b}]")),), state)
    return _by_measure(scene, state)


def reason(scene: Scene) -> Draft:
    """'why the second one?', 'why not Heat?'."""
    state, draw = scene.after_list(scene.rng.choice((3, 4, 5))), scene.rng.random()
    if draw < 0.35:
        one, number = scene.pointer(state)
        return Draft(scene.pick("why.one", one=one), (Why(item=f"[{number}]"),), state)
    if draw < 0.45:
        item = scene.rng.choice(state.shown)
        title = scene.title(item)
        return Draft(scene.pick("why.one", one=title.said), (Why(item=title.planned),), state)
    if draw < 0.55:
        return Draft(scene.pick("why.all"), tuple(Why(item=f"[{n}]") for n in (1, 2, 3)), state)
    if draw < 0.62:
        return Draft(scene.pick("why.this"), (Why(item="[1]"),), replace(state, shown=state.shown[:1]))
    title = scene.title()
    return Draft(scene.pick("why.not", title=title.said), (WhyNot(item=title.planned),), state)


def talk(scene: Scene) -> Draft:
    """A message that there is nothing to fetch for."""
    kind = scene.rng.choices(_TALK, weights=(5, 5, 4, 4, 5, 5, 8, 5, 4, 2))[0]
    text = scene.pick(f"chat.{kind}")
    return Draft(text, (Chat(kind=kind),), scene.before(0.4))  # type: ignore[arg-type]  # a kind of the list above


def staff(scene: Scene) -> Draft:
    """A person is wanted."""
    return Draft(scene.decorated(scene.pick("chat.handoff"), 0.3), (Handoff(),), scene.before(0.3))


def accepted(scene: Scene) -> Draft:
    """A yes to what was offered."""
    state = scene.after_list()
    wish = scene.wishes.wish(scene.rng, 2)
    offer: Fetch = Search(query=wish.query, filters=wish.filters)
    spec = scene.world.spec.facets
    label = spec[scene.rng.choice(list(spec))].label
    said = scene.pick("assistant.offer", label=label, n=str(scene.rng.randrange(3, 200)))
    before = (Message("user", wish.text), Message("assistant", said))
    return Draft(scene.pick("answer.yes"), (Accept(),), replace(state, messages=before, offer=offer))


def answered(scene: Scene) -> Draft:
    """The value that was asked for."""
    facets = [n for n, role in scene.world.roles.items() if role != "people"]
    if not facets:
        return accepted(scene)
    facet = scene.rng.choice(facets)
    named = scene.world.named(scene.rng, facet)
    if named is None:
        return accepted(scene)
    state = scene.after_list()
    said = scene.pick("assistant.question", label=scene.world.spec.facets[facet].label)
    before = (*state.messages[:1], Message("assistant", said))
    call = Search(filters=(Filter(facet=facet, op=Op.IN, values=(named.planned,)),), keep=True)
    return Draft(scene.pick("answer.value", value=named.said), (call,), replace(state, messages=before, question=facet))


def _subject(scene: Scene) -> tuple[str, str, State]:
    """What is asked about: a title, one of the list, or what was spoken of before."""
    draw = scene.rng.random()
    if draw < 0.45:
        title = scene.title()
        return title.said, title.planned, State()
    state = scene.after_list()
    if draw < 0.85:
        one, number = scene.pointer(state)
        return one, f"[{number}]", state
    it = scene.pick("question.it")
    if scene.chance(0.5):
        return it, "[1]", replace(state, shown=state.shown[:1])
    title = scene.title()
    asked = Message("user", scene.pick("question.about", it=title.said))
    told = Message("assistant", scene.pick("assistant.told", title=title.said))
    return it, title.planned, replace(state, messages=(asked, told))


def _asked_facet(scene: Scene, it: str, planned: str, state: State) -> Draft:
    """A facet by its label, or by the question word of its kind."""
    spec = scene.world.catalog.spec.facets
    usable = [n for n, s in spec.items() if s.explainable and s.kind not in ("text", "image")]
    facet = scene.rng.choice(usable)
    label, family = scene.world.spec.facets[facet].label, _family(scene, facet)
    phrases = spec[facet].phrases
    key = "question.people" if spec[facet].people else "question.facet"
    if family in ("year", "money", "time") and scene.chance(0.75):
        key = f"question.{family}"
    elif spec[facet].people and scene.chance(0.6):
        key = "question.with" if _MEMBERS in phrases else "question.by" if _MAKERS in phrases else key
    return Draft(scene.pick(key, it=it, label=label), (Details(item=planned, facet=facet),), state)


def _asked_value(scene: Scene, it: str, planned: str, state: State) -> Draft:
    """Whether it has a value; now and then one that it has."""
    named = scene.named()
    held = state.shown[int(planned[1:-1]) - 1] if planned.startswith("[") else None
    values = as_labels(held.facets.get(named.facet)) if held is not None else ()
    if values and scene.chance(0.4):
        named = scene.world.said(scene.rng, named.facet, scene.rng.choice(values))
    spec = scene.world.catalog.facet(named.facet)
    key = "question.value"
    if spec.people:
        key = "question.holds" if _MEMBERS in spec.phrases else "question.made"
    text = scene.pick(key, it=it, value=named.said)
    return Draft(text, (Details(item=planned, facet=named.facet, value=named.planned),), state)


def _by_measure(scene: Scene, state: State) -> Draft:
    words = [
        (w, m.facet, up) for m in scene.world.measures for up in (True, False) for w in _words(scene, m.spec, up=up)
    ]
    if not words:
        return reason(scene)
    word, facet, up = scene.rng.choice(words)
    order = Order(facet=facet, descending=up)
    if scene.chance(0.5):
        most = superlatives(scene, word) or (word,)
        text = scene.pick("compare.by_all", most=most[0], word=word)
        items = tuple(f"[{n}]" for n in range(1, min(len(state.shown), _MOST_COMPARED) + 1))
        return Draft(text, (Compare(items=items, by=order),), state)
    a, b = scene.rng.sample(range(1, scene.pointable(state) + 1), 2)
    one, two = scene.pointer(state, place=a)[0], scene.pointer(state, place=b)[0]
    if scene.chance(0.4):
        text = scene.pick("compare.is", word=word, a=one, b=two)
        return Draft(text, (Compare(items=(f"[{a}]", f"[{b}]")),), state)
    text = scene.pick("compare.by_two", word=word, a=one, b=two)
    return Draft(text, (Compare(items=(f"[{a}]", f"[{b}]"), by=order),), state)


def _words(scene: Scene, spec: object, *, up: bool) -> Sequence[str]:
    words: Sequence[str] = getattr(spec, "more" if up else "less")
    return [w for w in words if scene.world.unspaced != w.isascii()]


def _family(scene: Scene, facet: str) -> str:
    return next((m.family for m in scene.world.measures if m.facet == facet), "")
