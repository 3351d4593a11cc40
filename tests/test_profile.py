"""The preference ledger: rules by example, and laws over random histories."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.profile import Moment, Profile, Statement, expire, forget, remember, same_subject, undo
from retrieval.types import Op

NOW = Moment("s1", 1, "2026-01-01T00:00:00+00:00")
LATER = Moment("s2", 2, "2026-01-02T00:00:00+00:00")


def likes(value: str, **changes: object) -> Statement:
    return replace(Statement("facet", (value,), value, facet="genre"), **changes)  # type: ignore[arg-type]


def hates(value: str, **changes: object) -> Statement:
    return likes(value, polarity=-1, hard=True, **changes)


def item(item_id: str, **changes: object) -> Statement:
    return replace(Statement("item", (item_id,), item_id), **changes)  # type: ignore[arg-type]


def bound(op: Op, value: float) -> Statement:
    return Statement("bound", (value,), f"{op} {value}", facet="year", op=op, hard=True)


def labels(profile: Profile, session: str = "s1", person: str = "") -> list[tuple[str, int]]:
    return [(p.said.label, p.said.polarity) for p in profile.active(session, person)]


def test_love_that_turns_into_hate_leaves_one_active_fact_and_the_history() -> None:
    profile = remember(Profile(), [likes("Musical")], NOW)
    profile = remember(profile, [hates("Musical")], LATER)
    assert labels(profile) == [("Musical", -1)]
    assert profile.records[0].ended == "superseded"
    assert profile.records[0].superseded_by == profile.records[1].id


def test_going_back_to_an_old_taste_leaves_one_active_fact_per_thing() -> None:
    profile = Profile()
    for said in (likes("cola"), hates("cola"), likes("coffee"), likes("cola")):
        profile = remember(profile, [said], NOW)
    assert labels(profile) == [("coffee", 1), ("cola", 1)]
    assert len(profile.records) == 4


def test_a_bound_replaces_the_older_one_of_its_side_and_what_it_makes_impossible() -> None:
    profile = remember(Profile(), [bound(Op.GE, 1980), bound(Op.LE, 1990)], NOW)
    assert len(profile.active("s1")) == 2
    assert [p.said.values for p in remember(profile, [bound(Op.GE, 2000)], NOW).active("s1")] == [(2000,)]
    assert [p.said.values for p in remember(profile, [bound(Op.LT, 1985)], NOW).active("s1")] == [(1980,), (1985,)]


def test_having_seen_an_item_does_not_erase_the_verdict_on_it() -> None:
    profile = remember(Profile(), [item("m1")], NOW)
    profile = remember(profile, [item("m1", seen=True, rated=False)], NOW)
    (only,) = profile.active("s1")
    assert only.said.rated
    assert only.said.seen
    assert only.said.polarity == 1


def test_a_wish_for_tonight_hides_the_lasting_taste_only_in_its_session() -> None:
    profile = remember(Profile(), [likes("Comedy")], NOW)
    profile = remember(profile, [hates("Comedy", scope="session")], LATER)
    assert labels(profile, "s2") == [("Comedy", -1)]
    assert labels(profile, "s1") == [("Comedy", 1)]


def test_a_gift_never_shows_in_ones_own_profile_and_ones_own_taste_not_in_the_gift() -> None:
    profile = remember(Profile(), [likes("Horror")], NOW)
    profile = remember(profile, [likes("Western", scope="other", person="my dad")], NOW)
    assert labels(profile) == [("Horror", 1)]
    assert labels(profile, person="my dad") == [("Western", 1)]


def test_a_search_scoped_statement_ends_with_its_search() -> None:
    profile = remember(Profile(), [likes("Drama", scope="search"), likes("War")], NOW)
    assert labels(expire(profile, Moment("s1", 2, NOW.at))) == [("War", 1)]
    assert labels(expire(profile, Moment("another", 2, NOW.at))) == [("Drama", 1), ("War", 1)]
    assert labels(expire(profile, NOW)) == [("Drama", 1), ("War", 1)]


def test_undo_brings_back_what_the_change_superseded() -> None:
    profile = remember(remember(Profile(), [likes("Musical")], NOW), [hates("Musical")], NOW)
    assert labels(undo(profile)) == [("Musical", 1)]
    assert labels(undo(undo(profile))) == []
    assert labels(undo(forget(profile, ["p2"]))) == [("Musical", -1)]


values = st.sampled_from(["a", "b", "c"])
statements = st.one_of(
    st.builds(likes, values, scope=st.sampled_from(["session", "always"])),
    st.builds(hates, values, scope=st.sampled_from(["session", "always"])),
    st.builds(item, values, polarity=st.sampled_from([-1, 1]), rated=st.booleans(), seen=st.booleans()),
    st.builds(bound, st.sampled_from([Op.GE, Op.LE, Op.GT, Op.LT]), st.integers(1, 9)),
    st.builds(likes, values, scope=st.just("other"), person=st.sampled_from(["dad", "mum"])),
)
changes = st.lists(st.tuples(st.lists(statements, min_size=1, max_size=3), st.sampled_from([NOW, LATER])), max_size=6)


def told(history: list[tuple[list[Statement], Moment]]) -> Profile:
    profile = Profile()
    for said, moment in history:
        profile = remember(profile, said, moment)
    return profile


@given(changes)
def test_no_two_active_facts_ever_contradict_each_other(history: list[tuple[list[Statement], Moment]]) -> None:
    profile = told(history)
    for session in ("s1", "s2"):
        for person in ("", "dad", "mum"):
            active = [p.said for p in profile.active(session, person)]
            clashes = [(a, b) for i, a in enumerate(active) for b in active[:i] if same_subject(a, b)]
            assert not clashes


@given(changes)
def test_nothing_that_was_said_is_ever_lost_from_the_history(history: list[tuple[list[Statement], Moment]]) -> None:
    profile = told(history)
    assert len(profile.records) == sum(len(said) for said, _ in history)
    assert len({r.id for r in profile.records}) == len(profile.records)


@given(changes, st.lists(statements, min_size=1, max_size=3))
def test_undo_restores_the_active_view_exactly(
    history: list[tuple[list[Statement], Moment]], said: list[Statement]
) -> None:
    before = told(history)
    after = undo(remember(before, said, LATER))
    for session in ("s1", "s2"):
        for person in ("", "dad"):
            assert after.active(session, person) == before.active(session, person)


@given(changes)
def test_undoing_everything_leaves_an_empty_view(history: list[tuple[list[Statement], Moment]]) -> None:
    profile = told(history)
    for _ in range(profile.clock + 1):
        profile = undo(profile)
    assert not profile.active("s1")
    assert not profile.active("s2")


@given(changes)
def test_the_newest_statement_about_a_thing_is_the_one_that_counts(
    history: list[tuple[list[Statement], Moment]],
) -> None:
    profile = told([*history, ([hates("a")], NOW)])
    assert [p.said.polarity for p in profile.active("s1") if p.said.facet == "genre" and "a" in p.said.values] == [-1]
