"""Variants of training pairs: the message changes, the plan stays right."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from agent.plan import Remember, Search, SimilarTo
from agent.plan_text import plan_from, plan_text
from finetune import augment
from finetune.augment import Change, Pair, augmented, chatty, copied, distracted, swapped
from finetune.errors import BadOptions
from finetune.generate import generate
from finetune.rows import Row, read_rows, write_rows
from finetune.variants import KINDS, kinds_of, variants
from tests.light_index import light_index
from ui.cli import main

TASTE = Pair(
    "I loved Heat, but hated Space Jam!",
    plan_text([Remember(likes=("Heat",), dislikes=("Space Jam",)), Search(keep=True)]),
)
CHANGES: tuple[Change, ...] = (
    augment.lowercased,
    augment.shouted,
    augment.unpunctuated,
    augment.misspelt,
    chatty(("hey, ",), (" please",)),
    distracted(("It rains. ",)),
)


@pytest.fixture(scope="module")
def made() -> tuple[Row, ...]:
    index = light_index("shop")
    return tuple(generate(index.catalog, index.linker, "en", 150, 5))


def strings(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for part in node:
            yield from strings(part)
    elif isinstance(node, str):
        yield node


def test_what_the_plan_copied_follows_the_message() -> None:
    low = augment.lowercased(TASTE, Random(0))
    assert low.message == "i loved heat, but hated space jam!"
    assert json.loads(low.completion)[0]["parameters"] == {"likes": ["heat"], "dislikes": ["space jam"]}


def test_signs_go_and_titles_stay() -> None:
    pair = Pair("Hmm, like Airplane!, please.", plan_text([SimilarTo(titles=("Airplane!",))]))
    assert augment.unpunctuated(pair, Random(0)).message == "Hmm like Airplane! please"


def test_a_slip_spares_what_the_plan_copied() -> None:
    for seed in range(30):
        slipped = augment.misspelt(TASTE, Random(seed))
        assert slipped.message != TASTE.message
        assert copied(slipped) == {"Heat", "Space Jam"}


def test_names_are_swapped_in_message_and_plan_alike() -> None:
    other = swapped(TASTE, {"Heat": "Alien", "Space Jam": "Cats", "Jaws": "Up"})
    assert other.message == "I loved Alien, but hated Cats!"
    assert json.loads(other.completion)[0]["parameters"] == {"likes": ["Alien"], "dislikes": ["Cats"]}


def test_a_value_keeps_the_spelling_of_the_catalogue(made: tuple[Row, ...]) -> None:
    catalog = light_index("shop").catalog
    for row in made:
        for change in CHANGES:
            changed = augmented(row, [change], 3)
            before, after = plan_from(row.completion, catalog).actions, plan_from(changed.completion, catalog).actions
            assert [a.tool for a in before] == [a.tool for a in after]
            assert [getattr(a, "filters", ()) for a in before] == [getattr(a, "filters", ()) for a in after]


def test_a_row_is_changed_in_its_message_alone_and_the_same_way_by_the_same_seed(made: tuple[Row, ...]) -> None:
    changes = [chatty(("hey, ",), ("!", " please")), augment.misspelt]
    for row in made:
        changed = augmented(row, changes, 3)
        assert changed == augmented(row, changes, 3)
        assert changed.id != row.id
        before = row.messages[-1].content.rpartition("message:")[0]
        assert changed.messages[-1].content.startswith(before)
        assert changed.messages[0] == row.messages[0]


def test_a_copied_title_still_stands_in_the_changed_message(made: tuple[Row, ...]) -> None:
    for row in made:
        for seed in range(3):
            changed = augmented(row, CHANGES, seed)
            said = changed.messages[-1].content
            titles = [t for c in json.loads(changed.completion) for t in c["parameters"].get("titles", ())]
            assert all(t in said for t in titles if not t.startswith("[")), (said, titles)


def test_two_sentences_change_places_and_the_calls_stay() -> None:
    pair = Pair("I loved Heat. Show me comedies", plan_text([Remember(likes=("Heat",)), Search(query="comedies")]))
    assert augment.recombined(pair, Random(0)) == Pair("Show me comedies. I loved Heat.", pair.completion)
    assert augment.recombined(TASTE, Random(0)) == TASTE


def test_every_kind_makes_variants_with_ids_of_their_own_that_are_valid(made: tuple[Row, ...]) -> None:
    catalog = light_index("shop").catalog
    for kind in KINDS:
        more = tuple(variants(made, (kind,), 4))
        assert more, kind
        assert more == tuple(variants(made, (kind,), 4))
        assert len({row.id for row in (*made, *more)}) == len(made) + len(more)
        assert all(plan_from(row.completion, catalog).actions for row in more)


def test_names_are_swapped_for_names_of_the_same_rows(made: tuple[Row, ...]) -> None:
    known = {name for row in made for name in augment.names_in(row)}
    more = tuple(variants(made, ("names",), 4))
    assert {name for row in more for name in augment.names_in(row)} <= known


def test_turns_come_only_before_what_begins_a_dialogue(made: tuple[Row, ...]) -> None:
    more = tuple(variants(made, ("turns",), 4))
    assert all(row.messages[-1].content.startswith("before: user: ") for row in more)
    assert not any("shown:" in row.messages[-1].content for row in more)


def test_a_kind_that_there_is_not_is_told() -> None:
    assert kinds_of(()) == KINDS
    with pytest.raises(BadOptions, match="'loud'"):
        kinds_of(("case", "loud"))


def test_variants_are_made_on_the_terminal(
    made: tuple[Row, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "rows.jsonl", tmp_path / "more.jsonl"
    write_rows(file, made[:20])
    assert main(["finetune", "augment", str(file), "--out", str(out), "--kind", "case", "--seed", "4"]) == 0
    assert read_rows(out) == tuple(variants(made[:20], ("case",), 4))
    assert f"variants of 20 rows: {out}" in capsys.readouterr().out.replace("\n", "")
    assert main(["finetune", "augment", str(file), "--out", str(out), "--kind", "loud"]) == 1
    assert "'loud'" in capsys.readouterr().err
