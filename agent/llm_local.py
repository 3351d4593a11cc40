"""ChatModel that runs a small model in this process: plans held to the catalogue's schema, replies token by token.

The fixed beginning of a catalogue's prompts is read once and kept; one model serves all catalogues of a process, one
conversation at a time.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import xgrammar
from tokenizers.decoders import DecodeStream
from transformers import PreTrainedTokenizerFast

from agent.adapters import CARD, read_card, resolve_adapter
from agent.base_model import load_tokenizer
from agent.config import Settings
from agent.errors import BadPlan, ModelDown, ModelMisconfigured, ModelRefused
from agent.llm_local_decode import CLOSING_TOKENS, PLAN_TOKENS, REPLY_TOKENS, Grammar, Stopped, read, shared, written
from agent.llm_local_engine import Engine, Prefix
from agent.llm_local_pack import packed
from agent.llm_local_worker import Worker
from agent.plan_text import plan_from, plan_schema
from agent.ports import PlanContext, TellContext, Understood
from agent.prompts import Prompt, catalogue_of, plan_messages, reply_messages, templates_hash
from agent.types import Credit, Note, Usage
from retrieval.catalog import Catalog

log = logging.getLogger(__name__)

_LONGEST, _MOST = 120, 8
"""Bounds for what a schema leaves open, so that every plan ends: characters of a text, entries of a list."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a plan and a reply may take, waiting included, in seconds."""

    plan_s: float = 20.0
    reply_s: float = 60.0


class Local:
    """A packed model with its tokenizer and its thread; the models of all catalogues share one."""

    def __init__(self, folder: Path, languages: Sequence[str] = (), threads: int = 0) -> None:
        tokenizer = load_tokenizer(str(folder))
        if not isinstance(tokenizer, PreTrainedTokenizerFast) or tokenizer.eos_token_id is None:
            raise ModelMisconfigured(f"the tokenizer of {str(folder)!r} cannot stream; name another base")
        self.languages = tuple(languages)
        """The languages it was tuned for; empty: not said."""
        self.engine = Engine(folder, threads)
        self.worker = Worker()
        self.end = int(tokenizer.eos_token_id)
        self._tokenizer = tokenizer
        self._raw = tokenizer.backend_tokenizer
        vocabulary = xgrammar.TokenizerInfo.from_huggingface(
            tokenizer, vocab_size=self.engine.shape.vocabulary, stop_token_ids=[self.end]
        )
        self._compiler = xgrammar.GrammarCompiler(vocabulary, max_threads=1)

    def grammar(self, schema: Mapping[str, object]) -> Grammar:
        """A schema as a grammar that writes compact JSON."""
        text = json.dumps(schema, default=dict)
        compiled = self._compiler.compile_json_schema(text, any_whitespace=False, separators=(",", ":"))
        return Grammar(compiled, self._raw, self.end)

    def ids(self, messages: Sequence[Prompt]) -> list[int]:
        """A conversation as tokens, up to where the answer begins."""
        told = [{"role": m.role, "content": m.text} for m in messages]
        text = str(self._tokenizer.apply_chat_template(told, add_generation_prompt=True, tokenize=False))
        return list(self._raw.encode(text, add_special_tokens=False).ids)

    def prefix(self, system: Prompt) -> Prefix:
        """What all conversations with one first message begin with, read once."""
        began = time.perf_counter()
        one, other = (self.ids((system, Prompt("user", text))) for text in ("a", "1"))
        prefix = self.engine.prefix(one[: shared(one, other)])
        took = time.perf_counter() - began
        log.info("a prefix of %d tokens is kept: %.1f MB, %.2f s", len(prefix.ids), prefix.megabytes, took)
        return prefix

    def pieces(self, tokens: Iterator[int]) -> Iterator[tuple[str, int]]:
        """Tokens as text and how many they were: whole signs only, special tokens left out."""
        stream = DecodeStream(skip_special_tokens=True)
        count = 0
        for token in tokens:
            count += 1
            if text := stream.step(self._raw, token):
                yield text, count
                count = 0


@lru_cache(maxsize=1)
def open_local(base: str, adapter: Path | None, models: Path) -> Local:
    """The model of a base with an adapter, opened once per process; ModelMisconfigured if it can never run."""
    folder = None if adapter is None else resolve_adapter(adapter)
    card = read_card(folder) if folder is not None and (folder / CARD).is_file() else None
    if card is not None and card.base != base:
        raise ModelMisconfigured(
            f"the adapter {str(adapter)!r} was tuned on {card.base!r} and not on {base!r}; set SOMMELIER_LOCAL_BASE"
        )
    return Local(packed(base, folder, models), card.languages if card is not None else ())


def local_of(settings: Settings) -> Local:
    """The model that the settings name."""
    return open_local(settings.local_base, settings.local_adapter, settings.models)


