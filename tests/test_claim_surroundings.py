"""What is quoted is spoken of and not claimed; a sentence ends with its line; an entry means the card of its number."""

from itertools import islice

import pytest

from agent.claims import Claims, Verdict
from agent.composing import Composer
from agent.observations import Missed, Noted, Observation
from agent.sentences import Sentences
from finetune.replies import reply_contexts, stands
from finetune.reply_targets import target
from retrieval.aliases import Aliases
from retrieval.entities import Linker
from tests.light_index import light_index
from tests.shop import LUNA, MARS, MARS_2, SHOP, SOL, candidate
from tests.telling import LIKED, MODERN, context, found, records

LINKER = Linker(SHOP, Aliases({}, {}))


def judged(sentence: str, *observations: Observation) -> Verdict:
    return Claims(context(*observations), SHOP, LINKER).judge(sentence, same_line=False)


def cut(text: str, titles: tuple[str, ...] = ()) -> list[str]:
    sentences = Sentences(titles)
    return [*sentences.add(text), *sentences.rest()]


def test_a_line_ends_behind_a_quotation_that_was_cut() -> None:
    assert cut("1. **Luna** — “a lamp that…”\n2. **Sol** — “warm.”\n\nMore?") == [
        "1. **Luna** — “a lamp that…”\n",
        "2. **Sol** — “warm.”\n\n",
        "More?",
    ]


def test_bold_behind_a_chinese_full_stop_belongs_to_the_next_sentence() -> None:
    assert cut("是的。**Luna** 是红色。") == ["是的。", "**Luna** 是红色。"]


def test_a_condition_in_quotation_marks_is_spoken_of_and_outside_of_them_claimed() -> None:
    missed = Missed(MARS, breaks=(MODERN,))
    assert not judged("“Modern” rules out **Mars** (2010), where it's Rustic.", missed).fault
    assert judged("**Mars** (2010) is Modern.", missed).fault == "unsupported 'Modern'"


def test_a_quoted_sentence_that_holds_a_title_is_not_put_as_the_title() -> None:
    said = judged("Say “more like Luna, but dearer” and I will.", found(MODERN))
    assert said.text == "Say “more like **Luna**, but dearer” and I will."


def test_of_two_items_of_one_title_an_entry_means_the_one_of_its_number() -> None:
    both = found(candidates=(candidate(MARS), candidate(MARS_2)))
    assert judged("2. **Mars** — $25", both).cards == (1,)
    assert not judged("2. **Mars** — $25", both).repairs
    assert judged("1. **Mars** — $25", both).repairs == ("'25' is '15.50'",)


def test_what_is_looked_for_may_be_said_beside_the_item_to_be_like() -> None:
    like = found(MODERN, anchors=(MARS,), candidates=(candidate(LUNA), candidate(SOL)))
    assert not judged("For Modern lamps like Mars (2010), try these:", like).fault
    assert judged("Mars (2010) is a Modern lamp.", like).fault


def test_a_sentence_that_goes_round_in_circles_is_said_once() -> None:
    told = context(Noted(records(LIKED)))
    composer = Composer.begin(Claims(told, SHOP, LINKER), lambda _: "", "", 0)
    shown = composer.add("I have noted that. I will think of that. I have noted that. I will think of that. ")
    assert (shown + composer.end()).strip() == "I have noted that. I will think of that."
    assert [note.kind for note in composer.notes] == ["dropped", "dropped"]


@pytest.mark.parametrize(("name", "language"), [("eshop", "en"), ("eshop", "zh")])
def test_what_the_rules_say_of_real_turns_stands_before_the_checker(name: str, language: str) -> None:
    index = light_index(name)
    contexts = list(islice(reply_contexts(index, language, 7, "test"), 40))
    fallen = [t for n, c in enumerate(contexts) if not stands(c, index, t := target(c, index.catalog, str(n)))]
    assert len(fallen) <= 2, fallen
