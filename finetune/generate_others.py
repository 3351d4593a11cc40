"""Messages about other people than the speaker, and corrections of what was said before."""

from dataclasses import replace

from agent.plan import Forget, Recommend, Remember, Search, SimilarTo
from agent.types import Message
from finetune.generate_find import found
from finetune.generate_scene import Draft, Scene, State
from finetune.generate_taste import after, mentions, own, things, words_for


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
    first, second = (scene.titles(2) * 2)[:2]
    text = scene.pick("meant.title", title=second.said)
    told = scene.pick("assistant.list", titles=scene.title().said, wish=scene.wishes.nouns(scene.rng))
    state = scene.after_list()
    if scene.chance(0.5):
        before = Message("user", scene.pick("similar.plain", things=first.said))
        state = replace(state, messages=(before, Message("assistant", told)), last=SimilarTo(titles=(first.planned,)))
        return Draft(text, (SimilarTo(titles=(second.planned,)),), state)
    before = Message("user", scene.pick("taste.like", things=first.said))
    state = own(replace(state, messages=(before, Message("assistant", told)), last=Recommend()))
    calls = (Forget(what=first.planned), Remember(likes=(second.planned,)), Search(keep=True))
    return Draft(text, calls, state, tool="forget")


def _their_taste(scene: Scene, person: str) -> Draft:
    titles, values = things(scene)
    words = scene.listed(words_for(titles, values))
    draw = scene.rng.random()
    if draw < 0.5:
        text = scene.pick("other.taste_like", person=person, things=words)
        kept = Remember(likes=mentions(titles, values), scope="other", person=person)
        return Draft(text, (kept, after(titles, values, State())), tool="remember")
    if draw < 0.75:
        text = scene.pick("other.taste_dislike", person=person, things=words)
        kept = Remember(dislikes=mentions(titles, values), scope="other", person=person)
        return Draft(text, (kept, Recommend()), tool="remember")
    hated = scene.named()
    text = scene.pick("other.taste_both", person=person, likes=words, dislikes=hated.said)
    kept = Remember(likes=mentions(titles, values), dislikes=(hated.mention,), scope="other", person=person)
    return Draft(text, (kept, after(titles, values, State())), tool="remember")
