"""How far a facet goes when the bounds on it leave nothing: 'the cheapest is $39.90'. Pure over the catalogue."""

from collections.abc import Iterable, Sequence
from datetime import date

from agent.observations import Reach
from retrieval.catalog import Catalog, as_number
from retrieval.types import Constraint, Op, Scalar

_UPPER = (Op.LE, Op.LT)
_LOWER = (Op.GE, Op.GT)


def reach(constraints: Sequence[Constraint], exclude: Iterable[str], catalog: Catalog) -> tuple[Reach, ...]:
    """How far the facets go whose bounds leave nothing, among what fits all the other conditions."""
    found: list[Reach] = []
    excluded = tuple(exclude)
    for facet in dict.fromkeys(c.facet for c in constraints if c.op in (*_LOWER, *_UPPER)):
        bounds = [c for c in constraints if c.facet == facet]
        others = [c for c in constraints if c.facet != facet]
        held = [item.facets.get(facet) for item in catalog.items]
        mask = catalog.mask(others, excluded)
        fitting = sorted({v for v, fits in zip(held, mask, strict=True) if fits and isinstance(v, int | float | date)})
        if not fitting or catalog.mask([*others, *bounds], excluded).any():
            continue
        upper = [c for c in bounds if c.op in _UPPER]
        ends = [(fitting[0], True)] if upper else []
        ends += [(fitting[-1], False)] if len(upper) < len(bounds) else []
        found += [Reach(facet, value, low) for value, low in ends if _beyond(value, bounds, lowest=low)]
    return tuple(found)


def _beyond(value: Scalar, bounds: Sequence[Constraint], *, lowest: bool) -> bool:
    """Whether the nearest end lies outside: the lowest above an upper bound, the highest below a lower one."""
    sides = _UPPER if lowest else _LOWER
    ends = [as_number(c.values[0]) for c in bounds if c.op in sides]
    number = as_number(value)
    return any(number >= end if lowest else number <= end for end in ends)
