"""Examples of replies come from real turns, stand before the checker, and can be made again."""

import tomllib
from itertools import islice
from pathlib import Path
from string import Formatter

import pytest

import finetune
from agent.languages import languages
from finetune.asking import Asker
from finetune.replies import kind_of, reply_contexts, reply_rows, teachable
from finetune.rows import Row
from tests.light_index import light_index

HERE = Path(finetune.__file__).parent


def rows(language: str = "en", count: int = 12, seed: int = 3, split: str = "train") -> list[Row]:
    return list(reply_rows(light_index("eshop"), language, count, seed, split))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", languages())
def test_rows_are_replies_in_a_language_that_name_what_their_prompt_lists(language: str) -> None:
    made = rows(language)
    assert len(made) == 12
    assert {row.call for row in made} == {"reply"}
    listed = [row for row in made if "\n1. " in row.messages[1].content]
    assert listed
    for row in listed:
        lines = [line for line in row.messages[1].content.splitlines() if line[:1].isdigit()]
        assert row.completion.count("\n") >= len(lines)
        assert all(f"language: {language}" in row.messages[1].content for row in made)


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    assert rows(count=5) == rows(count=5)
    assert rows(count=5) != rows(count=5, seed=4)
    assert not {r.id for r in rows(count=5)} & {r.id for r in rows(count=5, split="test")}


def test_the_splits_name_different_items() -> None:
    shop = light_index("eshop").catalog
    train, test = ([i.item_id for i in Asker(shop, "en", split).items] for split in ("train", "test"))  # type: ignore[arg-type]
    assert train
    assert test
    assert not set(train) & set(test)


def test_a_reply_with_a_title_or_a_word_that_its_prompt_lacks_is_not_taught() -> None:
    index = light_index("eshop")
    context = next(c for c in islice(reply_contexts(index, "en", 1), 30) if kind_of(c) == "Found")
    item = context.cards[0].item
    prompt = f"found: products\n1. {item.title}"
    rest = "".join(f"\n{c.number}. **{c.item.title}**" for c in context.cards[1:])
    prompt += "".join(f"\n{c.number}. {c.item.title}" for c in context.cards[1:])
    assert teachable(context, index, prompt, f"My picks:\n\n1. **{item.title}**{rest}")
    assert not teachable(context, index, prompt, f"My picks:\n\n1. **{item.title}** — waterproof titanium{rest}")
    assert not teachable(context, index, prompt, f"My picks:\n\n1. **Another Thing**{rest}")


def test_every_language_has_the_same_sentences_with_slots_that_the_rules_fill() -> None:
    for name in ("replies", "asking"):
        tables = [tomllib.loads((HERE / f"{name}.{code}.toml").read_text(encoding="utf-8")) for code in languages()]
        assert len({frozenset(table) for table in tables}) == 1
    rules = tomllib.loads((HERE.parent / "agent/rules/replies.en.toml").read_text(encoding="utf-8"))
    for code in languages():
        for key, ways in tomllib.loads((HERE / f"replies.{code}.toml").read_text(encoding="utf-8")).items():
            used = {s for way in ways for _, s, _, _ in Formatter().parse(way) if s} - {"noun", "nouns", "counter"}
            known = {s for way in rules.get(key, ways) for _, s, _, _ in Formatter().parse(way) if s}
            assert used <= known | ({"label", "labels"} if {"label", "labels"} & known else set()), (code, key)
