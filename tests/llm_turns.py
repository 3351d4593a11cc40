"""What the tests of a language model on a server share: a model that lists well, and turns with it."""

import re
from collections.abc import Mapping
from contextlib import aclosing

from agent.app import model_of
from agent.assistant import Assistant
from agent.config import Settings
from agent.grounding import check
from agent.types import Done, Event, TextDelta, TurnRequest
from retrieval.index import Index
from tests.fakes_store import MemoryStore
from tests.llm_server import (
    MODEL,
)

WESTERNS = {"filters": [{"facet": "genres", "op": "in", "values": ["Western"]}]}
SEARCH = ("search", {"query": "harbour", **WESTERNS})


def listing(body: Mapping[str, object]) -> str:
    """What a good model would write: every title of the list it was given, in bold, numbered."""
    text = str(body["messages"][-1]["content"])  # type: ignore[index]
    _, _, listed = text.partition('<data name="list">\n')
    lines = [line.split(" | ")[0].split(". title: ") for line in listed.partition("</data>")[0].splitlines()]
    return (
        "Here are some:\n\n" + "\n".join(f"{number}. **{title}**" for number, title in lines) + f"\n\n{_question(text)}"
    )


def _question(text: str) -> str:
    """The question that it was told to ask, else a polite one."""
    asked = re.search(r"ask one question: (which [^?]+)\? choices: (\w+)", text)
    return f"And {asked[1]}, {asked[2]} perhaps?" if asked else "Anything else?"


def half(body: Mapping[str, object]) -> str:
    """As far as into the middle of the third title."""
    whole = listing(body)
    return whole[: whole.index("3. **") + 8]


def settings(url: str, **given: object) -> Settings:
    """With short waits."""
    chosen = {"llm_url": url, "llm_model": MODEL, "llm_timeout_s": 2.0, "llm_reply_s": 4.0, **given}
    return Settings(**chosen)  # type: ignore[arg-type]


def assistant(index: Index, url: str, store: MemoryStore | None = None, **given: object) -> Assistant:
    """The assistant that `load` would make."""
    store = store or MemoryStore()
    return Assistant(index, model_of(index, settings(url, **given)), store, store)


async def turn(assistant: Assistant, text: str = "westerns by the harbour", **fields: str) -> Done:
    """One turn, which is committed, says something, and names exactly its cards."""
    request = TurnRequest(text=text, **{"user": "u", "session": "s", **fields})  # type: ignore[arg-type]
    events: list[Event] = []
    async with aclosing(assistant.reply(request)) as stream:
        events = [event async for event in stream]
    done = events[-1]
    assert isinstance(done, Done), done
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == done.reply
    assert done.reply.strip()
    if done.cards:
        assert check(done.reply, done.cards).holds, done.reply
    return done
