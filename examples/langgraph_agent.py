"""A LangGraph agent that recommends with the tools of Sommelier and a language model of your own.

    SOMMELIER_LLM_URL=http://localhost:8000/v1 SOMMELIER_LLM_MODEL=… python examples/langgraph_agent.py "a sad western"

The agent decides which tools to call; what they find, keep and refuse is decided here. The items of the last list are
read from the artifact of the tool's message, not from the model's prose.
"""

import asyncio
import sys
from collections.abc import Sequence

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent import Assistant, load
from agent.config import Settings
from agent.tools_langchain import langchain_tools
from agent.types import Card, Done

PROMPT = (
    "You recommend {nouns}. Find them with the tools, never from memory, and name only what the tools returned. "
    "Keep what the person says about their taste with `remember`. '[2]' is the second one of the last list."
)


async def converse(
    model: BaseChatModel, assistant: Assistant, user: str, said: Sequence[str]
) -> tuple[list[AnyMessage], list[Card]]:
    """Talk to the agent, message by message; returns the whole conversation and the cards of its last list."""
    prompt = PROMPT.format(nouns=assistant.index.catalog.spec.nouns)
    graph = create_agent(model, langchain_tools(assistant, user), system_prompt=prompt)
    messages: list[AnyMessage] = []
    for text in said:
        state = await graph.ainvoke({"messages": [*messages, HumanMessage(text)]})
        messages = state["messages"]
    turns = [m.artifact for m in messages if isinstance(m, ToolMessage) and isinstance(m.artifact, Done)]
    return messages, list(next((t.cards for t in reversed(turns) if t.cards), ()))


def main() -> None:
    """Ask once, on the bundled films."""
    settings = Settings()
    model = ChatOpenAI(
        base_url=settings.llm_url,
        model=settings.llm_model,
        api_key=SecretStr(settings.llm_key.get_secret_value() or "none"),
    )
    assistant = load("movies", settings.model_copy(update={"llm_url": ""}))
    messages, cards = asyncio.run(converse(model, assistant, "me", sys.argv[1:]))
    print(messages[-1].text)
    for card in cards:
        print(f"{card.number}. {card.item.title} ({card.item.item_id})")


if __name__ == "__main__":
    main()
