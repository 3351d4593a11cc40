"""Conversations in two languages on the films: each turn is told in its own, and memory stays in the words said."""

import asyncio
import re

import pytest

from agent import Assistant
from agent.errors import AgentError
from agent.grounding import check
from agent.languages import language_of
from agent.plan import React
from agent.rules.model import RulesModel
from agent.types import Done, Message, TurnRequest
from tests.fakes_store import MemoryStore
from tests.light_index import light_index
from ui.page_cards import card_view

HAN = r"[㐀-鿿]"


@pytest.fixture
def films() -> Assistant:
    index, store = light_index("movies"), MemoryStore()
    return Assistant(index, RulesModel(index.linker, index.catalog), store, store)


def say(films: Assistant, *texts: str, user: str = "ann") -> Done:
    """The last of several turns of one session."""
    return [films.ask(TurnRequest(text, user=user, session="s")) for text in texts][-1]


@pytest.mark.parametrize(
    ("text", "before", "code"),
    [
        ("我喜欢 The Lord of the Rings，再推荐几部", "", "zh"),
        ("我想看 sci-fi，like Inception", "", "zh"),
        ("推荐几部 Nolan 的片子", "en", "zh"),
        ("I want something like 卧虎藏龙", "zh", "en"),
        ("Do you have 我的父亲母亲?", "", "en"),
        ("喜剧", "en", "zh"),
        ("Heat", "zh", "zh"),
        ("Heat", "", "en"),
        ("ok", "zh", "zh"),
        ("1999", "zh", "zh"),
        ("SHOW ME COMEDIES", "zh", "en"),
        ("What about westerns?", "zh", "en"),
        ("more like the second one", "zh", "en"),
        ("😀", "zh", "zh"),
    ],
)
def test_the_language_of_a_message(text: str, before: str, code: str) -> None:
    assert language_of(text, before) == code


def test_each_turn_is_told_in_the_language_it_was_asked_in(films: Assistant) -> None:
    for text, code in (("我喜欢异形", "zh"), ("Heat", "zh"), ("what do you know about me?", "en"), ("再来几部", "zh")):
        done = say(films, text)
        assert done.language == code
        assert bool(re.search(HAN, done.reply)) == (code == "zh"), done.reply
        assert check(done.reply, done.cards).holds


def test_case_12_a_chinese_chat_keeps_its_memory_and_its_reasons_in_chinese(films: Assistant) -> None:
    done = say(films, "我喜欢《异形》和科幻片，不要恐怖片")
    labels = {p.said.label for p in done.profile}
    assert {"科幻", "恐怖", "Alien (1979)"} == labels
    assert all("科幻片" in p.said.words for p in done.profile)
    assert done.cards and all(re.search(HAN, r.text) for card in done.cards for r in card.reasons)
    stored = asyncio.run(films.profile("ann")).active()
    assert {p.said.label for p in stored} == labels
    known = say(films, "你知道我什么？").reply
    assert "不要恐怖" in known and "科幻" in known and "Horror" not in known
    assert "Horror" in say(films, "what do you know about me?").reply


def test_what_was_said_in_one_language_is_forgotten_in_another(films: Assistant) -> None:
    done = say(films, "不要恐怖片", "forget horror")
    assert [p for p in done.profile if p.said.values == ("Horror",)] == []
    assert "Horror" in done.reply


def test_a_click_keeps_the_language_of_the_dialogue(films: Assistant) -> None:
    (card, *_) = say(films, "推荐几部科幻片").cards
    click = React(item=f"id:{card.item.item_id}", verdict="like")
    done = films.ask(TurnRequest("I like this", user="ann", session="s", actions=(click,)))
    assert done.language == "zh" and re.search(HAN, done.reply)
    assert say(films, "1999").language == "zh"


def test_a_request_may_name_the_language_of_its_reply(films: Assistant) -> None:
    done = films.ask(TurnRequest("Heat", user="ann", session="s", language="zh"))
    assert done.language == "zh" and re.search(HAN, done.reply)
    assert say(films, "?").language == "zh"
    with pytest.raises(AgentError, match="'tlh' is not spoken here"):
        films.ask(TurnRequest("Heat", user="ann", session="s", language="tlh"))


def test_a_stateless_dialogue_has_a_language_too(films: Assistant) -> None:
    history = (Message("user", "我喜欢异形"), Message("assistant", "记下了。"))
    done = films.ask(TurnRequest("1999", history=history))
    assert done.language == "zh"
    assert [p.said.label for p in done.profile if p.said.kind == "item"] == ["Alien (1979)"]


def test_a_card_is_shown_in_the_language_of_its_reply(films: Assistant) -> None:
    done = say(films, "我喜欢异形，推荐90年代的科幻片")
    view = card_view(done.cards[0], films.index.catalog, done.language)
    assert "科幻" in {chip.text for chip in view.chips} and "类型" in {chip.facet for chip in view.chips}
    assert all(re.search(HAN, ground.kind) for because in view.reasons for ground in because.grounds)
    assert "Science Fiction" in {chip.text for chip in card_view(done.cards[0], films.index.catalog).chips}
