"""What all tests share: no example is timed; the table of how the turns came out, told at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.tally import Tally

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser import Visit

# A test that fails on a busy machine and passes on an idle one says nothing about the program.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Where tests of turns count what came out right."""
    return pytestconfig.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, if any turn was judged."""
    counted = config.stash.get(_TALLY, Tally())
    if counted.total:
        terminalreporter.section("turns understood, by kind of request")
        for line in counted.lines():
            terminalreporter.write_line(line)


# Not for the session: while Playwright runs, its event loop keeps asynchronous tests of other modules from running.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of the machine, for the tests of the page."""
    from tests.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of the page on a small catalogue; the second serves it with a slow model as well."""
    from tests.browser import two_servers

    with two_servers(tmp_path_factory.mktemp("page")) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, urls: tuple[str, str]) -> Iterator[Visit]:
    """People who come to the page."""
    from tests.browser import visits

    with visits(browser, urls) as come:
        yield come
