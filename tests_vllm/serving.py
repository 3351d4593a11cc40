"""What the tests of a vLLM server share: its adapters, an assistant on it, and what it says word by word."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openai
from jsonschema import Draft202012Validator
from openai.types.chat import ChatCompletion

from agent.app import model_of
from agent.assistant import Assistant
from agent.base_model import BUNDLED
from agent.config import Settings
from agent.plan_text import plan_schema
from agent.ports import PlanContext
from agent.prompts import catalogue_of, plan_messages
from agent.tool_schema import tools_of
from finetune.serve import Server
from finetune.serve_model import base_as_files
from retrieval.index import Index
from tests.fakes_store import MemoryStore
from tests.tiny_model import random_adapter, scaled_adapter

PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server and what it serves."""

    server: Server
    url: str
    base: str
    one: Path
    two: Path
    tuned: bool
    """Whether 'one' knows the tools; else it is random, and its plans mean nothing."""


def two_adapters(folder: Path, home: Path) -> tuple[Path, Path, bool]:
    """The adapter of the settings and a weaker variant of it; random ones where there is none."""
    shipped = Settings().local_adapter
    if shipped.is_dir():
        return shipped, scaled_adapter(shipped, folder / "two", 0.8), True
    base = base_as_files(BUNDLED, home)
    return random_adapter(base, folder / "one", 1), random_adapter(base, folder / "two", 2), False


def settings(served: Served, model: str = "one", **given: object) -> Settings:
    """Of an assistant on this server, with the patience that a CPU needs."""
    usual = {"llm_url": served.url, "llm_model": model, "llm_prompts": "brief", "llm_timeout_s": PATIENCE_S}
    return Settings(**{**usual, "llm_reply_s": PATIENCE_S, **given})  # type: ignore[arg-type]


def assistant(index: Index, served: Served, model: str = "one", **given: object) -> Assistant:
    """The assistant that `load` would make."""
    store = MemoryStore()
    return Assistant(index, model_of(index, settings(served, model, **given)), store, store)


def tools(index: Index) -> list[dict[str, object]]:
    """The tools as a request names them."""
    return [
        {
            "type": "function",
            "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
        }
        for t in tools_of(index.catalog)
    ]


async def planned(index: Index, served: Served, model: str, text: str, tokens: int = 200) -> ChatCompletion:
    """What the server answers to a plan call, whole, with the chances of each token."""
    asked = plan_messages(PlanContext(text), catalogue_of(index.catalog, "brief"), index.catalog, "brief")
    async with openai.AsyncOpenAI(base_url=served.url, api_key="none", timeout=PATIENCE_S) as client:
        answer: ChatCompletion = await client.chat.completions.create(
            model=model,
            messages=[{"role": p.role, "content": p.text} for p in asked],  # type: ignore[misc]
            tools=tools(index),  # type: ignore[arg-type]
            tool_choice="required",
            max_tokens=tokens,
            temperature=0.0,
            logprobs=True,
        )
    return answer


async def chance(index: Index, served: Served, model: str) -> float:
    """The logarithm of the chance of a fixed answer's first words: tells adapters apart to a hair."""
    answer = await planned(index, served, model, "a western from the 70s", tokens=8)
    told = answer.choices[0].logprobs
    assert told is not None
    assert told.content is not None
    return sum(token.logprob for token in told.content)


def faults(index: Index, answer: ChatCompletion) -> Sequence[str]:
    """What of the calls is not valid under the schema of plans. Of an answer that was cut by the limit, the calls that
    came whole, read from its tokens: vLLM gives none of them."""
    choice = answer.choices[0]
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    read = b"".join(bytes(token.bytes or ()) for token in choice.logprobs.content)
    text = read.decode("utf-8", "replace").removesuffix("<|im_end|>")
    if choice.finish_reason != "length":
        assert len(choice.message.tool_calls or ()) == len(json.loads(text)) > 0
    one = Draft202012Validator(plan_schema(index.catalog)["items"])  # type: ignore[arg-type]
    return [f"{call}: {error.message}" for call in _whole_calls(text) for error in one.iter_errors(call)]


def _whole_calls(text: str) -> list[object]:
    """The values that a list begins with."""
    assert text.startswith("[")
    found: list[object] = []
    rest, decoder = text[1:], json.JSONDecoder()
    while rest.startswith("{"):
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            break
        found.append(value)
        rest = rest[end:].removeprefix(",")
    return found
