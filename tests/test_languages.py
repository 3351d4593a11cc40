"""Which language a message is in, and that a turn is planned and told in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.languages import DEFAULT, language_of, languages


def test_the_language_of_last_resort_comes_first_and_is_there() -> None:
    assert languages()[0] == DEFAULT


@given(st.text(max_size=80), st.sampled_from(languages()))
def test_any_text_is_in_a_language_that_there_is(text: str, before: str) -> None:
    assert language_of(text, before) in languages()


@pytest.mark.parametrize("text", ["", "  ", "123", "!?", "😀"])
def test_what_has_no_letters_keeps_the_language_of_the_dialogue(text: str) -> None:
    assert {language_of(text, before) for before in languages()} == set(languages())
