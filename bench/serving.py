"""Measure a served model under many chats at once: python -m bench.serving --url URL --model NAME [--chats 1,8,64]

Three ways over the same turns, whose prompts are those of real turns of the catalogue:

agent          Assistant.reply over the server: plan, tools, retrieval, verified reply
server         the two calls of the turn alone, as the agent makes them
transformers   the same two prompts through `generate`, one chat at a time (--base, --adapter; with a GPU on it)

A line of JSON each: seconds to the first piece of the reply since the turn began, seconds a turn, turns and tokens
written in a second.
"""

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from agent import Assistant, TurnRequest
from agent.app import model_of, open_catalog
from agent.base_model import BUNDLED, load_adapter, load_base
from agent.config import Settings
from agent.errors import ModelError
from agent.llm_openai import OpenAIModel, server_of
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.prompts import Prompt, catalogue_of, plan_messages, reply_messages
from agent.store_sqlite import SqliteStore
from agent.types import Credit, Done, TextDelta
from bench.figures import Quantiles
from bench.turns import MESSAGES
from retrieval.index import Index

_PLAN_TOKENS, _REPLY_TOKENS = 128, 256
_PATIENCE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Lap:
    """One turn, in seconds since it began; how many tokens were written, and whether the model did all of it."""

    first: float
    whole: float
    tokens: int
    own: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model reads in a turn."""

    plan: PlanContext
    tell: TellContext


Way = Callable[[int], Awaitable[Lap]]
"""One turn; the number says which."""


class Recorder:
    """A model, and what it was asked."""

    def __init__(self, model: ChatModel) -> None:
        self._model, self.tier = model, model.tier
        self.plans: list[PlanContext] = []
        self.tells: list[TellContext] = []

    async def plan(self, context: PlanContext) -> Understood:
        """As the model."""
        self.plans.append(context)
        return await self._model.plan(context)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the model."""
        self.tells.append(context)
        async with aclosing(self._model.tell(context)) as pieces:
            async for piece in pieces:
                yield piece


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="a server; without one only transformers is measured")
    parser.add_argument("--model", default="")
    parser.add_argument("--catalog", default="movies")
    parser.add_argument("--chats", default="1,8,64", help="how many at once")
    parser.add_argument("--turns", type=int, default=1, help="of each chat")
    parser.add_argument("--base", default="", help=f"a base for transformers, as {BUNDLED}")
    parser.add_argument("--adapter", type=Path)
    args = parser.parse_args()
    given = {"llm_url": args.url, "llm_model": args.model, "llm_prompts": "brief"}
    settings = Settings().model_copy(update={**given, "llm_timeout_s": _PATIENCE_S, "llm_reply_s": _PATIENCE_S})
    index = open_catalog(args.catalog, settings)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "people.db")
        turns = asyncio.run(recorded(index, store))
        ways: dict[str, Way] = {}
        if args.url:
            ways |= {"agent": agent_way(index, settings, store), "server": server_way(index, settings, turns)}
        if args.base:
            ways["transformers"] = transformers_way(index, turns, args.base, args.adapter)
        for name, way in ways.items():
            for chats in map(int, args.chats.split(",")):
                told = {"way": name, "chats": chats, **asyncio.run(measured(way, chats, args.turns))}
                print(json.dumps(told), flush=True)


async def recorded(index: Index, store: SqliteStore) -> Sequence[Turn]:
    """Turns as the rules have them, one for each message."""
    recorder = Recorder(model_of(index, Settings().model_copy(update={"llm_url": "", "local": "off"})))
    assistant = Assistant(index, recorder, store, store)
    for text in MESSAGES:
        await _heard(assistant, TurnRequest(text, "bench", "bench"))
    return [Turn(plan, tell) for plan, tell in zip(recorder.plans, recorder.tells, strict=False)]


