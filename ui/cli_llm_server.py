"""`serve-llm`: what its commands do and say."""

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.config import ROOT
from agent.prompts import Style
from finetune.serve import Progress, running, told_to_stop
from finetune.serve_adapters import Adapters
from finetune.serve_command import Address
from finetune.serve_model import adapter_of
from finetune.serve_prepare import Asked, prepare
from ui.cli_options import settings_of
from ui.listen import address_of, listen, only_here


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to serve, as given on the command line."""

    model: str
    adapters: tuple[str, ...]
    host: str
    port: int
    python: Path | None
    prompts: Style | None
    window: int
    chats: int
    rank: int
    patience_s: float


def run(wanted: Wanted) -> None:
    """Serve until told to stop."""
    settings = settings_of()
    key = settings.llm_key.get_secret_value()
    with listen(wanted.host, wanted.port) as taken:  # and given back: a port in use is told before anything slow
        host, port = address_of(taken)
        if not (only_here(taken) or key):
            sys.stderr.write(
                "WARNING: the model can be reached from other machines and asks for no key: whoever gets there can use "
                "it and load adapters. Set SOMMELIER_LLM_KEY, or leave --host out.\n"
            )
    logging.getLogger("transformers").setLevel(logging.ERROR)
    asked = Asked(
        wanted.python or _python(), Address(host, port, key), wanted.model, wanted.adapters, wanted.prompts,
        wanted.window, wanted.chats, wanted.rank,
    )  # fmt: skip
    prepared = prepare(asked, settings.home, os.environ)
    sys.stderr.write(f"{prepared.model.name} on {prepared.plan.told()}\n")
    log = settings.home / "vllm" / f"server-{port}.log"
    try:
        with told_to_stop(), running(prepared.launch, log, wanted.patience_s, _progress()) as server:
            hint = " (and SOMMELIER_LLM_KEY)" if key else ""
            sys.stderr.write(f"{_line_end()}vLLM is healthy, its log is {log}, Ctrl-C stops it; to use it{hint}:\n")
            sys.stdout.write(f"{prepared.line}\n")
            sys.stdout.flush()
            server.wait()
    except KeyboardInterrupt:
        sys.stderr.write(f"{_line_end()}vLLM is stopped\n")


def list_adapters(url: str) -> None:
    """Print what is served, a model on a line."""
    for served in _adapters(url).served():
        print("\t".join((served.name, served.base or "-", served.place)))


def change(how: Literal["load", "swap"], url: str, given: str) -> None:
    """Load or swap an adapter, whose files are looked at first."""
    adapter = adapter_of(given)
    adapters = _adapters(url)
    told = adapters.load(adapter) if how == "load" else adapters.swap(adapter)
    before = f" instead of {told.place}" if how == "swap" else ""
    print(f"{adapter.name} is served from {adapter.folder}{before}")


def drop(url: str, name: str) -> None:
    """Unload an adapter."""
    print(f"{name} of {_adapters(url).unload(name).place} is served no longer")


def _adapters(url: str) -> Adapters:
    return Adapters(url, settings_of().llm_key)


def _python() -> Path:
    """That of the venv that `make .venv-vllm` makes, else the one that runs this."""
    own = ROOT / ".venv-vllm" / "bin" / "python"
    return own if own.is_file() else Path(sys.executable)


def _line_end() -> str:
    """What ends the line that counts, where there is one."""
    return "\n" if sys.stderr.isatty() else ""


def _progress() -> Progress:
    """A line that counts on a terminal; elsewhere a line a minute."""
    told = [-60.0]

    def show(waited: float) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rvLLM is starting … {waited:.0f} s ")
            sys.stderr.flush()
        elif waited - told[0] >= 60.0:
            told[0] = waited
            sys.stderr.write(f"vLLM is starting … {waited:.0f} s\n")

    return show
