"""What is asked for, as a noun phrase and as the conditions it means."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from agent.plan import Filter
from finetune.generate_amounts import amount, round_number
from finetune.generate_phrases import Phrases
from finetune.generate_words import Measure, Named, World
from retrieval.types import Op


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a wish: the words, where they stand, and what they mean."""

    text: str
    filters: tuple[Filter, ...] = ()
    behind: bool = True
    """After the noun, and not before it."""
    kind: bool = False
    """It says what the thing is, and stands for the noun."""
    named: tuple[Named, ...] = ()
    query: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A noun phrase, and the conditions in it."""

    text: str
    after: str
    """The phrase without the noun, where it has nothing before one; '' else."""
    filters: tuple[Filter, ...]
    query: str = ""
    named: tuple[Named, ...] = field(default=())
    count: int | None = None


class Wishes:
    """Makes wishes for one catalogue in one language."""

    def __init__(self, world: World, phrases: Phrases) -> None:
        self.world, self.phrases = world, phrases
        self._values = [n for n, role in world.roles.items() if role != "people"]
        self._people = [n for n, role in world.roles.items() if role == "people"]

    def wish(self, rng: Random, most: int = 3, *, free: bool = True, count: int | None = None) -> Wish:
        """A wish of one to `most` conditions on different facets."""
        wanted = rng.choices(range(1, most + 1), weights=(6, 5, 2, 1)[:most])[0]
        parts: list[Condition] = []
        taken: set[str] = set()
        for _ in range(8):
            part = self._condition(rng, taken, free=free)
            if part is not None and (len(parts) < wanted):
                parts.append(part)
                taken |= {f.facet for f in part.filters} | ({"query"} if part.query else set())
        return self.phrase(parts or [self.bound(rng) or self.value(rng)], rng, count=count)

    def phrase(self, parts: Sequence[Condition], rng: Random, *, count: int | None = None) -> Wish:
        """Conditions as one noun phrase."""
        before, behind = [p.text for p in parts if not p.behind and not p.kind], [p.text for p in parts if p.behind]
        kind = next((p.text for p in parts if p.kind), "")
        gap = "" if self.world.unspaced else " "
        after = "".join(gap + text for text in behind)
        form = "counted" if count else "kinds" if kind else "bare" if not before else self._form(rng)
        joint = self.phrases.pick("wish.joint", rng)
        ahead = joint.join(before)
        if before and not self.world.unspaced:
            ahead += " "
        slots = {"before": ahead, "after": after, "kind": kind, "noun": self.noun(rng), "nouns": self.nouns(rng)}
        if count:
            slots |= {"n": self.number(count, rng)}
            slots |= {"noun": kind, "nouns": kind} if kind else {}
        text = " ".join(self.phrases.pick(f"wish.{form}", rng, counter=self.counter, **slots).split(" "))
        text = " ".join(text.split()) if not self.world.unspaced else text
        ordered = sorted(parts, key=lambda p: text.find(p.text))
        filters = tuple(f for p in ordered for f in p.filters)
        alone = after if behind and not before and not kind else ""
        named = tuple(n for p in ordered for n in p.named)
        return Wish(text, alone, filters, " ".join(p.query for p in ordered if p.query), named, count)

    def after(self, rng: Random) -> Wish:
        """A wish whose words all follow the noun: 'from the 90s'."""
        found = (self.person(rng) if rng.random() < 0.35 else self.flag(rng)) if rng.random() < 0.5 else None
        found = found or self.bound(rng) or self.person(rng)
        return self.phrase([found or self.value(rng)], rng)

    def value(self, rng: Random, facet: str = "", other_than: Sequence[str] = ()) -> Condition:
        """A condition on words that no person is called by."""
        facet = facet or rng.choice(self._values or self._people)
        first = self.world.named(rng, facet, other_than=other_than)
        if first is None:
            return Condition("")
        parts, mark = [first], rng.random()
        second = self.world.named(rng, facet, other_than=(first.value,)) if mark < 0.2 else None
        multi = self.world.catalog.facet(facet).multi
        role = self.world.roles[facet]
        if second is None:
            return self._placed(first.said, role, (_within(first),), parts)
        parts.append(second)
        if mark < 0.12 or not multi or role in ("other", "people"):
            text = self.phrases.pick("wish.either", rng, a=first.said, b=second.said)
            either = Filter(facet=facet, op=Op.IN, values=(first.planned, second.planned))
            return self._placed(text, role, (either,), parts)
        gap = "" if self.world.unspaced else " "
        both = (_within(first), _within(second))
        return self._placed(f"{first.said}{gap}{second.said}", role, both, parts)

    def person(self, rng: Random, facet: str = "") -> Condition | None:
        """A condition on people, or on what a catalogue announces."""
        facets = [facet] if facet else self._people
        if not facets:
            return None
        facet = rng.choice(facets)
        first = self.world.named(rng, facet)
        if first is None:
            return None
        second = self.world.named(rng, facet, other_than=(first.value,)) if rng.random() < 0.15 else None
        if second is None:
            return Condition(self._announced(facet, first.said, rng), (_within(first),), named=(first,))
        if self.world.catalog.facet(facet).multi and rng.random() < 0.4:
            text = self.phrases.pick("wish.both", rng, a=first.said, b=second.said)
            both = (_within(first), _within(second))
            return Condition(self._announced(facet, text, rng), both, named=(first, second))
        text = self.phrases.pick("wish.either", rng, a=first.said, b=second.said)
        either = Filter(facet=facet, op=Op.IN, values=(first.planned, second.planned))
        return Condition(self._announced(facet, text, rng), (either,), named=(first, second))

    def flag(self, rng: Random) -> Condition | None:
        """A condition of yes or no."""
        if not self.world.flags:
            return None
        facet, holds = rng.choice(self.world.flags), rng.random() < 0.7
        label = self.world.spec.facets[facet].label
        text = self.phrases.pick(f"bounds.flag.{'yes' if holds else 'no'}", rng, label=label)
        return Condition(text, (Filter(facet=facet, op=Op.IN, values=(holds,)),))

    def bound(self, rng: Random, measure: Measure | None = None) -> Condition | None:
        """A condition on a number or a date."""
        if not self.world.measures:
            return None
        measure = measure or rng.choice(self.world.measures)
        if measure.family == "year" and rng.random() < 0.5:
            return self._era(measure, rng)
        ops = ["ge", "gt", "gt", "lt", "lt", "lt", "le", "le", "le", "between", "between"]
        op = rng.choice(ops + ["in"] * (measure.family in ("money", "time")))
        low, high = sorted(round_number(measure, self.world, self.phrases, rng) for _ in range(2))
        op = "le" if op == "between" and low == high else op
        said = [amount(measure, n, self.world, self.phrases, rng) for n in (low, high)]
        slots = {"v": said[0], "a": said[0], "b": said[1], "label": measure.spec.label}
        text = self.phrases.pick(f"bounds.{measure.family}.{op}", rng, **slots)
        if op == "between":
            return Condition(text, (_bound(measure, Op.GE, low), _bound(measure, Op.LE, high)))
        return Condition(text, (_bound(measure, Op(op), low),))

    def vague(self, rng: Random) -> Condition | None:
        """'cheap', 'not too long': words of a measure, whose numbers code knows."""
        known = self.phrases.table("degrees.vague")
        words = [w for m in self.world.measures for c in (*m.spec.more, *m.spec.less) for w in _strings(known.get(c))]
        if not words:
            return None
        word, refused = rng.choice(words), rng.random() < 0.3
        text = self.phrases.pick("bounds.vague.not" if refused else "bounds.vague.plain", rng, word=word)
        query = word if not refused else text.removeprefix("that is ").removeprefix("but ").removesuffix("的")
        return Condition(text, behind=refused, query=query)

    def group(self, rng: Random) -> Condition | None:
        """A word for several values at once: 'romcoms', 'bags'."""
        groups = self.world.groups
        if not groups:
            return None
        word = rng.choice(list(groups))
        facets = dict.fromkeys(facet for facet, _ in groups[word])
        filters: list[Filter] = []
        for facet in facets:
            values = [value for own, value in groups[word] if own == facet]
            apart = self.world.catalog.facet(facet).multi and not self.world.catalog.facet(facet).people
            filters += [Filter(facet=facet, op=Op.IN, values=(v,)) for v in values] if apart else []
            filters += [] if apart else [Filter(facet=facet, op=Op.IN, values=tuple(values))]
        role = self.world.roles.get(next(iter(facets)), "quality")
        return Condition(word, tuple(filters), behind=False, kind=role == "kind" or word.endswith("s"))

    def free(self, rng: Random, *, mood: bool = False) -> str:
        """Free words: what it is about, or how it should be."""
        side = "story" if self.world.tells_stories else "goods"
        return self.phrases.pick(f"free.{side}_moods" if mood else f"free.{side}", rng)

    def noun(self, rng: Random) -> str:
        """What one item is called."""
        spec = self.world.spec
        words = [w for w in (spec.noun, *spec.words) if not w.endswith("s") or self.world.unspaced]
        return rng.choice([spec.noun, *words])

    def nouns(self, rng: Random) -> str:
        """What several are called."""
        spec = self.world.spec
        words = [w for w in (spec.nouns, *spec.words) if w.endswith("s") or self.world.unspaced]
        return rng.choice([spec.nouns, *words])

    @property
    def counter(self) -> str:
        """The word between a number and a noun, where there is one."""
        translation = self.world.catalog.translations.get(self.world.language)
        return translation.counter if translation else ""

    def number(self, n: int, rng: Random) -> str:
        """A small number in digits or as a word."""
        words, vague = self.phrases.all("units.numbers"), {2: "units.couple", 3: "units.few"}.get(n)
        if vague and rng.random() < 0.25:
            return self.phrases.pick(vague, rng)
        return words[n - 1] if n <= len(words) and rng.random() < 0.6 else str(n)

    def _condition(self, rng: Random, taken: set[str], *, free: bool) -> Condition | None:
        draw = rng.random()
        if draw < 0.05:
            part = self.vague(rng)
        elif draw < 0.09:
            part = self.group(rng)
        elif draw < 0.5 and self._values:
            left = [f for f in self._values if f not in taken]
            part = self.value(rng, rng.choice(left)) if left else None
        elif draw < 0.72:
            left_over = [m for m in self.world.measures if m.facet not in taken]
            part = self.bound(rng, rng.choice(left_over)) if left_over else None
        elif draw < 0.9:
            part = self.person(rng) if draw < 0.86 or not self.world.flags else self.flag(rng)
        else:
            words = self.free(rng)
            part = Condition(self.phrases.pick("ask.free", rng, free=words), query=words) if free else None
        used = part is None or not part.text or any(f.facet in taken for f in part.filters)
        return None if used or (part is not None and part.query and "query" in taken) else part

    def _placed(self, text: str, role: str, filters: tuple[Filter, ...], named: Sequence[Named]) -> Condition:
        own_name = bool(self.world.catalog.facet(named[0].facet).phrases) and named[0].said == named[0].value
        if role in ("other", "people") or (own_name and not self.world.unspaced):
            return Condition(self._announced(filters[0].facet, text, Random(text)), filters, named=tuple(named))
        return Condition(text, filters, behind=False, kind=role == "kind", named=tuple(named))

    def _announced(self, facet: str, value: str, rng: Random) -> str:
        """'by Ann', 'with Bob': in the catalogue's words, or in the language's."""
        translation = self.world.catalog.translations.get(self.world.language)
        if self.world.unspaced:
            before = translation.before.get(facet, ()) if translation else ()
            after = translation.after.get(facet, ()) if translation else ()
            ways = [*(f"{value}{w}的" for w in after), *(f"{w}{value}的" for w in before), f"{value}的"]
            return rng.choice(ways)
        phrases = self.world.catalog.facet(facet).phrases
        if phrases:
            return f"{rng.choice(phrases)} {value}"
        people = self.world.catalog.facet(facet).people
        return self.phrases.pick("announce.people" if people else "announce.other", rng, value=value)

    def _era(self, measure: Measure, rng: Random) -> Condition:
        """A decade, a part of one, the last years, or one year."""
        low, high = self.world.catalog.bounds(measure.facet) or (0.0, 0.0)
        decades = self.phrases.table("units.decades")
        starts = [d for d in range(1920, int(high) // 10 * 10 + 1, 10) if d >= low // 10 * 10]
        draw = rng.random()
        if not starts or draw < 0.2:
            year = round_number(measure, self.world, self.phrases, rng)
            said = self.phrases.pick("bounds.year.in", rng, v=str(year))
            return Condition(said, (Filter(facet=measure.facet, op=Op.IN, values=(float(year),)),))
        if draw < 0.3:
            n = rng.choice((2, 3, 5, 10, 15, 20, 30))
            said = self.phrases.pick("bounds.year.last", rng, n=self.number(n, rng))
            return Condition(said, (_bound(measure, Op.GT, int(high) - n),))
        start = rng.choice([*starts, *(d for d in starts if d >= 1970)])
        part = rng.choices(("decade", "early", "late"), weights=(6, 1, 1))[0]
        digits = str(start % 100) if 1920 < start < 2000 else str(start)
        said = str(decades.get(str(start), digits)) if rng.random() < 0.4 else digits
        text = self.phrases.pick(f"bounds.year.{part}", rng, d=said)
        first, last = {"decade": (0, 9), "early": (0, 4), "late": (5, 9)}[part]
        return Condition(text, (_bound(measure, Op.GE, start + first), _bound(measure, Op.LE, start + last)))

    def _form(self, rng: Random) -> str:
        return rng.choices(("plural", "singular", "something"), weights=(5, 4, 2))[0]


def _strings(words: object) -> list[str]:
    return [str(word) for word in words] if isinstance(words, list) else []


def _within(named: Named) -> Filter:
    return Filter(facet=named.facet, op=Op.IN, values=(named.planned,))


def _bound(measure: Measure, op: Op, number: int) -> Filter:
    value = date.fromordinal(number).isoformat() if measure.family == "date" else float(number)
    return Filter(facet=measure.facet, op=op, values=(value,))
