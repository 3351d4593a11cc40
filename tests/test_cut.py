"""Where replies are cut: token limits and stop sequences, however the pieces fall."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.cut import Cut, tokens

_texts = st.text(alphabet="ab \n.电影", max_size=30)


def fed(text: str, places: list[int], limit: int | None = None, stops: tuple[str, ...] = ()) -> Cut:
    """Feed a text in pieces, cut at these places."""
    cut = Cut(limit, stops)
    ends = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    passed = [cut.feed(text[a:b]) for a, b in pairwise(ends)]
    assert "".join([*passed, cut.rest()]) == cut.text
    return cut


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("blue boots, please", 4), ("两部电影 or 1 film.", 8), ("it's", 3), ("  ", 0)]
)
def test_tokens_are_words_characters_and_marks(text: str, count: int) -> None:
    assert tokens(text) == count


@given(_texts, st.lists(st.integers(0, 30), max_size=5))
def test_without_limits_nothing_is_lost(text: str, places: list[int]) -> None:
    assert fed(text, places).text == text


@given(
    _texts, st.lists(st.integers(0, 30), max_size=5), st.lists(st.text("ab .电", min_size=1, max_size=4), max_size=3)
)
def test_a_reply_ends_before_the_first_stop_sequence(text: str, places: list[int], stops: list[str]) -> None:
    until = min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))
    shown = fed(text, places, stops=tuple(stops)).text
    # A stop that is complete ends the reply, though a longer one that begins before it is still growing.
    assert shown == text[: len(shown)]
    assert len(shown) >= until
    assert not any(stop in shown for stop in stops)


@given(_texts, st.lists(st.integers(0, 30), max_size=5), st.integers(1, 8))
def test_a_limit_leaves_so_many_tokens_and_says_so(text: str, places: list[int], limit: int) -> None:
    cut = fed(text, places, limit)
    assert tokens(cut.text) == min(limit, tokens(text))
    assert (cut.reason == "length") == (tokens(text) > limit)


def test_a_stop_sequence_across_pieces_is_found() -> None:
    cut = Cut(stops=("END",))
    assert [cut.feed(piece) for piece in ("one E", "N", "D two", "three")] == ["one ", "", "", ""]
    assert (cut.rest(), cut.text, cut.reason) == ("", "one ", "stop")
