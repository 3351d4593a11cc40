"""Supervised examples of the second call of a turn: what real turns found, and the reply to it that the checker lets
stand as it is."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from string import Formatter
from tempfile import TemporaryDirectory

from agent.assistant import Assistant
from agent.errors import AgentError
from agent.grounded import Grounded
from agent.ports import PlanContext, TellContext, Understood
from agent.prompts import catalogue_of, reply_messages
from agent.quoting import plain
from agent.rules.model import RulesModel
from agent.store_sqlite import SqliteStore
from agent.types import Credit, TurnRequest
from agent.wording import wording_of
from finetune.asking import Asker, Split
from finetune.reply_targets import phrases, target
from finetune.rows import Row, RowMessage
from retrieval.catalog import Catalog
from retrieval.folding import forms
from retrieval.index import Index

_COUNTS = (5, 5, 5, 5, 5, 3, 3, 2, 4, 1)
_LARGEST = 0.1
"""Replies of one kind, besides lists, make at most this share."""
_LONGEST = 900
"""Characters of a reply worth learning."""
_BARREN = 60
"""After so many dialogues in a row without a usable turn a catalogue has no more to give."""


@dataclass(slots=True)
class Recorder:
    """A ChatModel that keeps what the tellers of its turns read."""

    model: RulesModel
    heard: list[TellContext] = field(default_factory=list)

    @property
    def tier(self) -> str:
        """The model's."""
        return self.model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """As the model."""
        return await self.model.plan(context)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the model."""
        self.heard.append(context)
        async for piece in self.model.tell(context):
            yield piece


@dataclass(frozen=True, slots=True)
class _Saying:
    """A ChatModel that says one text."""

    text: str
    tier: str = "target"

    async def plan(self, context: PlanContext) -> Understood:
        raise AgentError(f"it only tells, {context.text!r} is for another model")

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        yield self.text
        yield Credit(self.tier)


def reply_rows(
    source: Assistant | Index, language: str, count: int, seed: int, split: Split = "train"
) -> Iterator[Row]:
    """Examples from turns over a catalogue, as many as are wanted or as it gives; reproducible from the seed.

    Dialogues of the two splits name different items.
    """
    index = source.index if isinstance(source, Assistant) else source
    catalog, name = index.catalog, index.manifest.spec.name
    catalogue = catalogue_of(catalog, "brief")
    kinds: Counter[str] = Counter()
    seen: set[str] = set()
    for context in reply_contexts(index, language, seed, split):
        number = sum(kinds.values())
        if number >= count:
            return
        kind = kind_of(context)
        if kind != "Found" and kinds[kind] >= max(_LARGEST * count, 1):
            continue
        system, said = reply_messages(context, catalogue, catalog, "brief")
        text = target(context, catalog, f"{seed}|{split}|{number}")
        if said.text in seen or not teachable(context, index, said.text, text):
            continue
        seen.add(said.text)
        kinds[kind] += 1
        messages = (RowMessage(role="system", content=system.text), RowMessage(role="user", content=said.text))
        key = f"{name}-{language}-{split}-{seed}-{number}"
        yield Row(
            id=f"reply-{key}", call="reply", source=name, dialogue=f"reply-{key}", language=language, tool="reply",
            messages=messages, completion=text,
        )  # fmt: skip


def reply_contexts(index: Index, language: str, seed: int, split: Split = "train") -> Iterator[TellContext]:
    """What tellers read in generated dialogues over a catalogue, without end unless its turns fail."""
    random = Random(f"{seed}|{split}|{language}|{index.manifest.spec.name}")
    asker = Asker(index.catalog, language, split)
    barren = 0
    with TemporaryDirectory() as folder:
        number = 0
        while barren < _BARREN:
            store = SqliteStore(Path(folder) / f"{number}.db")
            recorder = Recorder(RulesModel(index.linker, index.catalog))
            assistant = Assistant(index, recorder, store, store)
            messages, cards = list(asker.dialogue(random)), random.choice(_COUNTS)
            requests = [
                TurnRequest(text=text, user="u", session="s", count=cards, language=language) for _, text in messages
            ]
            for request in requests:
                assistant.ask(request)
            barren = 0 if recorder.heard else barren + 1
            yield from recorder.heard
            number += 1


def kind_of(context: TellContext) -> str:
    """The most telling thing of a turn: its list, or else what was found first."""
    names = [type(o).__name__ for o in context.observations]
    return "Found" if context.cards else next((n for n in names if n != "Found"), "nothing")


def teachable(context: TellContext, index: Index, prompt: str, text: str) -> bool:
    """Whether a reply is worth learning: the checker has nothing to mend, and every word of it is in the prompt or is
    one that replies are made of."""
    if not text.strip() or len(text) > _LONGEST:
        return False
    return not _unknown_words(text, prompt, context.language, index.catalog) and stands(context, index, text)


def stands(context: TellContext, index: Index, text: str) -> bool:
    """Whether the checker lets a reply be shown as it is."""
    checked = Grounded(_Saying(text), index.catalog, index.linker)

    async def told() -> tuple[str, Credit | None]:
        pieces = [piece async for piece in checked.tell(context)]
        credit = next((p for p in pieces if isinstance(p, Credit)), None)
        return "".join(p for p in pieces if isinstance(p, str)), credit

    try:
        shown, credit = asyncio.run(told())
    except AgentError:
        return False
    return credit is not None and not credit.notes and _bare(shown) == _bare(text)


def _bare(text: str) -> str:
    """A reply but for its marks: the checker puts every title in bold, those of its list, those in quotation marks, and
    others."""
    return re.sub(r"\*\*|[“”]", "", text).strip()


def _unknown_words(text: str, prompt: str, language: str, catalog: Catalog) -> set[str]:
    wording = wording_of(catalog, language)
    named = f"{wording.spec.noun} {wording.spec.nouns} {wording.translation.counter}"
    known = {*_vocabulary(language), *forms(prompt), *forms(named)}
    return {word for word in forms(plain(text)) if word not in known}


@cache
def _vocabulary(language: str) -> frozenset[str]:
    ways = (way for variants in phrases(language).variants.values() for way in variants)
    return frozenset(word for way in ways for piece, *_ in Formatter().parse(way) for word in forms(piece))
