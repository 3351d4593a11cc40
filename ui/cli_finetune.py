"""Commands of two words: `finetune …`. What they do is in the package of that name, imported when one runs."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ui.cli_options import Debug, settings_of

finetune = typer.Typer(help="Tune a language model on the tools and prompts of this program.", rich_markup_mode=None)


Catalogs: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="NAME|DIR", help="Make conversations for it; may be repeated.")
]
Databases: TypeAlias = Annotated[
    list[Path] | None, typer.Option(metavar="DB", help="Turns that were kept: people/movies.db; may be repeated.")
]
Added: TypeAlias = Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Rows made before; may be repeated.")]
HeldOut: TypeAlias = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="What is measured on, never to be trained on.")
]


@finetune.command(epilog="Example: sommelier finetune data --out rows --catalog movies --catalog shop")
def data(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where train.jsonl, val.jsonl and manifest.json go.")],
    catalog: Catalogs = None,
    redial: Annotated[Path | None, typer.Option(metavar="DIR", help="ReDial: items and train_dialogues.")] = None,
    sgd: Annotated[Path | None, typer.Option(metavar="DIR", help="SGD: train_rec_domains, train_schema.")] = None,
    logs: Databases = None,
    add: Added = None,
    held_out: HeldOut = None,
    rows: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many rows to train on.")] = None,
    generated: Annotated[int, typer.Option(metavar="N", min=0, help="Plans per catalogue and language.")] = 2500,
    replies: Annotated[int, typer.Option(metavar="N", min=0, help="Replies per catalogue and language.")] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="The same rows again.")] = 0,
    debug: Debug = False,
) -> None:
    """Make training rows from catalogues, dialogues and logs."""
    from finetune.data import DataOptions
    from ui.cli_rows import make_rows

    options = DataOptions(
        out=out,
        redial=redial,
        sgd=sgd,
        catalogs=tuple(catalog or ()),
        logs=tuple(logs or ()),
        add=tuple(add or ()),
        held_out=tuple(held_out or ()),
        rows=rows,
        generated=generated,
        replies=replies,
        seed=seed,
    )
    make_rows(options, settings_of())


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
