"""Free text against the evidence: what a model may say stays as it is, what it made up goes or is put right."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.claims import Claims
from agent.composing import Composer
from agent.grounding import check
from agent.rules.tell import card_line
from agent.sentences import Sentences
from tests.replies import Reply, catalog, linker, load_replies

REPLIES = load_replies()
GOOD = [r for r in REPLIES if not r.bad and not r.good]
BAD = [r for r in REPLIES if r.bad or r.good]


def composed(reply: Reply, text: str, piece: int = 4) -> tuple[str, Composer]:
    """What is shown of a reply that comes in pieces."""
    context = reply.context
    composer = Composer.begin(
        Claims(context, catalog(), linker()), lambda n: card_line(context, catalog(), context.cards[n]), "", 0
    )
    shown = [composer.add(text[n : n + piece]) for n in range(0, len(text), piece)]
    return "".join(shown) + composer.end(), composer


def bare(text: str) -> str:
    """A text without marks and white space: code may put a title in bold."""
    return re.sub(r"[*《》“”\\\s]|\[|\]", "", text)


@pytest.mark.parametrize("reply", GOOD, ids=[r.reply[:40] for r in GOOD])
def test_a_reply_that_holds_is_shown_word_for_word(reply: Reply) -> None:
    shown, composer = composed(reply, reply.reply)
    assert [n for n in composer.notes if n.kind in ("dropped", "completed", "repaired")] == []
    if not re.search("[一-鿿]", reply.reply):
        assert bare(shown) == bare(reply.reply)


@pytest.mark.parametrize("reply", BAD, ids=[r.reply[:40] for r in BAD])
def test_what_the_evidence_does_not_have_is_not_shown_and_the_rest_is(reply: Reply) -> None:
    shown, composer = composed(reply, reply.reply)
    assert [b for b in reply.bad if b in shown] == []
    assert [g for g in reply.good if g not in shown] == []
    assert composer.notes or not reply.bad


@pytest.mark.parametrize("reply", REPLIES, ids=[r.reply[:40] for r in REPLIES])
def test_every_card_is_named_in_order_and_nothing_else_whatever_the_model_wrote(reply: Reply) -> None:
    shown, composer = composed(reply, reply.reply)
    others = [k.item for k in composer.claims.evidence.others if k.item]
    assert check(shown, reply.context.cards, others).holds, shown


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(REPLIES), st.integers(1, 40))
def test_how_a_stream_is_cut_into_pieces_does_not_matter(reply: Reply, piece: int) -> None:
    assert composed(reply, reply.reply, piece)[0] == composed(reply, reply.reply, 400)[0]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='ab Hey.!?\n。*《》1()"', max_size=80), st.integers(1, 9))
def test_sentences_joined_are_the_text(text: str, piece: int) -> None:
    cutter = Sentences(("Hey! a",))
    found = [s for n in range(0, len(text), piece) for s in cutter.add(text[n : n + piece])] + cutter.rest()
    assert "".join(found).rstrip() == text.rstrip()


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([r for r in REPLIES if r.cards]), st.lists(st.sampled_from(REPLIES), max_size=3))
def test_any_mixture_of_replies_still_names_exactly_the_cards(reply: Reply, others: list[Reply]) -> None:
    text = "\n\n".join(r.reply for r in (*others, reply))
    shown, composer = composed(reply, text)
    besides = [k.item for k in composer.claims.evidence.others if k.item]
    assert check(shown, reply.context.cards, besides).holds, shown
