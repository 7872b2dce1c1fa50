"""`veritem hearings`: parties of a case are told of a suspicion, asked, and answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger import HearingState
from ledger.alerts.hearing_record import hearing_from_row
from services import scope
from services.alerts import hearings
from services.alerts.hearings import PartyQuestion
from services.context import ServiceContext
from services.documents.hearings import (
    CaseHearingsDocument,
    HearingDocument,
    HearingFileDocument,
    describe_case_hearings,
    describe_hearing,
    describe_hearing_file,
)
from services.lists.cases import HEARINGS
from services.lists.description import ListRequest
from services.lists.find import find_list_page

app = typer.Typer(no_args_is_help=True, help="Hearings: parties of a case are asked, and answer.")

HearingId = Annotated[str, typer.Argument(metavar="HEARING", help="The id in `hearings list`.")]


@app.command("list")
def list_(
    state: Annotated[HearingState | None, typer.Option(help="Only hearings in this state.")] = None,
    search: Annotated[str, typer.Option(help="A batch, lot or organisation.")] = "",
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List hearings, the newest first."""
    asked = ListRequest(
        search=search, filters={} if state is None else {"state": (state,)}, after=after
    )

    async def find(context: ServiceContext) -> tuple[list[HearingDocument], str | None]:
        page = await find_list_page(context, HEARINGS, asked)
        is_for_staff = scope.hearing_scope(context.actor) is None
        rows = [hearing_from_row(row) for row in page.rows]
        return [describe_hearing(one, is_for_staff=is_for_staff) for one in rows], page.next

    found, following = call_service(file, find)
    print_result(
        {"hearings": found, "next": following},
        as_json,
        lambda: print_table(
            "Hearings",
            ("hearing", "party", "stamps", "lot", "state", "told", "due"),
            (
                (
                    one.id,
                    one.organisation,
                    one.range or (None if one.batch is None else f"batch {one.batch}"),
                    one.lot,
                    one.state,
                    one.told_at,
                    one.due_at,
                )
                for one in found
            ),
        ),
    )


@app.command("show")
def show_hearing(
    hearing: HearingId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show what a party was asked and answered."""
    found = call_service(file, lambda c: hearings.open_hearing(c, hearing), actor=actor)
    described = describe_hearing_file(found)
    print_result(described, as_json, lambda: _render(described))


@app.command("ask")
def ask_parties(
    alert: Annotated[int, typer.Argument(metavar="ALERT", help="The alert's number.", min=1)],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The question.")],
    actor: SignedInAs,
    to: Annotated[
        list[str] | None,
        typer.Option(help="A party's organisation; again for more.", show_default="all parties"),
    ] = None,
    due: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day by whose end to answer."),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Tell parties of a case of the suspicion, and ask them."""
    question = PartyQuestion(text, to or None, None if due is None else due.date())

    async def ask(context: ServiceContext) -> CaseHearingsDocument:
        await hearings.ask_parties(context, alert, question)
        return describe_case_hearings(await hearings.open_case_hearings(context, alert))

    described = call_service(file, ask, actor=actor)
    print_result(described, as_json, lambda: _render_all(described.hearings))


@app.command("answer")
def answer_question(
    hearing: HearingId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The answer.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Answer for your organisation, as often as needed until the case is decided."""

    async def answer(context: ServiceContext) -> HearingFileDocument:
        await hearings.answer_question(context, hearing, text)
        return describe_hearing_file(await hearings.open_hearing(context, hearing))

    described = call_service(file, answer, actor=actor)
    print_result(described, as_json, lambda: _render(described))


def _render_all(files: Sequence[HearingFileDocument]) -> None:
    for file in files:
        _render(file)


def _render(file: HearingFileDocument) -> None:
    print_fields(
        f"Hearing {file.id}: {file.state}",
        {"party": file.organisation, "stamps": file.range, "lot": file.lot, "until": file.due_at},
    )
    print_table(
        "Messages",
        ("at", "what", "who", "text", "photos"),
        ((one.at, one.what, one.actor, one.text, one.photo_count) for one in file.messages),
    )
