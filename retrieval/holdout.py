"""Choice situations cut from a log: what a person chose, after what, at which moment, and what else there was."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.habits import Choices
from retrieval.interactions import InteractionLog


@dataclass(frozen=True, slots=True)
class Holdout:
    """One held-out choice per row; items are positions in `log.items`."""

    target: NDArray[np.int64]
    """Shape (rows,)."""
    moment: NDArray[np.float64]
    """Unix seconds of the choice, NaN if unknown, shape (rows,)."""
    before: Choices
    """What the same people had chosen until then."""
    weight: NDArray[np.float32]
    """How they liked it, shape (choices,)."""
    items: int
    """How many items there are."""
    mate: NDArray[np.bool_]
    """Which choices count as not known yet, shape (choices,); out of the question they are all the same."""

    def __len__(self) -> int:
        return len(self.target)

    def rows(self, half_life: float = np.inf, newest: int | None = None, *, signed: bool = True) -> sparse.csr_matrix:
        """Histories, shape (rows, items), that fade by age in newer choices; of the `newest` choices if given.

        Unsigned: every choice weighs 1, however they liked it.
        """
        person, item, weight = (a[~self.mate] for a in (self.before.person, self.before.item, self.weight))
        ends = np.cumsum(np.bincount(person, minlength=len(self)))
        age = ends[person] - 1 - np.arange(len(weight))
        keep = slice(None) if newest is None else age < newest
        fade = 0.5 ** (age / half_life)
        value = (weight * fade if signed else fade).astype(np.float32)[keep]
        place = (person[keep], item[keep])
        return sparse.csr_matrix((value, place), shape=(len(self), self.items))

    def of(self, rows: NDArray[np.int64]) -> Choices:
        """Return what the people of consecutive rows had chosen; persons count from 0."""
        part = self._part(rows)
        known, before = ~self.mate[part], self.before
        return Choices(before.person[part][known] - rows[0], before.item[part][known], before.time[part][known])

    def barred(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which items are out of the question, as chosen before, for consecutive rows: shape (rows, items)."""
        part = self._part(rows)
        met = np.zeros((len(rows), self.items), dtype=np.bool_)
        met[self.before.person[part] - rows[0], self.before.item[part]] = True
        return met

    def strictly(self) -> "Holdout":
        """The same without what was chosen in the same second as the held-out item: the rest of its basket."""
        return replace(self, mate=self.before.time == self.moment[self.before.person])

    def thinned(self, step: int) -> "Holdout":
        """Every step-th row."""
        kept = np.arange(0, len(self), step)
        mine = np.flatnonzero(self.before.person % step == 0)
        before = Choices(self.before.person[mine] // step, self.before.item[mine], self.before.time[mine])
        return Holdout(self.target[kept], self.moment[kept], before, self.weight[mine], self.items, self.mate[mine])

    def _part(self, rows: NDArray[np.int64]) -> slice:
        start, end = np.searchsorted(self.before.person, [rows[0], rows[-1] + 1])
        return slice(int(start), int(end))


def core(log: InteractionLog, least: int = 5) -> InteractionLog:
    """Timed first meetings of person and item, cut until every person and every item left has at least so many.

    What happened in the same second is put in a random order: in the file it often stands by item, which would tell
    which item of a basket is the last.
    """
    rows = np.flatnonzero(log.timed())
    rows = rows[np.lexsort((np.random.default_rng(len(rows)).random(len(rows)), log.time[rows]))]
    pair = log.user[rows].astype(np.int64) * max(len(log.items), 1) + log.item[rows]
    rows = rows[np.sort(np.unique(pair, return_index=True)[1])]
    while len(rows):
        people, items = np.bincount(log.user[rows]), np.bincount(log.item[rows])
        keep = (people[log.user[rows]] >= least) & (items[log.item[rows]] >= least)
        if keep.all():
            break
        rows = rows[keep]
    return only(log, rows)


def nth_last(log: InteractionLog, n: int, most: int) -> Holdout:
    """Each person's n-th last event of a log without repeated pairs, and all before it; at most `most` people.

    Where there are more people, those of every so-many-th event are taken, which keeps the spread over time.
    """
    order = np.argsort(log.user, kind="stable")
    counts = np.bincount(log.user, minlength=len(log.users))
    ends = np.cumsum(counts)
    people = np.flatnonzero(counts > n)
    people = people[np.argsort(log.time[order[ends[people] - n]], kind="stable")]
    people = people[:: max(1, -(-len(people) // max(most, 1)))]
    lengths = counts[people] - n
    flat = np.repeat(ends[people] - counts[people] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    events, chosen = order[flat], order[ends[people] - n]
    before = Choices(np.repeat(np.arange(len(people)), lengths), log.item[events].astype(np.int64), log.time[events])
    target, known = log.item[chosen].astype(np.int64), np.zeros(len(events), dtype=np.bool_)
    return Holdout(target, log.time[chosen], before, log.weight[events], len(log.items), known)


def only(log: InteractionLog, rows: NDArray[np.int64]) -> InteractionLog:
    """Return these events, with the people and items they involve."""
    users, user = np.unique(log.user[rows], return_inverse=True)
    items, item = np.unique(log.item[rows], return_inverse=True)
    return InteractionLog(
        users=tuple(log.users[code] for code in users),
        items=tuple(log.items[code] for code in items),
        events=log.events,
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        event=log.event[rows],
        value=log.value[rows],
        weight=log.weight[rows],
        time=log.time[rows],
    )
