"""What diversity did to a list, in words. Pure."""

from dataclasses import dataclass

from retrieval.types import Spread
from ui.labels import Say

_NOTICEABLE = 0.005


@dataclass(frozen=True, slots=True)
class TuneView:
    """The slider and what it did; `percent` is its place, 0-100."""

    percent: int
    said: str


def tune_view(spread: Spread, shown: int, say: Say) -> TuneView:
    """Say what the setting changed about a list of so many items."""
    return TuneView(round(100 * spread.setting), _said(spread, shown, say))


def _said(spread: Spread, shown: int, say: Say) -> str:
    gained = spread.variety / spread.closest - 1 if spread.closest > 0 else 0.0
    if abs(gained) < _NOTICEABLE and spread.kept > 1 - _NOTICEABLE:
        return say("tune_none", shown=shown)
    key = "tune_more" if gained >= 0 else "tune_less"
    return say(key, gained=round(100 * abs(gained)), shown=shown, kept=round(100 * spread.kept))
