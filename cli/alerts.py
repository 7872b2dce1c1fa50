"""`veritem alerts`: the queue of suspected copies, judged by people."""

from datetime import datetime
from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import (
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.use_cases import call_service
from ledger import (
    ALERT_CAUSES,
    CODE_CAUSES,
    Alert,
    AlertState,
    BatchCount,
    CampaignCount,
    CodeCount,
    StampScans,
)
from services.alerts import alerts, case_handling
from services.alerts.alerts import AlertCase, BatchParties
from services.alerts.case_handling import HandOver
from services.documents import describe_alert, describe_case
from stamps import serial_range

app = typer.Typer(no_args_is_help=True, help="Alerts: suspected copies, for people to judge.")


def _list_causes() -> str:
    """The causes by state: of stamps, then of registered codes."""
    return " ".join(
        f"{state}: {', '.join(causes)}; of a code: {', '.join(CODE_CAUSES[state])}."
        for state, causes in ALERT_CAUSES.items()
    )


AlertId = Annotated[int, typer.Argument(metavar="ALERT", help="The alert's number.", min=1)]


@app.command("list")
def list_(
    state: Annotated[
        AlertState | None,
        typer.Option(help="Only alerts in this state.", show_default="all that are not closed"),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the alerts, the greatest expected loss first."""
    page = call_service(file, lambda c: alerts.list_alerts(c, state=state))
    print_result(
        {"alerts": [describe_alert(alert) for alert in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Alerts",
            ("alert", "about", "state", "score", "scans", "reasons", "since", "owner"),
            (
                (
                    str(alert.id),
                    format_subject(alert),
                    alert.state,
                    f"{alert.score:.1f}",
                    alert.scans,
                    ", ".join(alert.reasons),
                    format_local_time(alert.opened_at),
                    alert.owner,
                )
                for alert in page.items
            ),
        ),
    )


@app.command("show")
def show_alert(
    number: AlertId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show an alert with its scans and decisions; who looks at scans is recorded."""
    case = call_service(file, lambda c: alerts.open_alert(c, number), actor=actor)
    print_result(describe_case(case), as_json, lambda: _render_case(case))


@app.command()
def decide(
    number: AlertId,
    state: Annotated[AlertState, typer.Argument(help="The alert's new state.")],
    actor: SignedInAs,
    cause: Annotated[
        str | None,
        typer.Option(help=_list_causes()),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What was found, in your words.")] = None,
    told: Annotated[
        str | None, typer.Option(help="The reason that the parties of the case are told.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take up, confirm, dismiss or close an alert. The decision stays as a label."""
    alert = call_service(
        file,
        lambda c: alerts.decide_alert(c, number, state, cause=cause, note=note, told=told),
        actor=actor,
    )
    print_result(describe_alert(alert), as_json, lambda: _render_alert(alert))


@app.command("note")
def add_note(
    number: AlertId,
    note: Annotated[str, typer.Argument(metavar="TEXT", help="What you saw or were told.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a note to a case. It is kept as it is."""
    alert = call_service(file, lambda c: case_handling.add_note(c, number, note), actor=actor)
    print_result(describe_alert(alert), as_json, lambda: _render_alert(alert))


@app.command("hand-over")
def hand_over(
    number: AlertId,
    owner: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who has the case from now on.")],
    actor: SignedInAs,
    due: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day by whose end it should be decided."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What the next person should know.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Give a case to another person."""
    wanted = HandOver(owner, None if due is None else due.date(), note)
    alert = call_service(file, lambda c: case_handling.hand_over(c, number, wanted), actor=actor)
    print_result(describe_alert(alert), as_json, lambda: _render_alert(alert))


def format_subject(alert: Alert) -> str:
    """Name the subject of an alert: a stamp's serial number, a batch, a campaign or a code."""
    if alert.stamp is not None:
        batch, index = alert.stamp
        return serial_range.format_serial_range(batch, index, index + 1)
    if alert.batch is not None:
        return f"batch {alert.batch}"
    if alert.code is not None:
        return f"{alert.kind.replace('_', ' ')} {alert.code}"
    return f"campaign of {alert.stamps} stamps"


def _render_alert(alert: Alert) -> None:
    print_fields(
        f"Alert {alert.id}: {format_subject(alert)} is {alert.state}",
        {
            "reasons": ", ".join(alert.reasons),
            "score": f"{alert.score:.1f}",
            "counted": _format_counted(alert),
            "owner": alert.owner,
            "due": None if alert.due_at is None else format_local_time(alert.due_at),
            "cause": alert.cause,
            "reopens": None if alert.previous is None else f"alert {alert.previous}",
            "opened": format_local_time(alert.opened_at),
        },
    )


def _format_counted(alert: Alert) -> str | None:
    counted = alert.counted
    match counted:
        case BatchCount():
            return (
                f"{counted.scanned:.0f} stamps scanned, {counted.anomalous:.0f} anomalous; "
                f"usual share {counted.usual_share:.1%}"
            )
        case CampaignCount():
            return (
                f"{alert.stamps} stamps from {counted.networks} networks, "
                f"{format_local_time(counted.first_at)} to {format_local_time(counted.last_at)}"
            )
        case CodeCount():
            crop = "not registered" if counted.crop is None else f"{counted.crop:,} fruits"
            return f"{counted.activated:,} stamps activated in {counted.year}; crop {crop}"
    return None


def _render_parties(parties: BatchParties) -> None:
    print_fields(
        f"Batch {parties.batch.number}",
        {
            "packer": parties.packer.name if parties.packer else None,
            "print house": parties.print_house.name if parties.print_house else None,
        },
    )


def _render_stamps(case: AlertCase) -> None:
    more = ", the first" if case.stamps.next is not None else ""
    print_table(
        f"Stamps concerned{more}",
        ("stamp",),
        (
            (serial_range.format_serial_range(batch, index, index + 1),)
            for batch, index in case.stamps.items
        ),
    )


def _tell_excerpt(scans: StampScans) -> str:
    if scans.is_complete:
        return ""
    more = "more than " if scans.is_more else ""
    return f", {len(scans.rows)} of {more}{scans.total:,}"


def _render_scans(case: AlertCase) -> None:
    print_table(
        f"Scans of the stamp{_tell_excerpt(case.scans)} (• raised the alert)",
        ("", "at", "via", "province", "ward", "verdict", "score", "reasons"),
        (
            (
                "•" if scan.id in case.evidence else "",
                format_local_time(scan.at),
                scan.via,
                scan.province,
                scan.ward,
                scan.verdict,
                f"{scan.score:.1f}",
                ", ".join(scan.reasons),
            )
            for scan in case.scans.rows
        ),
    )


def _render_case(case: AlertCase) -> None:
    _render_alert(case.alert)
    if case.parties is not None:
        _render_parties(case.parties)
    if case.alert.code is not None:
        print_line(f"Figures: veritem registry activity {case.alert.code}")
    elif case.alert.kind == "stamp":
        _render_scans(case)
    else:
        _render_stamps(case)
    print_table(
        "History",
        ("at", "who", "what", "state", "cause", "note"),
        (
            (
                format_local_time(event.at),
                event.actor,
                event.what,
                event.state,
                event.cause,
                event.note,
            )
            for event in case.alert.history
        ),
    )
    print_line(("An alert is a suspicion. People decide what it is.", "dim"))
