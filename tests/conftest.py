"""What all tests share: no example is timed; the table of how the turns came out, told at the end of the run."""

import pytest
from hypothesis import settings

from tests.tally import Tally

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
