"""Commands of two words: `finetune …`. What they do is in the package of that name, imported when one runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ui.cli_options import Catalog, Debug, settings_of
from ui.errors import BadInput

Adapter: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME|DIR", help="Versions by name, under adapters/ in the home folder, or a folder.")
]


class Numbers(StrEnum):
    """What weights are written in."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


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


@finetune.command(epilog="Example: sommelier finetune augment rows/train.jsonl --out more.jsonl --kind slips")
def augment(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A file of rows.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the variants go; they are added to none.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="case, shout, signs, slips, words, names, asides, turns. [default: all]"),
    ] = None,
    copies: Annotated[int, typer.Option(metavar="N", min=1, help="Of each kind and row.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="The same rows again.")] = 0,
    debug: Debug = False,
) -> None:
    """Make variants of rows: the message as another person types it, the plan as right as before."""
    from ui.cli_rows import make_variants

    make_variants(rows, out, tuple(kind or ()), copies, seed)


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
    base: Annotated[str | None, typer.Option(metavar="NAME|DIR", help="Another base than the preset's.")] = None,
    rank: Annotated[int | None, typer.Option(help="Of the LoRA matrices.")] = None,
    alpha: Annotated[float | None, typer.Option(help="The adapter counts alpha / rank.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Of the adapter's input.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Times that every row is seen.")] = None,
    lr: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any option of the preset, as window=4096; may be repeated."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Tune a base on rows; stopped, it goes on where it was when it is run again."""
    from finetune.options import options_of

    given = {"base": base, "rank": rank, "alpha": alpha, "dropout": dropout, "epochs": epochs, "lr": lr}
    options = options_of(preset, settings or (), {name: value for name, value in given.items() if value is not None})

    from ui.cli_tuning import tune

    tune(rows, out, held_out, start, options, resume=resume)


@finetune.command(epilog="Example: sommelier finetune export tuned/adapter --merged --out served")
def export(
    what: Annotated[
        str, typer.Argument(metavar="DIR|NAME", help="An adapter, or versions of one; with --base a base.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder.")],
    merged: Annotated[bool, typer.Option("--merged", help="One model: the adapter worked into its base.")] = False,
    base: Annotated[bool, typer.Option("--base", help="The base alone, as safetensors.")] = False,
    dtype: Annotated[
        Numbers, typer.Option(help="Of weights; auto: float32 for the model in the box, else bfloat16.")
    ] = Numbers.auto,
    debug: Debug = False,
) -> None:
    """Write what vLLM loads: an adapter with its tokenizer, merged weights, or a base."""
    if merged and base:
        raise BadInput("--merged and --base are one too many; an adapter is merged, a base is not")

    from ui.cli_tuning import export as write

    write(what, out, dtype.value, merged=merged, base=base)


@finetune.command(
    "continue", epilog="Example: sommelier finetune continue --from box --new new.jsonl --replay old.jsonl"
)
def go_on(
    start: Annotated[
        str,
        typer.Option("--from", metavar="NAME|DIR", help="Versions of an adapter, or a plain adapter to begin with."),
    ],
    replay: Annotated[Path, typer.Option(metavar="FILE", help="Old rows, to be repeated and measured on.")],
    new: Annotated[Path | None, typer.Option(metavar="FILE", help="Rows to learn.")] = None,
    logs: Databases = None,
    logs_catalog: Annotated[
        str,
        typer.Option(metavar="NAME|DIR", help="Whose --logs they are. [default: as the file is called]"),
    ] = "",
    held_new: Annotated[
        Path | None, typer.Option(metavar="FILE", help="New rows to measure on. [default: a part of the new]")
    ] = None,
    held_old: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Old rows to measure on. [default: a part of --replay]")
    ] = None,
    replay_share: Annotated[float, typer.Option(min=0, max=0.95, help="Of old rows in what is learnt.")] = 0.3,
    held_share: Annotated[float, typer.Option(min=0.01, max=0.9, help="Of dialogues that are held out.")] = 0.2,
    sample: Annotated[int, typer.Option(min=1, help="Most rows to measure on, old and new each.")] = 200,
    gate: Annotated[float, typer.Option(min=0, help="Share of right old plans that may be lost.")] = 0.02,
    gate_tool: Annotated[float, typer.Option(min=0, help="The same for each tool.")] = 0.1,
    gate_loss: Annotated[float, typer.Option(min=0, help="Nats per token that old completions may lose.")] = 0.1,
    preset: Annotated[str, typer.Option(metavar="NAME", help="As in train.")] = "box",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An option of the preset, as lr=2e-4; may be repeated."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Train the next version on new rows and a replay of old ones; one that forgets is kept aside, with exit code 1."""
    from finetune.gate import Gate
    from ui.cli_continue import Files, continue_adapter, terms_of

    terms = terms_of(preset, settings or (), Gate(gate, gate_tool, gate_loss), replay_share, held_share, sample)
    continue_adapter(
        start, Files(new, tuple(logs or ()), logs_catalog, replay, held_new, held_old), terms, settings_of()
    )


@finetune.command(epilog="Example: sommelier finetune versions box --json")
def versions(
    name: Adapter,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as one JSON list.")] = False,
    debug: Debug = False,
) -> None:
    """List the versions of an adapter: lineage, figures, and which one serves."""
    from ui.cli_adapters import show_versions

    show_versions(name, settings_of(), as_json=as_json)


@finetune.command(epilog="Example: sommelier finetune rollback box")
def rollback(
    name: Adapter,
    to: Annotated[str, typer.Option(metavar="VERSION", help="Where to. [default: what it was trained on from]")] = "",
    debug: Debug = False,
) -> None:
    """Let the version before serve again."""
    from ui.cli_adapters import roll_back

    roll_back(name, to, settings_of())


@finetune.command(epilog="Example: sommelier finetune use box v0002")
def use(
    name: Adapter,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="One of 'finetune versions'.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Even one that the gate refused.")] = False,
    debug: Debug = False,
) -> None:
    """Let a version serve."""
    from ui.cli_adapters import use_version

    use_version(name, version, settings_of(), anyway=anyway)


