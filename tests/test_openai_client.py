"""The official OpenAI client works on the API unchanged, and sees the extra fields beside the standard ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.http import api

MODEL = "sommelier-shop"
ASKED = "blue boots please"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a small shop."""
    folder: Path = tmp_path_factory.mktemp("client")
    with running(api({"shop": shop_assistant(shop_index(folder), folder / "people.db")})) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    """The official client."""
    with OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture
async def later(url: str) -> AsyncIterator[AsyncOpenAI]:
    """The official client, asynchronous."""
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def said(text: str) -> list[ChatCompletionMessageParam]:
    """A dialogue of one message."""
    return [{"role": "user", "content": text}]


def items_of(extra: dict[str, object] | None) -> list[str]:
    """Ids of the recommendations beside a completion."""
    assert extra is not None
    recommendations = extra["recommendations"]
    assert isinstance(recommendations, list)
    return [card["item_id"] for card in recommendations]


def test_a_completion_carries_the_reply_and_the_items(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=said(ASKED))
    assert done.choices[0].finish_reason == "stop"
    assert done.choices[0].message.content
    assert items_of(done.model_extra)
    assert done.model_extra is not None
    assert {"recommendations", "profile", "plan", "tier", "timings_ms", "session"} <= done.model_extra.keys()


def test_the_reply_names_the_items_of_the_list_in_their_order(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=said(ASKED))
    assert done.model_extra is not None
    text = done.choices[0].message.content or ""
    places = [text.index(card["title"]) for card in done.model_extra["recommendations"]]
    assert places == sorted(places)


def test_a_stream_is_the_same_reply_in_pieces(client: OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=said(ASKED))
    chunks = list(client.chat.completions.create(model=MODEL, messages=said(ASKED), stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert len([piece for piece in pieces if piece]) > 1
    assert "".join(pieces) == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert items_of(chunks[-1].model_extra) == items_of(whole.model_extra)
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_ends_with_usage_when_asked(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=said(ASKED), stream=True, stream_options={"include_usage": True}
    )
    *before, finish, last = list(stream)
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in (*before, finish))
    whole = client.chat.completions.create(model=MODEL, messages=said(ASKED))
    assert finish.choices[0].finish_reason == "stop"
    assert (last.choices, last.usage) == ([], whole.usage)
    assert whole.usage is not None
    assert whole.usage.prompt_tokens == 3


def test_usage_counts_the_dialogue_that_was_sent(client: OpenAI) -> None:
    messages = [*said("hello there"), {"role": "assistant", "content": "Hi!"}, *said(ASKED)]
    done = client.chat.completions.create(model=MODEL, messages=messages)  # type: ignore[arg-type]
    assert done.usage is not None
    assert done.usage.prompt_tokens == 2 + 2 + 3
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_a_session_is_remembered_on_the_server(client: OpenAI) -> None:
    for text in ("I like Walker 5 boots", "what else?"):
        done = client.chat.completions.create(
            model=MODEL, messages=said(text), user="ann", metadata={"session_id": "first"}
        )
    assert done.model_extra is not None
    assert [p["label"].startswith("Walker 5 boots") for p in done.model_extra["profile"]] == [True]
    assert done.model_extra["session"] == "first"


def test_the_session_may_come_in_a_header(client: OpenAI) -> None:
    done = client.chat.completions.create(
        model=MODEL, messages=said(ASKED), extra_headers={"X-Session-Id": "from the header"}
    )
    assert done.model_extra is not None
    assert done.model_extra["session"] == "from the header"


def test_without_a_session_the_messages_are_the_state(client: OpenAI) -> None:
    messages = [*said("I like Walker 5 boots"), {"role": "assistant", "content": "Noted."}, *said("what would I like?")]
    done = client.chat.completions.create(model=MODEL, messages=messages)  # type: ignore[arg-type]
    assert done.model_extra is not None
    assert [p["label"].startswith("Walker 5 boots") for p in done.model_extra["profile"]] == [True]
    fresh = client.chat.completions.create(model=MODEL, messages=said("what would I like?"))
    assert fresh.model_extra is not None
    assert fresh.model_extra["profile"] == []


def test_a_message_may_come_in_parts_and_after_a_system_prompt(client: OpenAI) -> None:
    done = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": [{"type": "text", "text": "blue"}, {"type": "text", "text": "boots please"}]},
        ],
        temperature=0.2,
        max_tokens=5,
    )
    assert items_of(done.model_extra) == items_of(
        client.chat.completions.create(model=MODEL, messages=said("blue\nboots please")).model_extra
    )


def test_there_is_a_model_per_catalogue(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "sommelier"


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found(client: OpenAI, stream: bool) -> None:
    with pytest.raises(openai.NotFoundError, match="there is sommelier-shop") as caught:
        client.chat.completions.create(model="gpt-4o", messages=said(ASKED), stream=stream)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_an_image_is_refused_in_clear_words(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="'image_url'; only 'text' is read") as caught:
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}],
        )
    assert caught.value.param == "messages[0].content[0].type"


async def test_the_asynchronous_client_works_as_well(later: AsyncOpenAI) -> None:
    whole = await later.chat.completions.create(model=MODEL, messages=said(ASKED))
    stream = await later.chat.completions.create(model=MODEL, messages=said(ASKED), stream=True)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == whole.choices[0].message.content


USERS = 24


async def test_many_users_at_once_do_not_see_each_other(later: AsyncOpenAI) -> None:
    """Each has a like and a dislike of their own; half of them stream, all in a session of the same name."""
    kinds = ("boots", "sandals", "hats", "scarves", "gloves")

    async def ask(text: str, n: int) -> dict[str, list[dict[str, object]]]:
        asked = {"model": MODEL, "messages": said(text), "user": f"user{n}", "metadata": {"session_id": "same"}}
        if n % 2:
            stream = await later.chat.completions.create(stream=True, **asked)  # type: ignore[call-overload]
            return [chunk async for chunk in stream][-1].model_extra or {}
        return (await later.chat.completions.create(**asked)).model_extra or {}  # type: ignore[call-overload]

    async def talk(n: int) -> set[tuple[str, object]]:
        mine, other = (f"Walker {m} {kinds[m % 5]}" for m in (n, n + USERS))
        for text in (f"I like {mine}", "hello", f"I hate {other}", "what would I like?"):
            extra = await ask(text, n)
        assert not {mine, other} & {card["title"] for card in extra["recommendations"]}
        return {(str(p["label"]).partition(" (")[0], p["polarity"]) for p in extra["profile"]}

    known = await asyncio.gather(*(talk(n) for n in range(USERS)))
    assert known == [
        {(f"Walker {n} {kinds[n % 5]}", 1), (f"Walker {n + USERS} {kinds[(n + USERS) % 5]}", -1)} for n in range(USERS)
    ]
