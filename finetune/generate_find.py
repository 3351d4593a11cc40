"""Messages that look for items: wishes, critiques of the list, likeness, orders, and anything at all."""

from dataclasses import replace

from agent.plan import Ask, Order, Recommend, Remember, Search, SimilarTo
from finetune.generate_scene import Draft, Scene, State
from finetune.generate_wish import Wish

_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10)


def wish(scene: Scene) -> Draft:
    """'Show me a funny film from the 90s': begins anew, whatever was shown."""
    count = scene.rng.choice(_COUNTS) if scene.chance(0.12) else None
    wanted = scene.wishes.wish(scene.rng, count=count)
    text = scene.pick("ask.fresh", wish=wanted.text)
    return Draft(scene.decorated(text), (found(wanted),), scene.before(0.3))


def fragment(scene: Scene) -> Draft:
    """'horror from the 80s' with nothing shown; with a list it goes on from that."""
    wanted = scene.wishes.wish(scene.rng)
    text = scene.pick("ask.fragment", wish=wanted.text)
    if scene.chance(0.75):
        return Draft(scene.decorated(text, 0.2), (found(wanted),))
    return Draft(wanted.text, (found(wanted, keep=True),), scene.after_list())


def mood(scene: Scene) -> Draft:
    """Free words alone: 'something heartwarming'."""
    words = scene.wishes.free(scene.rng, mood=True)
    state = scene.before(0.15)
    text = scene.pick("ask.mood", free=words)
    return Draft(scene.decorated(text), (Search(query=words, keep=state.last is not None),), state)


def narrower(scene: Scene) -> Draft:
    """'only French ones', 'and from the 90s?' of a list."""
    wanted = scene.wishes.after(scene.rng) if scene.chance(0.5) else scene.wishes.wish(scene.rng, 2)
    key = "ask.keep_after" if wanted.after else "ask.keep"
    text = scene.pick(key, wish=wanted.text, after=wanted.after)
    return Draft(scene.decorated(text, 0.15), (found(wanted, keep=True),), scene.after_list())


def trial(scene: Scene) -> Draft:
    """'what if it were from the 90s?' leaves the list as it is."""
    wanted = scene.wishes.after(scene.rng) if scene.chance(0.5) else scene.wishes.wish(scene.rng, 1, free=False)
    key = "critique.trial_after" if wanted.after else "critique.trial"
    text = scene.pick(key, wish=wanted.text, after=wanted.after)
    return Draft(text, (found(wanted, keep=True, trial=True),), scene.after_list())


def dropped(scene: Scene) -> Draft:
    """'any year is fine'."""
    state = scene.after_list()
    asked = [f.facet for f in state.last.filters] if state.last else []
    spec = scene.world.catalog.spec
    facets = asked or [n for n, s in spec.facets.items() if s.filterable]
    facet = scene.rng.choice(facets)
    label = scene.world.spec.facets[facet].label
    only_tried = scene.chance(0.25)
    text = scene.pick("critique.drop_trial" if only_tried else "critique.drop", label=label)
    return Draft(text, (Search(keep=True, drop=(facet,), trial=only_tried),), state)


def compared(scene: Scene) -> Draft:
    """'cheaper', 'too long', 'funnier': the word says what changes; code knows the numbers."""
    side = "story" if scene.world.tells_stories else "goods"
    words = [(w, m.facet) for m in scene.world.measures for w in (*m.spec.more, *m.spec.less)]
    words = [(w, f) for w, f in words if scene.world.unspaced != w.isascii()]
    state = scene.after_list()
    if not words or scene.chance(0.35):
        said = scene.pick(f"free.{side}_more")
        plain = degree(scene, said, 2) or said
        text = scene.pick("critique.more", word=said, plain=plain)
        query = plain if scene.world.unspaced else said
        return Draft(scene.decorated(text, 0.2), (Search(query=query, keep=True),), state)
    (word, _), draw = scene.rng.choice(words), scene.rng.random()
    plain = degree(scene, word, 2)
    if draw < 0.2:
        one, number = scene.pointer(state)
        text = scene.pick("critique.than", word=word, plain=plain or word, one=one)
        return Draft(text, (Search(query=f"{word} [{number}]", keep=True),), state)
    if draw < 0.4 and plain and " " not in plain:
        text = scene.pick("critique.too", plain=plain)
        return Draft(text, (Search(query=opposite(scene, word), keep=True),), state)
    text = scene.pick("critique.more", word=word, plain=plain or word)
    return Draft(scene.decorated(text, 0.2), (Search(query=word, keep=True),), state)


