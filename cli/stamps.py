"""`veritem stamps`: the steps of a stamp's life, a run at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.balances import balance_document, weighed
from cli.context import Actor, ConfigFile, Key, opened, run
from cli.output import Json, Refused, facts, say
from ledger import Ledger, MassBalance, RecordedTransition
from printing import parse_report
from stamps import serial_range
from stamps.lifecycle import REASONS, Transition
from stamps.spans import RangeTransition
from stamps.timestamps import format_rfc3339

app = typer.Typer(
    no_args_is_help=True, help="Transition stamps through their life, a run at a time."
)

Runs = Annotated[
    list[str],
    typer.Argument(metavar="ROLL…", help="7·0-4999 (first and last number), 7·42, or 7 for all."),
]
Lot = Annotated[str, typer.Option(help="The lot that the stamps vouch for.")]


def _reason(transition: Transition) -> Any:
    return typer.Option(help="Why: " + ", ".join(REASONS[transition]) + ".")


@app.command()
def printed(
    rolls: Runs,
    actor: Actor,
    key: Key,
    report: Annotated[
        Path | None,
        typer.Option(help="The print house's report (CSV or JSONL) of the one roll or batch."),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Record what a print house printed and, with its report, what it spoiled."""
    if report is None:
        _apply(rolls, Transition.PRINT, actor, key, file, as_json)
        return
    if len(rolls) != 1:
        raise Refused(why="a report is of one batch or one run of it")
    ordered = serial_range.parse_serial_range(rolls[0])
    try:
        content = report.read_bytes()
    except OSError as error:
        raise Refused(why=f"{report} can not be read: {error.strerror}") from error

    async def work() -> tuple[Sequence[RecordedTransition], MassBalance]:
        async with opened(file) as (_, ledger):
            hi = await _end(ledger, ordered)
            told = parse_report(content, batch=ordered.batch, lo=ordered.lo, hi=hi)
            # What was spoiled was printed first: the law makes void what is printed.
            steps = [RangeTransition(told.batch, s.lo, s.hi, Transition.PRINT) for s in told.spans]
            steps += [
                RangeTransition(told.batch, s.lo, s.hi, Transition.VOID, s.reason)
                for s in told.spans
                if s.state == "spoiled"
            ]
            moved = await ledger.transitions.apply_all(steps, actor=actor, key=key)
            return moved, await ledger.transitions.compute_balance(ordered.batch)

    moved, balance = run(work())
    _say(moved, as_json, balance)


@app.command()
def activate(
    rolls: Runs, lot: Lot, actor: Actor, key: Key, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Activate stamps at packing and bind them to a lot."""
    _apply(rolls, Transition.ACTIVATE, actor, key, file, as_json, lot=lot)


@app.command()
def void(
    rolls: Runs,
    reason: Annotated[str, _reason(Transition.VOID)],
    actor: Actor,
    key: Key,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make stamps void that are not on produce: spoiled, lost, stolen …"""
    _apply(rolls, Transition.VOID, actor, key, file, as_json, reason=reason)


@app.command()
def suspend(
    rolls: Runs,
    reason: Annotated[str, _reason(Transition.SUSPEND)],
    actor: Actor,
    key: Key,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Block stamps for the time being, as an inspector, with a reason."""
    _apply(rolls, Transition.SUSPEND, actor, key, file, as_json, reason=reason)


@app.command()
def release(
    rolls: Runs,
    reason: Annotated[str, _reason(Transition.RELEASE)],
    actor: Actor,
    key: Key,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Undo a suspension: the stamps are again what they were before it."""
    _apply(rolls, Transition.RELEASE, actor, key, file, as_json, reason=reason)


@app.command()
def recall(
    reason: Annotated[str, _reason(Transition.RECALL)],
    actor: Actor,
    key: Key,
    rolls: Annotated[
        list[str] | None, typer.Argument(metavar="[ROLL…]", help="What to recall.")
    ] = None,
    lot: Annotated[str | None, typer.Option(help="Recall every stamp of this lot.")] = None,
    batch: Annotated[int | None, typer.Option(help="Recall every stamp of this batch.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Recall stamps on produce, by lot, batch or run. It is final."""
    if sum((bool(rolls), lot is not None, batch is not None)) != 1:
        raise Refused(why="name one of: rolls, --lot, --batch")
    if rolls:
        _apply(rolls, Transition.RECALL, actor, key, file, as_json, reason=reason)
        return

    async def work() -> Sequence[RecordedTransition]:
        async with opened(file) as (_, ledger):
            if lot is not None:
                return await ledger.transitions.recall_lot(lot, actor=actor, reason=reason, key=key)
            return await ledger.transitions.recall_batch(
                batch or 0, actor=actor, reason=reason, key=key
            )

    _say(run(work()), as_json)


def _apply(
    rolls: Sequence[str],
    transition: Transition,
    actor: str,
    key: str,
    file: Path | None,
    as_json: bool,
    *,
    reason: str | None = None,
    lot: str | None = None,
) -> None:
    runs = [serial_range.parse_serial_range(text) for text in rolls]

    async def work() -> Sequence[RecordedTransition]:
        async with opened(file) as (_, ledger):
            steps = [
                RangeTransition(
                    named.batch, named.lo, await _end(ledger, named), transition, reason, lot
                )
                for named in runs
            ]
            return await ledger.transitions.apply_all(steps, actor=actor, key=key)

    _say(run(work()), as_json)


async def _end(ledger: Ledger, named: serial_range.SerialRange) -> int:
    return (await ledger.batches.get(named.batch)).count if named.hi is None else named.hi


def _say(
    moved: Sequence[RecordedTransition], as_json: bool, balance: MassBalance | None = None
) -> None:
    document = [
        {
            "seq": one.seq,
            "roll": serial_range.format_serial_range(one.batch, one.lo, one.hi),
            "batch": one.batch,
            "lo": one.lo,
            "hi": one.hi,
            "transition": one.transition,
            "lot": one.lot,
            "reason": one.reason,
            "at": format_rfc3339(one.at),
            "hash": one.hash,
            "repeated": one.repeated,
        }
        for one in moved
    ]

    def lines() -> None:
        for one in moved:
            told = "already recorded" if one.repeated else "recorded"
            facts(
                f"{one.transition} {serial_range.format_serial_range(one.batch, one.lo, one.hi)}: {told}",
                {
                    "stamps": one.hi - one.lo,
                    "transition number": one.seq,
                    "hash": one.hash[:16] + "…",
                },
            )

        if balance is not None:
            weighed(balance)

    said: dict[str, Any] = {"transitions": document}
    if balance is not None:
        said["balance"] = balance_document(balance)
    say(said, as_json, lines)
