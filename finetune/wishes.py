"""From what a message says of each thing it names to the calls that answer it. Pure but for the linker's index.

The conventions are the product's: taste is remembered, then something is fetched; a critique continues the last
search; a verdict on the list is a reaction. A message whose words leave doubt has no plan.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.plan import Action, Chat, Compare, Details, React, Recommend, Remember, Search, SimilarTo
from agent.plan_text import MOST_CALLS
from finetune.clauses import Stance, is_request, parts_of
from finetune.example import State
from finetune.facet_words import DENIED, Naming, Taste, taste_of

_MARK = re.compile(r"⟦\d+⟧")
_PLAIN = frozenset(
    """
    a about actually afternoon again ah all also always am an and another any anyone anything are as at awesome be been
    best better big both but by can can't cannot care cool could crazy day definitely did didn't dislike do does don't
    dont down dude else enjoy enjoyed evening ever every everything excellent fan fantastic favorite favorites favourite
    favourites few film films find fine first flick flicks for found from fun game generally genre genres get give going
    good great had haha has hate have having hello help here hey hi highly hmm how huge i i'd i'll i'm i've idea ideas
    if im im' in interested into is it it's its ive just kind kinda kinds know last lately like liked likes list lol
    look looking lot lots love loved loves made main mainly man maybe me mind mine mood more most mostly movie movies
    much my myself need never new next nice night no not nothing of oh ok okay on one ones only open or other others out
    perhaps please prefer pretty probably quite rather really recently recommend recommendation recommendations
    recommended right saw search searching see seen should show sir so some somebody something sort sorts stuff such
    suggest suggested suggestion suggestions sure tell than thank thanks that that's the them then there these they
    things think this those though to today tonight too top tried try two type types typically um up us usually very
    want wanted wanting was watch watched watching we weekend well were what what's which while who will with wonderful
    would wow yeah yep yes you your yours
    """.split()  # noqa: SIM905 - a list of 300 words would be 300 lines
)
"""Words that ask for nothing in particular."""
_FAVOURITES = re.compile(
    r"\b(?:what|which|any|who|name|tell|give|example|favou?rites?)\b.*\b(?:like|love|enjoy|favou?rites?|interested|"
    r"into|prefer|kind|type|genre|mood|recently|lately|seen|watched|looking|mind)\b"
)
_MORE = re.compile(r"\b(?:more|other|others|another|else|different)\b")
_WORDS = re.compile(r"[a-z][a-z'’]*")
_ALL = re.compile(r"\b(?:both|all|them|those|these)\b")
_THIS = re.compile(r"\b(?:it|that|this|one)\b|^\W*(?:loved|liked|hated|seen|saw|sounds|looks|great|good|awesome)\b")
_ASKS_ON = re.compile(
    r"(?<!you)\?|\b(?:looking for|can you|could you|another|any (?:other|more)|do you|recommend|i want|i need)\b"
)
_WHICH = re.compile(r"\bwhich\b|\bbetter\b|\bdifference\b|\bcompare\b")
_GOES_ON = re.compile(r"\W*(?:and|or|also|plus|oh and)\b")
_CHATS = (
    (
        "goodbye",
        r"(?:.{0,60}\W)?(?:good ?bye|bye|bye bye|see (?:you|ya)|(?:have|enjoy) (?:a|an|your) (?:\w+ ){0,2}"
        r"(?:day|night|evening|one|weekend|time|afternoon)|good ?night|take care)\b.{0,25}",
    ),
    ("thanks", r"(?:\w+[,!. ]+){0,4}(?:thanks?|thank (?:you|u)|thx|ty|thanx|cheers)\b[^?]{0,60}"),
    (
        "greeting",
        r"(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|evening|afternoon|day)|yo)\b(?:\W+(?:there|how|hows|"
        r"how's|are|you|u|doing|today|tonight|is|it|going|good|evening|morning|afternoon|friend|i'm|i am|fine|well|"
        r"great|and|your|day)\b)*\W*",
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message with marks for the titles, what it says of each, and which of them are on the list."""

    text: str
    titles: tuple[str, ...] = ()
    stances: tuple[Stance, ...] = ()
    shown: frozenset[str] = frozenset()
    answers: bool = False
    """The message before was the other side's, and showed the list."""

    def those(self, *stances: Stance, shown: bool | None = None) -> tuple[str, ...]:
        """The titles of which it says that, on the list or not, each once."""
        pairs = zip(self.titles, self.stances, strict=True)
        return tuple(
            dict.fromkeys(t for t, s in pairs if s in stances and (shown is None or (t in self.shown) is shown))
        )


