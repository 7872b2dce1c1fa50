"""Activation of a roll, the packer's main page: enter, check, confirm with one large button."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ActivationForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from services import activation, lots
from services.permissions import Permission
from stamps.errors import VeritemError

routes = PageRoutes()

_MAX_LOTS: Final = 30
_FIELDS: Final = ("batch", "first", "last", "lot")


@routes.add("GET", "/activate", permissions=(Permission.ACTIVATE,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Ask for the range and the lot."""
    return await _render_form(call, {name: call.query.get(name, "") for name in _FIELDS})


@routes.add("POST", "/activate", permissions=(Permission.ACTIVATE,))
async def check_activation(call: PageCall) -> web.StreamResponse:
    """Show what would be activated, or why it can not be; nothing changes."""
    entered = _entered(call)
    try:
        form = call.parse_form(ActivationForm)
        check = await activation.check_activation(call.context, form.range_text, form.lot)
    except VeritemError as refusal:
        return await _render_form(call, entered, refusal)
    return render_page(
        call,
        "activate_confirm.html",
        call.texts("activate.sure"),
        entered=entered,
        target=check.target,
        lot=check.lot,
    )


@routes.add("POST", "/activate/go", permissions=(Permission.ACTIVATE,))
async def activate(call: PageCall) -> web.StreamResponse:
    """Activate, and offer the following range of the same length."""
    entered = _entered(call)
    try:
        form = call.parse_form(ActivationForm)
        result = await activation.activate_range(call.context, form.range_text, form.lot, call.key)
    except VeritemError as refusal:
        return await _render_form(call, entered, refusal)
    following = result.following
    return render_page(
        call,
        "activate_done.html",
        call.texts.plural("activate.done", result.target.count),
        recorded=result.transition,
        count=result.target.count,
        following=following
        and {
            "batch": following.batch.number,
            "first": following.lo,
            "last": following.hi - 1,
            "lot": form.lot,
        },
    )


def _entered(call: PageCall) -> dict[str, str]:
    """The form as it was typed."""
    return {name: call.fields.get(name, "") for name in _FIELDS}


async def _render_form(
    call: PageCall, entered: dict[str, str], refusal: VeritemError | None = None
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
