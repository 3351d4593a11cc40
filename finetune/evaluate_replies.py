"""Real turns through the engine: what a model says before and after it is held to the evidence, and how long it takes.

A sentence is judged as the engine judges it (agent/claims.py), titles as its tests do (agent/grounding.py): a model's
own words first, then what the person reads. Sentences that code writes from the data are not a model's claims: among
what was read they are left alone, and the rules' row tells under `before` how often the judge doubts them.
"""

import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agent.assistant import Assistant
from agent.claim_evidence import Known
from agent.claim_usage import WordUsage
from agent.claims import Claims
from agent.grounded import Grounded
from agent.grounding import check
from agent.ladder import Ladder
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.rules.model import RulesModel
from agent.rules.tell import card_line, tell, tell_owed
from agent.sentences import Sentences
from agent.store_sqlite import SqliteStore
from agent.types import Card, Credit, Done, Failed, TextDelta, TurnRequest
from finetune.errors import NoAnswer
from finetune.evaluate_predict import read_kept
from retrieval.index import Index

_ENTRY = re.compile(r"^(?:\d{1,3}[.)]|[-*•])\s+")


@dataclass(frozen=True, slots=True)
class Script:
    """What a person says in one dialogue with a catalogue."""

    id: str
    texts: tuple[str, ...]


class Told(BaseModel):
    """One turn: the model's own words, what the person read, and what is wrong with either."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    raw: str
    reply: str
    raw_faults: tuple[str, ...]
    """Empty where all of it holds; also where the model said nothing, see `raw`."""
    faults: tuple[str, ...]
    cards: int
    tier: str
    tools: tuple[str, ...]
    plan_ms: float
    first_ms: float
    """Until the first piece of the reply, from the message on."""
    turn_ms: float
    prompt: int
    completion: int
    notes: tuple[str, ...] = ()


class Held(BaseModel):
    """A dialogue that was held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    turns: tuple[Told, ...]


class Witness:
    """A model that remembers what it was last asked to tell, and what it said."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.context: TellContext | None = None
        self.said = ""

    @property
    def tier(self) -> str:
        """The model's."""
        return self._model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """As the model."""
        self.context, self.said = None, ""
        return await self._model.plan(context)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the model."""
        self.context, self.said = context, ""
        async with aclosing(self._model.tell(context)) as pieces:
            async for piece in pieces:
                self.said += piece if isinstance(piece, str) else ""
                yield piece


class Stage:
    """A catalogue with a model on it, as the product runs one: checked, above the rules."""

    def __init__(self, index: Index, model: ChatModel, folder: Path) -> None:
        self._index, self._usage = index, WordUsage(index.catalog)
        rules = RulesModel(index.linker, index.catalog)
        self._inner = Witness(model)
        whole = Ladder(Grounded(self._inner, index.catalog, index.linker), rules)
        self._outer = Witness(self._inner if model.tier == rules.tier else whole)
        store = SqliteStore(folder / "people.db")
        self._assistant = Assistant(index, self._outer, store, store)

    async def hold(self, script: Script) -> Held:
        """Hold a dialogue; NoAnswer if a turn of it fails."""
        turns = [await self._turn(script, number, text) for number, text in enumerate(script.texts, 1)]
        return Held(id=script.id, turns=tuple(turns))

    async def _turn(self, script: Script, number: int, text: str) -> Told:
        start, first, end = time.perf_counter(), 0.0, None
        async with aclosing(self._assistant.reply(TurnRequest(text, session=script.id))) as events:
            async for event in events:
                if isinstance(event, TextDelta) and not first:
                    first = _ms(start)
                end = event
        if not isinstance(end, Done):
            said = end.message if isinstance(end, Failed) else "no end"
            raise NoAnswer(f"turn {number} of {script.id!r} failed on {text[:60]!r}: {said}")
        raw = self._inner.said
        return Told(
            text=text,
            raw=raw,
            reply=end.reply,
            raw_faults=self._faults(raw) if raw else (),
            faults=(*self._faults(end.reply, self._by_code()), *self._unlisted(end)),
            cards=len(end.cards),
            tier=end.tier,
            tools=tuple(a.tool for a in end.plan.actions),
            plan_ms=round(end.timings_ms.get("plan", 0.0), 1),
            first_ms=first,
            turn_ms=_ms(start),
            prompt=end.usage.prompt,
            completion=end.usage.completion,
            notes=tuple(f"{n.kind}: {n.detail}" for n in end.notes),
        )

    def _faults(self, text: str, trusted: Set[str] = frozenset()) -> tuple[str, ...]:
        """What does not hold, sentence by sentence."""
        context = self._outer.context
        if context is None:
            return ()
        claims = Claims(context, self._index.catalog, self._index.linker, self._usage)
        return tuple(faults_of(text, claims, trusted))

    def _by_code(self) -> Set[str]:
        """The sentences that code would write of this turn, for all of it or for what a model forgot."""
        context, catalog = self._outer.context, self._index.catalog
        if context is None:
            return frozenset()
        texts = ["".join(tell(context, catalog, context.language))]
        texts += [card_line(context, catalog, card) for card in context.cards]
        texts.append(tell_owed(replace(context, begun=self._inner.said), catalog))
        return frozenset(_bare(s) for text in texts for s in _sentences(text, context.cards))

    def _unlisted(self, done: Done) -> Iterator[str]:
        """Whether the reply names the cards, all of them, in their order, and no title that is none."""
        named = check(done.reply, done.cards, self._index.catalog.items)
        if done.cards and not named.holds:
            yield f"the cards and the titles differ: {named!r}"


def faults_of(text: str, claims: Claims, trusted: Set[str] = frozenset()) -> Iterator[str]:
    """What of a reply the evidence does not bear out: sentences that would fall, and what would be put right."""
    same_line = False
    for sentence in _sentences(text, claims.evidence.cards):
        verdict = claims.judge(sentence, same_line=same_line)
        same_line = not sentence.endswith("\n")
        for fault in (verdict.fault, *verdict.repairs):
            if fault and _bare(sentence) not in trusted:
                yield f"{' '.join(sentence.split())[:90]!r}: {fault}"


def _sentences(text: str, cards: Sequence[Card | Known]) -> list[str]:
    cut = Sentences([card.item.title for card in cards if card.item])
    return [*cut.add(text), *cut.rest()]


def _bare(sentence: str) -> str:
    """A sentence without the mark of its list entry."""
    return _ENTRY.sub("", " ".join(sentence.split()))


async def hold_all(
    stage: Stage, scripts: Sequence[Script], path: Path, advance: Callable[[], None] = lambda: None
) -> dict[str, Held]:
    """Hold dialogues one after the other; those in the file are read."""
    known = {held.id: held for held in read_kept(path, Held)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for script in scripts:
            if script.id not in known:
                known[script.id] = await stage.hold(script)
                file.write(known[script.id].model_dump_json() + "\n")
                file.flush()
            advance()
    return {script.id: known[script.id] for script in scripts}


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1e3, 1)
