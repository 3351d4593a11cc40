"""Real dialogues as examples: what people say about films, by the clause that a title stands in."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan import Chat, Details, React, Recommend, Remember, Search, SimilarTo
from agent.plan_text import plan_from, plan_text
from finetune import redial
from finetune.clauses import marked, stances
from finetune.errors import BadRows
from finetune.example import Example, row_of
from finetune.facet_words import Naming
from retrieval.catalog import Catalog

_EXCERPTS = Path(__file__).with_name("excerpts")
_TALKS = _EXCERPTS / "redial_dialogues.jsonl"


@cache
def _catalog() -> Catalog:
    return redial.read_catalog(_EXCERPTS / "redial_items.jsonl")


@cache
def _naming() -> Naming:
    return redial.naming_of(_catalog())


@cache
def _examples() -> tuple[Example, ...]:
    return redial.read_examples(_TALKS, _catalog(), _naming()).examples


def _said(*messages: str, tmp_path: Path, **liked: bool | None) -> tuple[Example, ...]:
    """Labelled messages of a dialogue as `_talk` writes it."""
    return redial.read_labelled(_talk(*messages, tmp_path=tmp_path, **liked), _catalog(), _naming())


def _talk(*messages: str, tmp_path: Path, **liked: bool | None) -> Path:
    """Write a dialogue whose messages name films by letter: '@A'; the other side's begin with '>'."""
    ids = {letter: str(900 + n) for n, letter in enumerate(liked)}
    items = dict(zip(liked, _catalog().items, strict=False))
    mentions = {
        ids[letter]: {"name": items[letter].title, "item_id": items[letter].item_id, "liked": liked[letter]}
        for letter in liked
    }
    lines = []
    for message in messages:
        text = message.lstrip(">")
        for letter, mark in ids.items():
            text = text.replace(f"@{letter}", f"@{mark}")
        lines.append({"role": "system" if message.startswith(">") else "user", "text": text})
    path = tmp_path / "talk.jsonl"
    path.write_text(json.dumps({"dialogue": "1", "messages": lines, "mentions": mentions}) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I love @, @ and @", "like like like"),
        ("I like @ but not @", "like dislike"),
        ("I saw @ and hated it", "dislike"),
        ("@ and @ were amazing. @ was awful.", "like like dislike"),
        ("I'm looking for movies like @ , @ and @ any suggestions?", "similar similar similar"),
        ("Have you seen @?", "asked"),
        ("Have you seen @? I loved it", "like"),
        ("I didn't like @ but loved @", "dislike like"),
        ("I really enjoyed @, @, and hated @", "like like dislike"),
        ("i'll have to check out @", "want"),
        ("I haven't seen @", "unseen"),
        ("I haven't seen @, I'll check it out", "want"),
        ("I love movies like @", "similar"),
        ("can you recommend a family movie like @", "similar"),
        ("not a fan of @", "dislike"),
        ("I've seen @ and @", "seen seen"),
        ("Do you like @?", "asked"),
        ("I'll pass on @", "dislike"),
        ("something other than @", "none"),
        ("@ and @", "none none"),
    ],
)
def test_a_title_has_the_stance_of_its_clause(text: str, meant: str) -> None:
    places = [(n, n + 1) for n, sign in enumerate(text) if sign == "@"]
    assert " ".join(stances(marked(text, places), len(places))) == meant


@given(st.text(max_size=60), st.integers(0, 3))
def test_any_text_can_be_cut_into_clauses(text: str, count: int) -> None:
    words = text + " ".join(f"⟦{n}⟧" for n in range(count))
    assert len(stances(words, count)) == count


def test_a_mixed_sentence_is_labelled_by_the_clause_each_title_stands_in(tmp_path: Path) -> None:
    (example,) = _said("I loved @A but hated @B", tmp_path=tmp_path, A=True, B=False)
    first, second = example.actions
    assert isinstance(first, Remember)
    assert [len(first.likes), len(first.dislikes)] == [1, 1]
    assert second == Recommend()
    assert list(example.labels.values()) == ["like", "dislike"]


