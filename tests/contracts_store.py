"""What every store of the agent must do; subclass it with a `store` fixture that returns an empty one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol

import pytest

from agent.errors import BadRequest, StoreError
from agent.plan import Filter, Order, Recommend, Search, SimilarTo
from agent.ports import Archive, Store
from agent.profile import Moment, Profile, Statement, forget, remember
from agent.types import Dialogue, Message, Snapshot, Turn
from retrieval.types import Op

NOW = Moment("s1", 1, "2026-01-01T00:00:00+00:00")
SAID = (
    Statement("item", ("m1",), "Heat (1995)", words="I loved *Heat* 🔥"),
    Statement("facet", ("Horror",), "Horror", polarity=-1, facet="genres", hard=True),
    Statement("bound", (1980.0,), "from 1980 on", facet="year", op=Op.GE, hard=True),
    Statement("bound", (date(2001, 5, 1),), "before 2001-05-01", facet="released", op=Op.LT, hard=True),
    Statement("facet", (True,), "in stock", facet="stocked", hard=True),
    Statement("wish", ("2001-05-01",), "2001-05-01", scope="other", person="my dad", confidence=0.5),
)
SEARCH = Search(
    query="rain", filters=(Filter(facet="year", op=Op.GE, values=(1990.0,)),), sort=Order(facet="year"), count=3
)


class Records(Store, Archive, Protocol):
    """Both seams, as the contract needs them."""


def turn_of(
    before: Snapshot, *said: Statement, shown: tuple[str, ...] = (), record: Mapping[str, object] | None = None
) -> Turn:
    """Continue a snapshot by one turn."""
    dialogue = replace(
        before.dialogue,
        turn=before.dialogue.turn + 1,
        messages=(*before.dialogue.messages, Message("user", "hi"), Message("assistant", "hello")),
        shown=(*before.dialogue.shown, shown),
    )
    return Turn(remember(before.profile, said, NOW), dialogue, record or {"outcome": "ok"}, before.version)


class StoreContract:
    """Unknown is empty, users never mix, a commit is all or nothing and is what the next load returns."""

    async def test_an_unknown_person_and_session_are_empty(self, store: Records) -> None:
        assert await store.load("ann", "s1") == Snapshot(Profile(), Dialogue("ann", "s1"), 0)

    async def test_what_was_committed_is_loaded_again(self, store: Records) -> None:
        turn = turn_of(await store.load("ann", "s1"), *SAID, shown=("m1", "m2"))
        await store.commit(turn)
        assert await store.load("ann", "s1") == Snapshot(turn.profile, turn.dialogue, 1)

    async def test_the_history_of_a_ledger_is_kept(self, store: Records) -> None:
        first = turn_of(await store.load("ann", "s1"), *SAID)
        await store.commit(first)
        after = forget(first.profile, ["p1"])
        await store.commit(replace(turn_of(await store.load("ann", "s1")), profile=after))
        assert (await store.load("ann", "s1")).profile == after

    @pytest.mark.parametrize(
        "last", [SEARCH, SimilarTo(titles=("Heat",), twist="darker"), Recommend(surprise=True), None]
    )
    async def test_the_last_fetch_comes_back_as_what_it_was(
        self, store: Records, last: Search | SimilarTo | Recommend | None
    ) -> None:
        turn = turn_of(await store.load("ann", "s1"))
        await store.commit(
            replace(turn, dialogue=replace(turn.dialogue, last=last, person="my dad", asked=("genres",)))
        )
        dialogue = (await store.load("ann", "s1")).dialogue
        assert (dialogue.last, dialogue.person, dialogue.asked) == (last, "my dad", ("genres",))

    async def test_a_profile_follows_its_person_and_a_dialogue_its_session(self, store: Records) -> None:
        await store.commit(turn_of(await store.load("ann", "s1"), *SAID))
        elsewhere = await store.load("ann", "s2")
        assert len(elsewhere.profile.records) == len(SAID)
        assert elsewhere.dialogue == Dialogue("ann", "s2")

    async def test_two_people_in_a_session_of_one_name_do_not_mix(self, store: Records) -> None:
        await store.commit(turn_of(await store.load("ann", "s1"), SAID[0], shown=("m1",)))
        await store.commit(turn_of(await store.load("bob", "s1"), SAID[1]))
        ann, bob = await store.load("ann", "s1"), await store.load("bob", "s1")
        assert [r.said.label for r in ann.profile.records] == ["Heat (1995)"]
        assert [r.said.label for r in bob.profile.records] == ["Horror"]
        assert (ann.dialogue.shown, bob.dialogue.shown) == ((("m1",),), ((),))

    async def test_anonymous_sessions_do_not_share_a_ledger(self, store: Records) -> None:
        await store.commit(turn_of(await store.load("", "s1"), *SAID))
        assert len((await store.load("", "s1")).profile.records) == len(SAID)
        assert (await store.load("", "s2")).profile == Profile()
        assert (await store.load("s1", "")).profile == Profile()

    async def test_what_nobody_owns_is_not_kept(self, store: Records) -> None:
        with pytest.raises(BadRequest, match="name one of them"):
            await store.commit(turn_of(await store.load("", ""), *SAID))
        assert (await store.load("", "")).profile == Profile()

    async def test_of_two_turns_at_once_the_later_is_refused_and_nothing_is_lost(self, store: Records) -> None:
        start = await store.load("ann", "s1")
        other_tab = await store.load("ann", "s2")
        await store.commit(turn_of(start, SAID[0]))
        with pytest.raises(StoreError, match="'ann' was changed meanwhile; send the message again"):
            await store.commit(turn_of(other_tab, SAID[1]))
        assert [r.said.label for r in (await store.load("ann", "")).profile.records] == ["Heat (1995)"]
        await store.commit(turn_of(await store.load("ann", "s2"), SAID[1]))
        assert [r.said.label for r in (await store.load("ann", "")).profile.records] == ["Heat (1995)", "Horror"]

    async def test_a_turn_that_cannot_be_kept_whole_is_not_kept_at_all(self, store: Records) -> None:
        with pytest.raises(TypeError, match="cannot be kept as JSON"):
            await store.commit(turn_of(await store.load("ann", "s1"), *SAID, record={"bad": object()}))
        assert await store.load("ann", "s1") == Snapshot(Profile(), Dialogue("ann", "s1"), 0)

    async def test_an_export_holds_everything_of_one_person_and_nothing_of_another(self, store: Records) -> None:
        await store.commit(turn_of(await store.load("ann", "s1"), SAID[0], record={"text": "mine"}))
        await store.commit(turn_of(await store.load("ann", "s2"), record={"text": "mine too"}))
        await store.commit(turn_of(await store.load("bob", "s1"), SAID[1], record={"text": "not hers"}))
        export = await store.export("ann")
        assert set(export) == {"user", "profile", "dialogues", "turns"}
        assert export["turns"] == [
            {"session": "s1", "turn": 1, "text": "mine"},
            {"session": "s2", "turn": 1, "text": "mine too"},
        ]
        assert "Heat (1995)" in str(export["profile"])
        assert "Horror" not in str(export)
        assert len(list(export["dialogues"])) == 2  # type: ignore[call-overload]

    async def test_the_export_of_a_stranger_is_empty(self, store: Records) -> None:
        export = await store.export("nobody")
        assert (export["dialogues"], export["turns"]) == ([], [])

    async def test_an_erased_person_is_unknown_again_and_others_stay(self, store: Records) -> None:
        await store.commit(turn_of(await store.load("ann", "s1"), *SAID))
        await store.commit(turn_of(await store.load("ann", "s2"), *SAID))
        await store.commit(turn_of(await store.load("bob", "s1"), *SAID))
        assert await store.forget_user("ann") == 2
        assert await store.load("ann", "s1") == Snapshot(Profile(), Dialogue("ann", "s1"), 0)
        assert len((await store.load("bob", "s1")).profile.records) == len(SAID)
        assert await store.forget_user("ann") == 0

    async def test_nobody_is_not_a_person(self, store: Records) -> None:
        for call in (store.export, store.forget_user):
            with pytest.raises(BadRequest, match="name the user"):
                await call("")

    async def test_a_conversation_is_its_latest_turns_in_order_and_nobody_elses(self, store: Records) -> None:
        for n in (1, 2, 3):
            await store.commit(turn_of(await store.load("ann", "s1"), record={"text": f"turn {n}"}))
        await store.commit(turn_of(await store.load("ann", "s2"), record={"text": "elsewhere"}))
        await store.commit(turn_of(await store.load("bob", "s1"), record={"text": "not hers"}))
        assert await store.conversation("ann", "s1", 2) == [{"text": "turn 2"}, {"text": "turn 3"}]
        assert await store.conversation("nobody", "s1", 2) == []
