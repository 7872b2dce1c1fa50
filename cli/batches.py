"""`veritem batch`: approved orders become numbered batches with a signed manifest."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.balances import balance_document, weighed
from cli.context import Actor, ConfigFile, Key, opened, run
from cli.keys import key_store, passphrases
from cli.output import Json, Refused, facts, progress, say, table, when
from cli.settings import Settings
from issuer import Issuer
from ledger import Batch, Ledger, MassBalance
from stamps import serial_range
from stamps.spans import Span
from stamps.timestamps import format_rfc3339

app = typer.Typer(no_args_is_help=True, help="Batches: numbered runs of stamps, issued.")

Number = Annotated[int, typer.Argument(metavar="BATCH", help="The batch's number.", min=1)]


def issuer_of(settings: Settings, ledger: Ledger) -> Issuer:
    """The issuer with its keys opened."""
    store, secrets = key_store(settings), passphrases(settings)
    return Issuer(ledger, store.open_ring(secrets.opening), store.open_signer(secrets.signing))


@app.command()
def create(
    order: Annotated[str, typer.Argument(help="The approved order.")],
    actor: Actor,
    key: Key,
    count: Annotated[int | None, typer.Option(help="Fewer than the order has.")] = None,
    gs1: Annotated[bool, typer.Option("--gs1", help="Print GS1 Digital Link addresses.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Issue a batch of an approved order: up to 16,777,216 stamps."""

    async def work() -> Batch:
        async with opened(file) as (settings, ledger):
            issuer = issuer_of(settings, ledger)
            with progress("sealing", as_json) as told:
                return await issuer.issue(
                    order,
                    host=settings.printing.host,
                    actor=actor,
                    key=key,
                    count=count,
                    gs1=gs1,
                    progress=told,
                )

    batch = run(work())
    say(document(batch), as_json, lambda: facts(f"Issued batch {batch.number}", _facts(batch)))


@app.command()
def finish(number: Number, file: ConfigFile = None, as_json: Json = False) -> None:
    """Finish a batch whose issue was cut off: it gets the very manifest that it would have had."""

    async def work() -> Batch:
        async with opened(file) as (settings, ledger):
            with progress("sealing", as_json) as told:
                return await issuer_of(settings, ledger).finish(number, progress=told)

    batch = run(work())
    say(document(batch), as_json, lambda: facts(f"Batch {batch.number} is whole", _facts(batch)))


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the batches."""

    async def work() -> list[Batch]:
        async with opened(file) as (_, ledger):
            return await ledger.batches.list()

    batches = run(work())
    say(
        {"batches": [document(batch) for batch in batches]},
        as_json,
        lambda: table(
            "Batches",
            ("batch", "stamps", "grade", "order", "epoch", "issued", "by", "manifest"),
            (
                (
                    str(b.number),
                    b.count,
                    b.grade,
                    b.order,
                    str(b.epoch),
                    when(b.at),
                    b.actor,
                    "signed" if b.manifest else "unfinished",
                )
                for b in batches
            ),
        ),
    )


@app.command()
def show(number: Number, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a batch: where its stamps are, and whether that balances."""

    async def work() -> tuple[Batch, list[Span], MassBalance]:
        async with opened(file) as (_, ledger):
            return (
                await ledger.batches.get(number),
                await ledger.transitions.list_spans(number),
                await ledger.transitions.compute_balance(number),
            )

    batch, spans, balance = run(work())
    shown = {
        **document(batch),
        "spans": [
            {
                "roll": serial_range.format_serial_range(number, span.lo, span.hi),
                "lo": span.lo,
                "hi": span.hi,
                "state": span.state,
                "lot": span.lot,
                "since": format_rfc3339(span.changed_at),
            }
            for span in spans
        ],
        "balance": balance_document(balance),
    }

    def lines() -> None:
        facts(f"Batch {number}", _facts(batch))
        table(
            "Where its stamps are",
            ("roll", "stamps", "state", "lot", "since"),
            (
                (
                    serial_range.format_serial_range(number, s.lo, s.hi),
                    s.hi - s.lo,
                    s.state,
                    s.lot,
                    when(s.changed_at),
                )
                for s in spans
            ),
        )
        weighed(balance)

    say(shown, as_json, lines)


@app.command()
def manifest(
    number: Number,
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    file: ConfigFile = None,
) -> None:
    """Print a batch's signed manifest."""

    async def work() -> Batch:
        async with opened(file) as (_, ledger):
            return await ledger.batches.get(number)

    signed = run(work()).manifest
    if signed is None:
        raise Refused(why=f"batch {number} has no manifest: its issue was cut off")
    if out is None:
        typer.echo(signed)
    else:
        out.write_bytes(signed)


def document(batch: Batch) -> dict[str, Any]:
    """A batch as JSON."""
    return {
        "batch": batch.number,
        "order": batch.order,
        "count": batch.count,
        "grade": batch.grade,
        "epoch": batch.epoch,
        "host": batch.host,
        "gtin": batch.gtin,
        "pin": batch.has_pin,
        "issued_at": format_rfc3339(batch.at),
        "actor": batch.actor,
        "manifest": orjson.loads(batch.manifest) if batch.manifest else None,
    }


def _facts(batch: Batch) -> dict[str, Any]:
    return {
        "stamps": batch.count,
        "rolls": serial_range.format_serial_range(batch.number, 0, batch.count),
        "grade": batch.grade + (", with PIN" if batch.has_pin else ""),
        "order": batch.order,
        "epoch": str(batch.epoch),
        "says": f"{batch.host}/…",
        "issued": f"{when(batch.at)} by {batch.actor}",
    }
