"""`veritem stamps`: transitions of serial ranges."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.balances import print_balance
from cli.context import ConfigFile, IdempotencyKey, SignedInAs, read_input
from cli.numbers import parse_number
from cli.output import CommandRefused, Json, print_fields, print_result
from cli.proposal_output import print_proposed
from cli.use_cases import call_service
from ledger import RecordedTransition
from services.batches import print_reports
from services.documents import describe_report, describe_transition
from services.stamps import recalls, transitions
from services.stamps.recalls import CodeDays
from services.stamps.transitions import TransitionRequest
from services.traces.trace_recalls import propose_trace_recall
from services.traces.trace_starts import StartKind, parse_request
from stamps import serial_range
from stamps.lifecycle import REASONS, Transition

app = typer.Typer(no_args_is_help=True, help="Transitions of stamps, by serial range.")

Ranges = Annotated[
    list[str],
    typer.Argument(
        metavar="RANGE…", help="7·0-4999 (first and last number), 7·42, or 7 for the whole batch."
    ),
]
LotCode = Annotated[str, typer.Option(help="The lot that the stamps vouch for.")]


def _reason_option(transition: Transition) -> Any:
    return typer.Option(help="One of " + ", ".join(REASONS[transition]) + ".")


@app.command()
def printed(
    ranges: Ranges,
    actor: SignedInAs,
    key: IdempotencyKey,
    report: Annotated[
        Path | None,
        typer.Option(help="The print house's report (CSV or JSONL) on the one range or batch."),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Record what a print house printed and, with its report, what it spoiled."""
    if report is None:
        _apply(TransitionRequest(Transition.PRINT, ranges), actor, key, file, as_json)
        return
    if len(ranges) != 1:
        raise CommandRefused(why="a report is about one batch or one range of it")
    content = read_input(report)
    applied = call_service(
        file, lambda c: print_reports.apply_print_report(c, ranges[0], content, key), actor=actor
    )

    def render() -> None:
        _render(applied.transitions)
        print_balance(applied.balance)

    print_result(describe_report(applied), as_json, render)


@app.command()
def activate(
    ranges: Ranges,
    lot: LotCode,
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Activate stamps at packing and bind them to a lot."""
    _apply(TransitionRequest(Transition.ACTIVATE, ranges, lot=lot), actor, key, file, as_json)


@app.command()
def deactivate(
    ranges: Ranges,
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take an activation back: within 15 minutes, and before the first scan."""
    _apply(TransitionRequest(Transition.DEACTIVATE, ranges), actor, key, file, as_json)


@app.command()
def rebind(
    ranges: Ranges,
    lot: LotCode,
    reason: Annotated[str, _reason_option(Transition.REBIND)],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Bind activated stamps to another lot: within 72 hours, and before the first scan."""
    request = TransitionRequest(Transition.REBIND, ranges, lot=lot, reason=reason)
    _apply(request, actor, key, file, as_json)


@app.command()
def void(
    ranges: Ranges,
    reason: Annotated[str, _reason_option(Transition.VOID)],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Void stamps that are not on produce: spoiled, lost, stolen …"""
    _apply(TransitionRequest(Transition.VOID, ranges, reason=reason), actor, key, file, as_json)


@app.command()
def suspend(
    ranges: Ranges,
    reason: Annotated[str, _reason_option(Transition.SUSPEND)],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Suspend stamps, as an inspector, until they are released."""
    _apply(TransitionRequest(Transition.SUSPEND, ranges, reason=reason), actor, key, file, as_json)


@app.command()
def release(
    ranges: Ranges,
    reason: Annotated[str, _reason_option(Transition.RELEASE)],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Release suspended stamps; they return to the state before the suspension."""
    _apply(TransitionRequest(Transition.RELEASE, ranges, reason=reason), actor, key, file, as_json)


@app.command()
def recall(
    reason: Annotated[str, _reason_option(Transition.RECALL)],
    actor: SignedInAs,
    key: IdempotencyKey,
    ranges: Annotated[
        list[str] | None, typer.Argument(metavar="[RANGE…]", help="What to recall.")
    ] = None,
    lot: Annotated[str | None, typer.Option(help="Recall every stamp of this lot.")] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", help="Recall every stamp of this batch.", parser=parse_number
        ),
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="Recall all lots that name this registered code.")
    ] = None,
    carton: Annotated[
        str | None, typer.Option(help="Recall the stamps in this carton, or on this pallet.")
    ] = None,
    traced: Annotated[
        str | None, typer.Option(help="Recall every stamp that a trace forward reaches.")
    ] = None,
    traced_kind: Annotated[
        StartKind | None, typer.Option(help="What is traced, where it is not to be recognised.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Lots packed from this day on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Lots packed up to this day.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Propose to recall stamps, by lot, batch, code, carton, trace or range; another approves.

    A recall is final. In an emergency an inspector suspends alone, at once.
    """
    named = (bool(ranges), lot is not None, batch is not None, code is not None, carton is not None)
    if sum((*named, bool(traced))) != 1:
        raise CommandRefused(why="name one of: ranges, --lot, --batch, --code, --carton, --traced")
    if traced:
        first, last = ("" if day is None else day.date().isoformat() for day in (since, until))
        asked = parse_request(traced, traced_kind, first, last)
        found = call_service(
            file, lambda c: propose_trace_recall(c, asked, reason=reason, key=key), actor=actor
        )
        print_proposed(found, as_json)
        return
    days = None
    if code is not None:
        days = CodeDays(
            code, None if since is None else since.date(), None if until is None else until.date()
        )
    proposal = call_service(
        file,
        lambda c: recalls.propose_recall(
            c,
            lot=lot,
            batch=batch,
            ranges=ranges or (),
            code=days,
            carton=carton,
            reason=reason,
            key=key,
        ),
        actor=actor,
    )
    print_proposed(proposal, as_json)


def _apply(
    request: TransitionRequest, actor: str, key: str, file: Path | None, as_json: bool
) -> None:
    recorded = call_service(
        file, lambda c: transitions.apply_transition(c, request, key), actor=actor
    )
    document = {"transitions": [describe_transition(one) for one in recorded]}
    print_result(document, as_json, lambda: _render(recorded))


def _render(recorded: Sequence[RecordedTransition]) -> None:
    for one in recorded:
        outcome = "already recorded" if one.repeated else "recorded"
        target = serial_range.format_serial_range(one.batch, one.lo, one.hi)
        print_fields(
            f"{one.transition} {target}: {outcome}",
            {
                "stamps": one.hi - one.lo,
                "transition number": one.seq,
                "hash": one.hash[:16] + "…",
            },
        )
