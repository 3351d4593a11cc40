"""What every language model behind the port must do, as one class to run on each of them."""

import asyncio
from contextlib import aclosing

import pytest

from agent.grounding import check
from agent.observations import Said
from agent.ports import ChatModel, PlanContext, TellContext
from agent.types import Credit
from tests import telling

MESSAGES = ("a modern lamp under 60", "thanks!", "", "灯", "🙂", "why the [second] one? " * 40)


async def whole(model: ChatModel, context: TellContext) -> tuple[list[str], list[Credit]]:
    """A reply read to its end: its pieces, and whatever credits came."""
    async with aclosing(model.tell(context)) as pieces:
        read = [piece async for piece in pieces]
    return [p for p in read if isinstance(p, str)], [p for p in read if isinstance(p, Credit)]


class ModelContract:
    """Subclass and give the fixture `model`, which talks about the lamps of `tests.shop`."""

    @pytest.fixture
    def model(self) -> ChatModel:
        """Make one."""
        raise NotImplementedError

    @pytest.mark.parametrize("text", MESSAGES)
    async def test_any_message_becomes_a_plan_and_says_who_made_it(self, model: ChatModel, text: str) -> None:
        understood = await model.plan(PlanContext(text=text))
        assert understood.plan.actions
        assert set(understood.credit.tier.split("+")) <= set(model.tier.split("+"))
        assert understood.credit.tier

    async def test_a_reply_comes_in_pieces_and_ends_with_one_credit(self, model: ChatModel) -> None:
        async with aclosing(model.tell(telling.context(telling.found(telling.MODERN)))) as pieces:
            read = [piece async for piece in pieces]
        assert len(read) > 2
        assert all(isinstance(piece, str) and piece for piece in read[:-1])
        assert isinstance(read[-1], Credit)
        assert read[-1].tier

    async def test_a_reply_names_exactly_the_cards_in_their_order(self, model: ChatModel) -> None:
        context = telling.context(telling.found(telling.MODERN))
        pieces, _ = await whole(model, context)
        assert check("".join(pieces), context.cards).holds

    async def test_without_cards_there_are_words_and_no_titles(self, model: ChatModel) -> None:
        pieces, _ = await whole(model, telling.context(Said("greeting")))
        assert "".join(pieces).strip()
        assert check("".join(pieces), ()).holds

    async def test_what_the_person_has_read_already_is_not_told_again(self, model: ChatModel) -> None:
        begun = "Here are two.\n\n1. **Luna** (1995) — modern\n"
        context = telling.context(telling.found(telling.MODERN), begun=begun)
        pieces, _ = await whole(model, context)
        assert check("".join(pieces), context.cards[1:]).holds
        assert check(begun + "".join(pieces), context.cards).holds

    async def test_a_reply_that_nobody_reads_to_its_end_closes_cleanly(self, model: ChatModel) -> None:
        async with aclosing(model.tell(telling.context(telling.found()))) as pieces:
            assert await anext(pieces)

    async def test_two_conversations_at_once_do_not_mix(self, model: ChatModel) -> None:
        listing, greeting = telling.context(telling.found()), telling.context(Said("greeting"))
        both = await asyncio.gather(*(whole(model, c) for c in (listing, greeting, listing)))
        assert check("".join(both[0][0]), listing.cards).holds
        assert check("".join(both[1][0]), ()).holds
        assert check("".join(both[2][0]), listing.cards).holds
