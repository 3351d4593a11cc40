"""For whom a message speaks: the speaker, somebody else, or both together."""

from dataclasses import dataclass

from agent.plan import Filter, Remember, Scope
from agent.rules.reading import Reading, Rules
from retrieval.folding import forms

_WORDS = 300


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose taste a message states: '' is the speaker's own. `named` if the message says for whom it is."""

    person: str = ""
    named: bool = False
    together: bool = False
    trait: str = ""
    """What the person is, where that is all that is said of them: 'a gardener'."""

    def remembering(
        self,
        reading: Reading,
        scope: Scope,
        *,
        likes: tuple[str, ...] = (),
        dislikes: tuple[str, ...] = (),
        avoids: tuple[str, ...] = (),
        constraints: tuple[Filter, ...] = (),
    ) -> Remember:
        """The call that keeps a taste for that person; `scope` is how long it counts for the speaker."""
        return Remember(
            likes=likes,
            dislikes=dislikes,
            avoids=avoids,
            constraints=constraints,
            scope="other" if self.person else scope,
            person=self.person,
            together=self.together,
            words=reading.text.strip()[:_WORDS],
        )


def whom(reading: Reading, rules: Rules) -> Whom:
    """Who is meant: named in the message, else the person of the dialogue, unless the speaker says 'I'."""
    parts = rules.lexicon.parts
    for name in ("together", "person", "subject"):
        match = parts[name].search(reading.plain)
        if match is not None:
            said = next(w for w in match.groupdict().values() if w).strip()
            trait = _trait(said, rules) if name == "person" else ""
            return Whom(said, named=True, together=name == "together", trait=trait)
    person = reading.context.person
    if person and parts["first_person"].search(reading.plain) and not parts["third_person"].search(reading.plain):
        return Whom()
    return Whom(person)


def _trait(said: str, rules: Rules) -> str:
    """'A gardener' tells what would please; 'my dad' does not."""
    words = forms(said)
    bare = rules.linker.language.without_article(words)
    return " ".join(bare) if bare != words else ""
