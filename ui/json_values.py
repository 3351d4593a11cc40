"""Values of the catalogue as JSON values. Pure."""

import math
from datetime import date
from enum import Enum
from typing import TypeAlias

Json: TypeAlias = dict[str, object]
"""A JSON object."""


def plain_value(value: object) -> object:
    """One value: several as a list, dates as ISO text, whole numbers as integers, what is no number as null."""
    match value:
        case Enum():
            return value.value
        case tuple():
            return list(value)
        case date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
