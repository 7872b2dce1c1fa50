"""`veritem diary`: entries of growers, traders, carriers and laboratories."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs, read_input
from cli.output import Json, print_fields, print_line, print_result, print_table
from cli.use_cases import call_service
from services.context import ServiceContext
from services.diary import entries, imports
from services.diary.evidence import find_lot_evidence
from services.diary.typed_entry import read_values
from services.documents.diary import (
    EntryDocument,
    EntryImportDocument,
    LotDiaryDocument,
    ToldEntryDocument,
    describe_entry,
    describe_entry_import,
    describe_evidence,
    describe_told,
)
from services.lists.description import ListRequest
from services.lists.diary import DIARY
from services.lists.find import find_list_page
from services.lots import lots

app = typer.Typer(
    no_args_is_help=True, help="The diary: entries of planting, inputs, harvest, transport, tests."
)

Kind = Annotated[str, typer.Argument(help="The kind of work: harvest, input … (docs/diary.md).")]
EntryId = Annotated[str, typer.Argument(metavar="ENTRY", help="The id in `diary list`.")]
Values = Annotated[
    list[str],
    typer.Argument(metavar="FIELD=VALUE...", help="Its fields: at=2026-11-20 quantity=820."),
]


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.")] = None,
    place: Annotated[str | None, typer.Option(help="Only entries of this place.")] = None,
    search: Annotated[str, typer.Option(help="A code of place or goods, an organisation.")] = "",
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the valid entries, the newest first."""
    filters = {name: (value,) for name, value in (("kind", kind), ("place", place)) if value}
    asked = ListRequest(search=search, filters=filters, after=after)

    async def find(context: ServiceContext) -> tuple[list[EntryDocument], str | None]:
        page = await find_list_page(context, DIARY, asked)
        return [describe_entry(row["entry"]) for row in page.rows if row["entry"]], page.next

    found, following = call_service(file, find)
    print_result(
        {"entries": [one.model_dump(mode="json") for one in found], "next": following},
        as_json,
        lambda: _print_table(found, following),
    )


@app.command("show")
def show_entry(entry: EntryId, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show an entry with its warnings."""

    async def find(context: ServiceContext) -> EntryDocument:
        return describe_entry(await entries.get_entry(context, entry))

    found = call_service(file, find)
    print_result(found, as_json, lambda: _print_entry(found))


@app.command("lot")
def show_lot_evidence(
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot's code.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what the diary of its place of origin says of a lot."""

    async def find(context: ServiceContext) -> LotDiaryDocument:
        return describe_evidence(await find_lot_evidence(context, await lots.get_lot(context, lot)))

    found = call_service(file, find)
    print_result(
        found,
        as_json,
        lambda: print_fields(
            f"Lot {lot}",
            {
                "diary": "yes" if found.has_diary else "none",
                "confirmed": ", ".join(found.kept) or "nothing",
                "missing": ", ".join(found.missing) or "nothing",
                "breaches": ", ".join(
                    f"{one.input}, free from {one.free_from}" for one in found.breaches
                )
                or "none",
            },
        ),
    )


@app.command("tell")
def tell_entry(
    kind: Kind,
    values: Values,
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Tell an entry of your organisation. One that is known adds nothing."""

    async def tell(context: ServiceContext) -> ToldEntryDocument:
        return describe_told(await entries.tell_entry(context, kind, read_values(kind, values)))

    _print_told(call_service(file, tell, actor=actor), as_json)


@app.command("correct")
def correct_entry(
    entry: EntryId,
    values: Values,
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Tell what an entry should have said, with all of its fields. The entry stays, as an error."""

    async def correct(context: ServiceContext) -> ToldEntryDocument:
        known = await entries.get_entry(context, entry)
        read = read_values(known.entry.kind, values)
        return describe_told(await entries.correct_entry(context, entry, read))

    _print_told(call_service(file, correct, actor=actor), as_json)


@app.command("withdraw")
def take_back_entry(
    entry: EntryId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Declare that the work of an entry did not take place. The entry stays, as an error."""

    async def take_back(context: ServiceContext) -> EntryDocument:
        await entries.take_back_entry(context, entry)
        return describe_entry(await entries.get_entry(context, entry))

    found = call_service(file, take_back, actor=actor)
    print_result(found, as_json, lambda: _print_entry(found))


@app.command("import")
def import_entries(
    kind: Kind,
    table: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, an entry a line.")],
    actor: SignedInAs,
    apply: Annotated[
        bool, typer.Option("--apply", help="Record the entries at once, if no line is at fault.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what a file of entries of a kind would record; `--apply` records it."""
    content = read_input(table)

    async def run(context: ServiceContext) -> EntryImportDocument:
        shown = await imports.preview_import(context, kind, content, table.name)
        if apply and shown.can_apply:
            await imports.apply_import(context, shown.id)
        return describe_entry_import(shown)

    shown = call_service(file, run, actor=actor)
    print_result(shown, as_json, lambda: _print_import(shown))


def _print_import(shown: EntryImportDocument) -> None:
    print_line(f"{shown.added} entries, {shown.refused} lines at fault")
    for one in shown.refused_lines:
        flaws = "; ".join(f"{name}: {why}" for name, why in one.flaws.items())
        print_line(f"line {one.line}: {flaws}")


def _print_told(told: ToldEntryDocument, as_json: bool) -> None:
    print_result(
        told, as_json, lambda: print_line(f"{told.id}{'' if told.added else ' (known before)'}")
    )


def _print_entry(one: EntryDocument) -> None:
    print_fields(
        f"Entry {one.id}",
        {
            "kind": one.kind,
            "organisation": one.organisation,
            **{name: str(value) for name, value in one.values.items()},
            "recorded": f"{one.recorded_at} by {one.recorded_by}",
            "taken back": "yes" if one.taken_back else "no",
            "warnings": ", ".join(warning.reason for warning in one.warnings) or "none",
        },
    )


def _print_table(found: Sequence[EntryDocument], following: str | None) -> None:
    print_table(
        "Entries",
        ("entry", "kind", "day", "place", "lot", "warnings"),
        (
            (
                one.id,
                one.kind,
                str(one.values.get("at", "")),
                str(one.values.get("place", "")),
                str(one.values.get("lot", "")),
                ", ".join(warning.reason for warning in one.warnings),
            )
            for one in found
        ),
    )
    if following:
        print_line(f"more: --after {following}")
