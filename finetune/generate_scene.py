"""A moment of a conversation to speak in: what was shown, searched and said before, and what is known of the person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from agent.plan import Action, Recommend, Search, SimilarTo
from agent.ports import PlanContext
from agent.profile import Moment, Preference, Profile, Statement, remember
from agent.types import Fetch, Message
from agent.wording import item_label
from finetune.augment import slip
from finetune.generate_phrases import Phrases
from finetune.generate_wish import Wishes
from finetune.generate_words import Named, World
from retrieval.types import Item

_SHOWN = (3, 4, 5, 5, 5, 5, 6)


@dataclass(frozen=True, slots=True)
class State:
    """What came before a message."""

    messages: tuple[Message, ...] = ()
    shown: tuple[Item, ...] = ()
    last: Fetch | None = None
    preferences: tuple[Preference, ...] = ()
    person: str = ""
    asked: tuple[str, ...] = ()
    question: str = ""
    offer: Fetch | None = None

    def context(self, text: str, language: str) -> PlanContext:
        """The state with a message in it."""
        return PlanContext(
            text=text,
            messages=self.messages,
            shown=self.shown,
            last=self.last,
            preferences=self.preferences,
            person=self.person,
            asked=self.asked,
            question=self.question,
            offer=self.offer,
            language=language,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A message, the state it is said in, and the calls that it asks for."""

    text: str
    actions: tuple[Action, ...]
    state: State = State()
    tool: str = ""
    """The most telling tool, where it is not that of the last call."""


@dataclass(frozen=True, slots=True)
class Said:
    """A thing as it is said, and as a plan names it."""

    said: str
    planned: str
    item: Item | None = None


