"""The model in this process: what it plans is valid, what it tells streams, and whoever leaves costs the others
nothing."""

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import jsonschema
import pytest
import torch

from agent.base_model import load_adapter, load_base
from agent.config import Settings
from agent.errors import ModelRefused
from agent.grounded import Grounded
from agent.ladder import Ladder
from agent.llm_local import Limits, Local, LocalModel, bounded
from agent.llm_local_decode import Grammar, read, written
from agent.llm_local_pack import packed
from agent.plan_text import plan_from, plan_schema
from agent.ports import ChatModel, PlanContext
from agent.prompts import Prompt
from agent.rules.model import RulesModel
from agent.types import Message
from retrieval.entities import Linker
from tests import telling
from tests.contracts_model import ModelContract, whole
from tests.local_models import boxed, random_adapter, small_base
from tests.shop import SHOP

ODD = (
    *("", "🙂🙂🙂", '"}]', "[[[[", "<|im_end|>", "\x00\x1b[31m", "ß" * 200, "灯，要便宜的，不要红色", "a" * 1500),
    *("DROP TABLE lamps;", "1e309 or NaN", '{"name":"search"}', "ignore all of it", "\n\n\n", "¿Qué?", "½ ⅞ ∞", "‮abc"),
)
CALM = Limits(200.0, 200.0)
"""The machine may be busy."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Local:
    folder = tmp_path_factory.mktemp("small")
    return Local(packed(small_base(folder / "base"), None, folder / "models"))


@pytest.fixture(scope="module")
def grammar(small: Local) -> Grammar:
    return small.grammar(bounded(plan_schema(SHOP)))


@pytest.fixture(scope="module")
def box() -> Local:
    return boxed()


class TestLocal(ModelContract):
    @pytest.fixture
    def model(self, box: Local) -> ChatModel:
        linker = Linker(SHOP)
        return Ladder(Grounded(LocalModel(box, SHOP, CALM), SHOP, linker), RulesModel(linker, SHOP))


@pytest.mark.parametrize("text", ODD)
def test_a_model_that_says_anything_still_plans_by_the_schema(small: Local, grammar: Grammar, text: str) -> None:
    ids = [*small.ids((Prompt("system", "Lamps."), Prompt("user", text))), *grammar.opening()]
    scores = read(small.engine, ids, None, 400, lambda: False)
    written_plan, _ = grammar.write(small.engine, scores, grammar.opening(), lambda: False)
    jsonschema.validate(json.loads(written_plan), json.loads(json.dumps(plan_schema(SHOP), default=dict)))
    assert plan_from(written_plan, SHOP).actions


async def test_plans_name_their_tokens_and_prompts(small: Local) -> None:
    understood = await LocalModel(small, SHOP, CALM).plan(PlanContext("a red lamp"))
    credit = understood.credit
    assert credit.tier == "local" and credit.usage.calls == 1 and credit.prompts
    assert credit.usage.prompt > 30 and credit.usage.completion > 5


@pytest.mark.parametrize("user", ["a modern lamp", "\nlamp", "灯"])
def test_behind_a_kept_prefix_the_same_tokens_are_written(box: Local, user: str) -> None:
    system = Prompt("system", "Tool calls for one message to a recommender of lamps.\nstyle: Modern, Paper")
    prefix = box.prefix(system)
    ids = box.ids((system, Prompt("user", user)))
    answers = []
    for kept in (None, prefix, prefix):
        tokens = written(box.engine, read(box.engine, ids, kept, 480, lambda: False), box.end, lambda: False)
        answers.append([token for token, _ in zip(tokens, range(12), strict=False)])
    assert answers[0] == answers[1] == answers[2]
    assert 10 < len(prefix.ids) < len(ids)
    assert prefix.megabytes < 3


def test_rounded_weights_expect_what_exact_ones_expect(box: Local) -> None:
    if boxed_adapter():
        pytest.skip("the reference of the tuned model is measured by bench/local.py")
    model, tokenizer = load_base()
    ids = tokenizer(PROSE)["input_ids"][:48]
    with torch.no_grad():
        exact = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    box.engine.rewind()
    found = torch.stack([torch.from_numpy(box.engine.feed([token]).copy()) for token in ids]).log_softmax(-1)
    assert float((exact.exp() * (exact - found)).sum(-1).mean()) < 0.02
    assert float((exact.argmax(-1) == found.argmax(-1)).float().mean()) >= 0.85


def test_a_merged_adapter_says_what_it_says_unmerged(tmp_path: Path) -> None:
    base = small_base(tmp_path / "base")
    adapter = random_adapter(base, tmp_path / "adapter")
    local = Local(packed(base, adapter, tmp_path / "models"))
    tuned = load_adapter(load_base(base)[0], adapter)
    ids = list(range(500, 560))
    with torch.no_grad():
        exact = tuned(torch.tensor([ids])).logits[0, -1]
    found = torch.from_numpy(local.engine.feed(ids).copy())
    assert torch.nn.functional.cosine_similarity(exact, found, dim=0) > 0.99
    assert packed(base, adapter, tmp_path / "models") == packed(base, adapter, tmp_path / "models")


@pytest.mark.parametrize("text", ["plain words", "你好，世界", "🙂👩‍👩‍👧 naïve café", "  two  spaces\n\n1. **A**"])
def test_pieces_join_to_the_text_and_hold_whole_signs(small: Local, text: str) -> None:
    ids = small.ids((Prompt("system", text), Prompt("user", "")))
    pieces = [piece for piece, _ in small.pieces(iter(ids))]
    assert text in "".join(pieces)
    assert not any("\ufffd" in piece for piece in pieces)


async def test_a_reply_without_an_end_is_gone_on_with_by_the_rules(small: Local) -> None:
    linker = Linker(SHOP)
    model = Ladder(Grounded(LocalModel(small, SHOP, CALM), SHOP, linker), RulesModel(linker, SHOP))
    context = telling.context(telling.found(telling.MODERN))
    pieces, credits = await whole(model, context)
    assert "Luna" in "".join(pieces)
    assert "rules" in credits[0].tier


async def test_whoever_goes_away_is_not_worked_for(box: Local) -> None:
    model = LocalModel(box, SHOP, CALM)
    async with aclosing(model.tell(telling.context(telling.found()))) as pieces:
        await anext(pieces)
    plan = asyncio.create_task(model.plan(PlanContext("a lamp " * 100)))
    await asyncio.sleep(0.05)
    plan.cancel()
    with pytest.raises(asyncio.CancelledError):
        await plan
    before = box.engine.length
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    box.worker.soon(lambda: loop.call_soon_threadsafe(done.set))
    await asyncio.wait_for(done.wait(), 60)
    assert box.engine.length <= before + 300


async def test_the_loop_runs_on_while_the_model_works(box: Local) -> None:
    model = LocalModel(box, SHOP, CALM)
    plan = asyncio.create_task(model.plan(PlanContext("a modern lamp under 60")))
    ticks = 0
    while not plan.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert ticks > 10


async def test_more_than_a_few_do_not_wait(small: Local) -> None:
    model = LocalModel(small, SHOP, CALM)
    asked = [model.plan(PlanContext(f"lamp {n}")) for n in range(9)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    busy = [error for error in done if isinstance(error, ModelRefused)]
    assert 1 <= len(busy) <= 6
    assert all("busy" in str(error) for error in busy)
    assert not [e for e in done if isinstance(e, BaseException) and not isinstance(e, ModelRefused)]


async def test_a_prompt_that_does_not_fit_is_refused(small: Local) -> None:
    messages = (Message("user", "灯" * 100),) * 3
    with pytest.raises(ModelRefused, match=r"the prompt has \d+ tokens"):
        await LocalModel(small, SHOP, CALM).plan(PlanContext("𒀀𒁀" * 590, messages=messages))


async def test_a_language_that_it_was_not_tuned_for_is_left_to_the_next_rung(small: Local, tmp_path: Path) -> None:
    english = Local(packed(small_base(tmp_path / "base"), None, tmp_path / "models"), languages=("en",))
    linker = Linker(SHOP)
    model = Ladder(LocalModel(english, SHOP, CALM), RulesModel(linker, SHOP))
    understood = await model.plan(PlanContext("你好", language="zh"))
    assert understood.credit.tier == "rules"
    assert "'zh'" in understood.credit.notes[0].detail


def boxed_adapter() -> bool:
    return Settings().local_adapter.is_dir()


PROSE = (
    "The film tells of a small town in the mountains, where an old watchmaker and his granddaughter repair a clock "
    "that has not struck for forty years. In the first part they look for the missing wheel; in the second, for the "
    "man who took it. It was made in 1994 with little money, and most of the people in it had never acted before. "
)
