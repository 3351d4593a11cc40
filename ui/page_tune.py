"""What diversity did to a list, in words. Pure."""

from dataclasses import dataclass

from retrieval.types import Spread

_NOTICEABLE = 0.005


@dataclass(frozen=True, slots=True)
class TuneView:
    """The slider and what it did; `percent` is its place, 0-100."""

    percent: int
    said: str


def tune_view(spread: Spread, shown: int) -> TuneView:
    """Say what the setting changed about a list of so many items."""
    return TuneView(round(100 * spread.setting), _said(spread, shown))


def _said(spread: Spread, shown: int) -> str:
    gained = spread.variety / spread.closest - 1 if spread.closest > 0 else 0.0
    if abs(gained) < _NOTICEABLE and spread.kept > 1 - _NOTICEABLE:
        return f"These are the {shown} closest matches."
    more = f"{abs(gained):.0%} {'more' if gained >= 0 else 'less'} varied than the {shown} closest matches"
    return f"{more}, with {spread.kept:.0%} of their match kept."
