"""Numbers that people name: round, with a unit, as digits or as words."""

from datetime import date
from random import Random

import numpy as np

from finetune.generate_phrases import Phrases
from finetune.generate_words import Measure, World

_MONEY = (5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 200, 250, 300, 400, 500, 750, 1000, 2000)


def round_number(measure: Measure, world: World, phrases: Phrases, rng: Random) -> int:
    """A round number that some item reaches."""
    column = world.catalog.numbers(measure.facet)
    known = column[np.isfinite(column)]
    value = float(rng.choice(known))
    match measure.family:
        case "money":
            return min(_MONEY, key=lambda n: (abs(n - value), n))
        case "time":
            hours = [int(m) for m in phrases.table("units.hours")]
            return rng.choice(hours) if rng.random() < 0.6 else round(value / 10) * 10
        case _:
            return round(value)


def amount(measure: Measure, number: int, world: World, phrases: Phrases, rng: Random) -> str:
    """A number with its unit, as it is said."""
    if measure.family == "date":
        return date.fromordinal(number).isoformat()
    if measure.family in ("year", "measure"):
        return str(number)
    unit, names = world.catalog.facet(measure.facet).unit, phrases.table("units.names")
    hours = phrases.table("units.hours").get(str(number))
    if measure.family == "time" and isinstance(hours, list):
        return str(rng.choice(hours))
    called = names.get(unit)
    name = str(rng.choice(called)) if isinstance(called, list) else unit
    return phrases.pick(
        "units.before" if measure.family == "money" else "units.behind", rng, unit=unit, n=str(number), name=name
    )
