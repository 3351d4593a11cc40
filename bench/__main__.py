"""Measure speed and size on the bundled films: python -m bench [--readme]

Prints a Markdown table; with --readme it replaces the one in README.md. Everything runs in this one process or in
servers it starts, on this machine, in one go, so that the ratios mean something.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from agent import load
from agent.app import build_bundled, open_catalog
from agent.assistant import Assistant
from agent.config import ROOT, Settings
from bench.server import ready_and_resident
from bench.turns import TURN_BUDGET_MS, quantiles, timings
from retrieval.index import open_store

_PEOPLE = 30
_QUERIES = 100
_STAGES = ("load", "plan", "embed", "search", "cf", "graph", "fuse", "diversify", "evidence", "tools", "tell")


def main() -> None:
    """Measure, print, and on demand write into README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true")
    args = parser.parse_args()
    tables = {"bench": "\n".join(["| what | measured | goal |", "|---|---|---|", *rows()]), "validation": validation()}
    for name, table in tables.items():
        print(table)
        if args.readme:
            put(name, table)


def put(name: str, table: str) -> None:
    """Replace what stands between two markers in README.md."""
    path = ROOT / "README.md"
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


def validation() -> str:
    """The validation table of the bundled films' index."""
    measured = open_catalog("movies", Settings()).manifest.validation
    lines = [f"| {m.source} | {m.hr_at_10:.3f} | {m.ndcg_at_10:.3f} | {m.n:,} |" for m in measured]
    return "\n".join(["| source | HR@10 | NDCG@10 | people |", "|---|---|---|---|", *lines])


def rows() -> Iterator[str]:
    """One Markdown row per figure."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        start = time.perf_counter()
        manifest = build_bundled("movies", settings)
        yield f"| first index of {manifest.items:,} films, encoder export included | {_s(start)} | ≤ 60 s |"
        start = time.perf_counter()
        build_bundled("movies", settings)
        yield f"| index again, encoder cached | {_s(start)} | |"
        assistant = load("movies", settings)
        yield from turn_rows(assistant)
        yield from chroma_rows(assistant)
    seconds, mib = ready_and_resident()
    yield f"| server with a built index, until ready | {seconds:.1f} s | ≤ 10 s |"
    yield f"| resident memory of the server after ten turns | {mib:,.0f} MiB | ≤ 1,536 MiB |"


def turn_rows(assistant: Assistant) -> Iterator[str]:
    """The whole turn on the rules tier, and its stages."""
    timings(assistant, 3)
    laps = timings(assistant, _PEOPLE)
    p50, p95 = quantiles(laps, "turn")
    goal50, goal95 = TURN_BUDGET_MS
    goal = f"≤ {goal50} / {goal95} ms"
    yield f"| whole turn on the rules tier, {len(laps)} turns, p50 / p95 | {p50:.0f} / {p95:.0f} ms | {goal} |"
    for stage in _STAGES:
        if any(stage in lap for lap in laps):
            p50, p95 = quantiles(laps, stage)
            yield f"| … {stage} | {p50:.1f} / {p95:.1f} ms | |"
    fetches = [lap for lap in laps if "total" in lap]
    p50, p95 = quantiles(fetches, "total")
    yield f"| retrieval of a turn that fetches, p50 / p95 | {p50:.0f} / {p95:.0f} ms | |"


def chroma_rows(assistant: Assistant) -> Iterator[str]:
    """A bare Chroma query of the pool's size beside the pipeline that contains it, in the same run."""
    index = assistant.index
    store = open_store(index.path)
    vectors = np.load(index.path / "embeddings.npy").astype(np.float32)
    rng = np.random.default_rng(0)
    laps = []
    for _ in range(_QUERIES):
        start = time.perf_counter()
        store.search(vectors[rng.integers(len(vectors))], 100)
        laps.append((time.perf_counter() - start) * 1e3)
    p50, p95 = float(np.percentile(laps, 50)), float(np.percentile(laps, 95))
    turn50, _ = quantiles(timings(assistant, len(laps) // 10), "turn")
    yield f"| bare Chroma query, k = 100, p50 / p95 | {p50:.1f} / {p95:.1f} ms | |"
    yield f"| whole turn over a bare Chroma query, p50 | {turn50 / p50:.1f} × | |"


def _s(start: float) -> str:
    return f"{time.perf_counter() - start:.1f} s"


if __name__ == "__main__":
    main()