def lessened(scene: Scene) -> Draft:
    """'not so dark': to be avoided for now."""
    side = "story" if scene.world.tells_stories else "goods"
    quality = scene.pick(f"free.{side}_avoids")
    text = scene.pick("avoid.less", quality=quality)
    calls = (Remember(avoids=(quality,), scope="session"), Search(keep=True))
    return Draft(text, calls, replace(scene.after_list(), person=""), tool="remember")


def similar(scene: Scene) -> Draft:
    """'something like Heat', 'like the second one but cheaper'."""
    state = scene.after_list() if scene.chance(0.35) else State()
    if state.shown and scene.chance(0.8):
        one, number = scene.pointer(state)
        things, planned = one, [f"[{number}]"]
    else:
        titles = scene.titles(scene.rng.choice((1, 1, 1, 1, 2, 3)))
        things, planned = scene.listed([t.said for t in titles]), [t.planned for t in titles]
    draw = scene.rng.random()
    if draw < 0.07:
        side = "story" if scene.world.tells_stories else "goods"
        quality = scene.pick(f"free.{side}_avoids")
        text = scene.pick("similar.less", things=things, quality=quality)
        calls = (Remember(avoids=(quality,), scope="session"), SimilarTo(titles=tuple(planned)))
        return Draft(text, calls, replace(state, person=""))
    if draw < 0.22:
        word = _twist(scene)
        return Draft(
            scene.pick("similar.twist", things=things, twist=word),
            (SimilarTo(titles=tuple(planned), twist=word),),
            state,
        )
    if draw < 0.35:
        wanted = scene.wishes.wish(scene.rng, 1, free=False)
        text = scene.pick("similar.with", things=things, wish=wanted.text)
        return Draft(text, (SimilarTo(titles=tuple(planned), filters=wanted.filters),), state)
    if draw < 0.42:
        count = scene.rng.choice(_COUNTS[1:])
        text = scene.pick("similar.counted", things=things, n=scene.wishes.number(count, scene.rng))
        return Draft(text, (SimilarTo(titles=tuple(planned), count=count),), state)
    if draw < 0.5 and not planned[0].startswith("[") and len(planned) == 1:
        return Draft(scene.pick("similar.bare", title=things), (SimilarTo(titles=tuple(planned)),), State())
    return Draft(
        scene.decorated(scene.pick("similar.plain", things=things)), (SimilarTo(titles=tuple(planned)),), state
    )


def ordered(scene: Scene) -> Draft:
    """'the cheapest watch', 'your newest films'."""
    words = [(w, m.facet, up) for m in scene.world.measures for up in (True, False) for w in _sides(m.spec, up=up)]
    most = [(d, f, up) for w, f, up in words for d in superlatives(scene, w) if scene.world.unspaced != d.isascii()]
    if not most:
        return wish(scene)
    word, facet, up = scene.rng.choice(most)
    order = Order(facet=facet, descending=up)
    state = scene.known(State()) if scene.chance(0.15) else State()
    if scene.chance(0.35):
        return Draft(scene.decorated(scene.pick("sort.all", most=word), 0.2), (Search(sort=order),), state)
    wanted = scene.wishes.wish(scene.rng, 1, free=False)
    for _ in range(8):
        if wanted.filters and not wanted.after and all(f.facet != facet for f in wanted.filters):
            break
        wanted = scene.wishes.wish(scene.rng, 1, free=False)
    text = scene.pick("sort.wish", most=word, wish=_unarticled(wanted.text))
    return Draft(
        scene.decorated(text, 0.2), (Search(filters=wanted.filters, sort=order),), replace(state, shown=(), last=None)
    )


