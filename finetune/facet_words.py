"""The facet values that a message names, and what it says of them: taste, things to avoid, conditions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.plan import Filter
from finetune.clauses import Part, is_request, parts_of
from retrieval.entities import Linker
from retrieval.types import Op

_MARK = re.compile(r"⟦\d+⟧")
_LIKING = re.compile(
    r"\b(?:i|we|he|she|they|wife|husband|kids?|son|daughter|mostly|usually|generally|also|really)\b[^,.;]{0,18}?"
    r"(?<!would )(?<!'d )(?<!are )(?<!is )(?<!was )(?<!were )"
    r"\b(?:like|love|loves|likes|loved|liked|enjoy|enjoyed|enjoys|prefer|into|fan of|adore)\b"
    r"(?!\s+(?:it|that|this|them|those|these)\b)|"
    r"\bfavou?rites?\b"
)
_WISHING = re.compile(r"(?:\bwould|'d|\bid)\s+(?:\w+\s+)?(?:like|love|enjoy|prefer)\b")
_AVERSE = re.compile(r"\b(?:like|love|hate|fan|stand|dislike|care|into|enjoy|prefer|big on|crazy|interested)\b")
_DECADE = re.compile(r"\b(?:(?:19)?([3-9]0)|(20[012]0))'?s\b")
DENIED = re.compile(
    r"\b(?:no|not|without|nothing|except|neither|nor|none|isn't|aren't|don't|doesn't|other than|less)\b"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A facet value that a text names: where, and what it means."""

    start: int
    end: int
    facet: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """Finds the facet values that a text names."""

    linker: Linker
    decades: str = ""
    """The facet that '90s' is about; '' for none."""

    def find(self, text: str) -> tuple[Named, ...]:
        """The values named in full and without doubt, in order."""
        spans = self.linker.find(_MARK.sub(lambda m: "," * len(m[0]), text))
        found = []
        for span in spans:
            if span.kind == "value" and span.exact and (len(span.meanings) == 1 or span.together):
                facets = {m.facet for m in span.meanings}
                if len(facets) == 1:
                    values = tuple(str(m.value) for m in span.meanings)
                    found.append(Named(span.start, span.end, facets.pop(), values))
        return tuple(found)

    def years(self, text: str) -> tuple[Filter, ...]:
        """The decade that a text names, as bounds."""
        match = _DECADE.search(text.casefold()) if self.decades else None
        if match is None:
            return ()
        first = int(match[2] or f"19{match[1]}")
        return (
            Filter(facet=self.decades, op=Op.GE, values=(float(first),)),
            Filter(facet=self.decades, op=Op.LE, values=(float(first + 9),)),
        )


@dataclass(slots=True)
class Taste:
    """What the facet values of a message come to."""

    likes: list[str] = field(default_factory=list)
    dislikes: list[str] = field(default_factory=list)
    avoids: list[str] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    covered: str = ""
    """The text without what was understood."""


def taste_of(text: str, naming: Naming) -> Taste:
    """What the facet values of a text with marks come to."""
    taste, judged = Taste(covered=text), False
    for part in parts_of(text):
        found = naming.find(part.text)
        for named in found:
            taste.covered = taste.covered.replace(part.text[named.start : named.end], " ", 1)
        described = judged and not part.names and part.stance == "none"  # 'I liked X, such a fine drama'
        if (part.stance not in ("asked", "seen", "unseen") and not described) or is_request(part.text):
            _sort_out(part, found, taste)
        judged = judged or (bool(part.names) and part.stance in ("like", "dislike", "seen"))
    taste.filters += naming.years(text)
    taste.covered = _DECADE.sub(" ", taste.covered.casefold())
    return taste


def _sort_out(part: Part, found: Sequence[Named], taste: Taste) -> None:
    mentions = [f"{named.facet}: {value}" for named in found for value in named.values]
    words = part.text.casefold()
    if part.stance == "dislike":
        (taste.dislikes if _AVERSE.search(words) else taste.avoids).extend(mentions)
        return
    if part.stance in ("like", "none", "want") and found and DENIED.search(words[: found[0].start]):
        taste.avoids += mentions
        return
    liking = part.stance == "like" and bool(_LIKING.search(_WISHING.sub(" ", words)))
    asks = is_request(words) or _WISHING.search(words) is not None
    if part.stance == "like" and not asks and (part.names or not liking):
        return  # praise of a film: 'X was so funny' asks for no comedy
    taste.likes += mentions if liking and not part.names else []
    for named, together in _grouped(part.text, found):
        _ask_for(named, together, taste.filters)


def _grouped(text: str, found: Sequence[Named]) -> Iterable[tuple[Named, bool]]:
    """Each value with whether it stands right behind the one before: 'romantic comedies' are both."""
    end = -9
    for named in found:
        yield named, named.start - end <= 1
        end = named.end


def _ask_for(named: Named, together: bool, filters: list[Filter]) -> None:
    """Values of one facet are alternatives, unless they stand together."""
    if len(named.values) > 1:
        filters += [Filter(facet=named.facet, op=Op.IN, values=(v,)) for v in named.values]
        return
    if any(f.facet == named.facet and named.values[0] in f.values for f in filters):
        return
    at = next((n for n, f in enumerate(filters) if f.facet == named.facet and f.op is Op.IN), None)
    if at is None or together:
        filters.append(Filter(facet=named.facet, op=Op.IN, values=named.values))
    else:
        filters[at] = Filter(
            facet=named.facet, op=Op.IN, values=tuple(dict.fromkeys((*filters[at].values, *named.values)))
        )
