"""`veritem actors`: growers, buyers, carriers and others of the trade are invited."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs, read_input
from cli.output import CommandRefused, Json, print_fields, print_line, print_result, print_table
from cli.output_file import write_output_file
from cli.settings import read_settings
from cli.use_cases import call_service
from desk.pages.invitation_sheet import print_sheet, print_sheets
from desk.texts import TEXTS
from ledger.organisations.actor_invitations import (
    ActorInvitationState,
    invitation_from_row,
)
from ledger.trade_kinds import TradeKind
from services.context import ServiceContext
from services.documents.actors import (
    InvitationImportDocument,
    OpenActorInvitationDocument,
    describe_actor_invitation,
    describe_invitation_import,
)
from services.lists.administration import ACTOR_INVITATIONS
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.organisations import actor_invitations, invitation_imports
from services.organisations.actor_invitations import InvitationRequest, ShownInvitation

app = typer.Typer(no_args_is_help=True, help="Actors of the trade: invitations.")

InvitationId = Annotated[str, typer.Argument(metavar="INVITATION", help="The id in `actors list`.")]


@app.command("list")
def list_(
    actor: SignedInAs,
    state: Annotated[
        ActorInvitationState | None, typer.Option(help="Only invitations in this state.")
    ] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the invitations of your organisation, the newest first."""
    asked = ListRequest(filters={} if state is None else {"state": (state,)}, after=after)
    url = read_settings(file).desk.public_url

    async def find(
        context: ServiceContext,
    ) -> tuple[list[OpenActorInvitationDocument], str | None]:
        page = await find_list_page(context, ACTOR_INVITATIONS, asked)
        shown = [ShownInvitation(invitation_from_row(row), None, None) for row in page.rows]
        return [describe_actor_invitation(one, url) for one in shown], page.next

    found, following = call_service(file, find, actor=actor)
    print_result(
        {"invitations": found, "next": following},
        as_json,
        lambda: print_table(
            "Invitations",
            ("invitation", "kind", "name", "phone", "state", "until", "account"),
            (
                (
                    one.id,
                    one.kind,
                    one.name,
                    one.phone_end and f"…{one.phone_end}",
                    one.state,
                    one.expires_at,
                    one.account,
                )
                for one in found
            ),
        ),
    )


@app.command()
def invite(
    kind: Annotated[TradeKind, typer.Argument(metavar="KIND", help="What the invited is.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    phone: Annotated[str | None, typer.Option(help="Kept sealed; nothing is sent to it.")] = None,
    province: Annotated[str | None, typer.Option(help="Two digits.")] = None,
    registered_code: Annotated[
        str | None, typer.Option(help="A growing area that becomes theirs.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Invite an actor; the code that is printed works once, for 30 days."""
    request = InvitationRequest(kind, name, phone, province, registered_code)
    shown = call_service(
        file, lambda c: actor_invitations.make_invitation(c, request, key), actor=actor
    )
    _print(shown, file, as_json)


@app.command()
def show(
    invitation: InvitationId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show an invitation, with its code while it is open."""
    shown = call_service(
        file, lambda c: actor_invitations.get_invitation(c, invitation), actor=actor
    )
    _print(shown, file, as_json)


@app.command()
def sheet(
    invitation: InvitationId,
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write the sheet of an open invitation: a PDF with its QR symbol, in Vietnamese."""
    url = read_settings(file).desk.public_url

    async def make(context: ServiceContext) -> bytes:
        shown = await actor_invitations.get_invitation(context, invitation)
        inviter = await actor_invitations.name_inviter(context, shown.invitation)
        return await print_sheet(shown, inviter, url, TEXTS["vi"])

    content = call_service(file, make, actor=actor)
    write_output_file(out, content)
    print_result(
        {"file": str(out), "bytes": len(content)},
        as_json,
        lambda: print_fields("Sheet", {"file": out, "bytes": len(content)}),
    )


@app.command()
def withdraw(
    invitation: InvitationId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Withdraw an invitation that nobody accepted."""
    shown = call_service(
        file, lambda c: actor_invitations.withdraw_invitation(c, invitation), actor=actor
    )
    _print(shown, file, as_json)


@app.command("import")
def import_invitations(
    table: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX; one line each.")],
    actor: SignedInAs,
    apply: Annotated[bool, typer.Option(help="Invite them; else it is only shown.")] = False,
    sheets: Annotated[
        Path | None, typer.Option(help="With --apply: the PDF of all sheets, in Vietnamese.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Invite many actors by a file: kind, name, phone, province, all or none of it."""
    if sheets is not None and not apply:
        raise CommandRefused(why="--sheets needs --apply: without it nobody is invited")
    content, url = read_input(table), read_settings(file).desk.public_url

    async def run(context: ServiceContext) -> tuple[InvitationImportDocument, bytes | None]:
        shown = await invitation_imports.preview_import(context, content, table.name)
        document = describe_invitation_import(shown)
        if not apply or not shown.can_apply:
            return document, None
        applied = await invitation_imports.apply_import(context, shown.id)
        done = document.model_copy(
            update={"applied_at": describe_invitation_import(applied).applied_at}
        )
        if sheets is None:
            return done, None
        every = await invitation_imports.list_invited(context, shown.id)
        inviter = await actor_invitations.name_inviter(context, every[0].invitation)
        return done, await print_sheets(every, inviter, url, TEXTS["vi"])

    shown, printed = call_service(file, run, actor=actor)
    if sheets is not None and printed is not None:
        write_output_file(sheets, printed)
    print_result(shown, as_json, lambda: _print_import(shown))


def _print_import(shown: InvitationImportDocument) -> None:
    print_fields(
        "Import" if shown.applied_at is None else "Invited",
        {
            "invitations": shown.added,
            "refused": shown.refused,
            "not read": ", ".join(shown.ignored),
        },
    )
    for one in shown.invited:
        print_line(f"line {one.line}: {one.kind} {one.name}")
    for line in shown.refused_lines:
        print_line(
            f"line {line.line}: " + "; ".join(f"{name} {why}" for name, why in line.flaws.items())
        )


def _print(shown: ShownInvitation, file: Path | None, as_json: bool) -> None:
    document = describe_actor_invitation(shown, read_settings(file).desk.public_url)
    print_result(
        document,
        as_json,
        lambda: print_fields(
            f"Invitation {document.id}: {document.state}",
            {
                "kind": document.kind,
                "name": document.name,
                "code": document.code,
                "link": document.link,
                "until": document.expires_at,
                "account": document.account,
            },
        ),
    )
