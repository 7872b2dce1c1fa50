"""`veritem alerts`: the queue of stamps that look copied, worked by people."""

from typing import Annotated, Any

import typer

from cli.context import Actor, ConfigFile, opened, run
from cli.output import Json, answers, facts, say, table, when
from ledger import ALERT_CAUSES, Alert, AlertState, ScanRow
from stamps import serial_range
from stamps.timestamps import format_rfc3339

app = typer.Typer(no_args_is_help=True, help="Alerts: what looks copied, for people to judge.")

Number = Annotated[int, typer.Argument(metavar="ALERT", help="The alert's number.", min=1)]


@app.command("list")
def list_(
    state: Annotated[
        AlertState | None, typer.Option(help="Only those in this state.", show_default="all living")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the alerts, the greatest expected loss first."""

    async def work() -> list[Alert]:
        async with opened(file) as (_, ledger):
            return await ledger.alerts.list(state)

    alerts = run(work())
    say(
        {"alerts": [_document(alert) for alert in alerts]},
        as_json,
        lambda: table(
            "Alerts",
            ("alert", "about", "state", "score", "scans", "reasons", "since", "owner"),
            (
                (
                    str(a.id),
                    about(a),
                    a.state,
                    f"{a.score:.1f}",
                    a.scans,
                    ", ".join(a.reasons),
                    when(a.opened_at),
                    a.owner,
                )
                for a in alerts
            ),
        ),
    )


@app.command()
def show(number: Number, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show an alert: its evidence scan by scan, and who decided what."""

    async def work() -> tuple[Alert, list[ScanRow]]:
        async with opened(file) as (_, ledger):
            alert = await ledger.alerts.get(number)
            scans = (
                []
                if alert.index is None
                else await ledger.scans.list_of_stamp(alert.batch, alert.index)
            )
            return alert, scans

    alert, scans = run(work())
    evidence = {scan for event in alert.history for scan in event.scans}
    document = {
        **_document(alert),
        "history": [
            {
                "at": format_rfc3339(event.at),
                "actor": event.actor,
                "what": event.what,
                "state": event.state,
                "cause": event.cause,
                "note": event.note,
                "score": event.score,
                "reasons": list(event.reasons),
                "scans": [scan.hex() for scan in event.scans],
            }
            for event in alert.history
        ],
        "scans_of_the_stamp": [_scan(scan, scan.id in evidence) for scan in scans],
    }
    say(document, as_json, lambda: _lines(alert, scans, evidence))


@app.command()
def decide(
    number: Number,
    state: Annotated[AlertState, typer.Argument(help="What the alert becomes.")],
    actor: Actor,
    cause: Annotated[
        str | None,
        typer.Option(help=". ".join(f"{s}: {', '.join(c)}" for s, c in ALERT_CAUSES.items()) + "."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What was found, in your words.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take an alert up, confirm or dismiss it with a cause, close it. It is kept as a label."""

    async def work() -> Alert:
        async with opened(file) as (_, ledger):
            return await ledger.alerts.decide(number, state, actor=actor, cause=cause, note=note)

    alert = run(work())
    say(_document(alert), as_json, lambda: _head(alert))


def about(alert: Alert) -> str:
    """What an alert is about, as people name it."""
    if alert.index is None:
        return f"batch {alert.batch}"
    return serial_range.format_serial_range(alert.batch, alert.index, alert.index + 1)


def _document(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.id,
        "kind": alert.kind,
        "batch": alert.batch,
        "index": alert.index,
        "state": alert.state,
        "cause": alert.cause,
        "owner": alert.owner,
        "score": alert.score,
        "reasons": list(alert.reasons),
        "scans": alert.scans,
        "expected_loss": alert.expected_loss,
        "opened_at": format_rfc3339(alert.opened_at),
        "updated_at": format_rfc3339(alert.updated_at),
    }


def _scan(scan: ScanRow, is_evidence: bool) -> dict[str, Any]:
    return {
        "scan": scan.id.hex(),
        "at": format_rfc3339(scan.at),
        "via": scan.via,
        "province": scan.province,
        "ward": scan.ward,
        "country": scan.country,
        "verdict": scan.verdict,
        "score": scan.score,
        "reasons": list(scan.reasons),
        "evidence": is_evidence,
    }


def _head(alert: Alert) -> None:
    facts(
        f"Alert {alert.id}: {about(alert)} is {alert.state}",
        {
            "reasons": ", ".join(alert.reasons),
            "score": f"{alert.score:.1f}",
            "owner": alert.owner,
            "cause": alert.cause,
            "opened": when(alert.opened_at),
        },
    )


def _lines(alert: Alert, scans: list[ScanRow], evidence: set[bytes]) -> None:
    _head(alert)
    table(
        "Scans of the stamp (• made the alert)",
        ("", "at", "via", "province", "ward", "verdict", "score", "reasons"),
        (
            (
                "•" if s.id in evidence else "",
                when(s.at),
                s.via,
                s.province,
                s.ward,
                s.verdict,
                f"{s.score:.1f}",
                ", ".join(s.reasons),
            )
            for s in scans
        ),
    )
    table(
        "History",
        ("at", "who", "what", "state", "cause", "note"),
        ((when(e.at), e.actor, e.what, e.state, e.cause, e.note) for e in alert.history),
    )
    answers.print("[dim]An alert is a suspicion. People decide what it is.[/]")
