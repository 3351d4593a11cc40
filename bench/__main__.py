"""Measure speed and size, on the bundled films and on synthetic catalogues: python -m bench [--sizes 12000,100000]

Each catalogue is generated, built, opened and talked to in processes of its own; what is already generated and built
is kept (under the home folder, in bench/) and not done again, so that a run that was cut off goes on where it was. The
figures go to docs/bench/results.json, the plots and the report beside it; --readme puts the tables into README.md.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from agent.app import bundled
from agent.config import Settings
from bench.figures import Built, Measured, Served, read_results
from bench.report import readme, write_report
from bench.server import ready_and_resident
from bench.synthetic import Plan, generate, is_generated, real_films
from bench.turns import MESSAGES, PEOPLE
from retrieval.layout import read_manifest
from retrieval.versions import current_version

CROWD = 100
FILMS = "films"


def main() -> None:
    """Measure what is asked for, keep it, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=f"{FILMS},12000,100000", help="'films' and numbers of synthetic items")
    parser.add_argument("--people", type=int, default=PEOPLE, help="dialogues of six turns, one after the other")
    parser.add_argument("--again", action="store_true", help="build again what is built")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    args = parser.parse_args()
    settings = Settings()
    for size in filter(None, args.sizes.split(",")):
        measure(size, settings, args.people, again=args.again)
    write_report(read_results())
    if args.readme:
        readme(read_results(), settings)


def measure(size: str, settings: Settings, people: int, *, again: bool) -> None:
    """Measure one catalogue and keep the figures."""
    say(f"== {size}")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as fresh:
        if size == FILMS:
            home, out, figures = _films(settings, Path(fresh))
        else:
            home, out, figures = _synthetic(int(size), settings, again=again)
        say("turns one after the other, then a crowd's at once")
        served = Served.model_validate_json(_child("serve", home, out, people, CROWD))
        say("a server, until it is ready")
        ready, resident = ready_and_resident(str(out), home, MESSAGES)
        manifest = read_manifest(current_version(out))
    measured = Measured(
        name=size,
        items=manifest.items,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        load=round(load, 1),
        built=figures,
        served=served,
        ready_s=ready,
        server_mib=resident,
    )
    read_results().replaced(measured, _machine()).write()


def _films(settings: Settings, home: Path) -> tuple[Path, Path, Built]:
    """The first index of the bundled films on a fresh machine, encoder export included."""
    say("first index, encoder export included")
    out = home / "indexes" / "movies"
    return home, out, Built.model_validate_json(_child("build", home, out, bundled(settings)["movies"].items.parent))


def _synthetic(items: int, settings: Settings, *, again: bool) -> tuple[Path, Path, Built]:
    """A synthetic catalogue and its index, made unless they are there."""
    folder = settings.home / "bench" / str(items)
    plan = Plan(items, 8.0 if items <= 100_000 else 3.0)
    kept, out = folder / "built.json", folder / "index"
    if not is_generated(plan, folder / "source"):
        say("reading the bundled films, whose index is built if need be")
        seeds = real_films(settings)
        say(f"generating {items:,} items in {folder / 'source'}")
        generate(plan, seeds, folder / "source")
    made = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    if again or made.get("plan") != asdict(plan):
        shutil.rmtree(out, ignore_errors=True)
        say(f"building {items:,} items")
        built = Built.model_validate_json(_child("build", settings.home, out, folder / "source", "synthetic"))
        kept.write_text(json.dumps({"plan": asdict(plan), "built": built.model_dump()}), encoding="utf-8")
        return settings.home, out, built
    say("the index is kept; --again builds it again")
    return settings.home, out, Built.model_validate(made["built"])


def _child(job: str, *args: object) -> str:
    """Run one measurement in a process of its own; its progress goes to the terminal."""
    command: Sequence[str] = [sys.executable, "-m", "bench.child", job, *map(str, args)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1]


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").is_file() else ""
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor()}, {memory:.0f} GiB, no GPU"


def say(text: str) -> None:
    """Tell what is going on, with the time."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")


if __name__ == "__main__":
    main()
