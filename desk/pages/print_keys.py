"""Print keys: the keys that the bundles of one's own print house are encrypted to."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import PrintKeyForm, RetireKeyForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.batches import print_keys
from services.permissions import Permission

routes = PageRoutes()

_PAGE = "/print-keys"


@routes.add("GET", _PAGE, permissions=(Permission.PRINT_KEY_EDIT,))
async def show_keys(call: PageCall) -> web.StreamResponse:
    """Show the keys, those in use first."""
    own = call.staff.organisation
    keys = await print_keys.list_keys(call.context, own) if own else []
    return render_page(
        call,
        "print_keys.html",
        call.texts("press.keys"),
        trail=[(call.texts("nav.batches"), "/batches")],
        keys=sorted(keys, key=lambda one: one.retired_at is not None),
        has_organisation=own is not None,
        has_otp=call.staff.has_otp,
    )


@routes.add("POST", _PAGE, permissions=(Permission.PRINT_KEY_EDIT,))
async def add_key(call: PageCall) -> web.StreamResponse:
    """Add a key."""
    form = call.parse_form(PrintKeyForm)
    proof = call.make_proof(form.password, form.otp)
    await print_keys.add_own_key(
        call.context, call.runtime.budgets, proof, form.public_key, form.label
    )
    return redirect(_PAGE, "press.key_added")


@routes.add("POST", f"{_PAGE}/retire", permissions=(Permission.PRINT_KEY_EDIT,))
async def retire_key(call: PageCall) -> web.StreamResponse:
    """Encrypt no further bundle to a key."""
    form = call.parse_form(RetireKeyForm)
    await print_keys.retire_key(call.context, call.staff.organisation or "", form.public_key)
    return redirect(_PAGE, "press.key_retired")
