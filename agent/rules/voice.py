"""How the teller puts things: chosen sentences, and items, conditions and users' words made safe for Markdown. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from agent.phrases import Phrases
from agent.ports import TellContext
from agent.quoting import escape
from agent.wording import condition_label, distinguishing, item_label, value_text
from retrieval.catalog import Catalog
from retrieval.types import Constraint, FacetValue, Item, Op, Scalar


@dataclass(frozen=True, slots=True)
class Voice:
    """What every sentence of a reply needs: the turn, the catalogue, the sentences, and the seed that chooses them."""

    context: TellContext
    catalog: Catalog
    phrases: Phrases
    seed: str
    before: str = ""
    """The reply before this one."""

    def say(self, key: str, **slots: object) -> str:
        """One sentence; {noun} and {nouns} are always there."""
        spec = self.catalog.spec
        return self.phrases.say(key, self.seed, noun=escape(spec.noun), nouns=escape(spec.nouns), **slots)

    def chosen(self, options: Sequence[str]) -> str:
        """One of several things to say, as the seed chooses."""
        return options[crc32(f"{len(options)}|{self.seed}".encode()) % len(options)]

    def part(self, key: str, **slots: object) -> str:
        """A piece of a sentence."""
        spec = self.catalog.spec
        return self.phrases.part(key, noun=escape(spec.noun), nouns=escape(spec.nouns), **slots)

    def listed(self, parts: Iterable[str], word: str = "and") -> str:
        """Parts as a list, each once: 'a, b and c'."""
        return self.phrases.listed(list(dict.fromkeys(parts)), word)

    def offered(self, item: Item) -> str:
        """An item that is proposed, with its title in bold: '**Heat** (1995)'."""
        title, label = item.title, item_label(item, self.catalog)
        told_apart = escape(label.removeprefix(title), 40)
        return f"**{escape(title) or escape(item.item_id)}**" + (f" {told_apart}" if told_apart else "")

    def named(self, item: Item) -> str:
        """An item that is only referred to: 'Heat (1995)'."""
        return escape(item_label(item, self.catalog))

    def mentioned(self, mention: str, most: int = 80) -> str:
        """A mention as a person would write it, without the facet that a plan may put before it: 'cast: Tom Hanks'."""
        facet, colon, value = mention.partition(":")
        return escape(value if colon and facet.strip() in self.catalog.spec.facets else mention, most)

    def quoted(self, text: str) -> str:
        """A person's words in quotation marks."""
        return self.part("quoted", text=escape(text, 80))

    def label(self, facet: str) -> str:
        """A facet's name in the singular."""
        return escape(self.catalog.facet(facet).label)

    def labels(self, facet: str) -> str:
        """A facet's name in the plural."""
        spec = self.catalog.facet(facet)
        return escape(spec.plural or f"{spec.label}s")

    def value(self, facet: str, value: FacetValue | Scalar) -> str:
        """A facet value as text."""
        return escape(value_text(value, self.catalog.facet(facet)), 300)

    def conditions(self, constraints: Sequence[Constraint]) -> list[str]:
        """Conditions in words, each once; a lower and an upper bound of one facet as one: 'from 1990 to 1999'."""
        said: list[str] = []
        for constraint in constraints:
            upper = _other_end(constraint, Op.GE, Op.LE, constraints)
            if upper is not None:
                said.append(self._between(constraint, upper))
            elif _other_end(constraint, Op.LE, Op.GE, constraints) is None:
                said.append(self._condition(constraint))
        return list(dict.fromkeys(said))

    def is_moment(self, facet: str) -> bool:
        """Whether a facet says when, so that its bounds stand without its name: 'before 1990'."""
        return self.catalog.facet(facet).kind == "date" or facet == distinguishing(self.catalog)

    def person(self) -> str:
        """For whom the session is recommending: 'your dad'; '' for the speaker."""
        person = escape(self.context.person, 40)
        my = self.part("my")
        return self.part("your") + person[len(my) :] if person.casefold().startswith(my) else person

    def _condition(self, constraint: Constraint) -> str:
        spec = self.catalog.facet(constraint.facet)
        if spec.kind == "boolean":
            return self.part("is" if _affirms(constraint) else "is_not", label=escape(spec.label))
        said = condition_label(constraint, self.catalog)
        if not self.is_moment(constraint.facet):
            return escape(said)
        bare = escape(said.removeprefix(spec.label).strip())
        return self.part("of_moment", moment=bare) if constraint.op is Op.IN else bare

    def _between(self, lower: Constraint, upper: Constraint) -> str:
        spec = self.catalog.facet(lower.facet)
        low, high = (escape(value_text(c.values[0], spec)) for c in (lower, upper))
        key = "between_moments" if self.is_moment(lower.facet) else "between"
        return self.part(key, label=escape(spec.label), low=low, high=high)


def _other_end(bound: Constraint, op: Op, other: Op, constraints: Sequence[Constraint]) -> Constraint | None:
    if bound.op is not op:
        return None
    return next((c for c in constraints if c.facet == bound.facet and c.op is other), None)


def _affirms(constraint: Constraint) -> bool:
    return (constraint.op is Op.NOT_IN) != (True in constraint.values)