async def measured(way: Way, chats: int, turns: int) -> dict[str, object]:
    """So many chats at once, after one turn that warms up."""
    await way(0)
    start = time.perf_counter()

    async def chat(number: int) -> list[Lap]:
        return [await way(number + chats * turn) for turn in range(turns)]

    laps = [lap for mine in await asyncio.gather(*map(chat, range(chats))) for lap in mine]
    seconds = time.perf_counter() - start
    return {
        "first_ms": _quantiles([lap.first for lap in laps]),
        "turn_ms": _quantiles([lap.whole for lap in laps]),
        "turns_per_s": round(len(laps) / seconds, 3),
        "tokens_per_s": round(sum(lap.tokens for lap in laps) / seconds, 1),
        "all_by_the_model": sum(lap.own for lap in laps),
        "turns": len(laps),
    }


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles in milliseconds."""
    return Quantiles.of([1e3 * s for s in seconds]).model_dump()


def agent_way(index: Index, settings: Settings, store: SqliteStore) -> Way:
    """Whole turns of an assistant on a server."""
    assistant = Assistant(index, model_of(index, settings), store, store)

    async def lap(number: int) -> Lap:
        request = TurnRequest(MESSAGES[number % len(MESSAGES)], f"u{number}", f"s{number}")
        start = time.perf_counter()
        done, first = await _heard(assistant, request)
        return Lap(first - start, time.perf_counter() - start, done.usage.completion, "rules" not in done.tier)

    return lap


def server_way(index: Index, settings: Settings, turns: Sequence[Turn]) -> Way:
    """The two calls of a turn to a server."""
    model = OpenAIModel(server_of(settings), index.catalog)

    async def lap(number: int) -> Lap:
        turn, start = turns[number % len(turns)], time.perf_counter()
        try:
            tokens = (await model.plan(turn.plan)).credit.usage.completion
            first = 0.0
            async with aclosing(model.tell(turn.tell)) as pieces:
                async for piece in pieces:
                    first = first or time.perf_counter() - start
                    tokens += piece.usage.completion if isinstance(piece, Credit) else 0
        except ModelError as error:
            now = time.perf_counter() - start
            print(f"# {error}", flush=True)
            return Lap(now, now, 0, own=False)
        return Lap(first, time.perf_counter() - start, tokens)

    return lap


def transformers_way(index: Index, turns: Sequence[Turn], base: str, adapter: Path | None) -> Way:
    """The same prompts through `generate`; who comes second waits."""
    import torch
    from transformers import TextIteratorStreamer

    model, tokenizer = load_base(base)
    tuned = model if adapter is None else load_adapter(model, adapter)
    if torch.cuda.is_available():
        tuned.to(device="cuda", dtype=torch.bfloat16)
    told, catalog, alone = catalogue_of(index.catalog, "brief"), index.catalog, threading.Lock()

    def write(prompts: Sequence[Prompt], most: int) -> tuple[float, int]:
        """When the first piece came, and how many tokens."""
        messages = [{"role": p.role, "content": p.text} for p in prompts]
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        read = tokenizer(str(text), return_tensors="pt", add_special_tokens=False).to(tuned.device)
        streamer, written = TextIteratorStreamer(tokenizer, skip_prompt=True), list[int]()

        def run() -> None:
            out = tuned.generate(**read, max_new_tokens=most, do_sample=False, streamer=streamer)
            written.append(out.shape[1] - read["input_ids"].shape[1])

        thread = threading.Thread(target=run)
        thread.start()
        first = 0.0
        for _ in streamer:
            first = first or time.perf_counter()
        thread.join()
        return first, written[0]

    def both(turn: Turn, start: float) -> Lap:
        with alone:
            _, planned = write(plan_messages(turn.plan, told, catalog, "brief"), _PLAN_TOKENS)
            first, replied = write(reply_messages(turn.tell, told, catalog, "brief"), _REPLY_TOKENS)
        return Lap(first - start, time.perf_counter() - start, planned + replied)

    async def lap(number: int) -> Lap:
        return await asyncio.to_thread(both, turns[number % len(turns)], time.perf_counter())

    return lap


async def _heard(assistant: Assistant, request: TurnRequest) -> tuple[Done, float]:
    """A turn to its end, and when its first text came."""
    first, done = 0.0, None
    async with aclosing(assistant.reply(request)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                first = first or time.perf_counter()
            elif isinstance(event, Done):
                done = event
    if done is None:
        raise SystemExit(f"the turn {request.text!r} did not end well; see the log")
    return done, first or time.perf_counter()


if __name__ == "__main__":
    main()
