"""Activation of a roll, the packer's main page: enter, check, confirm with one large button.

It works without scripts. With them (`desk/pwa/entries/activate.js`) the camera fills the fields,
and what cannot be sent waits on the phone (`desk.pages.packer_app`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.forms import ActivationForm, RollForm, UndoForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, keep_form, redirect
from ledger.errors import UnknownRow
from services.lots.lot_choices import LotChoice, find_lot_choices
from services.permissions import Permission
from services.ranges import BatchRange
from services.stamps import activation, rolls
from stamps.errors import VeritemError
from web.security_headers import content_security_policy

routes = PageRoutes()

_MAX_LOTS: Final = 30
_FIELDS: Final = ("batch", "first", "last", "lot")
_SCRIPT: Final = "activate.js"
_POLICY: Final = content_security_policy(
    style="'self'",
    # ZXing is WebAssembly; this source allows nothing else to be compiled.
    script="'self' 'wasm-unsafe-eval'",
    image="'self' data: blob:",
    connect="'self'",
    more={"worker-src": "'self'", "manifest-src": "'self'"},
)


@routes.add("GET", "/activate", permissions=(Permission.ACTIVATE,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Ask for the range and the lot."""
    entered = {name: call.query.get(name, "") for name in _FIELDS}
    return await _render_form(call, {**entered, **call.fields})


@routes.add("POST", "/activate", permissions=(Permission.ACTIVATE,))
async def check_activation(call: PageCall) -> web.StreamResponse:
    """Lead to what would be activated, or say why it cannot be; nothing changes.

    The address of the review has the numbers of the stamps, never their codes.
    """
    if "find" in call.fields:  # the button beside the search: nothing is checked
        return redirect(f"{await keep_form(call, 'search')}#lot-field")
    form = call.parse_form(RollForm)
    roll = await rolls.find_roll(call.context, form.batch, form.first, form.last)
    await activation.check_activation(call.context, roll.text, form.lot)
    return redirect(f"/activate/check?{urlencode(_to_fields(roll, form.lot))}")


@routes.add("GET", "/activate/check", permissions=(Permission.ACTIVATE,))
async def show_check(call: PageCall) -> web.StreamResponse:
    """Show what would be activated."""
    call = replace(call, fields={name: call.query.get(name, "") for name in _FIELDS})
    if not any(call.fields.values()):
        return redirect("/activate")
    try:
        form = call.parse_form(ActivationForm)
        roll = await rolls.find_roll(call.context, form.batch, form.first, form.last)
        check = await activation.check_activation(call.context, roll.text, form.lot)
    except VeritemError as refusal:
        return await _render_form(call, dict(call.fields), refusal)
    return _render_app(
        call,
        "activate_confirm.html",
        call.texts("activate.sure"),
        entered=call.fields,
        check=check,
    )


@routes.add("POST", "/activate/go", permissions=(Permission.ACTIVATE,))
async def activate_roll(call: PageCall) -> web.StreamResponse:
    """Activate, and lead to the receipt."""
    form = call.parse_form(ActivationForm)
    roll = await rolls.find_roll(call.context, form.batch, form.first, form.last)
    result = await activation.activate_range(call.context, roll.text, form.lot, call.key)
    return redirect(format_receipt_path(result))


@routes.add("GET", "/activate/done", permissions=(Permission.ACTIVATE,))
async def show_receipt(call: PageCall) -> web.StreamResponse:
    """Show what was activated, and offer the following range of the same length."""
    act = call.query.get("act", "")
    if not (act.isascii() and act.isdecimal() and len(act) < _LONGEST_NUMBER):
        if "draft" in call.query:  # a refused form that names no activation
            raise UnknownRow(kind="activation", id=act)
        return redirect("/activate")
    result = await activation.get_activation(call.context, int(act))
    lot = result.transition.lot or ""
    return _render_app(
        call,
        "activate_done.html",
        call.texts.plural("activate.done", result.count),
        result=result,
        may_undo=activation.may_undo(call.context, result),
        is_repeated="again" in call.query,
        following=result.following and _to_fields(result.following, lot),
    )


@routes.add("POST", "/activate/undo", permissions=(Permission.DEACTIVATE,), page="/activate/done")
async def undo_activation(call: PageCall) -> web.StreamResponse:
    """Take an activation back, and lead to the form."""
    form = call.parse_form(UndoForm)
    result = await activation.undo_activation(call.context, form.act, call.key)
    fields = _to_fields(result.target, result.transition.lot or "")
    return redirect(
        f"/activate?{urlencode(fields)}",
        "activate.undone",
        range=result.target.text,
        count=result.count,
    )


_LONGEST_NUMBER: Final = 18


def format_receipt_path(result: activation.ActivationResult) -> str:
    """The address of an activation's receipt."""
    recorded = result.transition
    query = {"act": str(recorded.seq), **({"again": "1"} if recorded.repeated else {})}
    return f"/activate/done?{urlencode(query)}"


def render_empty_form(call: PageCall) -> web.Response:
    """The form without batches and lots: a phone fills it without a network."""
    return _render_app(
        call,
        "activate.html",
        call.texts("activate.title"),
        is_shell=True,
        entered=dict.fromkeys(_FIELDS, ""),
        batches=(),
        lots=(),
        sought="",
    )


def _to_fields(roll: BatchRange, lot: str) -> dict[str, str]:
    return {
        "batch": str(roll.batch.number),
        "first": str(roll.lo),
        "last": str(roll.hi - 1),
        "lot": lot,
    }


async def _render_form(
    call: PageCall, entered: Mapping[str, str], refusal: VeritemError | None = None
) -> web.Response:
    return _render_app(
        call,
        "activate.html",
        call.texts("activate.title"),
        refusal=refusal,
        entered=entered,
        sought=entered.get("seek", "") if "find" in call.fields else "",
        batches=await activation.list_printed_batches(call.context),
        lots=await _list_lots(call, entered),
    )


async def _list_lots(call: PageCall, entered: Mapping[str, str]) -> list[LotChoice]:
    """The lots that the form offers."""
    sought = entered.get("seek", "") if "find" in call.fields else ""
    return await find_lot_choices(call.context, sought, _MAX_LOTS, chosen=entered.get("lot", ""))


def _render_app(
    call: PageCall,
    template: str,
    title: str,
    *,
    refusal: VeritemError | None = None,
    is_shell: bool = False,
    **values: Any,
) -> web.Response:
    """A page of the activation with its scripts, where they are bundled."""
    files = {name: find_asset(name) for name in (_SCRIPT, "decoder.js", "zxing_reader.wasm")}
    has_scripts = all(files.values())
    response = render_page(
        call,
        template,
        title,
        refusal=refusal,
        scripts=(_SCRIPT,) if has_scripts else (),
        has_scripts=has_scripts,
        is_shell=is_shell,
        decoder=(asset := files["decoder.js"]) and asset.path,
        wasm=(asset := files["zxing_reader.wasm"]) and asset.path,
        **values,
    )
    response.headers["Content-Security-Policy"] = _POLICY
    return response
