"""Traces: what something was made of, what was made of it, as tables and files; their recall."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.code_evidence import code_path
from desk.pages.forms import TraceRecallForm
from desk.pages.list_files import CSV_TYPE, encode_csv
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.trace_rows import TraceRow, list_rows
from services.codes.code_evidence import count_evidence
from services.errors import InvalidInput
from services.permissions import Permission, has_permission
from services.traces.trace_recalls import preview_trace_recall, propose_trace_recall
from services.traces.trace_starts import StartKind, StartRequest, parse_request
from services.traces.traces import FoundTrace, find_place_provinces, find_step_answers, trace_item
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, Transition
from stamps.vietnam_time import VIETNAM_TIME
from traceability.trace import TraceDirection
from traceability.trace.thing_names import describe_thing, parse_lot, parse_stamps
from web.csv_cells import BOM

routes = PageRoutes()

_SEE: Final = (Permission.EVENT_SEE,)
_SHOWN: Final = 300
"""Rows of a table; the file has all."""
_FIELDS: Final = ("item", "kind", "since", "until")


@routes.add("GET", "/trace", permissions=_SEE)
async def show_trace(call: PageCall) -> web.StreamResponse:
    """Ask what is traced, and show where it comes from and what became of it."""
    try:
        return await _render(call, _read_request(call))
    except VeritemError as refusal:
        return await _render(call, None, refusal)


@routes.add("GET", "/trace/file", permissions=_SEE)
async def download_trace(call: PageCall) -> web.StreamResponse:
    """Download a trace in both directions as CSV."""
    asked = _read_request(call)
    if asked is None:
        return redirect("/trace")
    texts = call.texts
    columns = ["direction", "round", "when", "step", "what", "into", "where", "who", "answers"]
    columns.append("event")
    lines: list[Sequence[Any]] = [[texts(f"trace.{name}") for name in columns]]
    for direction in TraceDirection:
        found = await trace_item(call.context, asked, direction)
        rows = await _list_rows(call, found)
        lines += [[texts(f"trace.{direction}"), *row.to_cells(texts)] for row in rows]
        if found.is_cut:
            lines.append([texts(f"trace.{direction}"), texts("trace.cut")])
    day = datetime.fromtimestamp(call.context.clock() / 1000, VIETNAM_TIME).date()
    return web.Response(
        body=BOM.encode() + encode_csv(lines),
        headers={
            "Content-Type": CSV_TYPE,
            "Content-Disposition": f'attachment; filename="veritem-trace-{day}.csv"',
            "Cache-Control": "no-store",
        },
    )


@routes.add("GET", "/trace/recall", permissions=(Permission.RECALL,))
async def show_recall(call: PageCall) -> web.StreamResponse:
    """Show what a recall of everything that a trace forward reaches would recall."""
    asked = _read_request(call)
    if asked is None:
        return redirect("/trace")
    preview = await preview_trace_recall(call.context, asked)
    return render_page(
        call,
        "trace_recall.html",
        call.texts("trace.recall_title", name=preview.found.start.name),
        values={name: call.query.get(name, "") for name in _FIELDS},
        preview=preview,
        reach=preview.reach,
        reasons=REASONS[Transition.RECALL],
    )


@routes.add("POST", "/trace/recall", permissions=(Permission.RECALL,))
async def recall_reached(call: PageCall) -> web.StreamResponse:
    """Propose the recall, once the tick confirms it."""
    form = call.parse_form(TraceRecallForm)
    asked = parse_request(form.item, form.kind, form.since, form.until)
    proposal = await propose_trace_recall(call.context, asked, reason=form.reason, key=call.key)
    return redirect(f"/proposals/{proposal.id}")


def _read_request(call: PageCall) -> StartRequest | None:
    """What the query asks to trace; None if it asks nothing. Raises `InvalidInput`."""
    item, kind, since, until = (call.query.get(name, "").strip() for name in _FIELDS)
    if not item:
        return None
    if kind and kind not in list(StartKind):
        raise InvalidInput(field="kind", why="is no kind of thing", expected="choose")
    return parse_request(item, StartKind(kind) if kind else None, since, until)


async def _render(
    call: PageCall, asked: StartRequest | None, refusal: VeritemError | None = None
) -> web.Response:
    found: list[tuple[FoundTrace, Sequence[TraceRow]]] = []
    if asked is not None:
        for direction in TraceDirection:
            one = await trace_item(call.context, asked, direction)
            found.append((one, await _list_rows(call, one)))
    query = {name: call.query[name] for name in _FIELDS if call.query.get(name)}
    return render_page(
        call,
        "trace.html",
        call.texts("trace.title"),
        refusal=refusal,
        values={name: call.query.get(name, "") for name in _FIELDS},
        kinds=[(str(kind), call.texts(f"trace.kind_{kind}")) for kind in StartKind],
        query=urlencode(query),
        start=found[0][0].start if found else None,
        traces=[
            {
                "direction": one.trace.direction,
                "rows": rows[:_SHOWN],
                "more": max(0, len(rows) - _SHOWN),
                "counts": _count_reached(one),
                "cuts": [
                    (cut.cause, cut.count, [describe_thing(key).text for key in cut.examples])
                    for cut in one.trace.cuts
                ],
                "is_start_cut": one.start.is_cut,
            }
            for one, rows in found
        ],
        took_ms=sum(one.took_ms for one, _ in found),
        evidence=await _count_evidence(call, [one for one, _ in found]),
    )


async def _list_rows(call: PageCall, found: FoundTrace) -> list[TraceRow]:
    answers = await find_step_answers(call.context, found)
    parties = {one for step in found.trace.steps for one in step.event.tellers}
    parties |= {one.organisation for some in answers.values() for one in some}
    names = await call.context.ledger.lists.get_names("organisation", parties)
    places = await find_place_provinces(call.context, found)
    return list_rows(found, names, places, answers, call.texts)


async def _count_evidence(
    call: PageCall, found: Sequence[FoundTrace]
) -> list[tuple[str, str, int]]:
    """Code, path and number of pieces of evidence of the places of a trace that have any."""
    if not found or not has_permission(call.context.actor, Permission.EVIDENCE_SEE):
        return []
    places = {place for one in found for step in one.trace.steps for place in step.event.places}
    codes = {describe_thing(key).text for key in places}
    if found[0].start.kind is StartKind.PLACE:
        codes.add(found[0].start.name)
    counts = await count_evidence(call.context, codes)
    return [(code, code_path(code), count) for code, count in sorted(counts.items())]


def _count_reached(found: FoundTrace) -> dict[str, int]:
    """How many lots, stamps and things a trace reached."""
    things = found.trace.things
    ranges = [stamps for key in things if (stamps := parse_stamps(key)) is not None]
    return {
        "things": len(things),
        "lots": sum(parse_lot(key) is not None for key in things),
        "stamps": sum(one.hi - one.lo for one in ranges),
    }
