"""`veritem registry print-keys`: the age keys that bundles of a print house are encrypted to."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger.batches.print_keys import PrintKey
from services.batches import print_keys

app = typer.Typer(no_args_is_help=True, help="Keys of print houses, added and replaced.")

House = Annotated[str, typer.Argument(metavar="ORGANISATION", help="The print house.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="An age public key (age1…).")]


@app.command("list")
def list_keys(
    house: House, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """List the keys of a print house, retired ones too."""
    keys = call_service(file, lambda c: print_keys.list_keys(c, house), actor=actor)

    def show() -> None:
        rows = [
            (one.public_key, one.label, "retired" if one.retired_at else "in use") for one in keys
        ]
        print_table("Print keys", ["key", "label", "state"], rows)

    print_result({"keys": [asdict(one) for one in keys]}, as_json, show)


@app.command("add")
def add_key(
    house: House,
    key: Key,
    actor: SignedInAs,
    label: Annotated[str, typer.Option(help="A name to know it by.")] = "",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Encrypt new bundles to a further key."""
    added = call_service(file, lambda c: print_keys.add_key(c, house, key, label), actor=actor)
    _print_key(added, as_json)


@app.command("retire")
def retire_key(
    house: House, key: Key, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Encrypt no further bundle to a key; older bundles stay as they are."""
    retired = call_service(file, lambda c: print_keys.retire_key(c, house, key), actor=actor)
    _print_key(retired, as_json)


def _print_key(key: PrintKey, as_json: bool) -> None:
    document: dict[str, Any] = asdict(key)
    print_result(document, as_json, lambda: print_fields("Print key", document))
