"""Commands of two words: `items …` and `profile …`."""

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_options import Catalog, Debug, Session, Whose, settings_of

items = typer.Typer(help="Add, replace and delete items of a built index.", rich_markup_mode=None)
profile = typer.Typer(help="See, export and delete what is kept about a person.", rich_markup_mode=None)


@items.command(epilog="Example: sommelier items add new.csv --catalog my-index")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Items, in a file like the one that was built from.")],
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Add the items of a file; those whose id is there already are replaced."""
    from ui.cli_build import add_items

    add_items(catalog, file, settings_of())


@items.command(epilog="Example: sommelier items delete a17 a18 --catalog my-index")
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the items.")],
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Delete items by their ids."""
    from ui.cli_build import delete_items

    delete_items(catalog, ids, settings_of())


@profile.command(epilog="Example: sommelier profile show --user ann")
def show(user: Whose, session: Session = "", catalog: Catalog = "", debug: Debug = False) -> None:
    """Show what counts about a person: lasting, and with --session what was said there."""
    from ui.cli_people import show_profile

    show_profile(user, session, catalog, settings_of())


@profile.command(epilog="Example: sommelier profile export --user ann > ann.json")
def export(user: Whose, catalog: Catalog = "", debug: Debug = False) -> None:
    """Print everything that is kept about a person, as JSON."""
    from ui.cli_people import export_profile

    export_profile(user, catalog, settings_of())


@profile.command("delete", epilog="Example: sommelier profile delete --user ann --yes")
def delete_person(
    user: Whose,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    catalog: Catalog = "",
    debug: Debug = False,
) -> None:
    """Delete everything about a person, and what they typed in chats. It cannot be undone."""
    from ui.cli_people import delete_profile

    delete_profile(user, catalog, settings_of(), sure=yes)
