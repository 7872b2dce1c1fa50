"""`veritem figures`: figures of a period, yearly reports, their check, and scan rates."""

from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs, open_installation, run_async
from cli.output import Json, format_local_time, print_fields, print_line, print_result, print_table
from cli.scan_rates import scan_rate
from cli.use_cases import call_service
from ledger.figures.check import FactDifference
from services.documents.figures import (
    describe_dashboard,
    describe_due,
    describe_report,
    describe_submitted,
)
from services.figures import reports
from services.figures.dashboard import Dashboard, FigureQuery, Values, show_figures
from services.figures.measures import MEASURES
from services.figures.periods import PeriodName
from services.figures.reports import AuthorityReport
from services.paging import PageRequest

app = typer.Typer(no_args_is_help=True, help="Figures of stamps, alerts and recalls.")
app.command("scan-rate")(scan_rate)

ReportId = Annotated[str, typer.Argument(metavar="REPORT", help="Such as province-year-2026-66.")]


@app.command("show")
def show(
    period: Annotated[PeriodName, typer.Option(help="Which days.")] = "year",
    since: Annotated[str, typer.Option(help="First day of a custom period.")] = "",
    until: Annotated[str, typer.Option(help="Last day of a custom period.")] = "",
    product: Annotated[str | None, typer.Option(help="One product.")] = None,
    kind: Annotated[str | None, typer.Option(help="One kind of produce.")] = None,
    province: Annotated[str | None, typer.Option(help="One province, two digits.")] = None,
    packer: Annotated[str | None, typer.Option(help="One packing house.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show the figures of a period, in parts, and whether all stamps add up."""
    query = FigureQuery(
        period=period,
        since=since,
        until=until,
        product=product,
        kind=kind,
        province=province,
        packer=packer,
    )
    found = call_service(file, lambda context: show_figures(context, query))
    print_result(describe_dashboard(found), as_json, lambda: _render(found))


@app.command("fold")
def fold(file: ConfigFile = None, as_json: Json = False) -> None:
    """Count what happened since the last time, as a running desk does by itself."""

    async def run() -> int:
        async with open_installation(file) as (_, ledger):
            return await ledger.figures.fold()

    taken = run_async(run())
    print_result(
        {"transactions": taken}, as_json, lambda: print_line(f"Folded in {taken} transactions.")
    )


@app.command("check")
def check(file: ConfigFile = None, as_json: Json = False) -> None:
    """Compute all figures anew and compare; reads the whole ledger. Exit code 1 if any differs."""

    async def run() -> list[FactDifference]:
        async with open_installation(file) as (_, ledger):
            return await ledger.check_figures()

    different = run_async(run())
    print_result(
        {
            "ok": not different,
            "differences": [
                {**one.fact._asdict(), "kept": one.kept, "computed": one.computed}
                for one in different
            ],
        },
        as_json,
        lambda: _render_differences(different),
    )
    if different:
        raise typer.Exit(1)


@app.command("due")
def list_due(
    actor: Annotated[
        str | None, typer.Option("--as", help="The account; without it, the operator.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the yearly reports that are due, and those that were submitted."""
    found = call_service(file, reports.list_due_reports, actor=actor)
    print_result(
        {"reports": [describe_due(one) for one in found]},
        as_json,
        lambda: print_table(
            "Reports that are due",
            ("report", "due", "version", "submitted", "by"),
            (
                (
                    one.id,
                    one.due.isoformat(),
                    one.submitted.version if one.submitted else None,
                    format_local_time(one.submitted.at) if one.submitted else "",
                    one.submitted.actor if one.submitted else "",
                )
                for one in found
            ),
        ),
    )


@app.command("reports")
def list_reports(
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List submitted versions of yearly reports, the newest first."""
    page = call_service(
        file, lambda context: reports.list_submitted_reports(context, PageRequest(after=after))
    )
    print_result(
        {"reports": [describe_submitted(one) for one in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Submitted reports",
            ("report", "version", "at", "by", "reason"),
            (
                (one.id, one.version, format_local_time(one.at), one.actor, one.reason)
                for one in page.items
            ),
        ),
    )


@app.command("report")
def show_report(
    report: ReportId,
    version: Annotated[int | None, typer.Option(min=1, help="A submitted version.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Compute it now.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a yearly report: the last submitted version, or a draft."""
    found = call_service(
        file,
        lambda context: reports.get_report(context, report, version=version, is_draft=draft),
    )
    print_result(describe_report(found), as_json, lambda: _render_report(found))


@app.command("submit")
def submit(
    report: ReportId,
    actor: SignedInAs,
    follows: Annotated[int, typer.Option(min=0, help="The last version; 0: none.")] = 0,
    reason: Annotated[str | None, typer.Option(help="What a correction corrects.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Freeze a yearly report as its next version."""
    found = call_service(
        file,
        lambda context: reports.submit_report(context, report, follows=follows, reason=reason),
        actor=actor,
    )
    print_result(describe_report(found), as_json, lambda: _render_report(found))


def _render(found: Dashboard) -> None:
    period, balance = found.period, found.balance
    print_table(
        f"{period.first} – {period.last}, before: {period.before_first} – {period.before_last}",
        ("figure", "unit", "count", "before"),
        (
            (name, one.unit, found.values[name], found.before[name])
            for name, one in MEASURES.items()
        ),
    )
    for title, parts in (("By province", found.provinces), ("By packing house", found.packers)):
        if parts:
            print_table(
                title,
                ("", "issued", "printed", "activated", "first scans", "alerts"),
                ((part.key or "-", *_pick(part.values)) for part in parts),
            )
    print_fields(
        "It all adds up" if balance.difference == 0 else f"Difference: {balance.difference}",
        {"issued": balance.issued, **{str(state): n for state, n in balance.states.items()}},
    )
    for one in balance.flawed:
        print_line(("! ", "bold yellow"), f"batch {one.batch}: {one.flaw}")
    if not found.is_current:
        print_line("Something happened that is not counted yet: veritem figures fold.")


def _pick(values: Values) -> list[int | None]:
    return [values[name] for name in ("issued", "printed", "activated", "first_scans", "alerts")]


def _render_report(found: AuthorityReport) -> None:
    version = f"version {found.submitted.version}" if found.submitted else "draft"
    print_table(
        f"{found.template.name['en']}, {found.first} – {found.last}, {version}",
        ("indicator", "value", "unit"),
        ((line.names["en"], line.value, line.units["en"]) for line in found.lines),
    )


def _render_differences(different: list[FactDifference]) -> None:
    if not different:
        print_line("All figures are what the ledger tells.")
        return
    print_table(
        "Figures that differ",
        ("figure", "detail", "product", "packer", "grain", "start", "kept", "computed"),
        (
            (
                one.fact.figure,
                one.fact.detail,
                one.fact.product,
                one.fact.packer,
                one.fact.grain,
                one.fact.start,
                one.kept,
                one.computed,
            )
            for one in different
        ),
    )