def test_a_message_that_contradicts_the_questionnaire_has_no_plan_and_no_polarity(tmp_path: Path) -> None:
    (example,) = _said("I hated @A", tmp_path=tmp_path, A=True)
    assert example.actions == ()
    assert list(example.labels.values()) == [""]


def test_a_question_is_no_like(tmp_path: Path) -> None:
    (example,) = _said("have you seen @A?", tmp_path=tmp_path, A=True)
    assert [type(a) for a in example.actions] == [Details]
    assert list(example.labels.values()) == [""]


def test_a_suggestion_that_is_only_taken_up_is_a_reaction_to_the_list(tmp_path: Path) -> None:
    (example,) = _said("hello", ">You should watch @A", "I will check out @A", tmp_path=tmp_path, A=True)
    assert [type(a) for a in example.actions] == [React, Search]
    assert example.context.shown == _catalog().items[:1]
    assert list(example.labels.values()) == [""]


def test_titles_in_a_plan_are_those_of_the_message_as_written() -> None:
    titled = [e for e in _examples() if e.labels]
    assert len(titled) > 8
    for example in titled:
        for action in example.actions:
            if isinstance(action, Remember | SimilarTo):
                named = action.titles if isinstance(action, SimilarTo) else (*action.likes, *action.dislikes)
                assert all(": " in title or title in example.context.text for title in named)


def test_every_plan_can_be_read_back_against_the_catalogue() -> None:
    for example in _examples():
        text = plan_text(example.actions)
        assert plan_from(text, _catalog()).actions == example.actions
        assert row_of(example, _catalog()).completion == text


def test_talk_and_genres_are_understood() -> None:
    by_text = {e.context.text: e.actions for e in _examples()}
    assert by_text["Hello. How are you?"] == (Chat(kind="greeting"),)
    assert by_text["Thank you so much for your help."] == (Chat(kind="thanks"),)
    assert by_text["Good bye."] == (Chat(kind="goodbye"),)
    (search,) = by_text["Hi can you recommend a fantasy movie?"]
    assert isinstance(search, Search)
    assert [f.values for f in search.filters] == [("Fantasy",)]


@pytest.mark.parametrize(
    ("text", "likes", "filters"),
    [
        ("I love horror movies", ["genres: Horror"], ["Horror"]),
        ("I'd really like to see a horror movie", [], ["Horror"]),
        ("I saw @A and it was so funny, such a fine drama", [], []),
        ("a scary movie please", [], ["Horror"]),
    ],
)
def test_a_genre_is_taste_a_wish_or_praise(text: str, likes: list[str], filters: list[str], tmp_path: Path) -> None:
    (example,) = redial.read_examples(_talk(text, tmp_path=tmp_path, A=True), _catalog(), _naming()).examples
    kept = [m for a in example.actions if isinstance(a, Remember) for m in a.likes if ": " in m]
    asked = [v for a in example.actions if isinstance(a, Search | SimilarTo) for f in a.filters for v in f.values]
    assert (kept, asked) == (likes, filters)


def test_a_title_is_written_in_several_ways_and_each_seed_always_in_one() -> None:
    names = {redial.written("Heat (1995)", seed) for seed in range(60)}
    assert names == {"Heat (1995)", "Heat", "heat"}
    assert redial.written("Heat (1995)", 3) == redial.written("Heat (1995)", 3)


def test_a_line_that_is_no_dialogue_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(_TALKS.read_text(encoding="utf-8") + '{"dialogue": 7}\n', encoding="utf-8")
    with pytest.raises(BadRows, match=r"broken\.jsonl:6") as caught:
        redial.read_examples(path, _catalog(), _naming())
    assert caught.value.line == 6
    with pytest.raises(BadRows, match="cannot be read"):
        redial.read_examples(tmp_path / "missing.jsonl", _catalog(), _naming())
