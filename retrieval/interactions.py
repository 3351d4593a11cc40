"""The interaction log as integer-coded arrays: who met what, when, and how they liked it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.errors import CatalogError, IndexUnusable
from retrieval.manifest import EventSpec
from retrieval.types import Interaction, Taste

Mask: TypeAlias = NDArray[np.bool_]
"""Which events, shape (events,)."""

NEUTRAL = 0.25
"""Weight of a value between dislike and like: the person met the item, and that alone says a little."""


@dataclass(frozen=True)
class InteractionLog:
    """Events in the order they happened, ties in the order they were logged, untimed events first.

    All arrays have shape (events,) and are aligned; codes index `users`, `items` and `events`.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    """Every item of the catalogue, in catalogue order; also those nobody met."""
    events: tuple[str, ...]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    event: NDArray[np.int16]
    value: NDArray[np.float32]
    """NaN if the event carries none."""
    weight: NDArray[np.float32]
    """In [-1, 1]: above zero a like, below a dislike."""
    time: NDArray[np.float64]
    """Unix seconds, NaN if unknown."""

    @classmethod
    def from_interactions(
        cls, interactions: Sequence[Interaction], events: Mapping[str, EventSpec], items: Sequence[str]
    ) -> "InteractionLog":
        """Code a log. CatalogError for an item that is not in `items`; unlisted event types count as likes."""
        users = tuple(dict.fromkeys(i.user_id for i in interactions))
        kinds = tuple(dict.fromkeys(i.event for i in interactions))
        user_code, kind_code, item_code = _codes(users), _codes(kinds), _codes(items)
        unknown = next((i for i in interactions if i.item_id not in item_code), None)
        if unknown is not None:
            raise CatalogError(f"{unknown.user_id!r} met item {unknown.item_id!r}, which the catalogue does not have")
        event = np.array([kind_code[i.event] for i in interactions], dtype=np.int16)
        value = np.array([_or_nan(i.value) for i in interactions], dtype=np.float32)
        time = np.array([_or_nan(i.timestamp) for i in interactions], dtype=np.float64)
        order = np.argsort(np.nan_to_num(time, nan=-np.inf), kind="stable")
        return cls(
            users=users,
            items=tuple(items),
            events=kinds,
            user=np.array([user_code[i.user_id] for i in interactions], dtype=np.int32)[order],
            item=np.array([item_code[i.item_id] for i in interactions], dtype=np.int32)[order],
            event=event[order],
            value=value[order],
            weight=_weights(event, value, [events.get(kind, EventSpec()) for kind in kinds])[order],
            time=time[order],
        )

    def __len__(self) -> int:
        return len(self.user)

    @property
    def as_of(self) -> float | None:
        """Unix seconds of the newest event; None if no event has a time."""
        known = self.time[~np.isnan(self.time)]
        return float(known.max()) if len(known) else None

    def history(self, user_id: str) -> tuple[Taste, ...]:
        """One taste per item the person met, in the order they last met them; empty for an unknown person."""
        code = self._user_code.get(user_id)
        if code is None:
            return ()
        start, end = self._user_bounds[code], self._user_bounds[code + 1]
        last: dict[int, Taste] = {}
        for row in self._by_user[start:end].tolist():
            item, weight, time = int(self.item[row]), float(self.weight[row]), float(self.time[row])
            kept = last.pop(item, None)
            strongest = weight if kept is None or abs(weight) >= abs(kept.weight) else kept.weight
            last[item] = Taste(self.items[item], strongest, None if np.isnan(time) else time)
        return tuple(last.values())

    def matrix(self, keep: Mask | None = None) -> sparse.csr_matrix:
        """Signed weights, shape (users, items), of the events in the mask `keep` (all without one).

        Of several events of one pair the strongest counts, and the latest of equally strong ones.
        """
        rows = np.arange(len(self)) if keep is None else np.flatnonzero(keep)
        return self._cells(rows, self.weight[rows], np.abs(self.weight[rows]))

    def met(self, keep: Mask | None = None) -> sparse.csr_matrix:
        """Who met what, shape (users, items): 1 however they liked it, for the events in the mask `keep`."""
        rows = np.arange(len(self)) if keep is None else np.flatnonzero(keep)
        ones = np.ones(len(rows), dtype=np.float32)
        return self._cells(rows, ones, ones)

    def _cells(
        self, rows: NDArray[np.int64], value: NDArray[np.float32], rank: NDArray[np.float32]
    ) -> sparse.csr_matrix:
        """Put one value per pair of user and item: that of the highest rank, the latest of equal ones."""
        pair = self.user[rows].astype(np.int64) * max(len(self.items), 1) + self.item[rows]
        order = np.lexsort((rows, rank, pair))
        order = order[np.append(np.diff(pair[order]) != 0, np.ones(min(len(order), 1), dtype=np.bool_))]
        shape = (len(self.users), len(self.items))
        return sparse.csr_matrix((value[order], (self.user[rows[order]], self.item[rows[order]])), shape=shape)

    def timed(self) -> Mask:
        """Which events have a time, shape (events,)."""
        return ~np.isnan(self.time)

    def save(self, path: Path) -> None:
        """Write one .npz file, without pickles."""
        with path.open("wb") as file:
            np.savez(
                file,
                users=np.array(self.users, dtype=np.str_),
                items=np.array(self.items, dtype=np.str_),
                events=np.array(self.events, dtype=np.str_),
                user=self.user,
                item=self.item,
                event=self.event,
                value=self.value,
                weight=self.weight,
                time=self.time,
            )

    @classmethod
    def load(cls, path: Path) -> "InteractionLog":
        """Read what `save` wrote; IndexUnusable if it is not that."""
        try:
            with np.load(path, allow_pickle=False) as data:
                log = cls(
                    users=tuple(data["users"].tolist()),
                    items=tuple(data["items"].tolist()),
                    events=tuple(data["events"].tolist()),
                    user=data["user"],
                    item=data["item"],
                    event=data["event"],
                    value=data["value"],
                    weight=data["weight"],
                    time=data["time"],
                )
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            raise IndexUnusable(f"interactions in {str(path)!r} cannot be read ({error}); rebuild the index") from error
        columns = (log.user, log.item, log.event, log.value, log.weight, log.time)
        if {column.shape for column in columns} != {log.user.shape}:
            raise IndexUnusable(f"interactions in {str(path)!r} have columns of different lengths; rebuild the index")
        return log

    @cached_property
    def _user_code(self) -> dict[str, int]:
        return _codes(self.users)

    @cached_property
    def _by_user(self) -> NDArray[np.int64]:
        return np.argsort(self.user, kind="stable")

    @cached_property
    def _user_bounds(self) -> NDArray[np.int64]:
        return np.searchsorted(self.user[self._by_user], np.arange(len(self.users) + 1))


def _codes(names: Sequence[str]) -> dict[str, int]:
    return {name: code for code, name in enumerate(names)}


def _or_nan(number: float | None) -> float:
    return np.nan if number is None else number


def _weights(event: NDArray[np.int16], value: NDArray[np.float32], specs: Sequence[EventSpec]) -> NDArray[np.float32]:
    """Read values by the event types; the heaviest type weighs 1."""
    heaviest = max((abs(spec.weight) for spec in specs), default=1.0) or 1.0
    weight = np.zeros(len(event), dtype=np.float32)
    for code, spec in enumerate(specs):
        mine = event == code
        number = value[mine]
        like = np.ones(len(number), dtype=np.bool_) if spec.like_from is None else ~(number < spec.like_from)
        sign = np.where(like, 1.0, NEUTRAL)
        if spec.dislike_to is not None:
            sign = np.where(number <= spec.dislike_to, -1.0, sign)
        weight[mine] = sign * spec.weight / heaviest
    return weight
