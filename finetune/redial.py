"""Dialogues of ReDial as examples: what people say about films, in their words.

Data: Li et al. 2018, 'Towards Deep Conversational Recommendations', CC BY 4.0. A dialogue's labels come from a
questionnaire at its end and not from the sentence; so a message is used where its own words say what it means and the
label, if there is one, agrees.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.plan import Action
from agent.types import Message
from finetune.clauses import Stance, marked, stances
from finetune.errors import BadRows
from finetune.example import Example, Polarity, State, chance
from finetune.facet_words import Naming
from finetune.wishes import Said, plan_of_said
from retrieval.catalog import Catalog
from retrieval.entities import open_linker
from retrieval.errors import CatalogError
from retrieval.load import load
from retrieval.manifest import CatalogSpec, ColumnsSpec
from retrieval.spec_file import Overlay
from retrieval.textfile import open_bytes
from retrieval.types import Item

_MARK = re.compile(r"@(\d+)")
_YEAR = re.compile(r"\s*\((?:18|19|20)\d\d\)\s*$")
_SPEC = CatalogSpec(
    name="redial",
    noun="film",
    nouns="films",
    words=("movie", "movies"),
    titles_are_names=True,
    columns=ColumnsSpec(left_out=("url",)),
)
_FACETS: Mapping[str, Mapping[str, object]] = {
    "genres": {"label": "genre"},
    "cast": {"label": "actor", "people": True, "phrases": ("with", "starring")},
}
_AGREES: Mapping[Stance, tuple[bool | None, ...]] = {
    "like": (True, None),
    "dislike": (False, None),
    "similar": (True, None),
}
"""What the questionnaire may say of a film for the sentence to be believed; the other stances judge nothing."""
_POLARITY: Mapping[Stance, Polarity] = {"like": "like", "dislike": "dislike", "similar": "like"}


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Mention(_Read):
    """A film that a dialogue names, and what the seeker said of it in the end."""

    name: str
    item_id: str | None = None
    liked: bool | None = None
    suggested: bool = False


class Line(_Read):
    """One message; the seeker is 'user'."""

    role: str
    text: str


class Dialogue(_Read):
    """One conversation."""

    dialogue: str
    messages: tuple[Line, ...]
    mentions: Mapping[str, Mention]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message as it is said, with where its films stand and what they are."""

    text: str
    titles: tuple[str, ...]
    mentions: tuple[Mention, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The examples of a file, and how many messages were left out, by reason."""

    examples: tuple[Example, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_catalog(path: Path) -> Catalog:
    """The films of ReDial (items.jsonl) as a catalogue; CatalogError if they cannot be read."""
    loaded = load(path, None, Overlay(_SPEC, _FACETS))
    return Catalog(loaded.items, _SPEC.model_copy(update={"facets": {c.facet: c.spec for c in loaded.columns.facets}}))


def naming_of(catalog: Catalog) -> Naming:
    """Finds genres, actors and decades in what people say."""
    return Naming(open_linker(catalog, [Path(__file__).with_name("redial.aliases.en.toml")], {}), "year")


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """The dialogues of a *_dialogues file (JSONL, may be gzipped); BadRows names the line that is none."""
    try:
        with open_bytes(path) as raw:
            for number, line in enumerate(raw, 1):
                yield _dialogue(path, number, line)
    except (OSError, EOFError, CatalogError) as error:
        raise BadRows(str(path), 0, f"cannot be read: {error}; give the path of a ReDial file") from error


def read_examples(path: Path, catalog: Catalog, naming: Naming) -> Reading:
    """Every message of a seeker whose plan is clear."""
    left_out: Counter[str] = Counter()
    examples = tuple(e for d in read_dialogues(path) for e in _examples(d, catalog, naming, left_out))
    if not examples:
        raise BadRows(str(path), 0, "holds no message that could be labelled; is it a ReDial *_dialogues file?")
    return Reading(examples, left_out)


def read_labelled(path: Path, catalog: Catalog, naming: Naming) -> tuple[Example, ...]:
    """Every message of a seeker that names a film of the catalogue, clear or not, to measure on.

    `labels` has all films that it names: what the questionnaire says where the sentence judges and does not
    contradict it, '' elsewhere. `actions` is empty where no plan is clear.
    """
    return tuple(
        e for d in read_dialogues(path) for e in _examples(d, catalog, naming, Counter(), every=True) if e.labels
    )


def utterance(line: Line, mentions: Mapping[str, Mention], *seed: object) -> Utterance | None:
    """A message with films named as people write them; None for a mark without a name."""
    pieces, titles, named, spans, end = [], list[str](), list[Mention](), list[tuple[int, int]](), 0
    for mark in _MARK.finditer(line.text):
        mention = mentions.get(mark[1])
        if mention is None:
            return None
        title = written(unquote(mention.name), *seed, mark.start())
        pieces += [unescape(line.text[end : mark.start()]), title]
        at = sum(map(len, pieces))
        spans.append((at - len(title), at))
        titles.append(title)
        named.append(mention)
        end = mark.end()
    return Utterance("".join([*pieces, unescape(line.text[end:])]), tuple(titles), tuple(named), tuple(spans))


def written(name: str, *seed: object) -> str:
    """A title as somebody types it: often without its year, sometimes in small letters; the seed alone decides."""
    draw = chance("title", *seed, name)
    bare = _YEAR.sub("", name).strip() or name
    if draw < 0.25:
        return name.strip()
    return bare if draw < 0.72 else bare.casefold()


def _dialogue(path: Path, number: int, line: bytes) -> Dialogue:
    try:
        return Dialogue.model_validate(json.loads(line))
    except (ValidationError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BadRows(str(path), number, f"{line[:60]!r} is no dialogue of ReDial: {reason}") from error


def _examples(
    dialogue: Dialogue, catalog: Catalog, naming: Naming, left_out: Counter[str], *, every: bool = False
) -> Iterator[Example]:
    state, offered, question = State(), list[Item](), ""
    for n, line in enumerate(dialogue.messages):
        said = utterance(line, dialogue.mentions, dialogue.dialogue, n)
        if said is None:
            left_out["a film without a name"] += 1
            continue
        if line.role != "user":
            offered += [item for m in said.mentions if (item := catalog.get(m.item_id or "")) is not None]
            question = said.text
            state = state.heard(Message("assistant", said.text))
            continue
        answers = bool(offered)
        if answers:
            state, offered = state.showing(tuple({item.item_id: item for item in offered}.values())[-5:]), []
        actions = _actions(said, state, question, naming, left_out, answers)
        labels = _labels(said, catalog)
        if actions or every:
            yield Example(
                f"redial/{dialogue.dialogue}/{n}",
                "redial",
                f"redial/{dialogue.dialogue}",
                state.context(said.text),
                actions,
                labels,
            )
        named = {title: m.item_id or "" for title, m in zip(said.titles, said.mentions, strict=True)}
        state = state.after(actions, catalog, named).heard(Message("user", said.text))


def _actions(
    said: Utterance, state: State, question: str, naming: Naming, left_out: Counter[str], answers: bool
) -> tuple[Action, ...]:
    text = marked(said.text, said.spans)
    found = stances(text, len(said.titles))
    for stance, mention in zip(found, said.mentions, strict=True):
        if mention.liked not in _AGREES.get(stance, (True, False, None)):
            left_out["its words and the questionnaire disagree"] += 1
            return ()
    plan = plan_of_said(
        Said(text, said.titles, found, frozenset(_shown(said, state)), answers), state, question, naming
    )
    if not plan:
        left_out["its words do not say what to do" if said.titles else "small talk"] += 1
    return plan


def _shown(said: Utterance, state: State) -> Iterable[str]:
    ids = {item.item_id for item in state.shown}
    return (t for t, m in zip(said.titles, said.mentions, strict=True) if m.item_id in ids)


def _labels(said: Utterance, catalog: Catalog) -> dict[str, Polarity]:
    found = stances(marked(said.text, said.spans), len(said.titles))
    labels: dict[str, Polarity] = {}
    for stance, mention in zip(found, said.mentions, strict=True):
        if mention.item_id is not None and mention.item_id in catalog:
            clear = mention.liked is not None and mention.liked in _AGREES.get(stance, ())
            labels[mention.item_id] = _POLARITY[stance] if clear else labels.get(mention.item_id, "")
    return labels
