"""How the teller puts things: chosen sentences, and items, conditions and users' words made safe for Markdown. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from agent.phrases import Phrases
from agent.ports import TellContext
from agent.profile import Statement
from agent.quoting import escape
from agent.wording import Wording, item_label
from retrieval.types import Constraint, FacetValue, Item, Op, Scalar

_LOWER, _UPPER = frozenset({Op.GE, Op.GT}), frozenset({Op.LE, Op.LT})
_SOMEONE = "someone else"


@dataclass(frozen=True, slots=True)
class Voice:
    """What every sentence of a reply needs: the turn, the catalogue in its language, the sentences, and their seed."""

    context: TellContext
    wording: Wording
    phrases: Phrases
    seed: str
    before: str = ""
    """The reply before this one."""

    def say(self, key: str, **slots: object) -> str:
        """One sentence; {noun}, {nouns} and {counter} are always there."""
        return self.phrases.say(key, self.seed, **self._names(), **slots)

    def chosen(self, options: Sequence[str]) -> str:
        """One of several things to say, as the seed chooses."""
        return options[crc32(f"{len(options)}|{self.seed}".encode()) % len(options)]

    def part(self, key: str, **slots: object) -> str:
        """A piece of a sentence."""
        return self.phrases.part(key, **self._names(), **slots)

    def listed(self, parts: Iterable[str], word: str = "and") -> str:
        """Parts as a list, each once: 'a, b and c'."""
        return self.phrases.listed(list(dict.fromkeys(parts)), word)

    def offered(self, item: Item) -> str:
        """An item that is proposed, with its title in bold: '**Heat** (1995)'."""
        title, label = item.title, item_label(item, self.wording.catalog)
        told_apart = escape(label.removeprefix(title), 40)
        return f"**{escape(title) or escape(item.item_id)}**" + (f" {told_apart}" if told_apart else "")

    def spoken_of(self, item: Item) -> str:
        """An item the reply is about, in bold unless there is a list: there, bold titles are those of the list."""
        return self.named(item) if self.context.cards else self.offered(item)

    def named(self, item: Item) -> str:
        """An item that is only referred to: 'Heat (1995)'."""
        return escape(item_label(item, self.wording.catalog))

    def mentioned(self, mention: str, most: int = 80) -> str:
        """A mention as a person would write it, without the facet that a plan may put before it: 'cast: Tom Hanks'."""
        facet, colon, value = mention.partition(":")
        return escape(value if colon and facet.strip() in self.wording.spec.facets else mention, most)

    def quoted(self, text: str) -> str:
        """A person's words in quotation marks."""
        return self.part("quoted", text=escape(text, 80))

    def said(self, said: Statement) -> str:
        """What a statement of the ledger is about; a wish in the person's own words."""
        return self.quoted(said.label) if said.kind == "wish" else escape(self.wording.said(said), 80)

    def label(self, facet: str) -> str:
        """A facet's name in the singular."""
        return escape(self.wording.facet(facet).label)

    def labels(self, facet: str) -> str:
        """A facet's name in the plural."""
        spec = self.wording.facet(facet)
        return escape(spec.plural or f"{spec.label}s")

    def value(self, facet: str, value: FacetValue | Scalar) -> str:
        """A facet value as text."""
        return escape(self.wording.value(facet, value), 300)

    def announced(self, facet: str, values: str) -> str:
        """Values, escaped, with the words that announce them: 'by Ann'; '' if the catalogue has no such words."""
        return self.wording.announced(facet, values, shortly=True)

    def conditions(self, constraints: Sequence[Constraint]) -> list[str]:
        """Conditions in words, each once; a lower and an upper bound of one facet as one: 'from 1990 to 1999'."""
        said: list[str] = []
        for constraint in constraints:
            upper = _other_end(constraint, _LOWER, _UPPER, constraints)
            if upper is not None:
                said.append(self._between(constraint, upper))
            elif _other_end(constraint, _UPPER, _LOWER, constraints) is None:
                said.append(self._condition(constraint))
        return list(dict.fromkeys(said))

    def is_bare(self, facet: str) -> bool:
        """Whether bounds on a facet stand without its name: 'before 1990', 'under $25'."""
        return self.wording.facet(facet).kind != "categorical" and self.wording.family(facet) != "measure"

    def person(self) -> str:
        """For whom the session is recommending: 'your dad'; '' for the speaker."""
        person = escape(self.context.person, 40)
        if person.casefold() == _SOMEONE:
            return self.part("someone")
        my = self.part("my")
        return self.part("your") + person[len(my) :] if person.casefold().startswith(my) else person

    def _condition(self, constraint: Constraint) -> str:
        spec = self.wording.facet(constraint.facet)
        if spec.kind == "categorical" and constraint.op is Op.IN and len(constraint.values) == 1:
            value = self.value(constraint.facet, constraint.values[0])
            return self.announced(constraint.facet, value) or value
        bare = self.is_bare(constraint.facet)
        return escape(self.wording.bound(constraint) if bare else self.wording.condition(constraint))

    def _between(self, lower: Constraint, upper: Constraint) -> str:
        between = escape(self.wording.between(lower, upper))
        if self.is_bare(lower.facet):
            return between
        return self.part("labelled", label=self.label(lower.facet), value=between)

    def _names(self) -> dict[str, str]:
        spec = self.wording.spec
        counter = self.wording.translation.counter or self.phrases.part("counter")
        return {"noun": escape(spec.noun), "nouns": escape(spec.nouns), "counter": escape(counter)}


def _other_end(
    bound: Constraint, ops: frozenset[Op], others: frozenset[Op], constraints: Sequence[Constraint]
) -> Constraint | None:
    if bound.op not in ops:
        return None
    return next((c for c in constraints if c.facet == bound.facet and c.op in others), None)
