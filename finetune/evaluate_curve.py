"""How long the prompts of a dialogue are, turn by turn: real turns by the rules, counted by a model's tokenizer."""

import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import accumulate, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from agent.assistant import Assistant
from agent.base_model import BUNDLED, load_tokenizer
from agent.ports import PlanContext, TellContext, Understood
from agent.prompts import Prompt, Style, catalogue_of, plan_messages, reply_messages
from agent.rules.model import RulesModel
from agent.store_sqlite import SqliteStore
from agent.types import Credit, TurnRequest
from finetune.asking import Asker
from finetune.errors import MissingPart
from retrieval.catalog import Catalog
from retrieval.index import Index
from retrieval.progress import BuildProgress

_CALLS = ("plan", "reply")
_STYLES: tuple[Style, ...] = ("full", "brief")
_COLOURS = ("#4477aa", "#66ccee", "#ee6677", "#ccbb44")
_SEED = 4


class Tokenizer(Protocol):
    """What counts tokens."""

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, add_generation_prompt: bool, tokenize: bool
    ) -> object:
        """Messages as the model reads them."""

    def encode(self, text: str, *, add_special_tokens: bool) -> Sequence[int]:
        """The tokens of a text."""


class Curve(BaseModel):
    """Tokens of each prompt by turn: 'brief plan', 'full reply', … and what a server has cached of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalog: str
    tokenizer: str
    tokens: Mapping[str, tuple[int, ...]]
    fixed: Mapping[str, int]
    """Of the system message, the same in every turn."""
    dialogue: tuple[int, ...]
    """Of all messages so far: what a prompt would grow with that repeats them."""

    def most(self) -> dict[str, int]:
        """The longest prompt of each kind."""
        return {name: max(counts) for name, counts in self.tokens.items()}

    def write(self, folder: Path) -> Path:
        """Keep it as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "prompt-tokens.json"
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return path


@dataclass(slots=True)
class _Reader:
    """The rules, and what a model would read in their place."""

    model: RulesModel
    plans: list[PlanContext] = field(default_factory=list)
    replies: list[TellContext] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def tier(self) -> str:
        """Of the rules."""
        return self.model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """As the rules."""
        self.plans.append(context)
        return await self.model.plan(context)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the rules."""
        self.replies.append(context)
        told = ""
        async with aclosing(self.model.tell(context)) as pieces:
            async for piece in pieces:
                told += piece if isinstance(piece, str) else ""
                yield piece
        self.told.append(told)


def curve_of(index: Index, turns: int, progress: BuildProgress, tokenizer: Tokenizer | None = None) -> Curve:
    """Hold one dialogue of so many turns about a catalogue and count what each turn's prompts take."""
    progress.step("a long dialogue", turns)
    reader = _Reader(RulesModel(index.linker, index.catalog))
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "people.db")
        assistant = Assistant(index, reader, store, store)
        for text in _messages(index, turns):
            assistant.ask(TurnRequest(text, user="u", session="s"))
            progress.advance()
    return _counted(reader, index.catalog, index.manifest.spec.name, tokenizer or load_tokenizer())


def _counted(reader: _Reader, catalog: Catalog, name: str, tokenizer: Tokenizer) -> Curve:
    tokens: dict[str, tuple[int, ...]] = {}
    fixed: dict[str, int] = {}
    for style in _STYLES:
        about = catalogue_of(catalog, style)
        plans = [plan_messages(c, about, catalog, style) for c in reader.plans]
        replies = [reply_messages(c, about, catalog, style) for c in reader.replies]
        for call, prompts in zip(_CALLS, (plans, replies), strict=True):
            tokens[f"{style} {call}"] = tuple(_count(p, tokenizer) for p in prompts)
            fixed[f"{style} {call}"] = _count(prompts[0][:1], tokenizer)
    said = [len(tokenizer.encode(c.text, add_special_tokens=False)) for c in reader.plans]
    told = [len(tokenizer.encode(text, add_special_tokens=False)) for text in reader.told]
    every = tuple(accumulate(a + b for a, b in zip(said, told, strict=True)))
    return Curve(catalog=name, tokenizer=BUNDLED, tokens=tokens, fixed=fixed, dialogue=every)


def plot(curve: Curve, folder: Path) -> Path:
    """Draw it; MissingPart without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingPart("plots need matplotlib; install it with 'pip install matplotlib'") from error
    figure = Figure(figsize=(7.2, 3.9), layout="constrained")
    axes = figure.subplots()
    turns = range(1, len(curve.dialogue) + 1)
    axes.plot(turns, curve.dialogue, color="#bbbbbb", linestyle="--", label="all messages so far")
    for (style, call), colour in zip(product(_STYLES, _CALLS), _COLOURS, strict=True):
        counts = curve.tokens[f"{style} {call}"]
        axes.plot(turns, counts, color=colour, linewidth=1.2, label=f"{style} {call}: at most {max(counts):,}")
    axes.set_yscale("log")
    axes.set_xlim(1, max(len(curve.dialogue), 2))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("turn of one dialogue")
    axes.set_ylabel("tokens (log scale)")
    axes.set_title("What the prompts of a turn take", loc="left", fontsize=11, fontweight="bold")
    axes.grid(axis="y", color="#e8e8e8", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, fontsize=9, loc="outside right center")
    path = folder / "prompt-tokens.png"
    figure.savefig(path, dpi=130)
    return path


def _messages(index: Index, turns: int) -> Iterator[str]:
    """What a person says who goes on and on: generated dialogues, one behind the other."""
    asker, drawn = Asker(index.catalog, "en", "test"), random.Random(_SEED)
    said = (text for _ in range(turns) for _, text in asker.dialogue(drawn))
    yield from (text for text, _ in zip(said, range(turns), strict=False))


def _count(prompts: Sequence[Prompt], tokenizer: Tokenizer) -> int:
    messages = [{"role": p.role, "content": p.text} for p in prompts]
    rendered = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return len(tokenizer.encode(str(rendered), add_special_tokens=False))
