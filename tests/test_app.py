"""The composition root: which catalogue opens, and how a running assistant gets a newer index."""

import asyncio
from pathlib import Path

import pytest

from agent.app import bundled, follow, load_all, open_catalog
from agent.assistant import Assistant
from agent.config import Settings
from agent.rules.model import RulesModel
from agent.types import TurnRequest
from retrieval.build import build
from retrieval.errors import CatalogError, IndexMissing
from retrieval.source import find_source
from retrieval.versions import current_version
from tests.browser import small_catalog
from tests.cli_runs import borrowed_home
from tests.fakes_retrieval import LetterEmbedder
from tests.fakes_store import MemoryStore
from ui.metrics import Metrics
from ui.serve_later import BUILDING, OPENING, offer_later
from ui.served import Served


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_the_bundled_films_are_known_by_name(settings: Settings) -> None:
    assert "movies" in bundled(settings)


def test_an_unknown_name_lists_the_known_ones(settings: Settings) -> None:
    with pytest.raises(CatalogError, match=r"'moveis'.*movies"):
        open_catalog("moveis", settings)


def test_a_path_without_an_index_names_the_command_that_makes_one(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="sommelier build"):
        open_catalog(str(tmp_path / "nothing"), settings)


def test_a_setting_that_does_not_exist_in_range_is_refused() -> None:
    with pytest.raises(ValueError, match="max_chars"):
        Settings(max_chars=3)


async def test_a_running_assistant_moves_to_a_newer_version_of_its_index(tmp_path: Path) -> None:
    first = small_catalog(tmp_path)
    store = MemoryStore()
    assistant = Assistant(first, RulesModel(first.linker, first.catalog), store, store)
    task = asyncio.create_task(follow(assistant, Settings(home=tmp_path), every_s=0.02, embedder=LetterEmbedder()))
    try:
        source = find_source(tmp_path / "films")
        await asyncio.to_thread(build, source, tmp_path / "index", home=tmp_path, embedder=LetterEmbedder())
        async with asyncio.timeout(30):
            while assistant.index.path == first.path:
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
    assert assistant.index.path == current_version(tmp_path / "index")


async def test_a_newer_version_that_cannot_be_opened_leaves_the_old_one_serving(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = small_catalog(tmp_path)
    store = MemoryStore()
    assistant = Assistant(first, RulesModel(first.linker, first.catalog), store, store)
    broken = first.path.parent / "29990101T000000-broken"
    broken.mkdir()
    (tmp_path / "index" / "CURRENT").write_text(broken.name, encoding="utf-8")
    task = asyncio.create_task(follow(assistant, Settings(home=tmp_path), every_s=0.02, embedder=LetterEmbedder()))
    try:
        async with asyncio.timeout(30):
            while "is not used" not in caplog.text:
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
    assert assistant.index is first


def test_several_catalogues_share_one_embedding_model(tmp_path: Path) -> None:
    settings = Settings(home=borrowed_home(tmp_path))
    paths = [str(tiny_index(tmp_path / name, settings.home)) for name in ("cheese", "wine")]
    assistants = load_all(paths, settings)
    assert list(assistants) == ["cheese", "wine"]
    cheese, wine = assistants.values()
    assert cheese.index.retriever.embedder is wine.index.retriever.embedder
    for name, assistant in assistants.items():
        done = assistant.ask(TurnRequest("something blue", user="ann", session="s"))
        assert {card.item.item_id.split("-")[0] for card in done.cards} <= {name}


def test_two_catalogues_of_one_name_are_refused(tmp_path: Path) -> None:
    settings = Settings(home=borrowed_home(tmp_path))
    path = str(tiny_index(tmp_path / "wine", settings.home))
    with pytest.raises(CatalogError, match="'wine'"):
        load_all([path, path], settings)


def test_the_default_catalogue_comes_first(settings: Settings) -> None:
    assert next(iter(bundled(settings))) == "movies"
    assert next(iter(bundled(settings.model_copy(update={"catalog": "shop"})))) == "shop"


def tiny_index(folder: Path, home: Path) -> Path:
    folder.mkdir()
    rows = [f"{folder.name}-{n},The {colour} one,It is {colour}." for n, colour in enumerate(("blue", "red", "green"))]
    (folder / "items.csv").write_text("\n".join(["item_id,title,description", *rows]), encoding="utf-8")
    build(find_source(folder), folder / "index", home=home)
    return folder / "index"


async def test_a_catalogue_that_is_not_built_joins_a_running_server_later(tmp_path: Path) -> None:
    settings = Settings(home=borrowed_home(tmp_path))
    served = Served({}, Metrics())
    task = asyncio.create_task(offer_later("shop", served, settings, asyncio.Lock()))
    try:
        async with asyncio.timeout(250):
            while not served.assistants:
                await asyncio.sleep(0.1)
                assert served.assistants or served.coming["shop"] in (OPENING, BUILDING)
    finally:
        task.cancel()
    assert served.coming == {}
    assert len(served.assistants["shop"].index.catalog) == 2465


async def test_a_catalogue_that_cannot_be_built_is_left_out_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served = Served({}, Metrics())
    settings = Settings(home=tmp_path, embedder=str(tmp_path / "no-such-model"))
    await offer_later("shop", served, settings, asyncio.Lock())
    assert served.assistants == {}
    assert "no-such-model" in served.coming["shop"]
    assert "'shop' is not offered" in caplog.text
