"""`veritem organisation`: organisations that are disabled and enabled again."""

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from attachments import AttachmentStore
from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.proposal_output import print_proposed
from cli.settings import read_settings
from cli.use_cases import call_service
from ledger.exports.data_exports import DataExport
from ledger.lists.records import read_organisation
from services.context import ServiceContext
from services.documents.administration import describe_organisation
from services.exports.data_exports import ask_data_export, get_data_export, open_data_export
from services.exports.export_runner import DataExportRunner
from services.lists.administration import ORGANISATIONS
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.organisations import organisations

app = typer.Typer(no_args_is_help=True, help="Organisations: who is disabled, and enabled again.")

Id = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its id.")]
Reason = Annotated[str, typer.Option(help="Why; other administrators read it.")]


@app.command("list")
def list_organisations(
    actor: SignedInAs,
    search: Annotated[str, typer.Option(help="Words of name or id.")] = "",
    state: Annotated[
        Literal["enabled", "disabled"] | None, typer.Option(help="Only those in this state.")
    ] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List organisations by name, a page at a time."""
    filters = {} if state is None else {"state": (state,)}
    request = ListRequest(search=search, filters=filters, after=after)
    page = call_service(file, lambda c: find_list_page(c, ORGANISATIONS, request), actor=actor)
    found = [read_organisation(row) for row in page.rows]

    def show() -> None:
        print_table(
            "Organisations",
            ("id", "kind", "name", "disabled since"),
            [(one.id, one.kind, one.name, format_local_time(one.disabled_at)) for one in found],
        )

    document = {"organisations": [describe_organisation(one) for one in found], "next": page.next}
    print_result(document, as_json, show)


@app.command("export-data")
def export_data(
    out: Annotated[Path, typer.Argument(help="The ZIP file to write.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write all data of your own organisation to a ZIP: CSV, JSON, EPCIS, photos, manifest."""
    settings = read_settings(file).desk

    async def export(context: ServiceContext) -> DataExport:
        asked = await ask_data_export(context, key)
        folder, photos = Path(settings.exports), AttachmentStore(settings.attachments)
        runner = DataExportRunner(context.ledger, context.clock, folder, photos)
        while await runner.work_once():
            pass
        shutil.copyfile(await open_data_export(context, asked.id, folder), out)
        return await get_data_export(context, asked.id)

    written = call_service(file, export, actor=actor)
    print_result(
        {"id": written.id, "file": str(out), "size": written.size, "sha256": written.file_sha256},
        as_json,
        lambda: print_fields(f"All data of {written.organisation}", {"file": out}),
    )


@app.command("disable")
def disable_organisation(
    id_: Id, reason: Reason, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Disable an organisation at once: its people, sessions and tokens are refused."""
    row = call_service(
        file, lambda c: organisations.disable_organisation(c, id_, reason), actor=actor
    )
    print_result(
        describe_organisation(row),
        as_json,
        lambda: print_fields(f"Organisation {row.id} is disabled", {"name": row.name}),
    )


@app.command("enable")
def propose_enabling(
    id_: Id,
    reason: Reason,
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Propose that an organisation is enabled again; another person approves."""
    proposal = call_service(
        file, lambda c: organisations.propose_enabling(c, id_, reason, key), actor=actor
    )
    print_proposed(proposal, as_json)
