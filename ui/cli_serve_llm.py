"""Commands of `serve-llm`: start a vLLM server, and change its adapters while it runs."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from ui.cli_options import Debug

serve_llm = typer.Typer(
    help="Serve a language model, tuned or not, with vLLM; change its adapters while it runs.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

Url: TypeAlias = Annotated[
    str,
    typer.Option(envvar="SOMMELIER_LLM_URL", metavar="URL", help="The server.", show_default=True),
]
Adapter: TypeAlias = Annotated[
    str, typer.Argument(metavar="DIR|NAME=DIR", help="The folder of an adapter, or of its versions.")
]
_URL = "http://127.0.0.1:8000/v1"


@serve_llm.callback(
    epilog="Example: sommelier serve-llm --adapter models/sommelier-135m --python .venv-vllm/bin/python"
)
def serve(
    context: typer.Context,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The base. [default: that of the adapters]", show_default=False)
    ] = "",
    adapter: Annotated[
        list[str] | None, typer.Option(metavar="DIR|NAME=DIR", help="An adapter on it; may be given several times.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    python: Annotated[
        Path | None,
        typer.Option(
            envvar="VLLM_PYTHON", metavar="FILE", help="A Python that has vLLM. [default: .venv-vllm or this]"
        ),
    ] = None,
    prompts: Annotated[
        Literal["full", "brief"] | None,
        typer.Option(help="What clients send. [default: brief with an adapter, else full]", show_default=False),
    ] = None,
    max_model_len: Annotated[int, typer.Option(min=0, help="Tokens of a chat; 0: what our prompts need.")] = 0,
    max_num_seqs: Annotated[int, typer.Option(min=0, help="Chats answered at once; 0: what fits.")] = 0,
    max_lora_rank: Annotated[int, typer.Option(min=1, help="Highest rank of adapters that are loaded later.")] = 16,
    wait: Annotated[float, typer.Option(min=1, help="Seconds that it may take to start.")] = 900,
    debug: Debug = False,
) -> None:
    """Start vLLM with what our prompts and tools need, wait until it is healthy, and print how to use it."""
    if context.invoked_subcommand:
        return
    from ui.cli_llm_server import Wanted, run

    window = (max_model_len, max_num_seqs, max_lora_rank)
    run(Wanted(model, tuple(adapter or ()), host, port, python, prompts, *window, wait))


@serve_llm.command(epilog="Example: sommelier serve-llm adapters")
def adapters(url: Url = _URL, debug: Debug = False) -> None:
    """List what a server serves: name, base, folder."""
    from ui.cli_llm_server import list_adapters

    list_adapters(url)


@serve_llm.command(epilog="Example: sommelier serve-llm load gifts=tuned/gifts")
def load(adapter: Adapter, url: Url = _URL, debug: Debug = False) -> None:
    """Serve one more adapter."""
    from ui.cli_llm_server import change

    change("load", url, adapter)


@serve_llm.command(epilog="Example: sommelier serve-llm swap sommelier=tuned/v0002")
def swap(adapter: Adapter, url: Url = _URL, debug: Debug = False) -> None:
    """Serve another version of an adapter under its name; chats go on."""
    from ui.cli_llm_server import change

    change("swap", url, adapter)


@serve_llm.command(epilog="Example: sommelier serve-llm unload gifts")
def unload(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of an adapter that is served.")],
    url: Url = _URL,
    debug: Debug = False,
) -> None:
    """Serve an adapter no longer."""
    from ui.cli_llm_server import drop

    drop(url, name)