class LocalModel:
    """The model in this process, talking about one catalogue."""

    tier = "local"

    def __init__(self, local: Local, catalog: Catalog, limits: Limits | None = None) -> None:
        self._local, self._catalog, self._limits = local, catalog, limits or Limits()
        self._catalogue = catalogue_of(catalog, "brief")
        self._grammar = local.grammar(bounded(plan_schema(catalog)))
        self._opening = self._grammar.opening()
        self._prefixes: dict[str, Prefix] = {}
        local.worker.soon(self._warm)

    async def plan(self, context: PlanContext) -> Understood:
        """Read one message as a plan; BadPlan for one that cannot be run."""
        self._speaks(context.language)
        messages = plan_messages(context, self._catalogue, self._catalog, "brief")
        try:
            async with asyncio.timeout(self._limits.plan_s):
                async with aclosing(self._local.worker.stream(partial(self._plan, messages))) as made:
                    text, usage, cut = await anext(made)
        except TimeoutError as error:
            raise _late("plan", self._limits.plan_s) from error
        notes = (Note("repaired", "a plan that did not end was closed"),) if cut else ()
        return Understood(
            plan_from(text, self._catalog), Credit(self.tier, usage, notes, prompts=templates_hash("brief"))
        )

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Stream the reply; what it says is not checked here. ModelRefused to go on with what another one began: it is
        too small to take up a thread."""
        self._speaks(context.language)
        if context.begun:
            raise ModelRefused("the model in this process does not go on with a reply of another; the next rung does")
        messages = reply_messages(context, self._catalogue, self._catalog, "brief")
        spent, said = Usage(), False
        try:
            async with asyncio.timeout(self._limits.reply_s):
                async with aclosing(self._local.worker.stream(partial(self._tell, messages))) as made:
                    async for text, usage in made:
                        spent = spent + usage
                        if text:
                            said = said or bool(text.strip())
                            yield text
        except TimeoutError as error:
            raise _late("reply", self._limits.reply_s) from error
        if not said:
            raise ModelRefused("the model in this process said nothing; the next rung tells it")
        yield Credit(self.tier, spent, prompts=templates_hash("brief"))

    def _plan(self, messages: Sequence[Prompt], stopped: Stopped) -> Iterator[tuple[str, Usage, bool]]:
        local, ids = self._local, self._local.ids(messages)
        begun = [*ids, *self._opening]
        scores = read(local.engine, begun, self._prefix(messages[0]), PLAN_TOKENS + CLOSING_TOKENS, stopped)
        text, cut = self._grammar.write(local.engine, scores, self._opening, stopped)
        if not text.endswith("]"):
            raise BadPlan(f"the plan of the model in this process does not end: {text[-60:]!r}")
        yield text, Usage(len(ids), local.engine.length - len(ids), 1), cut

    def _tell(self, messages: Sequence[Prompt], stopped: Stopped) -> Iterator[tuple[str, Usage]]:
        local, ids = self._local, self._local.ids(messages)
        scores = read(local.engine, ids, self._prefix(messages[0]), REPLY_TOKENS, stopped)
        yield "", Usage(len(ids), 0, 1)
        for text, count in local.pieces(written(local.engine, scores, local.end, stopped)):
            yield text, Usage(0, count)

    def _prefix(self, system: Prompt) -> Prefix:
        if system.text not in self._prefixes:
            self._prefixes[system.text] = self._local.prefix(system)
        return self._prefixes[system.text]

    def _warm(self) -> None:
        """Read the beginnings of both prompts before anybody asks: they are the same for every turn."""
        empty = TellContext("", plan_from('[{"name":"accept","parameters":{}}]', self._catalog), (), (), ())
        self._prefix(plan_messages(PlanContext(""), self._catalogue, self._catalog, "brief")[0])
        self._prefix(reply_messages(empty, self._catalogue, self._catalog, "brief")[0])

    def _speaks(self, language: str) -> None:
        if self._local.languages and language not in self._local.languages:
            raise ModelRefused(f"the model in this process was not tuned for {language!r}; the next rung answers")


def bounded(schema: object) -> dict[str, object]:
    """A schema with an end to every text and list."""
    found = _bounded(schema)
    return found if isinstance(found, dict) else {}


def _bounded(node: object) -> object:
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_bounded(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    inner = {str(key): _bounded(value) for key, value in node.items()}
    if node.get("type") == "string" and not {"enum", "format"} & node.keys():
        return {**inner, "maxLength": _LONGEST}
    if node.get("type") == "array":
        return {"maxItems": _MOST, **inner}
    return inner


def _late(call: str, limit_s: float) -> ModelDown:
    return ModelDown(f"the model in this process made no {call} within {limit_s:g} s; the machine is too busy")
