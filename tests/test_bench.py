"""The whole way of a benchmark on a catalogue of three hundred items: generated, built, talked to, reported."""

import gzip
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from agent import Assistant
from bench.child import chat
from bench.crowd import CrossTalk, chat_at_once
from bench.figures import Built, Measured, Results, Served, read_results
from bench.report import write_report
from bench.synthetic import Plan, Seeds, SentenceMeans, generate
from bench.turns import Script
from retrieval.build import build
from retrieval.index import open_index
from retrieval.load import load
from retrieval.source import find_source
from retrieval.spec_file import read_overlay
from retrieval.types import Item
from tests.fakes_retrieval import LetterEmbedder
from tests.small_shop import shop_assistant

MOVIES = Path(__file__).parents[1] / "examples" / "movies"
PLAN = Plan(items=300, events_per_item=8.0, seed=3)


@pytest.fixture(scope="session")
def seeds() -> Seeds:
    """A few real films."""
    with gzip.open(MOVIES / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 6_000, 6_200)]
    facets = ("year", "genres", "cast", "director", "country")
    items = [
        Item(
            row["item_id"],
            row["title"],
            row["description"],
            {name: tuple(v) if isinstance(v := row[name], list) else float(v) for name in facets if name in row},
        )
        for row in rows
    ]
    return Seeds.of(items, LetterEmbedder().embed([item.description for item in items]))


@pytest.fixture(scope="session")
def folder(seeds: Seeds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated source files."""
    path = tmp_path_factory.mktemp("bench") / "source"
    generate(PLAN, seeds, path)
    return path


@pytest.fixture(scope="session")
def assistant(seeds: Seeds, folder: Path) -> Assistant:
    """Over an index built from them as the benchmark builds it."""
    embedder = LetterEmbedder()
    build(
        find_source(folder), folder.parent / "index", home=folder.parent, embedder=SentenceMeans(embedder.name, seeds)
    )
    return shop_assistant(open_index(folder.parent / "index", folder.parent, embedder), folder.parent / "people.db")


def test_the_same_plan_gives_the_same_bytes_and_is_not_done_twice(seeds: Seeds, folder: Path, tmp_path: Path) -> None:
    generate(PLAN, seeds, tmp_path / "again")
    names = ("items.jsonl", "interactions.csv", "catalog.toml")
    assert all((tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes() for name in names)
    (folder / "items.jsonl").touch()
    before = (folder / "items.jsonl").stat().st_mtime_ns
    generate(PLAN, seeds, folder)
    assert (folder / "items.jsonl").stat().st_mtime_ns == before
    generate(Plan(items=301, events_per_item=8.0, seed=3), seeds, tmp_path / "again")
    assert len((tmp_path / "again" / "items.jsonl").read_text(encoding="utf-8").splitlines()) == 301


def test_every_row_can_be_used_and_titles_are_unique(folder: Path) -> None:
    source = find_source(folder)
    loaded = load(source.items, source.interactions, read_overlay(source.spec), strict=True)
    assert len({item.title for item in loaded.items}) == len(loaded.items) == PLAN.items
    assert all(
        item.description and {"genres", "cast", "director", "price"} <= item.facets.keys() for item in loaded.items
    )
    assert len(loaded.interactions) == pytest.approx(PLAN.items * PLAN.events_per_item, rel=0.05)
    met = np.bincount([int(event.item_id[1:]) for event in loaded.interactions], minlength=PLAN.items)
    assert np.sort(met)[-30:].sum() > 3 * np.sort(met)[:30].sum()


def test_a_vector_is_the_mean_of_the_films_it_quotes(seeds: Seeds) -> None:
    first, second = seeds.sentences[0][0], seeds.sentences[1][0]
    wanted = seeds.vectors[0] + seeds.vectors[1]
    found = SentenceMeans("letters", seeds).embed([f"{first} {second}"])[0]
    assert found == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-6)
    with pytest.raises(ValueError, match="quotes no sentence"):
        SentenceMeans("letters", seeds).embed(["Nothing of that."])


async def test_dialogues_and_a_crowd_are_measured_stage_by_stage(assistant: Assistant) -> None:
    served = await chat(assistant, 1.0, people=2, crowd=8)
    assert served.turn.n == served.bare.n == 12
    assert served.crowd.people == 8 and served.crowd.turns == 48
    assert {"load", "plan", "tools", "tell", "evidence"} <= served.stages.keys()
    assert served.ratio == pytest.approx(served.turn.p50 / served.bare.p50)
    assert 0 < served.anonymous_mib <= served.resident_mib


async def test_a_leak_between_two_people_is_noticed(assistant: Assistant) -> None:
    script = Script.of(assistant)
    await chat_at_once(assistant, script, 2, "leak")
    with pytest.raises(CrossTalk, match="crowd-leak-1 loved"):
        await chat_at_once(assistant, Script(script.titles[1:], script.people), 2, "leak")


async def test_the_report_holds_every_figure_and_stands_alone(assistant: Assistant, tmp_path: Path) -> None:
    served = await chat(assistant, 1.0, people=1, crowd=2)
    results = (
        Results().replaced(_measured("300", served), "a machine").replaced(_measured("films", served), "a machine")
    )
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results
    write_report(results, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 5 and "http" not in page.replace("http-equiv", "")
    assert len(page) < 1_000_000
    assert f"{served.turn.p50:.0f} / {served.turn.p95:.0f} ms" in page


def _measured(name: str, served: Served) -> Measured:
    built = Built(
        seconds=3.0,
        stages={"read": 1.0, "learn from interactions": 2.0},
        peak_mib=500,
        disk_mib={"chroma": 4.0},
        interactions=2_400,
        people=200,
        cf="EASE",
        encoder_per_s=100.0,
    )
    return Measured(
        name=name, items=300, at="2026-01-01", load=0.1, built=built, served=served, ready_s=5.0, server_mib=400
    )