def plan_of_said(said: Said, state: State, question: str, naming: Naming) -> tuple[Action, ...]:
    """The calls that answer a message; none where its words leave doubt. `question` is what was asked before it."""
    if not said.titles:
        return _untitled(said, state, naming)
    said = _listed(said, question, state)
    if "none" in said.stances:
        return ()
    taste = taste_of(said.text, naming)
    judged = _remembered(said, taste)
    reactions = _reactions(said)
    fetch: tuple[Action, ...]
    if len(said.those("asked")) > 1 and _WHICH.search(said.text.casefold()):
        fetch = (Compare(items=said.those("asked")),)
    else:
        unknown = (*said.those("asked"), *said.those("want", shown=False), *said.those("unseen", shown=True))
        asked = tuple(Details(item=title) for title in unknown)
        fetch = (*asked, *_fetch(said, state, taste, reactions, bool(asked)))
    plan = (*judged, *reactions, *fetch)
    return plan if len(plan) <= MOST_CALLS else ()


def _listed(said: Said, question: str, state: State) -> Said:
    """A bare list of titles goes on with what was said, or answers a question for favourites; else more like them is
    asked for."""
    if "none" not in said.stances or _left(said.text) or DENIED.search(said.text.casefold()):
        return said
    asked = bool(_FAVOURITES.search(question.casefold()))
    if _GOES_ON.match(said.text.casefold()) and state.last is not None:
        asked = not isinstance(state.last, SimilarTo)
    stance: Stance = "like" if asked else "similar"
    return Said(said.text, said.titles, tuple(stance if s == "none" else s for s in said.stances), said.shown)


def _left(text: str) -> list[str]:
    """The words that say something besides names and small words."""
    words = _WORDS.findall(_MARK.sub(" ", text.casefold()).replace("’", "'"))
    return [w for w in words if w not in _PLAIN and len(w) > 1]


def _remembered(said: Said, taste: Taste) -> tuple[Action, ...]:
    likes, dislikes = (*said.those("like"), *taste.likes), (*said.those("dislike"), *taste.dislikes)
    kept = Remember(likes=likes, dislikes=dislikes) if likes or dislikes else None
    avoided = Remember(avoids=tuple(taste.avoids), scope="session") if taste.avoids else None
    return tuple(r for r in (kept, avoided) if r is not None)


def _reactions(said: Said) -> tuple[React, ...]:
    taken = (React(item=t, verdict="like") for t in said.those("want", shown=True))
    return (*taken, *(React(item=t, verdict="seen") for t in said.those("seen")))


def _fetch(said: Said, state: State, taste: Taste, reactions: Sequence[React], asked: bool) -> tuple[Action, ...]:
    filters = tuple(taste.filters)
    anchors = (*said.those("similar"), *said.those("unseen", shown=False))
    if anchors:
        return (SimilarTo(titles=tuple(dict.fromkeys(anchors)), filters=filters),)
    if filters:
        return (Search(filters=filters, keep=state.last is not None and not is_request(said.text)),)
    if asked:
        return ()
    if any(r.verdict == "seen" for r in reactions):
        return (Recommend(more=bool(state.shown)),)
    if is_request(said.text) and _MORE.search(said.text.casefold()) and state.shown:
        return (Recommend(more=True),)
    return (Search(keep=True) if state.last is not None else Recommend(),)


def _untitled(said: Said, state: State, naming: Naming) -> tuple[Action, ...]:
    text = said.text.casefold().replace("’", "'").strip()
    for kind, pattern in _CHATS:
        if re.fullmatch(pattern, text) and not _ASKS_ON.search(text):
            return (Chat.model_validate({"kind": kind}),)
    taste = taste_of(said.text, naming)
    if taste.filters or taste.likes or taste.dislikes or taste.avoids:
        return () if _left(taste.covered) else (*_remembered(said, taste), *_fetch(said, state, taste, (), False))
    if said.answers and (reactions := _on_list(text, state)):
        seen = reactions[0].verdict in ("seen", "reject")
        return (*reactions, Recommend(more=True) if seen else Search(keep=True))
    if (
        is_request(text)
        and "thank" not in text
        and not _left(text)
        and re.search(r"\b(?:recommend|suggest|watch|movie|film|idea)", text)
    ):
        return (Recommend(more=bool(state.shown) and bool(_MORE.search(text))),)
    return ()


def _on_list(text: str, state: State) -> tuple[React, ...]:
    """A verdict on what was just shown: on all of it, or on the only one."""
    stances = {p.stance for p in parts_of(text)} - {"none"}
    verdicts = {"like": "like", "dislike": "dislike", "seen": "seen", "want": "like"}
    if "like" in stances and stances <= {"like", "seen"}:
        stances = {"like"}
    if len(stances) != 1 or not (stances <= set(verdicts)) or len(text.split()) > 14 or "?" in text:
        return ()
    verdict = verdicts[stances.pop()]
    numbers = range(1, len(state.shown) + 1)
    if (len(state.shown) == 1 and _THIS.search(text)) or (1 < len(state.shown) <= 4 and _ALL.search(text)):
        return tuple(React.model_validate({"item": f"[{n}]", "verdict": verdict}) for n in numbers)
    return ()
