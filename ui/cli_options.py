"""What the commands have in common: their options, and the settings they run with."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from agent.config import Settings


@dataclass
class Run:
    """One run of the command."""

    debug: bool = False


def _debug(context: typer.Context, debug: bool) -> None:
    if debug and isinstance(context.obj, Run):
        context.obj.debug = True
        logging.getLogger().setLevel(logging.INFO)


Debug: TypeAlias = Annotated[
    bool, typer.Option("--debug", callback=_debug, is_eager=True, help="Show tracebacks and the log on stderr.")
]
Catalog: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="SOMMELIER_CATALOG",
        metavar="NAME|DIR",
        help="A bundled catalogue, or the path of a built index. [default: movies]",
        show_default=False,
    ),
]
User: TypeAlias = Annotated[str, typer.Option(help="Who is asking: the profile that is read and kept.")]
LlmUrl: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="SOMMELIER_LLM_URL",
        metavar="URL",
        help="An OpenAI-compatible server whose model understands and writes; without one, rules do.",
    ),
]
LlmModel: TypeAlias = Annotated[
    str, typer.Option(envvar="SOMMELIER_LLM_MODEL", metavar="NAME", help="The model's name on that server.")
]
Whose: TypeAlias = Annotated[str, typer.Option("--user", help="Whose profile.")]
Session: TypeAlias = Annotated[str, typer.Option(help="The conversation to go on with; any name.")]


def settings_of(llm_url: str = "", llm_model: str = "") -> "Settings":
    """The settings of the environment, and what the command line says otherwise."""
    from agent.config import Settings

    read = Settings()
    if not (llm_url or llm_model):
        return read
    return Settings(llm_url=llm_url or read.llm_url, llm_model=llm_model or read.llm_model)
