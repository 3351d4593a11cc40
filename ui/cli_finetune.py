"""Commands of two words: `finetune …`. What they do is in the package of that name, imported when one runs."""

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_options import Debug

finetune = typer.Typer(help="Tune a language model on the tools and prompts of this program.", rich_markup_mode=None)


@finetune.command(epilog="Example: sommelier finetune train rows --out tuned --preset box --set accumulation=4")
def train(
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS", help="A file of rows, or a folder with train.jsonl and val.jsonl.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where checkpoints go, and in the end adapter/.")],
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="smoke (minutes on a CPU), box (the shipped model), gpu-8b.")
    ] = "box",
    held_out: Annotated[Path | None, typer.Option(metavar="FILE", help="Rows that say when to stop.")] = None,
    start: Annotated[Path | None, typer.Option(metavar="DIR", help="An adapter to go on from.")] = None,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with the run in --out.")] = True,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An option of the preset, as rank=8; may be repeated."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Tune a base on rows; stopped, it goes on where it was when it is run again."""
    from finetune.options import options_of

    options = options_of(preset, settings or ())

    from ui.cli_tuning import tune

    tune(rows, out, held_out, start, options, resume=resume)
