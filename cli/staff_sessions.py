"""`veritem session`: where accounts are signed in at the desk."""

from typing import Annotated, Literal

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.use_cases import call_service
from services import ServiceContext
from services.accounts import sessions
from services.documents.access import describe_listed_session
from services.lists.access import SESSIONS
from services.lists.description import ListRequest, Row
from services.lists.find import find_list_page

app = typer.Typer(no_args_is_help=True, help="Sessions at the desk: see them, end them.")


@app.command("list")
def list_sessions(
    account: Annotated[str | None, typer.Option(help="Only those of one.")] = None,
    state: Annotated[
        Literal["open", "ended"] | None, typer.Option(help="Only those in this state.")
    ] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List sessions, the newest first."""
    given = {"staff": account, "state": state}
    request = ListRequest(
        filters={name: (value,) for name, value in given.items() if value}, after=after
    )
    page = call_service(file, lambda c: find_list_page(c, SESSIONS, request))

    def show() -> None:
        print_table(
            "Sessions",
            ("session", "account", "browser", "began", "last seen", "state"),
            [
                (
                    row["id"],
                    row["staff"],
                    row["browser"],
                    format_local_time(row["began_at"]),
                    format_local_time(row["seen_at"]),
                    row["state"],
                )
                for row in page.rows
            ],
        )

    found = [describe_listed_session(row) for row in page.rows]
    print_result({"sessions": found, "next": page.next}, as_json, show)


@app.command("end")
def end_session(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="Its id, as `list` shows it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """End a session of one's own; an administrator any. Twice is once."""

    async def end(context: ServiceContext) -> Row:
        row = await sessions.get_session(context, session)
        await sessions.end_session(context, row["staff"], session)
        return await sessions.get_session(context, session)

    row = call_service(file, end, actor=actor)
    document = describe_listed_session(row)
    print_result(
        document, as_json, lambda: print_fields(f"Session {session} of {row['staff']} ended", {})
    )
