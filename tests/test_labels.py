"""The words of the page: every language has all of them, and a browser gets the one it asks for."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

import ui
from agent.languages import DEFAULT
from ui.labels import asked_for, page_languages

HERE = Path(ui.__path__[0])
OTHERS = [code for code in page_languages() if code != DEFAULT]


def words(code: str) -> dict[str, list[str]]:
    return tomllib.loads((HERE / f"labels.{code}.toml").read_text(encoding="utf-8"))


def slots(ways: list[str]) -> set[str]:
    return {slot for way in ways for _, slot, _, _ in Formatter().parse(way) if slot}


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_all_the_words_of_the_page_with_the_same_slots(code: str) -> None:
    own, english = words(code), words(DEFAULT)
    assert own.keys() == english.keys()
    assert {key: slots(own[key]) for key in own} == {key: slots(english[key]) for key in english}


def test_the_page_says_no_word_that_is_not_in_the_files_and_the_files_hold_none_that_it_does_not_say() -> None:
    pages = [path for path in HERE.glob("page_*.py") if path.name != "page_cards.py"]  # cards speak by wording files
    sources = [*HERE.glob("templates/*.html"), *pages, HERE / "gradio_app.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    said = set(re.findall(r"""\b(?:t|say)\(\s*"(\w+)\"""", text)) | set(re.findall(r'"(tune_\w+)"', text))
    kinds = ("group_", "scope_", "ended_")
    known = {key for key in words(DEFAULT) if not key.startswith(kinds)}
    assert known - said <= {"name"}
    assert said - known <= {"group_for"}


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr-FR,fr;q=0.9,zh-TW;q=0.7,en;q=0.3", "zh"),
        ("en-GB,en", "en"),
        ("xx", "en"),
        ("", "en"),
        ("zh;q=nonsense", "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_a_browser_gets_the_first_language_it_asks_for_that_the_page_speaks(accept: str, code: str) -> None:
    assert asked_for(accept) == code
