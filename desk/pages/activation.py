"""Activation of a roll, the packer's main page: enter, check, confirm with one large button."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.forms.flash import Flash
from desk.pages.call import PageCall
from desk.pages.forms import ActivationForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services import activation, lots
from services.permissions import Permission
from stamps.errors import VeritemError
from stamps.serial_range import format_serial_range

routes = PageRoutes()

_MAX_LOTS: Final = 30
_DONE: Final = "/activate/done"
_FIELDS: Final = ("batch", "first", "last", "lot")


@routes.add("GET", "/activate", permissions=(Permission.ACTIVATE,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Ask for the range and the lot."""
    entered = {name: call.query.get(name, "") for name in _FIELDS}
    return await _render_form(call, {**entered, **call.fields})


@routes.add("POST", "/activate", permissions=(Permission.ACTIVATE,))
async def check_activation(call: PageCall) -> web.StreamResponse:
    """Lead to what would be activated, or say why it can not be; nothing changes."""
    form = call.parse_form(ActivationForm)
    await activation.check_activation(call.context, form.range_text, form.lot)
    return redirect(f"/activate/check?{urlencode(form.model_dump(include=set(_FIELDS)))}")


@routes.add("GET", "/activate/check", permissions=(Permission.ACTIVATE,))
async def show_check(call: PageCall) -> web.StreamResponse:
    """Show what would be activated."""
    call = replace(call, fields={name: call.query.get(name, "") for name in _FIELDS})
    if not any(call.fields.values()):
        return redirect("/activate")
    try:
        form = call.parse_form(ActivationForm)
        check = await activation.check_activation(call.context, form.range_text, form.lot)
    except VeritemError as refusal:
        return await _render_form(call, dict(call.fields), refusal)
    return render_page(
        call,
        "activate_confirm.html",
        call.texts("activate.sure"),
        entered=call.fields,
        target=check.target,
        lot=check.lot,
    )


@routes.add("POST", "/activate/go", permissions=(Permission.ACTIVATE,))
async def activate(call: PageCall) -> web.StreamResponse:
    """Activate, and lead to the receipt."""
    form = call.parse_form(ActivationForm)
    result = await activation.activate_range(call.context, form.range_text, form.lot, call.key)
    recorded, following = result.transition, result.following
    receipt = Flash(
        "activate.done",
        {
            "range": format_serial_range(recorded.batch, recorded.lo, recorded.hi),
            "count": result.target.count,
            "lot": recorded.lot,
            "at": recorded.at,
            "is_repeated": recorded.repeated,
            "following": following
            and {
                "batch": following.batch.number,
                "first": following.lo,
                "last": following.hi - 1,
                "lot": form.lot,
            },
        },
    )
    sealed = call.runtime.flashes.encode(receipt, _DONE) or ""
    return redirect(f"{_DONE}?{urlencode({'receipt': sealed})}")


@routes.add("GET", _DONE, permissions=(Permission.ACTIVATE,))
async def show_receipt(call: PageCall) -> web.StreamResponse:
    """Show what was activated, and offer the following range of the same length."""
    receipt = call.runtime.flashes.decode(call.query.get("receipt", ""), _DONE)
    if receipt is None:
        return redirect("/activate")
    title = call.texts.plural("activate.done", receipt.values["count"])
    return render_page(call, "activate_done.html", title, receipt=receipt.values)


async def _render_form(
    call: PageCall, entered: Mapping[str, str], refusal: VeritemError | None = None
) -> web.Response:
    return render_page(
        call,
        "activate.html",
        call.texts("activate.title"),
        refusal=refusal,
        entered=entered,
        batches=await activation.list_printed_batches(call.context),
        lots=await lots.list_bindable_lots(call.context, _MAX_LOTS),
    )
