"""The `sommelier` command. Commands import what they need when they run, so that --help answers at once."""

import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ui.cli_failures import explained
from ui.cli_finetune import finetune
from ui.cli_groups import items, profile
from ui.cli_options import Catalog, Debug, LlmModel, LlmUrl, Run, Session, User, settings_of
from ui.cli_serve_llm import serve_llm

app = typer.Typer(
    name="sommelier",
    help="A conversational recommender: chats about taste and answers with ranked items and reasons.",
    epilog="Example: sommelier ask 'a slow western, but not from the fifties'",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(items, name="items", epilog="Example: sommelier items add new.csv --catalog my-index")
app.add_typer(profile, name="profile", epilog="Example: sommelier profile show --user ann")
app.add_typer(finetune, name="finetune", epilog="Example: sommelier finetune train rows.jsonl --out tuned")
app.add_typer(serve_llm, name="serve-llm")


@app.command(epilog="Example: sommelier build examples/movies --out my-index")
def build(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="DIR", help="A folder with items.csv (.jsonl, .parquet), such a file, or a bundled catalogue."
        ),
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
    build_index(Wanted(folder, items, interactions, out, strict), settings_of().model_copy(update=given))


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

    settings = settings_of(llm_url, llm_model)
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
    settings = settings_of(llm_url, llm_model)

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
    settings = settings_of(llm_url, llm_model)
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
    settings = settings_of()

    from agent.app import load
    from ui.cli_progress import LateBars
    from ui.mcp_server import run

    with LateBars() as bars:
        assistant = load(catalog, settings.model_copy(update={"llm_url": ""}), bars)
    run(assistant, user, session, port)


@app.command(epilog="Example: sommelier catalogs --json")
def catalogs(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as one JSON list.")] = False,
    debug: Debug = False,
) -> None:
    """List the catalogues: name, title, items, and whether it is built."""
    from ui.cli_catalogs import show_catalogs

    show_catalogs(settings_of(), as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, 0 only for success."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    run = Run()
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
