"""What a client may wish of a completion beside its text, and what it is told when it cannot be had."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.cut import tokens
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


def said(text: str) -> list[ChatCompletionMessageParam]:
    """A dialogue of one message."""
    return [{"role": "user", "content": text}]


def items_of(extra: dict[str, object] | None) -> list[str]:
    """Ids of the recommendations beside a completion."""
    assert extra is not None
    recommendations = extra["recommendations"]
    assert isinstance(recommendations, list)
    return [card["item_id"] for card in recommendations]


def test_a_stream_without_that_wish_speaks_of_no_usage(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=said(ASKED), stream=True))
    assert all(len(chunk.choices) == 1 and "usage" not in chunk.model_fields_set for chunk in chunks)


def test_the_items_come_before_any_word_about_them(client: OpenAI) -> None:
    first, *others = client.chat.completions.create(model=MODEL, messages=said(ASKED), stream=True)
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert items_of(first.model_extra) == items_of(others[-1].model_extra)
    assert not any("recommendations" in (chunk.model_extra or {}) for chunk in others[:-1])


def test_every_item_is_cited_and_every_call_is_traced(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=said("blue boots for long walks"))
    extra = done.model_extra or {}
    assert [c["item_id"] for c in extra["citations"]] == items_of(extra)
    grounds = [e for c in extra["citations"] for e in c["evidence"]]
    reasons = [e for r in extra["recommendations"] for reason in r["reasons"] for e in reason["evidence"]]
    assert [(e["kind"], e["ref"]) for e in grounds] == [(e["kind"], e["ref"]) for e in reasons]
    spans = [e["span"] for e in grounds if e["span"]]
    assert spans
    assert all("were made for long walks" in span["text"] and span["end"] > span["start"] for span in spans)
    assert [(call["tool"], call["arguments"]) for call in extra["trace"]] == [
        (call["tool"], call["arguments"]) for call in extra["plan"]
    ]
    (found,) = extra["trace"][-1]["observed"]
    assert (found["type"], [c["item_id"] for c in found["candidates"]]) == ("found", items_of(extra))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_reply_ends_where_it_is_told_to(client: OpenAI, limit: str, stream: bool) -> None:
    def told(**fields: object) -> tuple[str, str | None, list[str]]:
        body = {"model": MODEL, "messages": said(ASKED), **fields}
        if not stream:
            done = client.chat.completions.create(**body)  # type: ignore[call-overload]
            return done.choices[0].message.content, done.choices[0].finish_reason, items_of(done.model_extra)
        chunks = list(client.chat.completions.create(stream=True, **body))  # type: ignore[call-overload]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        return text, chunks[-1].choices[0].finish_reason, items_of(chunks[-1].model_extra)

    whole, reason, items = told()
    assert reason == "stop"
    cut, reason, same = told(**{limit: 5})
    assert (reason, same, tokens(cut)) == ("length", items, 5)
    assert whole.startswith(cut)
    cut, reason, same = told(stop=["never said", "2. "])
    assert (reason, same, cut) == ("stop", items, whole[: whole.index("2. ")])


def test_the_list_is_as_long_as_wished(client: OpenAI) -> None:
    def wished(**fields: object) -> int:
        done = client.chat.completions.create(model=MODEL, messages=said("boots"), **fields)  # type: ignore[call-overload]
        return len(items_of(done.model_extra))

    assert wished(extra_body={"count": 2}) == 2
    assert wished(metadata={"count": "3", "diversity": "0.9", "language": "en"}) == 3
    assert wished(metadata={"count": "3"}, extra_body={"count": 2, "diversity": 0}) == 2


def test_the_language_of_the_reply_may_be_wished(client: OpenAI) -> None:
    for fields in ({"extra_body": {"language": "zh"}}, {"metadata": {"language": "zh"}}):
        done = client.chat.completions.create(model=MODEL, messages=said("boots"), **fields)  # type: ignore[call-overload]
        assert done.model_extra["language"] == "zh"
    done = client.chat.completions.create(model=MODEL, messages=said("给我推荐靴子"))
    assert done.model_extra is not None
    assert done.model_extra["language"] == "zh"


WRONG_WISHES: list[dict[str, object]] = [
    {"metadata": {"count": "many"}},
    {"metadata": {"count": "2.5"}},
    {"metadata": {"count": "51"}},
    {"metadata": {"diversity": "nan"}},
    {"metadata": {"diversity": "-1"}},
    {"metadata": {"language": "klingon"}},
    {"max_tokens": 5, "max_completion_tokens": 5},
    {"stream_options": {"include_usage": True}},
    {"n": 2},
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
    {"response_format": {"type": "json_object"}},
    {"logprobs": True},
    {"extra_body": {"web_search_options": {"search_context_size": "low"}}},
]


@pytest.mark.parametrize("fields", WRONG_WISHES, ids=str)
def test_a_wish_that_cannot_be_met_is_a_bad_request(client: OpenAI, fields: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=said(ASKED), **fields)  # type: ignore[call-overload]
    assert caught.value.type == "invalid_request_error"


def test_a_field_of_the_wrong_form_is_unprocessable(client: OpenAI) -> None:
    wrong: dict[str, object]
    for wrong in ({"count": 0}, {"diversity": "much"}, {"stop": ["a"] * 5}, {"max_tokens": 0}):
        with pytest.raises(openai.UnprocessableEntityError) as caught:
            client.chat.completions.create(model=MODEL, messages=said(ASKED), extra_body=wrong)
        assert str(caught.value.param).partition(".")[0] == next(iter(wrong))


def test_what_only_tunes_a_text_is_ignored(client: OpenAI) -> None:
    done = client.chat.completions.create(
        model=MODEL,
        messages=said(ASKED),
        temperature=0,
        top_p=0.1,
        seed=7,
        presence_penalty=1,
        store=False,
        n=1,
        tools=[],
    )
    assert items_of(done.model_extra)


def test_other_apis_of_openai_are_not_found_in_its_own_form(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model=MODEL, input="hi")
    assert caught.value.code == "not_found"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model=MODEL, input="hi")
    with pytest.raises(openai.NotFoundError, match="there is no model 'x'"):
        client.models.retrieve("x")


def test_a_wrong_key_is_an_authentication_error(tmp_path: Path) -> None:
    app = api({"shop": shop_assistant(shop_index(tmp_path), tmp_path / "people.db")}, keys=("right",))
    with running(app) as url, OpenAI(base_url=f"{url}/v1", api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model=MODEL, messages=said(ASKED))
        assert client.with_options(api_key="right").models.list().data[0].id == MODEL
