"""The planner without a model in every language that has rules: any text gives a plan, and reads as itself."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agent.rules
from agent.plan import Search
from agent.ports import PlanContext
from agent.rules.lexicon import load_lexicon, plain
from agent.rules.quantities import read_number
from agent.rules.reading import Rules, read, rules_for
from agent.rules.understand import understand
from agent.types import Message
from tests.films import films, linker
from tests.planning import context
from tests.turns import Turn, load_turns

_FOLDER = Path(agent.rules.__path__[0])
CODES = sorted(p.stem for p in _FOLDER.glob("*.toml") if "." not in p.stem)
_TEXTS = sorted({t.text for path in Path(__file__).parent.glob("turns_*.jsonl") for t in load_turns(path)})
_LISTED = context(Turn("", "", (), shown=True)).shown


@cache
def rules(code: str) -> Rules:
    return rules_for(films(), linker(), code)


@st.composite
def scraps(draw: st.DrawFn) -> str:
    """Pieces of real messages of all languages, cut anywhere and put together, with signs and symbols between."""
    texts = draw(st.lists(st.sampled_from(_TEXTS), min_size=1, max_size=4))
    cut = [text[: draw(st.integers(0, len(text)))] for text in texts]
    return draw(st.sampled_from(["", " ", "，", "。", "🎬", "《", "》", "１９", "半", "第", "ﬀ", "\u0301"])).join(cut)


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=120, deadline=None)
@given(st.one_of(st.text(max_size=60), scraps()), st.booleans())
def test_any_text_gives_a_plan_and_everything_read_lies_inside_it(code: str, text: str, listed: bool) -> None:
    start = PlanContext(text=text, language=code)
    full = replace(start, shown=_LISTED, last=Search(query="films"), messages=(Message("user", text),))
    asked = full if listed else start
    assert understand(asked, rules(code)).actions
    reading = read(asked, rules(code))
    assert len(reading.plain) == len(reading.masked) == len(text)
    assert all(0 <= start <= end <= len(text) for start, end in reading.taken)


@given(st.text())
def test_plain_text_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_plain_text_is_narrow_and_simple() -> None:
    assert plain("《戰爭》，１９９０年。") == '"战争",1990年.'


@pytest.mark.parametrize(
    ("code", "words", "number"),
    [
        ("en", "twenty five", 25),
        ("en", "two hundred", 200),
        ("en", "two thousand", 2000),
        ("en", "1,200", 1200),
        ("zh", "两百", 200),
        ("zh", "一千五", 1500),
        ("zh", "一百零五", 105),
        ("zh", "一百五十", 150),
        ("zh", "十五", 15),
        ("zh", "二十", 20),
        ("zh", "一九九四", 1994),
        ("zh", "二零零三", 2003),
        ("zh", "两万三千", 23000),
        ("zh", "三千零二十", 3020),
        ("zh", "两三百", None),
    ],
)
def test_number_words(code: str, words: str, number: float | None) -> None:
    assert read_number(words, load_lexicon(films().spec, code)) == number
