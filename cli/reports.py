"""`veritem reports`: what consumers reported, for inspectors."""

from typing import Annotated, Any, Literal

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger import ReportGroup, ReportState
from ledger.reports.report_groups import group_from_row
from services.context import ServiceContext
from services.documents.alerts import describe_alert
from services.documents.reports import (
    describe_hot_spots,
    describe_report_file,
    describe_report_group,
)
from services.lists.cases import REPORTS
from services.lists.description import ListPage, ListRequest
from services.lists.find import find_list_page
from services.reports import consumer_reports
from services.reports.consumer_reports import ReportFile

app = typer.Typer(no_args_is_help=True, help="Reports of consumers, grouped by stamp or code.")

GroupId = Annotated[
    str, typer.Argument(metavar="STAMP", help="Serial number, such as 7·12, or unknown code.")
]


@app.command("list")
def list_(
    state: Annotated[
        ReportState | None,
        typer.Option(help="Only reports in this state.", show_default="all that are not closed"),
    ] = None,
    search: Annotated[str, typer.Option(help="A stamp, code, batch, product or packer.")] = "",
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List what consumers reported, the newest first."""
    asked = ListRequest(
        search=search, filters={} if state is None else {"state": (state,)}, after=after
    )

    async def find(context: ServiceContext) -> ListPage:
        return await find_list_page(context, REPORTS, asked)

    page = call_service(file, find)
    groups = [group_from_row(row) for row in page.rows]
    print_result(
        {"reports": [describe_report_group(one) for one in groups], "next": page.next},
        as_json,
        lambda: print_table(
            "Reports",
            ("about", "kind", "state", "reports", "networks", "latest", "owner"),
            (
                (
                    one.id,
                    one.kind,
                    one.state,
                    one.reports,
                    one.networks,
                    format_local_time(one.last_at),
                    one.owner,
                )
                for one in groups
            ),
        ),
    )


@app.command("show")
def show_reports(
    group: GroupId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show what consumers reported about a stamp or code; an inspector has then read it."""
    found = call_service(file, lambda c: consumer_reports.open_reports(c, group), actor=actor)
    print_result(describe_report_file(found), as_json, lambda: _render_file(found))


@app.command("step")
def take_step(
    group: GroupId,
    state: Annotated[ReportState, typer.Argument(help="The new state.")],
    actor: SignedInAs,
    owner: Annotated[str | None, typer.Option(help="Who takes it over.")] = None,
    note: Annotated[str | None, typer.Option(help="What was answered or found.")] = None,
    channel: Annotated[
        Literal["phone", "email", "in-person"] | None,
        typer.Option(help="How the reporter was answered."),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Assign, answer or close reports."""
    taken = call_service(
        file,
        lambda c: consumer_reports.take_report_step(
            c, group, state, owner=owner, note=note, channel=channel
        ),
        actor=actor,
    )
    print_result(describe_report_group(taken), as_json, lambda: _render_group(taken))


@app.command("case")
def open_case(
    group: GroupId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Open the case of a reported stamp, or find the one that it has."""
    alert = call_service(file, lambda c: consumer_reports.open_case(c, group), actor=actor)
    print_result(
        describe_alert(alert),
        as_json,
        lambda: print_fields(f"Alert {alert.id}: {alert.state}", {"about": group}),
    )


@app.command("places")
def list_places(file: ConfigFile = None, as_json: Json = False) -> None:
    """Count the reports of the last 30 days by province and by product."""
    found = describe_hot_spots(call_service(file, consumer_reports.find_hot_spots))

    def render() -> None:
        for title, spots in (("Provinces", found.provinces), ("Products", found.products)):
            rows = ((one.name, one.report_count, one.subject_count) for one in spots)
            print_table(title, ("name", "reports", "about"), rows)

    print_result(found, as_json, render)


def _render_group(group: ReportGroup) -> None:
    fields: dict[str, Any] = {
        "kind": group.kind,
        "reports": group.reports,
        "networks": group.networks,
        "product": group.product,
        "province": group.province,
        "owner": group.owner,
        "latest": format_local_time(group.last_at),
    }
    print_fields(f"Reports about {group.id}: {group.state}", fields)


def _render_file(file: ReportFile) -> None:
    _render_group(file.group)
    print_table(
        "Reports",
        ("at", "kind", "text", "contact"),
        (
            (
                format_local_time(one.at or 0),
                one.kind,
                one.text,
                "left" if one.id in file.with_contact else "",
            )
            for one in file.reports
        ),
    )
    print_table(
        "What was done",
        ("at", "who", "state", "owner", "note"),
        (
            (format_local_time(one.at), one.actor, one.state, one.owner, one.note)
            for one in file.events
        ),
    )
