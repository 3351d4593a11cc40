"""Turns of the agent on a vLLM server that is slow, misnamed, asked too much, and in the end killed."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from agent.app import check_llm
from agent.assistant import Assistant
from agent.errors import ModelMisconfigured
from agent.grounded import Grounded
from agent.ladder import Ladder
from agent.llm_openai import OpenAIModel, server_of
from agent.plan import Plan, Search
from agent.ports import PlanContext, TellContext, Understood
from agent.rules.model import RulesModel
from agent.types import Credit
from finetune.serve import Server
from retrieval.index import Index
from tests.fakes_store import MemoryStore
from tests.llm_turns import turn
from tests_vllm.serving import Served, assistant, planned, settings


def fell(done_notes: object) -> str:
    """The notes of a turn, as text."""
    return str(done_notes)


async def test_a_wrong_name_is_told_with_the_names_that_are_served(index: Index, served: Served) -> None:
    with pytest.raises(ModelMisconfigured, match=r"no model 'ones'.*smollm2-135m, one, two: set SOMMELIER_LLM_MODEL"):
        await asyncio.to_thread(check_llm, settings(served, "ones"))
    done = await turn(assistant(index, served, "ones"), "a western please")
    assert done.tier.startswith("rules")
    assert "model_misconfigured" in fell(done.notes)


async def test_a_prompt_that_is_longer_than_the_window_goes_to_the_next_rung(index: Index, served: Served) -> None:
    done = await turn(assistant(index, served, llm_prompts="full"), "一部西部片" * 1000)
    assert done.tier.startswith("rules")
    assert "model_refused" in fell(done.notes)
    assert "longer context" in fell(done.notes)


async def test_a_server_that_does_not_answer_in_time_leaves_the_turn_to_the_next_rung(
    index: Index, served: Served
) -> None:
    group = served.server.process.pid
    os.killpg(group, signal.SIGSTOP)
    try:
        done = await turn(assistant(index, served, llm_timeout_s=2.0, llm_reply_s=2.0), "a western please")
    finally:
        os.killpg(group, signal.SIGCONT)
    assert done.tier.startswith("rules")
    assert "did not answer within 2 s" in fell(done.notes)
    again = await planned(index, served, "one", "a western please", tokens=8)
    assert again.choices[0].finish_reason


@dataclass(frozen=True)
class Killing:
    """The served model; after some pieces of a reply its server is killed."""

    model: OpenAIModel
    server: Server
    pieces: int = 8
    tier: str = "llm"

    async def plan(self, context: PlanContext) -> Understood:
        """A list to tell."""
        return Understood(Plan(actions=(Search(query="western"),)), Credit(self.tier))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """The reply, as far as it comes."""
        heard = 0
        async with aclosing(self.model.tell(context)) as pieces:
            async for piece in pieces:
                heard += 1
                if heard == self.pieces:
                    os.killpg(self.server.process.pid, signal.SIGKILL)
                yield piece


async def test_z_a_server_that_is_killed_in_the_middle_of_a_reply_is_gone_on_for(index: Index, served: Served) -> None:
    """The last test: it takes the server with it."""
    model = Killing(OpenAIModel(server_of(settings(served)), index.catalog), served.server)
    rules = RulesModel(index.linker, index.catalog)
    store = MemoryStore()
    ladder = Ladder(Grounded(model, index.catalog, index.linker), rules)
    done = await turn(Assistant(index, ladder, store, store), "westerns please")
    assert done.cards
    assert "rules" in done.tier
    assert "model_down" in fell(done.notes)
    assert served.server.process.wait(30) != 0
    after = await turn(assistant(index, served, llm_timeout_s=5.0), "a comedy please")
    assert after.tier.startswith("rules")
    assert "cannot be reached" in fell(after.notes)
