"""The composition root: which catalogue opens, and how a running assistant gets a newer index."""

import asyncio
from pathlib import Path

import pytest

from agent.app import bundled, follow, open_catalog
from agent.assistant import Assistant
from agent.config import Settings
from agent.rules.model import RulesModel
from retrieval.build import build
from retrieval.errors import CatalogError, IndexMissing
from retrieval.source import find_source
from retrieval.versions import current_version
from tests.browser import small_catalog
from tests.fakes_retrieval import LetterEmbedder
from tests.fakes_store import MemoryStore


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