@finetune.command(
    epilog="Example: sommelier finetune evaluate --model rules --model tuned=models/sommelier-135m --out figures"
)
def evaluate(
    model: Annotated[
        list[str],
        typer.Option(
            metavar="[NAME=]SPEC",
            help="A row: rules, base, an adapter's folder, URL#MODEL, or PLANNER+TELLER of these; repeated.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Keeps answers and tables; a stopped run goes on.")],
    redial_val: Annotated[Path | None, typer.Option(metavar="FILE", help="ReDial dialogues.")] = None,
    redial_items: Annotated[Path | None, typer.Option(metavar="FILE", help="ReDial's films.")] = None,
    redial_train: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ReDial training dialogues: only to count how known films are.")
    ] = None,
    sgd_dev: Annotated[Path | None, typer.Option(metavar="FILE", help="SGD dialogues.")] = None,
    sgd_schema: Annotated[Path | None, typer.Option(metavar="FILE", help="Their schema.json.")] = None,
    turns_file: Annotated[
        list[Path] | None, typer.Option("--turns", metavar="FILE", help="Turns written by hand; repeated.")
    ] = None,
    catalog: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|DIR", help="Generated tests, and dialogues with the engine; repeated."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Cases per set. [default: all]", show_default=False)] = None,
    dialogues: Annotated[int, typer.Option(min=0, help="Dialogues with the engine per catalogue.")] = 0,
    seed: Annotated[int, typer.Option(help="Which cases a sample has.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Plans asked of a server at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object, last.")] = False,
    debug: Debug = False,
) -> None:
    """Measure models on data that none was trained on, and print the tables."""
    from finetune.evaluate import Wanted
    from finetune.evaluate_sets import Sets
    from ui.cli_evaluate import measure

    sets = Sets(
        redial_val, redial_items, redial_train, sgd_dev, sgd_schema, tuple(turns_file or ()), tuple(catalog or ())
    )
    measure(Wanted(tuple(model), out, limit, dialogues, seed, jobs), sets, settings_of(), as_json=as_json)


@finetune.command(epilog="Example: sommelier finetune prompts --catalog movies --out docs")
def prompts(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where prompt-tokens.json and .png go.")],
    turns: Annotated[int, typer.Option(min=1, help="Length of the dialogue.")] = 100,
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Count the tokens of the prompts of one long dialogue, turn by turn, and plot them."""
    settings = settings_of()

    from ui.cli_evaluate import curve

    curve(catalog or settings.catalog, turns, out, settings)
