"""Drafts of lots: those of one's organisation, to go on with or to delete."""

from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import Form
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.lists.find import find_person_names
from services.lots import lot_drafts
from services.permissions import Permission
from traceability.lot_profiles import list_labels, load_profiles
from web.i18n import join_words

routes = PageRoutes()


@routes.add("GET", "/lot-drafts", permissions=(Permission.LOT_PUT,))
async def list_drafts(call: PageCall) -> web.StreamResponse:
    """List the drafts, the last saved first, with what each lacks."""
    page = await lot_drafts.list_drafts(call.context, after=call.query.get("after"))
    shown = []
    for draft in page.items:
        profile = load_profiles()[draft.kind]
        unfilled = lot_drafts.find_unfilled(draft)
        needed = sum(item.is_mandatory for item in profile.items)
        shown.append(
            {
                "draft": draft,
                "address": f"/new-lot?{urlencode({'produce': draft.kind, 'lot_draft': draft.id})}",
                "kind": profile.name[call.language],
                "filled": needed - len(unfilled),
                "needed": needed,
                "missing": join_words(
                    list_labels(draft.kind, unfilled, call.language), call.language
                ),
            }
        )
    return render_page(
        call,
        "lot_drafts.html",
        call.texts("lots.drafts"),
        trail=[(call.texts("nav.lots"), "/lots")],
        drafts=shown,
        next_page=page.next,
        people=await find_person_names(call.context, *(one.saved_by for one in page.items)),
    )


@routes.add("POST", "/lot-drafts/{lot_draft}/delete", permissions=(Permission.LOT_PUT,))
async def delete_draft(call: PageCall, lot_draft: str) -> web.StreamResponse:
    """Delete a draft."""
    call.parse_form(Form)
    await lot_drafts.delete_draft(call.context, lot_draft)
    return redirect("/lot-drafts", "flash.draft_deleted")
