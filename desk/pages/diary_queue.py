"""Requests of the scripts of the form of entries: its shell, its state, and entries that waited.

The form works without any of it (`desk.pages.diary`). The shell has the forms of all kinds and no
account: it is all that a phone caches. Places and products reach the phone as the state, which the
page keeps encrypted under the account's key. An entry is recorded once, however often it is sent.
"""

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from desk.forms.invalid_form import InvalidForm
from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.diary import EntryForm, draw_empty_fields, record_fields
from desk.pages.entry_texts import label_entry_field
from desk.pages.forms import Text
from desk.pages.orders import product_name
from desk.pages.packer_app import ForeignAct, derive_queue_key
from desk.pages.render import PAGE_HEADERS, render_page
from desk.pages.routing import PageRoutes
from desk.problems import PROBLEMS, status_of
from desk.responses import json_response
from services.diary import entries
from services.diary.whose_place import find_choices
from services.errors import InvalidInput
from services.permissions import Permission
from stamps.errors import VeritemError
from traceability.diary.entry_kinds import load_entry_kinds

routes = PageRoutes()

_PROBLEM: Final = "application/problem+json"
_SCRIPT: Final = "diary.js"


class QueuedEntryForm(EntryForm):
    """An entry that a phone sends."""

    kind: Text
    owner: Text
    """The account that wrote it."""


def _describe_flaws(call: PageCall, refusal: InvalidForm) -> dict[str, Any]:
    """Title and flaws of a refused entry in the reader's language, by the labels of its fields."""
    kind = load_entry_kinds().get(call.fields.get("kind", ""))
    texts = call.texts
    flaws = {}
    for flaw in refusal.flaws:
        has_label = kind is not None and kind.has_field(flaw.field)
        name = (
            label_entry_field(kind.field(flaw.field), texts) if has_label and kind else flaw.field
        )
        flaws[name] = texts(flaw.text, **flaw.values)
    return {"title": texts("problem.malformed-entry"), "flaws": flaws}


@routes.add("GET", "/new-entry/shell", is_open=True)
async def show_shell(call: PageCall) -> web.StreamResponse:
    """The forms without an account, which the service worker caches.

    Anybody may ask, so it is rendered once in each language, whatever else the address says.
    """
    shells = call.runtime.entry_shells
    if call.language not in shells:
        shells[call.language] = _render_shell(call)
    return web.Response(
        body=shells[call.language],
        content_type="text/html",
        charset="utf-8",
        headers=dict(PAGE_HEADERS),
    )


def _render_shell(call: PageCall) -> bytes:
    bare = call.request.clone(rel_url=call.page)
    stranger = replace(call, request=bare, signed_in=None, fields={}, flash=None, draft=None)
    page = render_page(
        stranger,
        "entry_shell.html",
        call.texts("diary.new_title"),
        scripts=(_SCRIPT,) if find_asset(_SCRIPT) else (),
        kinds=[
            (one.kind, one.name[call.language], draw_empty_fields(stranger, one))
            for one in load_entry_kinds().values()
        ],
    )
    return (page.text or "").encode()


@routes.add("GET", "/diary-queue/state", permissions=(Permission.EVENT_RECORD,))
async def show_state(call: PageCall) -> web.StreamResponse:
    """State that a phone keeps for work without a network; `no-store` outside of the page."""
    organisation = call.context.actor.organisation
    choices = await find_choices(call.context, organisation or "")
    sessions = call.runtime.authenticator.sessions
    state: dict[str, Any] = {
        "account": call.staff.id,
        "csrf": sessions.form_token(call.signed_in.session) if call.signed_in else "",
        "queue_key": derive_queue_key(call.runtime.dependencies.secret, call.staff.id),
        "kinds": [one.kind for one in entries.list_told_kinds(call.context)],
        "places": [(one.code, f"{one.name} · {one.code}") for one in choices.places],
        "products": [(one.id, product_name(one, call.language)) for one in choices.products],
    }
    return json_response(state)


@routes.add("POST", "/diary-queue/entries", permissions=(Permission.EVENT_RECORD,), is_script=True)
async def record_entry(call: PageCall) -> web.StreamResponse:
    """Record an entry that a phone sends; one that is known adds nothing."""
    try:
        form = call.parse_form(QueuedEntryForm)
        if form.owner != call.staff.id:
            raise ForeignAct(owner=form.owner, account=call.staff.id)
        kind = load_entry_kinds().get(form.kind)
        if kind is None:
            raise InvalidInput(field="kind", why="is no kind of work")
        told = await record_fields(call, kind, form.fields)
    except VeritemError as refusal:
        status = status_of(refusal)
        document = PROBLEMS.document(refusal, call.texts, status)
        if isinstance(refusal, InvalidForm):
            document |= _describe_flaws(call, refusal)
        return json_response(document, status, PROBLEMS.headers(refusal, status), _PROBLEM)
    return json_response({"id": told.id, "added": told.is_new, "location": f"/diary/{told.id}"})
