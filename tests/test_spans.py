"""Words of a catalogue: sentences with offsets, rarity, and the sentence that speaks of a query."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.spans import Words, sentences, stems

TEXTS = [f"A tea from garden {n}. It is picked by hand. Dr. B. Wu says: drink it hot!" for n in range(30)]
SMOKED = "A tea from the hills. It remembers smoke, and its memories are long. Serve it hot."
WORDS = Words.of([*TEXTS, SMOKED])
ALL = np.arange(len(WORDS))


def split(text: str) -> list[str]:
    """Sentences of a text."""
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("By J. R. Wood and Mr. Hall. Then rest.", ["By J. R. Wood and Mr. Hall.", "Then rest."]),
        ("It costs no. 3 or 4.5 each. Fine.", ["It costs no. 3 or 4.5 each.", "Fine."]),
        ("He said “go.” She went.", ["He said “go.”", "She went."]),
        ("一部悲伤的电影。关于记忆！好", ["一部悲伤的电影。", "关于记忆！", "好"]),
        ("first\n\nsecond", ["first", "second"]),
        ("  ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet="aB. !?\n”。好3", max_size=60))
def test_sentences_are_in_order_apart_and_lose_nothing_but_space(text: str) -> None:
    spans = list(sentences(text))
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join(split(text)).split() == [] or "".join("".join(split(text)).split()) == "".join(text.split())


def test_words_that_differ_in_their_endings_count_as_one() -> None:
    assert stems("Memory, MEMORIES") == {"memor"}


def test_chinese_characters_count_singly() -> None:
    assert stems("悲伤 film") == {"悲", "伤", "film"}


def test_a_word_of_one_text_is_rare_and_a_word_of_all_is_not() -> None:
    assert WORDS.rarity("smoke") == 1.0
    assert WORDS.rarity("tea") == pytest.approx(0.0)
    assert WORDS.rarity("unsaid") == 1.0


def test_the_sentence_with_the_rare_words_of_a_query_is_found_with_its_place() -> None:
    span = WORDS.best_span(SMOKED, "a tea with memory")
    assert span is not None
    assert SMOKED[span.start : span.end] == "It remembers smoke, and its memories are long."


def test_no_sentence_is_quoted_for_common_words_alone() -> None:
    assert WORDS.best_span(SMOKED, "a hot tea from somewhere") is None
    assert WORDS.best_span("", "smoke") is None


def test_coverage_is_the_share_of_a_querys_rarity_that_a_text_says() -> None:
    covered = WORDS.coverage("smoke and memory", ALL)
    assert covered.shape == (31,)
    assert covered[-1] == pytest.approx(1.0)
    assert not covered[:-1].any()


@pytest.mark.parametrize("query", ["", "unsaid", "!?"])
def test_a_query_that_says_nothing_known_covers_nothing(query: str) -> None:
    assert not WORDS.coverage(query, ALL).any()


def test_an_empty_catalogue_has_no_words() -> None:
    assert Words.of([]).coverage("tea", np.arange(0)).shape == (0,)
    assert np.array_equal(Words.of(["", ""]).coverage("tea", np.arange(2)), np.zeros(2))


def test_a_value_is_named_when_each_of_its_words_is_said() -> None:
    assert WORDS.named_in("Smoke", "with SMOKE please")
    assert WORDS.named_in("smoked memories", "memories, smoked")
    assert not WORDS.named_in("smoked memories", "a memory of smoke")
    assert not WORDS.named_in("a tea", "a tea")
    assert not WORDS.named_in("", "anything")
