"""`veritem batch`: batches of approved orders, with their signed manifests."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.balances import print_balance
from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.numbers import parse_number
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_result,
    print_table,
    show_progress,
)
from cli.output_file import write_output_file
from cli.settings import Settings
from cli.use_cases import call_issuing_service, call_service
from ledger import Batch
from services import ServiceContext
from services.batches import batches
from services.batches.batches import BatchRequest
from services.documents import describe_batch, describe_batch_details
from services.record import batch_events
from stamps import serial_range
from traceability.epcis.transition_events import build_document

app = typer.Typer(no_args_is_help=True, help="Batches: numbered runs of stamps issued together.")

BatchNumber = Annotated[
    int, typer.Argument(metavar="BATCH", help="The batch's number.", parser=parse_number)
]


@app.command("create")
def create_batch(
    order: Annotated[str, typer.Argument(help="The approved order.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    count: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Fewer than the order has.", parser=parse_number),
    ] = None,
    gs1: Annotated[bool, typer.Option("--gs1", help="Print GS1 Digital Link addresses.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Issue a batch of an approved order: up to 16,777,216 stamps."""
    with show_progress("sealing", as_json) as report:

        async def issue(context: ServiceContext, settings: Settings) -> Batch:
            request = BatchRequest(order, settings.printing.host, count, gs1)
            return await batches.issue_batch(context, request, key, report)

        batch = call_issuing_service(file, issue, actor=actor)
    _print_batch(batch, f"Issued batch {batch.number}", as_json)


@app.command()
def finish(
    number: BatchNumber, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Finish a batch whose issue was interrupted; its manifest is the one it would have had."""
    with show_progress("sealing", as_json) as report:
        batch = call_issuing_service(
            file, lambda c, _: batches.finish_batch(c, number, report), actor=actor
        )
    _print_batch(batch, f"Batch {batch.number} is complete", as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the batches, newest first."""
    page = call_service(file, lambda c: batches.list_batches(c))
    print_result(
        {"batches": [describe_batch(batch) for batch in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Batches",
            ("batch", "stamps", "grade", "order", "epoch", "issued", "by", "manifest"),
            (
                (
                    str(batch.number),
                    batch.count,
                    batch.grade,
                    batch.order,
                    str(batch.epoch),
                    format_local_time(batch.at),
                    batch.actor,
                    "signed" if batch.manifest else "unfinished",
                )
                for batch in page.items
            ),
        ),
    )


@app.command("show")
def show_batch(number: BatchNumber, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a batch: the state of its stamps, and its mass balance."""
    details = call_service(file, lambda c: batches.get_batch_details(c, number))

    def render() -> None:
        print_fields(f"Batch {number}", _list_fields(details.batch))
        print_table(
            "State of its stamps",
            ("range", "stamps", "state", "lot", "since"),
            (
                (
                    serial_range.format_serial_range(number, span.lo, span.hi),
                    span.hi - span.lo,
                    span.state,
                    span.lot,
                    format_local_time(span.changed_at),
                )
                for span in details.spans
            ),
        )
        print_balance(details.balance)

    print_result(describe_batch_details(details), as_json, render)


@app.command()
def manifest(
    number: BatchNumber,
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    file: ConfigFile = None,
) -> None:
    """Print a batch's signed manifest."""
    signed = call_service(file, lambda c: batches.get_batch(c, number)).manifest
    if signed is None:
        raise CommandRefused(why=f"batch {number} has no manifest; `veritem batch finish {number}`")
    if out is None:
        typer.echo(signed)
    else:
        write_output_file(out, signed)


def _print_batch(batch: Batch, title: str, as_json: bool) -> None:
    signed = orjson.loads(batch.manifest) if batch.manifest else None
    print_result(
        {**describe_batch(batch).model_dump(mode="json"), "manifest": signed},
        as_json,
        lambda: print_fields(title, _list_fields(batch)),
    )


def _list_fields(batch: Batch) -> dict[str, Any]:
    return {
        "stamps": batch.count,
        "range": serial_range.format_serial_range(batch.number, 0, batch.count),
        "grade": batch.grade + (", with PIN" if batch.has_pin else ""),
        "order": batch.order,
        "epoch": str(batch.epoch),
        "address": f"{batch.host}/…",
        "issued": f"{format_local_time(batch.at)} by {batch.actor}",
    }


@app.command("events")
def write_events(
    number: BatchNumber,
    output: Annotated[Path | None, typer.Option("--out", help="Write the document here.")] = None,
    file: ConfigFile = None,
) -> None:
    """Write what happened to the stamps of a batch as an EPCIS 2.0 document (JSON-LD)."""

    async def collect(context: ServiceContext) -> dict[str, Any]:
        events = [one async for one in batch_events.iterate_batch_events(context, number)]
        return build_document(events, context.clock())

    document = orjson.dumps(call_service(file, collect), option=orjson.OPT_INDENT_2) + b"\n"
    if output is None:
        sys.stdout.buffer.write(document)
    else:
        write_output_file(output, document)
