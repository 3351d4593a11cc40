"""Plots and tables of the figures: PNGs, one HTML file that needs nothing else, and the tables of README.md."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agent.app import open_catalog
from agent.config import ROOT, Settings
from bench.figures import FOLDER, Measured, Results

TURN_GOAL_MS, RATIO_GOAL, READY_GOAL_S, RESIDENT_GOAL_MIB, BUILD_GOAL_S = (40, 100), 2.0, 10, 1536, 60

STAGES = ("load", "plan", "embed", "search", "cf", "graph", "fuse", "diversify", "evidence", "tell")
"""Of a turn, in order; what is left of `tools` is 'other'."""
_TOOLS = frozenset({"embed", "search", "cf", "graph", "fuse", "diversify", "evidence"})
_BUILD = ("read", "embed", "write", "store vectors", "learn from interactions")
_COLOURS = (
    "#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#bbbbbb", "#332288", "#999933", "#117733",
    "#882255", "#dddddd",
)  # fmt: skip
"""Paul Tol's bright and muted schemes: told apart without red and green."""


def write_report(results: Results, folder: Path = FOLDER) -> None:
    """Draw every plot and write report.html; nothing without figures."""
    measured = results.ordered()
    if not measured:
        return
    folder.mkdir(parents=True, exist_ok=True)
    mpl.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 100})
    pictures = {}
    for name, (title, draw) in PLOTS.items():
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        axes = figure.subplots()
        draw(axes, measured)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        figure.savefig(folder / f"{name}.png")
        picture = base64.b64encode((folder / f"{name}.png").read_bytes()).decode("ascii")
        pictures[name] = {"title": title, "data": picture}
    template = Environment(undefined=StrictUndefined, autoescape=True).from_string(
        Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    )
    page = template.render(machine=results.machine, measured=measured, pictures=pictures, tables=_tables(measured))
    (folder / "report.html").write_text(page, encoding="utf-8")


def name_of(measured: Measured) -> str:
    """How a catalogue is called in plots and tables."""
    size = f"{measured.items / 1e6:g}M" if measured.items >= 1_000_000 else f"{measured.items / 1e3:g}k"
    return f"{size} films" if measured.name == "films" else f"{size} synthetic"


def _draw_turn(axes: Axes, measured: Sequence[Measured]) -> None:
    groups = {
        "turn p50": [m.served.turn.p50 for m in measured],
        "turn p95": [m.served.turn.p95 for m in measured],
        f"bare Chroma query, k = {measured[0].served.k}, p50": [m.served.bare.p50 for m in measured],
        "bare Chroma p95": [m.served.bare.p95 for m in measured],
    }
    _bars(axes, measured, groups, "milliseconds")
    for goal, name in zip(TURN_GOAL_MS, ("p50", "p95"), strict=True):
        axes.axhline(goal, color="#555555", linewidth=0.8, linestyle=":" if name == "p50" else "--")
        axes.annotate(
            f"goal at 12k, {name}", (1, goal), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8
        )


def _draw_stages(axes: Axes, measured: Sequence[Measured]) -> None:
    _stack(axes, measured, [_shares(m) for m in measured], "milliseconds, mean over all turns")


def _draw_build(axes: Axes, measured: Sequence[Measured]) -> None:
    rows = [{stage: m.built.stages.get(stage, 0.0) / m.items * 1e3 for stage in _BUILD} for m in measured]
    _stack(axes, measured, rows, "seconds per 1,000 items (storing and learning overlap)")


def _draw_memory(axes: Axes, measured: Sequence[Measured]) -> None:
    groups = {
        "build, peak": [m.built.peak_mib / 1024 for m in measured],
        "serving, resident": [m.served.resident_mib / 1024 for m in measured],
        "of that not backed by files": [m.served.anonymous_mib / 1024 for m in measured],
        "index on disk": [sum(m.built.disk_mib.values()) / 1024 for m in measured],
    }
    _bars(axes, measured, groups, "GiB (log scale)")
    axes.set_yscale("log")


def _draw_crowd(axes: Axes, measured: Sequence[Measured]) -> None:
    groups = {
        "turns per second": [m.served.crowd.per_s for m in measured],
        "p50 of a turn in the crowd, s": [m.served.crowd.turn.p50 / 1e3 for m in measured],
        "p95 of a turn in the crowd, s": [m.served.crowd.turn.p95 / 1e3 for m in measured],
    }
    _bars(axes, measured, groups, "turns per second; seconds")


PLOTS: Mapping[str, tuple[str, Callable[[Axes, Sequence[Measured]], None]]] = {
    "turn": ("A whole turn on the rules tier, and a bare Chroma query in the same run", _draw_turn),
    "stages": ("Where the time of a turn goes", _draw_stages),
    "crowd": ("100 people who chat at once in one process", _draw_crowd),
    "build": ("Building an index", _draw_build),
    "memory": ("Memory and disk", _draw_memory),
}