def anything(scene: Scene) -> Draft:
    """'recommend something', 'more', 'surprise me'."""
    draw = scene.rng.random()
    if draw < 0.3:
        return Draft(scene.decorated(scene.pick("recommend.plain")), (Recommend(),), scene.known(State()))
    count = scene.rng.choice(_COUNTS)
    number = scene.wishes.number(count, scene.rng)
    if draw < 0.45:
        return Draft(scene.decorated(scene.pick("recommend.counted", n=number), 0.2), (Recommend(count=count),))
    if draw < 0.75:
        return Draft(scene.pick("recommend.more"), (Recommend(more=True),), scene.after_list())
    if draw < 0.85:
        return Draft(
            scene.pick("recommend.more_counted", n=number), (Recommend(more=True, count=count),), scene.after_list()
        )
    return Draft(scene.decorated(scene.pick("recommend.surprise"), 0.2), (Recommend(surprise=True),), scene.before(0.2))


def ask(scene: Scene) -> Draft:
    """'ask me about the genre': a question is wanted."""
    facets = [n for n, role in scene.world.roles.items() if role != "people"] or list(scene.world.roles)
    facet = scene.rng.choice(facets)
    text = scene.pick("chat.ask", label=scene.world.spec.facets[facet].label)
    return Draft(scene.decorated(text, 0.2), (Ask(facet=facet),))


def found(wanted: Wish, *, keep: bool = False, trial: bool = False) -> Search:
    """The search for a wish."""
    return Search(query=wanted.query, filters=wanted.filters, keep=keep, trial=trial, count=wanted.count)


def superlatives(scene: Scene, word: str) -> tuple[str, ...]:
    """'newest' and 'latest' of 'newer'."""
    also = scene.phrases.table("degrees.also").get(word)
    own = degree(scene, word, 1)
    return tuple(dict.fromkeys([*([own] if own else []), *(map(str, also) if isinstance(also, list) else ())]))


def degree(scene: Scene, word: str, form: int) -> str:
    """Another degree of a comparative: 1 the most, 2 the plain word; '' for a word that has none."""
    for kind in ("prefixes", "endings"):
        rules = scene.phrases.table("degrees").get(kind)
        for rule in rules if isinstance(rules, list) else ():
            if kind == "prefixes" and word.startswith(rule[0]):
                return f"{rule[form]}{word.removeprefix(rule[0])}"
            if kind == "endings" and " " not in word and word.endswith(rule[0]):
                return f"{word.removesuffix(rule[0])}{rule[form]}"
    return ""


def opposite(scene: Scene, word: str) -> str:
    """'shorter' for 'longer': what 'too long' asks for."""
    for measure in scene.world.measures:
        for up in (True, False):
            if word in _sides(measure.spec, up=up):
                others = [w for w in _sides(measure.spec, up=not up) if scene.world.unspaced != w.isascii()]
                return others[0] if others else word
    return word


def _sides(spec: object, *, up: bool) -> tuple[str, ...]:
    return tuple(getattr(spec, "more" if up else "less"))


def _twist(scene: Scene) -> str:
    side = "story" if scene.world.tells_stories else "goods"
    words = [w for m in scene.world.measures for w in (*m.spec.more, *m.spec.less)]
    words = [w for w in words if scene.world.unspaced != w.isascii()]
    if words and scene.chance(0.4):
        return scene.rng.choice(words)
    word = scene.pick(f"free.{side}_more")
    return degree(scene, word, 2) or word if scene.world.unspaced else word


def _unarticled(text: str) -> str:
    for article in ("a ", "an ", "some ", "any ", "one of those "):
        text = text.removeprefix(article)
    return text
