"""`veritem cartons`: pack stamps into cartons and cartons onto pallets, unpack, show."""

from typing import Annotated

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger.cartons.cartons import carton_from_row
from services.cartons import cartons
from services.cartons.cartons import CartonDetails, PackingResult
from services.documents.cartons import (
    describe_carton,
    describe_carton_details,
    describe_packing_result,
)
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.lots import CARTONS
from traceability.carton_label import format_label

app = typer.Typer(no_args_is_help=True, help="Cartons and pallets: pack, unpack, show.")

Label = Annotated[
    str,
    typer.Argument(
        metavar="LABEL",
        help="An SSCC (18 digits, or as scanned), or a number of your own: T-17, a pallet P-17.",
    ),
]
_WHAT = "Serial ranges (7·0-479), or labels of cartons for a pallet."


@app.command()
def pack(
    label: Label,
    contents: Annotated[list[str], typer.Argument(metavar="WHAT…", help=_WHAT)],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Pack activated stamps into a carton, or cartons onto a pallet: all or none."""
    result = call_service(file, lambda c: cartons.pack(c, label, contents, key), actor=actor)
    print_result(describe_packing_result(result), as_json, lambda: _render(result))


@app.command()
def unpack(
    label: Label,
    actor: SignedInAs,
    key: IdempotencyKey,
    contents: Annotated[
        list[str] | None, typer.Argument(metavar="[WHAT…]", help=f"{_WHAT} Without: all.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Unpack stamps from a carton, or cartons from a pallet: all or none of what is named."""
    result = call_service(
        file, lambda c: cartons.unpack(c, label, contents or None, key), actor=actor
    )
    print_result(describe_packing_result(result), as_json, lambda: _render(result))


@app.command()
def show(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="A label, or LABEL@ORGANISATION.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a carton or pallet: its stamps, lots, pallet and cartons."""
    details = call_service(file, lambda c: cartons.get_carton(c, label))
    print_result(describe_carton_details(details), as_json, lambda: _render_details(details))


@app.command("list")
def list_(
    search: Annotated[str, typer.Option(help="A label, a serial range or a lot.")] = "",
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List cartons and pallets, the one that changed last first."""
    asked = ListRequest(search=search, after=after)
    page = call_service(file, lambda c: find_list_page(c, CARTONS, asked))
    rows = [carton_from_row(row) for row in page.rows]
    print_result(
        {"cartons": [describe_carton(one) for one in rows], "next": page.next},
        as_json,
        lambda: print_table(
            "Cartons",
            ("label", "kind", "organisation", "stamps", "cartons", "pallet", "changed"),
            (
                (
                    one.label,
                    one.kind,
                    one.organisation,
                    str(one.stamps),
                    str(one.cartons),
                    one.pallet,
                    format_local_time(one.changed_at),
                )
                for one in rows
            ),
        ),
    )


def _render(result: PackingResult) -> None:
    act, carton = result.act, result.carton
    outcome = "already recorded" if act.repeated else "recorded"
    print_fields(
        f"{act.action} {format_label(act.label)}: {outcome}",
        {
            "stamps": act.stamps,
            "cartons": len(act.cartons) or None,
            "left as they were": act.skipped or None,
            f"in the {carton.kind} now": carton.stamps,
        },
    )


def _render_details(details: CartonDetails) -> None:
    carton = details.carton
    print_fields(
        f"{carton.kind} {format_label(carton.label)}",
        {
            "organisation": carton.organisation,
            "stamps": carton.stamps,
            "ranges": ", ".join(one.text for one in details.ranges) or None,
            "lots": ", ".join(details.lots) or None,
            "pallet": None if details.pallet is None else format_label(details.pallet.label),
            "cartons": ", ".join(format_label(one.label) for one in details.cartons) or None,
            "changed": format_local_time(carton.changed_at),
        },
    )