def _bars(axes: Axes, measured: Sequence[Measured], groups: Mapping[str, Sequence[float]], unit: str) -> None:
    width = 0.8 / len(groups)
    for place, (name, heights) in enumerate(groups.items()):
        at = [x + (place - (len(groups) - 1) / 2) * width for x in range(len(measured))]
        bars = axes.bar(at, heights, width * 0.92, label=name, color=_COLOURS[place])
        axes.bar_label(bars, [_figure(height) for height in heights], fontsize=8, padding=1)
    axes.set_xticks(range(len(measured)), [name_of(m) for m in measured])
    axes.set_ylabel(unit)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _stack(axes: Axes, measured: Sequence[Measured], rows: Sequence[Mapping[str, float]], unit: str) -> None:
    left = [0.0] * len(rows)
    for place, name in enumerate(dict.fromkeys(name for row in rows for name in row)):
        widths = [row.get(name, 0.0) for row in rows]
        axes.barh(range(len(rows)), widths, 0.6, left=left, label=name, color=_COLOURS[place % len(_COLOURS)])
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for place, total in enumerate(left):
        axes.annotate(f" {_figure(total)}", (total, place), va="center", fontsize=9)
    axes.set_yticks(range(len(measured)), [name_of(m) for m in measured])
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1.0))


def _shares(measured: Measured) -> Mapping[str, float]:
    """Mean milliseconds per stage, and of what the tools do beside the stages of retrieval."""
    share = measured.served.share
    named = {stage: share.get(stage, 0.0) for stage in STAGES}
    return {**named, "other": max(0.0, share.get("tools", 0.0) - sum(named[stage] for stage in _TOOLS))}


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _tables(measured: Sequence[Measured]) -> Sequence[tuple[str, Sequence[Sequence[str]]]]:
    head = ["", *(name_of(m) for m in measured)]
    return [
        ("Figures", [head, *([name, *(value(m) for m in measured)] for name, value in ROWS.items())]),
        ("Stages of a turn, p50 / p95 in ms over the turns that have them", [head, *_stage_rows(measured)]),
    ]


def _stage_rows(measured: Sequence[Measured]) -> Iterator[Sequence[str]]:
    for stage in (*STAGES[:2], "tools", *STAGES[2:]):
        cells = [m.served.stages.get(stage) for m in measured]
        yield [stage, *("" if q is None else f"{q.p50:.1f} / {q.p95:.1f}" for q in cells)]


ROWS: Mapping[str, Callable[[Measured], str]] = {
    "interactions of people": lambda m: f"{m.built.interactions:,} of {m.built.people:,}",
    "build": lambda m: f"{m.built.seconds:,.0f} s",
    "build, peak memory": lambda m: f"{m.built.peak_mib / 1024:.1f} GiB",
    "index on disk": lambda m: f"{sum(m.built.disk_mib.values()):,.0f} MiB",
    "collaborative filter that won": lambda m: m.built.cf or "none",
    "real encoder": lambda m: (
        f"{m.built.encoder_per_s:,.0f} texts/s; all: {m.items / m.built.encoder_per_s / 60:,.0f} min"
    ),
    "opening the index": lambda m: f"{m.served.load_s:.1f} s",
    "server until ready": lambda m: f"{m.ready_s:.1f} s",
    "server, resident after ten turns": lambda m: f"{m.server_mib:,.0f} MiB",
    "whole turn, p50 / p95": lambda m: f"{m.served.turn.p50:.0f} / {m.served.turn.p95:.0f} ms",
    "turns that fetch, p50 / p95": lambda m: f"{m.served.fetch.p50:.0f} / {m.served.fetch.p95:.0f} ms",
    "bare Chroma query, p50 / p95": lambda m: f"{m.served.bare.p50:.1f} / {m.served.bare.p95:.1f} ms",
    "whole turn / bare Chroma query": lambda m: f"{m.served.ratio:.1f} ×",
    "100 people at once": lambda m: f"{m.served.crowd.per_s:.0f} turns/s, p95 {m.served.crowd.turn.p95:,.0f} ms",
    "load average before the run": lambda m: f"{m.load:.1f}",
}


def readme(results: Results, settings: Settings) -> None:
    """Put the tables of figures and of validation into README.md."""
    measured = results.ordered()
    lines = ["| | " + " | ".join(name_of(m) for m in measured) + " |", "|---" * (len(measured) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(value(m) for m in measured) + " |" for name, value in ROWS.items()]
    _put("bench", "\n".join(lines))
    _put("validation", _validation(settings))


def _validation(settings: Settings) -> str:
    rows = open_catalog("movies", settings).manifest.validation
    lines = [f"| {m.source} | {m.hr_at_10:.3f} | {m.ndcg_at_10:.3f} | {m.n:,} |" for m in rows]
    return "\n".join(["| source | HR@10 | NDCG@10 | people |", "|---|---|---|---|", *lines])


def _put(name: str, table: str) -> None:
    """Replace what stands between two markers in README.md."""
    path = ROOT / "README.md"
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
