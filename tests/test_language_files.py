"""Every language says everything that English says, with the same slots, in its own letters."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

import agent
from agent.languages import DEFAULT, languages, words_of
from agent.phrases import Phrases

HERE = Path(agent.__file__).parent
OTHERS = tuple(code for code in languages() if code != DEFAULT)
ALWAYS = {"noun", "nouns", "counter"}
FILES = ("rules/replies", "reasons", "wording")


def sentences(name: str, code: str) -> dict[str, list[str]]:
    table = tomllib.loads((HERE / f"{name}.{code}.toml").read_text(encoding="utf-8"))
    return dict(table.get("words", table))


def slots(ways: list[str]) -> set[str]:
    return {slot for way in ways for _, slot, _, _ in Formatter().parse(way) if slot} - ALWAYS


def test_there_is_a_language_besides_english() -> None:
    assert OTHERS


@pytest.mark.parametrize(
    ("noun", "said"), [("item", "an item"), ("film", "a film"), ("unit", "a unit"), ("灯", "一盏灯")]
)
def test_what_stands_before_a_noun_goes_with_it(noun: str, said: str) -> None:
    code = DEFAULT if said.startswith("a") else "zh"
    way = {DEFAULT: "Name a {noun} you love", "zh": "说一{counter} {noun} 吧"}[code]
    phrases = Phrases("test", {"name": (way,)}, words_of(code).text)
    assert said in phrases.say("name", noun=noun, counter="盏")


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("name", FILES)
def test_a_language_says_all_that_english_says_and_no_more(name: str, code: str) -> None:
    assert sentences(name, code).keys() == sentences(name, DEFAULT).keys()


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("name", FILES)
def test_a_sentence_has_the_slots_that_english_fills(name: str, code: str) -> None:
    english = sentences(name, DEFAULT)
    wrong = {key: slots(ways) - slots(english[key]) for key, ways in sentences(name, code).items()}
    assert not {key: more for key, more in wrong.items() if more}


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("name", FILES)
def test_a_language_with_letters_of_its_own_writes_in_them(name: str, code: str) -> None:
    if words_of(code).message.borrowed:
        pytest.skip(f"{code} is written in letters that English uses too")
    told = {
        key: re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", way))
        for key, ways in sentences(name, code).items()
        for way in ways
    }
    assert not {key: words for key, words in told.items() if words}
