"""`veritem lot`: lots, the produce that stamps vouch for."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.context import ConfigFile, SignedInAs, read_input
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.use_cases import call_service
from ledger import LotRow, Proposal
from services import ServiceContext
from services.documents import (
    describe_lot,
    describe_lot_import,
    describe_lot_version,
    describe_proposal,
)
from services.lots import lot_imports, lots
from services.lots.lot_imports import LotImportPreview
from services.lots.lots import CorrectionRequest
from traceability.lot_changes import CorrectionReason
from traceability.lot_profiles import CROP, find_profile
from web.text_files import convert_to_utf8

app = typer.Typer(no_args_is_help=True, help="Lots: the produce that stamps vouch for.")


@app.command("put")
def put_lot(
    document: Annotated[Path, typer.Argument(help="The lot as JSON (docs/lot.md).")],
    actor: SignedInAs,
    organisation: Annotated[
        str | None,
        typer.Option(help="Whose lot it is, if its packing house is not registered yet."),
    ] = None,
    reason: Annotated[
        CorrectionReason | None,
        typer.Option(help="Why it is corrected, once stamps are bound; it is published."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="A note for staff.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Store a lot or a new version of it, and print what it lacks before stamps can be bound."""
    try:
        content: Any = orjson.loads(convert_to_utf8(read_input(document)))
    except orjson.JSONDecodeError as error:
        raise CommandRefused(why=f"{document} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise CommandRefused(why=f"{document} is not a JSON object")

    async def put(context: ServiceContext) -> LotRow | Proposal:
        return await lots.submit_lot(
            context, content, organisation=organisation, correction=CorrectionRequest(reason, note)
        )

    saved = call_service(file, put, actor=actor)
    if isinstance(saved, Proposal):
        _print_proposal(saved, as_json)
    else:
        _print_lot(saved, as_json)


@app.command("show")
def show_lot(code: str, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a lot and what it lacks."""
    _print_lot(call_service(file, lambda c: lots.get_lot(c, code)), as_json)


@app.command("versions")
def list_versions(code: str, file: ConfigFile = None, as_json: Json = False) -> None:
    """List the versions of a lot, newest first: author, time, what changed, and why."""
    page = call_service(file, lambda c: lots.list_versions(c, code))
    print_result(
        {"versions": [describe_lot_version(v) for v in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            f"Versions of lot {code}",
            ("version", "by", "at", "changed", "reason", "confirmed by"),
            (
                (
                    str(version.version),
                    version.actor,
                    format_local_time(version.at),
                    ", ".join(version.changed),
                    version.reason,
                    version.confirmed_by,
                )
                for version in page.items
            ),
        ),
    )


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the lots, newest first."""
    page = call_service(file, lambda c: lots.list_lots(c))
    print_result(
        {"lots": [describe_lot(lot) for lot in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Lots",
            ("lot", "product", "packing house", "packed", "expires", "missing"),
            (
                (
                    lot.code,
                    lot.product,
                    lot.packing_house,
                    format_local_time(lot.packed_at),
                    format_local_time(lot.expires_at),
                    str(len(lot.missing) or "nothing"),
                )
                for lot in page.items
            ),
        ),
    )


@app.command("import")
def import_lots(
    table: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, a lot a line.")],
    actor: SignedInAs,
    apply: Annotated[
        bool, typer.Option("--apply", help="Save the lots at once, if no line is at fault.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what a file of new lots would save, and which lines are at fault; `--apply` saves it."""
    content = read_input(table)

    async def run(context: ServiceContext) -> LotImportPreview:
        shown = await lot_imports.preview_import(context, content, table.name)
        if apply and shown.can_apply:
            await lot_imports.apply_import(context, shown.id)
        return shown

    shown = call_service(file, run, actor=actor)
    print_result(describe_lot_import(shown), as_json, lambda: _print_import(shown, apply))
    if shown.refused:
        raise typer.Exit(1)


def _print_import(shown: LotImportPreview, is_applied: bool) -> None:
    print_fields(f"File {shown.file_name}", dict(shown.counts))
    if shown.ignored:
        print_line(f"Columns that are not read: {', '.join(shown.ignored)}")
    rows = []
    for line in shown.refused:
        flaws = "; ".join(f"{name}: {flaw}" for name, flaw in line.flaws.items())
        rows.append((str(line.line), line.code, "refused", flaws))
    rows += [
        (str(one.line), one.code, "new", f"lacks {', '.join(one.missing)}" if one.missing else "")
        for one in shown.lots
    ]
    print_table("Lines", ("line", "lot", "", "fields"), rows)
    if shown.can_apply:
        print_line("Saved." if is_applied else "Nothing is saved yet: add --apply.")


def _print_proposal(proposal: Proposal, as_json: bool) -> None:
    def render() -> None:
        print_fields(
            f"Proposal {proposal.id} to change {proposal.subject}",
            {
                "changed": ", ".join(proposal.document["changed"]),
                "reason": proposal.reason,
                "requested by": proposal.requested_by,
            },
        )
        print_line("Nothing has changed yet: another person decides.")

    print_result(describe_proposal(proposal), as_json, render)


def _print_lot(lot: LotRow, as_json: bool) -> None:
    def render() -> None:
        print_fields(
            f"Lot {lot.code}",
            {
                "product": lot.document["product"]["name"]["vi"],
                "organisation": lot.organisation,
                "packing house": lot.packing_house,
                "packed": format_local_time(lot.packed_at),
                "expires": format_local_time(lot.expires_at),
                "version": lot.version,
            },
        )
        if not lot.missing:
            print_line("Complete: stamps can be bound to it.")
            return
        print_line(("Stamps cannot be bound to it yet; missing:", "yellow"))
        profile = find_profile(lot.document.get("kind", CROP))
        for item in lot.missing:
            label = profile.item(item).label
            print_line(f"  {item:18} {label['vi']} / {label['en']}")

    print_result(describe_lot(lot), as_json, render)
