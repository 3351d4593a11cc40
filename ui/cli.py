"""The `sommelier` command. Commands import what they need when they run, so that --help answers at once."""

import logging
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ui.cli_failures import explained

if TYPE_CHECKING:
    from agent.config import Settings


@dataclass
class _Run:
    """One run of the command."""

    debug: bool = False


def _debug(context: typer.Context, debug: bool) -> None:
    if debug and isinstance(context.obj, _Run):
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
Session: TypeAlias = Annotated[str, typer.Option(help="The conversation to go on with; any name.")]

app = typer.Typer(
    name="sommelier",
    help="A conversational recommender: chats about taste and answers with ranked items and reasons.",
    epilog="Example: sommelier ask 'a slow western, but not from the fifties'",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
items = typer.Typer(help="Add, replace and delete items of a built index.", rich_markup_mode=None)
app.add_typer(items, name="items", epilog="Example: sommelier items add new.csv --catalog my-index")


@app.command(epilog="Example: sommelier build examples/movies --out my-index")
def build(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="A folder with items.csv (.jsonl, .parquet), or a bundled catalogue.")
    ] = "",
    items: Annotated[Path | None, typer.Option(metavar="FILE", help="Items, instead of a folder.")] = None,
    interactions: Annotated[Path | None, typer.Option(metavar="FILE", help="Who liked what; with --items.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the index goes; may be left out for a bundled catalogue.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    embedder: Annotated[
        str, typer.Option(metavar="MODEL", help="A sentence-transformers model, by name or folder.")
    ] = "",
    chroma_url: Annotated[str, typer.Option(metavar="URL", help="A Chroma server instead of embedded files.")] = "",
    debug: Debug = False,
) -> None:
    """Build an index from a catalogue, and from interactions if there are any."""
    from ui.cli_build import Wanted, build_index

    given = {name: value for name, value in (("embedder", embedder), ("chroma_url", chroma_url)) if value}
    build_index(Wanted(folder, items, interactions, out, strict), _settings().model_copy(update=given))


@items.command(epilog="Example: sommelier items add new.csv --catalog my-index")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Items, in a file like the one that was built from.")],
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Add the items of a file; those whose id is there already are replaced."""
    from ui.cli_build import add_items

    add_items(catalog, file, _settings())


@items.command(epilog="Example: sommelier items delete a17 a18 --catalog my-index")
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the items.")],
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Delete items by their ids."""
    from ui.cli_build import delete_items

    delete_items(catalog, ids, _settings())


@app.command(epilog="Example: sommelier ask 'something like Heat, but funny' --json")
def ask(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What you want; '-' reads standard input.")],
    user: User = "",
    session: Session = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    count: Annotated[int, typer.Option(min=1, max=50, help="Items of a list, unless TEXT names a number.")] = 5,
    diversity: Annotated[float, typer.Option(min=0, max=1, help="0 most relevant first, 1 most varied.")] = 0.3,
    language: Annotated[str, typer.Option(help="Of the reply. [default: that of TEXT]", show_default=False)] = "",
    catalog: Catalog = "",
    llm_url: LlmUrl = "",
    llm_model: LlmModel = "",
    debug: Debug = False,
) -> None:
    """Ask once. Without --user and --session nothing is kept."""
    from ui.cli_text import message_of

    settings = _settings(llm_url, llm_model)
    said = message_of(text, settings.max_chars)

    from agent import TurnRequest
    from agent.app import load
    from ui.cli_progress import LateBars
    from ui.cli_talk import ask as answer
    from ui.views import owner

    with LateBars() as bars:
        assistant = load(catalog, settings, bars)
    wanted = TurnRequest(said, owner(user, session), session, count=count, diversity=diversity, language=language)
    answer(assistant, wanted, as_json=as_json)


@app.command(epilog="Example: sommelier chat --user ann")
def chat(
    user: User = "me",
    session: Session = "",
    catalog: Catalog = "",
    llm_url: LlmUrl = "",
    llm_model: LlmModel = "",
    debug: Debug = False,
) -> None:
    """Chat. Your profile is kept from one chat to the next; /help lists the commands, Ctrl-D or /quit leaves, Ctrl-C
    stops a turn. In a pipe every line is a message, and the exit code is 1 if a turn failed."""
    settings = _settings(llm_url, llm_model)

    from agent import Assistant
    from agent.app import load
    from ui.cli_chat import Setting
    from ui.cli_chat import chat as talk
    from ui.cli_progress import LateBars

    def opened(name: str) -> Assistant:
        with LateBars() as bars:
            return load(name, settings, bars)

    if talk(Setting(catalog, user, session, settings, opened)):
        raise typer.Exit(1)


@app.command(epilog="Example: sommelier serve --port 8080")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name of this server, as a proxy passes it on.")
    ] = None,
    catalog: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|DIR",
            help="As elsewhere; may be given several times. [default: all bundled ones, films first]",
        ),
    ] = None,
    llm_url: LlmUrl = "",
    llm_model: LlmModel = "",
    debug: Debug = False,
) -> None:
    """Serve the page and the OpenAI-compatible API on one port."""
    settings = _settings(llm_url, llm_model)
    logging.getLogger("agent").setLevel(logging.INFO)

    from ui.cli_serve import Wanted, run

    run(Wanted(host, port, tuple(allow_host or ()), tuple(catalog or ())), settings)


@app.command(epilog="Example: sommelier mcp --catalog movies --user ann")
def mcp(
    user: User = "me",
    session: Session = "",
    catalog: Catalog = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Serve HTTP on this port instead; 0: stdio.")] = 0,
    debug: Debug = False,
) -> None:
    """Serve the tools over the Model Context Protocol, on standard input and output."""
    settings = _settings()

    from agent.app import load
    from ui.cli_progress import LateBars
    from ui.mcp_server import run

    with LateBars() as bars:
        assistant = load(catalog, settings.model_copy(update={"llm_url": ""}), bars)
    run(assistant, user, session, port)


def _settings(llm_url: str = "", llm_model: str = "") -> "Settings":
    from agent.config import Settings

    given = {name: value for name, value in (("llm_url", llm_url), ("llm_model", llm_model)) if value}
    return Settings().model_copy(update=given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, 0 only for success."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    run = _Run()
    try:
        code = app(args=arguments, prog_name="sommelier", standalone_mode=False, obj=run)
        sys.stdout.flush()
    except Exception as error:
        if run.debug:
            traceback.print_exc()
        message, code = explained(error)
        sys.stderr.write(f"sommelier: {message}\n")
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
