"""`veritem detection`: what people's decisions say about the detector."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.progress import Progress

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_line, print_result, print_table
from cli.use_cases import call_service
from detection.labels import LEVELS, Share
from services.alerts.detection_report import DetectionReport, make_report
from services.alerts.detection_reviews import run_review
from services.context import ServiceContext
from services.documents.detection import describe_detection_report

app = typer.Typer(no_args_is_help=True, help="The detector, judged by people's decisions.")

Day = Annotated[str, typer.Option(metavar="DAY", help="An ISO date, included.")]


@app.command()
def report(
    since: Day = "", until: Day = "", file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show how many decided alerts were confirmed, with 95 % intervals; the last year by default.

    Only alerts are decided, so this is precision above the threshold in force, and says nothing of
    copies that raised no alert.
    """
    made = call_service(file, lambda c: make_report(c, since=since, until=until))
    print_result(describe_detection_report(made), as_json, lambda: _render_report(made))


@app.command()
def review(actor: SignedInAs, file: ConfigFile = None, as_json: Json = False) -> None:
    """Judge decided and sampled stamps again at other thresholds, and compare with the simulation.

    Nothing is changed. A threshold is changed in the settings: `rules.alert`.
    """

    async def work(context: ServiceContext) -> Mapping[str, Any]:
        with Progress(disable=as_json, transient=True) as shown:
            task = shown.add_task("stamps and batches", total=None)

            async def note(done: int, total: int) -> None:
                shown.update(task, completed=done, total=total)

            return await run_review(context, note)

    result = call_service(file, work, actor=actor)
    print_result(result, as_json, lambda: _render_review(result))


def _render_report(made: DetectionReport) -> None:
    summary = made.summary
    hours = None if summary.median_ms is None else f"{summary.median_ms / 3_600_000:,.1f} h"
    print_fields(
        f"Alerts decided from {made.since} to {made.until}",
        {
            "confirmed": _format_share(summary.total),
            "median time to a decision": hours,
            "waiting": f"{made.waiting:,}{' or more' if made.is_more_waiting else ''}",
            "thresholds": f"caution {made.rules.caution}, alert {made.rules.alert}, "
            f"suspect {made.rules.suspect}",
            "left out": "older decisions: too many" if made.is_cut else None,
        },
    )
    for dimension, groups in summary.groups.items():
        print_table(
            f"Confirmed by {dimension}",
            (dimension, "confirmed"),
            (
                (_name_level(name) if dimension == "level" else name or "-", _format_share(share))
                for name, share in groups.items()
            ),
        )
    print_table("Causes", ("cause", "alerts"), summary.causes.items())
    print_line(("Only stamps that raised an alert were decided on.", "dim"))


def _name_level(name: str) -> str:
    level = int(name)
    if level + 1 == len(LEVELS):
        return f"from {LEVELS[level]:g}"
    return f"below {LEVELS[1]:g}" if not level else f"{LEVELS[level]:g} to {LEVELS[level + 1]:g}"


def _format_share(share: Share) -> str:
    if share.value is None:
        return "0 of 0"
    return (
        f"{share.part:,} of {share.whole:,}: {share.value:.2f} [{share.low:.2f}, {share.high:.2f}]"
    )


def _format_saved(cells: Mapping[str, Any]) -> str:
    return _format_share(Share(**cells))


def _render_review(result: Mapping[str, Any]) -> None:
    print_table(
        f"Other thresholds, over {result['labelled']:,} decided and {result['sampled']:,} sampled"
        f" stamps ({result['reproduced']:,} of the decided raise an alert again)",
        ("threshold", "confirmed kept", "dismissed avoided", "sampled alerted"),
        (
            (
                f"{row['threshold']:g}{' (in force)' if row['is_in_force'] else ''}",
                _format_saved(row["confirmed"]),
                _format_saved(row["dismissed"]),
                _format_saved(row["sampled"]),
            )
            for row in result["thresholds"]
        ),
    )
    print_table(
        "Drift from the simulated world",
        ("stamps", "number", "PSI", "reading"),
        (
            (row["population"], row["number"], f"{row['psi']:.2f}", row["reading"])
            for row in result["drift"]
        ),
    )
