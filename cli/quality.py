"""`veritem quality`: measures of the quality of data."""

from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_result, print_table
from cli.use_cases import call_service
from services.context import ServiceContext
from services.quality.quality_reports import QualityQuery, QualityReport, show_quality


def show_report(
    actor: SignedInAs,
    since: Annotated[str, typer.Option(help="The first month, 2026-01.")] = "",
    until: Annotated[str, typer.Option(help="The last month.")] = "",
    province: Annotated[str | None, typer.Option(help="Code of a province.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Id of an organisation.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show how complete, correct and timely the data of a scope is."""
    query = QualityQuery(since, until, province, organisation)

    async def show(context: ServiceContext) -> QualityReport:
        await context.ledger.quality_facts.fold()
        return await show_quality(context, query)

    report = call_service(file, show, actor=actor)
    counts = {
        **report.measures,
        **{f"missing {item}": count for item, count in report.missing},
        **report.registered,
    }
    print_result(
        {name: {"part": one.part, "whole": one.whole} for name, one in counts.items()},
        as_json,
        lambda: print_table(
            f"Quality of data, {report.period.first:%Y-%m} to {report.period.last:%Y-%m}",
            ("measure", "part", "whole"),
            ((name, one.part, one.whole) for name, one in counts.items()),
        ),
    )
