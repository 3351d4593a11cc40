"""`serve`: take the port, load the catalogues, serve."""

import sys
from dataclasses import dataclass

from agent.config import Settings
from ui.errors import BadInput
from ui.listen import listen, only_here, url_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where and what to serve, as given on the command line."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    catalogs: tuple[str, ...] = ()


def run(wanted: Wanted, settings: Settings) -> None:
    """Serve until told to stop. The port is taken first: what is slow comes after."""
    if not all(settings.api_keys):
        raise BadInput("SOMMELIER_API_KEYS holds an empty key; take it out")
    with listen(wanted.host, wanted.port) as taken:
        if not only_here(taken) and not settings.api_keys:
            sys.stderr.write(
                f"WARNING: {url_of(taken)} can be reached from other machines and asks for no key: whoever gets there "
                "can read and change every profile. Set SOMMELIER_API_KEYS, or leave --host out.\n"
            )
        # Only here: they take seconds to import.
        from agent.app import bundled, is_built, load_all
        from ui.cli_progress import LateBars
        from ui.serve import serve

        first = wanted.catalogs or (settings.catalog,)
        ours = tuple(bundled(settings))
        later = [] if wanted.catalogs or settings.catalog not in ours else [name for name in ours if name not in first]
        later.sort(key=lambda name: not is_built(name, settings))
        with LateBars() as bars:
            assistants = load_all(first, settings, bars)
        sys.stderr.write(f"Sommelier is at {url_of(taken)} (the API at {url_of(taken)}/v1); Ctrl-C stops it\n")
        serve(assistants, taken, settings, wanted.names, later)
