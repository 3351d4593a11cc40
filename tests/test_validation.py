"""What a build learns from a log, and that it never looks into the future."""

import numpy as np
import pytest

from retrieval.holdout import core, nth_last
from retrieval.interactions import InteractionLog
from retrieval.likeness import Facts
from retrieval.popularity import DAY, Popularity
from retrieval.types import Interaction
from retrieval.validate import validate

ITEMS = tuple(f"i{n}" for n in range(60))


def two_camps(*, timed: bool, people: int = 160) -> InteractionLog:
    """People of two camps who choose 8 things, nine times in ten among their camp's 30."""
    rng = np.random.default_rng(1)
    events: list[Interaction] = []
    for person in range(people):
        own = rng.permutation(30)[:8] + 30 * (person % 2)
        chosen = np.where(rng.random(8) < 0.9, own, (own + 30) % 60)
        at = np.sort(rng.uniform(0, 90 * DAY, 8))
        events += [
            Interaction(f"u{person}", f"i{item}", timestamp=float(t) if timed else None)
            for item, t in zip(chosen, at, strict=True)
        ]
    return InteractionLog.from_interactions(events, {}, ITEMS)


def test_a_timed_log_teaches_both_fusions_and_measures_every_source() -> None:
    learned = validate(two_camps(timed=True), Facts(), seed=0)
    assert learned.cf is not None
    assert learned.next is not None
    assert learned.taste is not None
    rows = {row.source: row for row in learned.measured}
    assert {"popularity", "popularity_7d", "fusion", "taste: fusion"} <= rows.keys()
    assert rows["fusion"].hr_at_10 > rows["popularity"].hr_at_10
    assert all(0 <= row.hr_at_10 <= 1 and row.n > 0 for row in learned.measured)


def test_a_log_without_times_teaches_what_fits_a_taste_alone() -> None:
    learned = validate(two_camps(timed=False), Facts(), seed=0)
    assert learned.next is None
    assert learned.taste is not None
    assert any("next" in warning for warning in learned.warnings)


@pytest.mark.parametrize("people", [0, 3])
def test_too_few_events_leave_content_alone_and_say_so(people: int) -> None:
    learned = validate(two_camps(timed=True, people=people), Facts(), seed=0)
    assert learned.cf is None
    assert learned.next is learned.taste is None
    assert any("content only" in warning for warning in learned.warnings)


def test_the_same_seed_learns_the_same() -> None:
    log = two_camps(timed=True)
    first, second = validate(log, Facts(), seed=3), validate(log, Facts(), seed=3)
    assert first.next == second.next
    assert first.taste == second.taste
    assert [(r.source, r.hr_at_10) for r in first.measured] == [(r.source, r.hr_at_10) for r in second.measured]


def test_popularity_at_a_moment_counts_only_what_happened_before_it() -> None:
    log = two_camps(timed=True)
    moment = float(np.median(log.time))
    past = InteractionLog.from_interactions(
        [
            Interaction(log.users[u], log.items[i], timestamp=float(t))
            for u, i, t in zip(log.user, log.item, log.time, strict=True)
            if t < moment
        ],
        {},
        ITEMS,
    )
    now, then = (Popularity.of(part).columns(np.array([moment])) for part in (log, past))
    assert now.keys() == then.keys()
    for name in now:
        np.testing.assert_array_equal(now[name], then[name], err_msg=name)


def test_a_core_keeps_people_and_items_with_five_events_and_the_last_event_is_held_out() -> None:
    log = core(two_camps(timed=True))
    assert np.bincount(log.user).min() >= 5
    assert np.bincount(log.item).min() >= 5
    last = nth_last(log, 1, 10_000)
    for row in range(0, len(last), 17):
        before = last.before.time[last.before.person == row]
        assert (before <= last.moment[row]).all()
        assert last.target[row] not in last.before.item[last.before.person == row]


def baskets(order: int) -> InteractionLog:
    """People who buy 6 things in one second and then 6 in another, logged by item, forwards or backwards."""
    rng = np.random.default_rng(2)
    events = [
        Interaction(f"u{person}", f"i{item}", timestamp=float(day * DAY + person))
        for person in range(80)
        for day, half in enumerate(np.split(rng.permutation(60)[:12], 2))
        for item in sorted(half.tolist())[::order]
    ]
    return InteractionLog.from_interactions(events, {}, ITEMS)


def test_the_last_of_a_basket_is_not_the_last_line_of_the_file() -> None:
    for order in (1, -1):
        last = nth_last(core(baskets(order)), 1, 10_000)
        mine = [last.before.item[(last.before.person == p) & (last.before.time == last.moment[p])] for p in range(80)]
        above = np.mean([(last.target[p] > mine[p]).mean() for p in range(80)])
        assert 0.35 < above < 0.65


def test_strictly_nothing_of_the_same_second_is_known_but_none_of_it_can_be_chosen_again() -> None:
    last = nth_last(core(baskets(1)), 1, 10_000)
    strict, rows = last.strictly(), np.arange(len(last))
    assert last.rows().getnnz(axis=1).tolist() == [11] * 80
    assert strict.rows().getnnz(axis=1).tolist() == [6] * 80
    assert (strict.of(rows).time < strict.moment[strict.of(rows).person]).all()
    assert (strict.barred(rows) == last.barred(rows)).all()


def test_the_table_says_what_is_left_without_the_rest_of_the_basket() -> None:
    sources = {row.source for row in validate(baskets(1), Facts(), seed=0).measured}
    assert "fusion, earlier baskets only" in sources
    assert "fusion, earlier baskets only" not in {r.source for r in validate(two_camps(timed=True), Facts()).measured}
