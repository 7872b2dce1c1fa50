"""Recall of the lots that name a registered code: days, preview, proposal."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import CodeRecallForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.stamps.recall_reach import MOST_LOTS
from services.permissions import Permission
from services.stamps import recalls
from services.stamps.recalls import CodeDays
from stamps.lifecycle import REASONS, Transition

routes = PageRoutes()


@routes.add("GET", "/codes/{place}/recall", permissions=(Permission.RECALL,))
async def show_recall(call: PageCall, place: str) -> web.StreamResponse:
    """Show which lots of a code a recall reaches, by the days in which they were packed."""
    since, until = call.query.get("since"), call.query.get("until")
    asked = recalls.parse_days(place, since, until)
    lots = await recalls.list_code_lots(call.context, asked)
    is_shown = 0 < len(lots) <= MOST_LOTS
    return render_page(
        call,
        "code_recall.html",
        call.texts("code_recall.title", code=place),
        place=place,
        address=f"/codes/{place}/recall",
        since="" if asked.since is None else asked.since.isoformat(),
        until="" if asked.until is None else asked.until.isoformat(),
        lots=lots[:MOST_LOTS],
        has_more=len(lots) > MOST_LOTS,
        most=MOST_LOTS,
        reach=await recalls.preview_recall(call.context, code=asked) if is_shown else None,
        reasons=REASONS[Transition.RECALL],
    )


@routes.add("POST", "/codes/{place}/recall", permissions=(Permission.RECALL,))
async def recall_lots(call: PageCall, place: str) -> web.StreamResponse:
    """Propose to recall the lots, once the tick confirms it."""
    form = call.parse_form(CodeRecallForm)
    days: CodeDays = recalls.parse_days(place, form.since, form.until)
    proposal = await recalls.propose_recall(
        call.context, code=days, reason=form.reason, key=call.key
    )
    return redirect(f"/proposals/{proposal.id}")
