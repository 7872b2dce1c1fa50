"""Drafts of lots: those of one's organisation, to go on with or to delete."""

from typing import Annotated, Final
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field

from desk.pages.call import PageCall
from desk.pages.forms import Form
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import SeenDraft
from services.lists.find import find_person_names
from services.lots import lot_drafts
from services.permissions import Permission
from traceability.lot_profiles import list_labels, load_profiles
from web.i18n import join_words

routes = PageRoutes()

_DELETE: Final = "/lot-drafts/{lot_draft}/delete"


class _DeletionForm(Form):
    """The version of the draft that the page showed."""

    draft_version: Annotated[int, Field(ge=1, le=2**31 - 1)]


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


@routes.add("GET", _DELETE, permissions=(Permission.LOT_PUT,))
async def ask_to_delete_draft(call: PageCall, lot_draft: str) -> web.StreamResponse:
    """Ask whether a draft is deleted for good, and show what would be lost."""
    draft = await lot_drafts.get_draft(call.context, lot_draft)
    names = await find_person_names(call.context, draft.saved_by)
    return render_page(
        call,
        "lot_draft_delete.html",
        call.texts("lots.draft_delete_title"),
        trail=[(call.texts("nav.lots"), "/lots"), (call.texts("lots.drafts"), "/lot-drafts")],
        lot_draft=draft,
        kind=load_profiles()[draft.kind].name[call.language],
        saver=names.get(draft.saved_by, draft.saved_by),
    )


@routes.add("POST", _DELETE, permissions=(Permission.LOT_PUT,))
async def delete_draft(call: PageCall, lot_draft: str) -> web.StreamResponse:
    """Delete a draft in the version that the page showed."""
    form = call.parse_form(_DeletionForm)
    await lot_drafts.delete_draft(call.context, SeenDraft(lot_draft, form.draft_version))
    return redirect("/lot-drafts", "flash.draft_deleted")