class Scene:
    """Draws words, things and states for one message."""

    def __init__(self, world: World, phrases: Phrases, rng: Random, rows: Sequence[int]) -> None:
        self.world, self.phrases, self.rng = world, phrases, rng
        self.wishes = Wishes(world, phrases)
        self._rows = rows

    def pick(self, name: str, /, **slots: str) -> str:
        """A template of a list, filled; words for items are there always."""
        about = {
            "noun": self.wishes.noun(self.rng),
            "nouns": self.wishes.nouns(self.rng),
            "counter": self.wishes.counter,
        }
        return self.phrases.pick(name, self.rng, **(about | slots))

    def chance(self, share: float) -> bool:
        """Whether something of this share happens."""
        return self.rng.random() < share

    def item(self) -> Item:
        """Some item that people call by its title."""
        return self.world.catalog.items[self.rng.choice(self._rows)]

    def title(self, item: Item | None = None) -> Said:
        """A title as it is written, now and then with its year or a slip; the plan names it as written."""
        item = item or self.item()
        written = self.world.title(item, self.rng)
        draw = self.rng.random()
        if draw < 0.06:
            written = item_label(item, self.world.catalog) if not self.world.unspaced else written
        elif draw < 0.13 and not self.world.unspaced and self.world.linker is not None:
            written = self._slipped(written, item)
        return Said(written, written, item)

    def stranger(self) -> Said:
        """A title that the catalogue does not have: it is named as written, and the tools tell that it is unknown."""
        words = [w for _ in range(2) for w in self.item().title.split() if w.isalpha() and len(w) > 2][:8]
        made = " ".join(self.rng.sample(words, min(len(words), self.rng.choice((1, 2, 2, 3)))))
        written = f"{made}{self.rng.choice(('', 'ax', 'on', 'ium'))}".title()
        if not made or written in self.world.catalog.titles:
            return self.title()
        return Said(written, written)

    def titles(self, count: int) -> list[Said]:
        """Several titles, each another."""
        found: dict[str, Said] = {}
        while len(found) < min(count, len(self._rows)):
            said = self.stranger() if self.chance(0.04) else self.title()
            found[said.said] = said
        return list(found.values())

    def named(self, *, people: bool = True) -> Named:
        """Some facet value."""
        facets = [n for n, role in self.world.roles.items() if people or role != "people"]
        named = self.world.named(self.rng, self.rng.choice(facets))
        if named is None:
            raise LookupError(f"no value of {facets!r} can be named")
        return self.world.best_known(named)

    def listed(self, words: Sequence[str]) -> str:
        """Several words as one: 'a, b and c'."""
        joint = self.pick("taste.and")
        return words[0] if len(words) == 1 else self.pick("point.comma").join(words[:-1]) + joint + words[-1]

    def decorated(self, text: str, share: float = 0.3) -> str:
        """A message with words around it that ask for nothing."""
        before = self.pick("around.open") if self.chance(share * 0.7) else ""
        behind = self.pick("around.close") if self.chance(share * 0.8) else ""
        aside = self.pick("around.aside") if self.chance(share * 0.15) else ""
        return f"{aside}{before}{text.rstrip('?.!？。！') if behind else text}{behind}"

    def before(self, share: float = 0.4) -> State:
        """Nothing, a greeting, or a list shown before."""
        if not self.chance(share):
            return self.known(State()) if self.chance(0.25) else State()
        if self.chance(0.25):
            hello = (Message("user", self.pick("chat.greeting")), Message("assistant", self.pick("assistant.hello")))
            return self.known(State(messages=hello))
        return self.after_list()

    def after_list(self, count: int | None = None) -> State:
        """A list was shown for a search."""
        wish = self.wishes.wish(self.rng, 2)
        most = min(count or self.rng.choice(_SHOWN), len(self._rows))
        items = tuple(self.world.catalog.items[row] for row in self.rng.sample(self._rows, most))
        draw = self.rng.random()
        last: Fetch = Search(query=wish.query, filters=wish.filters, count=wish.count)
        said = self.pick("ask.fresh", wish=wish.text)
        if draw < 0.15:
            anchor = self.item()
            last = SimilarTo(titles=(item_label(anchor, self.world.catalog),))
            said = self.pick("similar.plain", things=anchor.title)
        elif draw < 0.3:
            last, said = Recommend(), self.pick("recommend.plain")
        told = self.pick("assistant.list", titles=", ".join(i.title for i in items), wish=wish.text)
        before = (Message("user", said), Message("assistant", told)) if self.chance(0.85) else ()
        state = State(before, items, last)
        return self.known(state) if self.chance(0.4) else state

    def known(self, state: State) -> State:
        """Some preferences are known."""
        said = [self._statement() for _ in range(self.rng.choice((1, 1, 2, 3)))]
        records = remember(Profile(), said, Moment("s", 1, "")).active("s")
        person = self.pick("other.person") if self.chance(0.12) else ""
        return replace(state, preferences=records, person=person)

    def pointer(self, state: State, *, place: int | None = None) -> tuple[str, int]:
        """A pointer at one of a list, and its number."""
        number = place or self.rng.randrange(1, self.pointable(state) + 1)
        if number == len(state.shown) and self.chance(0.4):
            return self.pick("point.last"), number
        return self.pick("point.one", nth=self.nth(number), n=str(number)), number

    def pointable(self, state: State) -> int:
        """How many of a list there are words for."""
        return min(len(state.shown), len(self.phrases.all("point.ordinals")))

    def nth(self, number: int) -> str:
        """'second'."""
        return self.phrases.all("point.ordinals")[number - 1]

    def _statement(self) -> Statement:
        sign = 1 if self.chance(0.6) else -1
        if self.chance(0.5):
            item = self.item()
            label = item_label(item, self.world.catalog)
            return Statement("item", (item.item_id,), label, 1 if sign > 0 else -1)
        named = self.named()
        return Statement("facet", (named.value,), named.value, 1 if sign > 0 else -1, facet=named.facet, hard=sign < 0)

    def _slipped(self, written: str, item: Item) -> str:
        """A title with a slip, when it still means the item."""
        words = [w for w in written.split() if len(w) > 4 and w.isascii() and w.isalpha()]
        if not words or self.world.linker is None:
            return written
        word = self.rng.choice(words)
        wrong = written.replace(word, slip(word, self.rng), 1)
        link = self.world.linker.link(wrong)
        return wrong if link.status == "sure" and link.candidates[0].item_id == item.item_id else written
