"""`veritem trace`: what something was made of, and what was made of it."""

from datetime import datetime
from typing import Annotated

import typer

from cli.context import ConfigFile
from cli.output import Json, print_line, print_result
from cli.use_cases import call_service
from services.context import ServiceContext
from services.documents.traces import TraceDocument, TraceStepDocument, describe_trace
from services.traces.trace_starts import StartKind, parse_request
from services.traces.traces import find_step_answers, trace_item
from traceability.trace import TraceDirection
from traceability.trace.thing_names import describe_thing

_SHOWN = 6


def show_trace(
    item: Annotated[
        str,
        typer.Argument(
            help="A lot, serial range, SSCC, GTIN with lot number, place, event or URI."
        ),
    ],
    direction: Annotated[
        TraceDirection, typer.Option(help="To what it was made of, or to what was made of it.")
    ] = TraceDirection.BACK,
    kind: Annotated[
        StartKind | None, typer.Option(help="What ITEM is, where it is not to be recognised.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of a place, from this day on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of a place, up to this day.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Trace something back to what it was made of, or forward to what was made of it.

    The operator traces over the events of all. A stamp is named by its serial number, `7·42`.
    """
    days = ["" if day is None else day.date().isoformat() for day in (since, until)]
    asked = parse_request(item, kind, *days)

    async def find(context: ServiceContext) -> TraceDocument:
        found = await trace_item(context, asked, direction)
        return describe_trace(found, await find_step_answers(context, found))

    document = call_service(file, find)
    print_result(document, as_json, lambda: _render(document))


def _render(document: TraceDocument) -> None:
    print_line(
        f"{document.kind} {document.name}, {document.direction}: {len(document.steps)} steps"
    )
    for one in document.steps:
        who = ", ".join(one.organisations)
        print_line(f"{one.round:>3}  {one.at}  {_describe_what(one)}  {who}")
        for answer in one.answers:
            print_line(f"     {answer.organisation}: {answer.answer}")
    for cut in document.cuts:
        some = ", ".join(describe_thing(key).text for key in cut.examples)
        print_line(f"not followed ({cut.cause}): {cut.count}, such as {some}")
    if document.is_cut:
        print_line("there may be more than this trace shows")


def _describe_what(one: TraceStepDocument) -> str:
    def join(things: list[str]) -> str:
        more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
        return ", ".join(things[:_SHOWN]) + more

    named = join([thing.name for thing in (*one.inputs, *one.items)])
    to = [thing.name for thing in one.outputs]
    if one.parent is not None:
        to.append(describe_thing(one.parent).text)
    arrow = f" -> {join(to)}" if to else ""
    return f"{one.step or one.kind}  {named}{arrow}"
