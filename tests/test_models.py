"""The contract of language models, on the rules and on the scripted one; that of a server is in test_llm_openai."""

from collections.abc import Sequence

import pytest

from agent.plan import Action, Chat
from agent.ports import ChatModel, TellContext
from agent.rules.model import RulesModel
from agent.thinking import Unthought
from agent.types import Credit, Usage
from retrieval.entities import Linker
from tests.contracts_model import ModelContract
from tests.fakes_model import ScriptedModel
from tests.shop import SHOP


class TestRules(ModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return RulesModel(Linker(SHOP), SHOP)


class TestScripted(ModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        unclear: Sequence[Action] = (Chat(kind="unclear"),)
        return ScriptedModel([unclear] * 9, _listing)


def _listing(context: TellContext) -> str:
    lines = [f"\n{c.number}. **{c.item.title}**" for c in context.cards if f"**{c.item.title}**" not in context.begun]
    return "Here you are: " + "".join(lines)


def test_credits_add_up_and_name_each_rung_once() -> None:
    planned = Credit("llm", Usage(100, 10, 1))
    assert (planned + Credit("llm", Usage(50, 5, 1))).tier == "llm"
    assert (planned + Credit("llm+rules", Usage(50, 5, 1))) == Credit("llm+rules", Usage(150, 15, 2))
    assert (Credit("") + Credit("rules")).tier == "rules"


@pytest.mark.parametrize("piece", [1, 3, 7, 200])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>so</think> Hello <b>", "Hello <b>"),
        ("Hello <think>", "Hello <think>"),
        ("<think>for ever", ""),
        ("<th", "<th"),
        ("  <think></think>\n\nYes.", "Yes."),
        ("", ""),
    ],
)
def test_thoughts_before_an_answer_are_taken_out(text: str, said: str, piece: int) -> None:
    filtering = Unthought()
    given = "".join(filtering.add(text[n : n + piece]) for n in range(0, len(text), piece)) + filtering.rest()
    assert given == said
