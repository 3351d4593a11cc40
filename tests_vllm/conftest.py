"""One vLLM server for all tests: the base in the box, with the tuned adapter and a variant of it."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import Settings
from finetune.serve import Server, running
from finetune.serve_command import Address
from finetune.serve_model import Model
from finetune.serve_prepare import Asked, prepare
from retrieval.index import Index
from tests.browser import small_catalog
from tests_vllm.serving import Served, two_adapters
from ui.listen import address_of, listen

_PATIENCE_S = 900.0
_WINDOW = 4096
"""Shorter than the longest full prompt, longer than any brief one."""


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films."""
    return small_catalog(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server, with 'one' and 'two'; every test leaves them as they were."""
    python = os.environ.get("VLLM_PYTHON")
    if not python:
        pytest.skip("VLLM_PYTHON names no Python that has vLLM; run 'make test-vllm'")
    folder = tmp_path_factory.mktemp("served")
    home = Settings().home
    one, two, tuned = two_adapters(folder, home)
    with listen("127.0.0.1", 0) as taken:
        address = Address(*address_of(taken))
    asked = Asked(Path(python).absolute(), address, adapters=(f"one={one}", f"two={two}"), window=_WINDOW)
    ready = prepare(asked, home, os.environ)
    logging.getLogger(__name__).info("%s on %s; tuned: %s", ready.model.name, ready.plan.told(), tuned)
    with running(ready.launch, folder / "server.log", _PATIENCE_S) as server:
        yield _served(server, ready.model, one, two, tuned=tuned)


def _served(server: Server, model: Model, one: Path, two: Path, *, tuned: bool) -> Served:
    return Served(server, f"{server.launch.address.url}/v1", model.name, one.resolve(), two.resolve(), tuned)
