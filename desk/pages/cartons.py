"""Cartons and pallets: the list, a carton with its contents and history, packing and unpacking.

The form of packing is one field that takes what a hand scanner sends: a code a line, the label of
the carton among them. It works without scripts.
"""

from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web

from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.call import PageCall
from desk.pages.forms import PackingForm, RecallForm, UnpackingForm
from desk.pages.list_cells import choose_name
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import RecallReach
from ledger.cartons.carton_rows import Carton
from services.cartons import cartons
from services.cartons.scanned_contents import MOST_LINES
from services.lists.find import find_person_names
from services.lists.lots import CARTONS
from services.permissions import Permission, has_permission
from services.stamps import recalls
from stamps.lifecycle import REASONS, Transition
from traceability.carton_label import format_label

routes = PageRoutes()

FORM_LIMIT: Final = 180_000
"""Bytes of a form: as much as is kept when it is refused."""
_MOST_RANGES: Final = 100


@routes.add("GET", "/cartons", permissions=(Permission.CARTON_SEE,))
async def list_cartons(call: PageCall) -> web.StreamResponse:
    """List the cartons and pallets in scope."""
    texts = call.texts
    may_pack = has_permission(call.context.actor, Permission.CARTON_PACK)
    return await render_list(
        call,
        CARTONS,
        texts("cartons.title"),
        lead=texts("cartons.lead"),
        actions=[("/pack-carton", texts("cartons.pack"))] if may_pack else (),
    )


@routes.add("GET", "/pack-carton", permissions=(Permission.CARTON_PACK,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Ask for what is packed: the label of a carton, and stamps."""
    label = call.query.get("carton", "")
    return render_page(
        call,
        "carton_pack.html",
        call.texts("cartons.pack"),
        scan=f"{label}\n" if label else "",
        most=MOST_LINES,
    )


@routes.add("POST", "/pack-carton", permissions=(Permission.CARTON_PACK,), limit=FORM_LIMIT)
async def pack(call: PageCall) -> web.StreamResponse:
    """Pack what was scanned, and lead to the carton."""
    form = call.parse_form(PackingForm)
    result = await cartons.pack_scan(call.context, form.scan, call.key)
    act = result.act
    if act.cartons:
        return redirect(
            link_carton(result.carton), "cartons.loaded", count=len(act.cartons), stamps=act.stamps
        )
    return redirect(link_carton(result.carton), "cartons.packed", count=act.stamps)


@routes.add("GET", "/cartons/{carton}", permissions=(Permission.CARTON_SEE,))
async def show_carton(call: PageCall, carton: str) -> web.StreamResponse:
    """Show a carton or pallet: contents, lots, pallet, history."""
    details = await cartons.get_carton(call.context, carton)
    found, actor = details.carton, call.context.actor
    may_pack = has_permission(actor, Permission.CARTON_PACK)
    names = await call.context.ledger.lists.get_names("organisation", {found.organisation})
    return render_page(
        call,
        "carton.html",
        name_carton(found, call),
        details=details,
        one=found,
        organisation=choose_name(names.get(found.organisation), call.language, found.organisation),
        people=await find_person_names(
            call.context, found.changed_by, *(act.actor for act in details.acts)
        ),
        ranges=details.ranges[:_MOST_RANGES],
        more=max(0, len(details.ranges) - _MOST_RANGES),
        address=link_carton(found),
        pack_link=f"/pack-carton?{urlencode({'carton': found.label})}",
        reach=await _preview_recall(call, found),
        reasons=REASONS[Transition.RECALL],
        is_own=may_pack and actor.organisation in (None, found.organisation),
        format_label=format_label,
        link_carton=link_carton,
        link_id=link_id,
    )


@routes.add(
    "POST",
    "/cartons/{carton}/unpack",
    permissions=(Permission.CARTON_PACK,),
    limit=FORM_LIMIT,
)
async def unpack(call: PageCall, carton: str) -> web.StreamResponse:
    """Unpack what was scanned, or all that is in it."""
    form = call.parse_form(UnpackingForm)
    if form.all is None and not form.scan.strip():
        raise InvalidForm([Flaw("scan", "cartons.unpack_missing")], field="scan", why="is missing")
    found = await cartons.find_carton(call.context, carton)
    contents = None if form.all is not None else form.scan.splitlines()
    result = await cartons.unpack(call.context, found.label, contents, call.key)
    act = result.act
    if act.cartons:
        return redirect(
            link_carton(found), "cartons.unloaded", count=len(act.cartons), stamps=act.stamps
        )
    return redirect(link_carton(found), "cartons.unpacked", count=act.stamps)


@routes.add("POST", "/cartons/{carton}/recall", permissions=(Permission.RECALL,))
async def recall_carton(call: PageCall, carton: str) -> web.StreamResponse:
    """Propose to recall the stamps that are in it, once the tick confirms it."""
    form = call.parse_form(RecallForm)
    proposal = await recalls.propose_recall(
        call.context, carton=carton, reason=form.reason, key=call.key
    )
    return redirect(f"/proposals/{proposal.id}")


def link_carton(carton: Carton) -> str:
    """The address of a carton's page."""
    return link_id(carton.id)


async def _preview_recall(call: PageCall, carton: Carton) -> RecallReach | None:
    """The reach of a recall; None for who cannot propose one, and where nothing is in it."""
    if not carton.stamps or not has_permission(call.context.actor, Permission.RECALL):
        return None
    return await recalls.preview_recall(call.context, carton=carton.id)


def link_id(id_: str) -> str:
    """The address of the page of the carton with an id."""
    return f"/cartons/{quote(id_, safe='')}"


def name_carton(carton: Carton, call: PageCall) -> str:
    """A carton or pallet as people call it."""
    return call.texts(f"cartons.one_{carton.kind}", label=format_label(carton.label))
