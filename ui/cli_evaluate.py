"""What `finetune evaluate` and `finetune prompts` tell on the terminal."""

import json
from functools import cache
from pathlib import Path

from agent.app import open_catalog
from agent.config import Settings
from finetune.evaluate import Wanted, evaluate
from finetune.evaluate_sets import Sets
from retrieval.index import Index
from ui.cli_progress import LateBars


def measure(wanted: Wanted, sets: Sets, settings: Settings, *, as_json: bool) -> None:
    """Measure, and print the tables; with `as_json` the figures as one JSON object, last."""
    with LateBars() as bars:

        @cache
        def index_of(name: str) -> Index:
            return open_catalog(name, settings, bars)

        report = evaluate(wanted, sets, settings, index_of, bars)
    print(report.markdown())
    print(f"\nkept: {wanted.out / 'table.md'}, {wanted.out / 'figures.json'}")
    if as_json:
        print(json.dumps(report.value()))


def curve(catalog: str, turns: int, out: Path, settings: Settings) -> None:
    """Measure how long prompts are over one dialogue, and print where the figures and the plot are."""
    from finetune.evaluate_curve import curve_of, plot

    with LateBars() as bars:
        measured = curve_of(open_catalog(catalog, settings, bars), turns, bars)
    figures, picture = measured.write(out), plot(measured, out)
    for name, most in measured.most().items():
        print(f"{name}: at most {most} tokens")
    print(f"kept: {figures}, {picture}")
