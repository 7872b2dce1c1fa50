"""`veritem catalogues`: shared code lists with their versions."""

from typing import Annotated

import typer

from cli.context import ConfigFile
from cli.output import Json, print_result, print_table
from cli.use_cases import call_service
from desk.texts import find_labels
from services.catalogues.catalogues import get_catalogue, list_catalogues
from services.documents.catalogues import describe_catalogue, describe_row

app = typer.Typer(no_args_is_help=True, help="Shared code lists with their versions.")


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the catalogues."""
    found = call_service(file, lambda c: list_catalogues(c, find_labels))
    documents = [describe_catalogue(one) for one in found]
    print_result(
        {"catalogues": documents},
        as_json,
        lambda: print_table(
            "Catalogues",
            ("name", "title", "authority", "version", "entries"),
            (
                (one.name, one.title["en"], one.authority, one.version, one.entries)
                for one in documents
            ),
        ),
    )


@app.command("show")
def show_catalogue(
    name: Annotated[str, typer.Argument(help="A name in `catalogues list`.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show the entries of a catalogue."""
    found = call_service(file, lambda c: get_catalogue(c, name, find_labels))
    print_result(
        {"catalogue": describe_catalogue(found), "rows": [describe_row(row) for row in found.rows]},
        as_json,
        lambda: print_table(
            f"{found.title['en']}, version {found.version.version}",
            found.columns,
            ([row[column] for column in found.columns] for row in found.rows),
        ),
    )
