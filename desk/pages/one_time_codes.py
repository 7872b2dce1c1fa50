"""One's own one-time codes: a QR code for the app, and recovery codes, which are shown once."""

from typing import Final

import segno
from aiohttp import web
from markupsafe import Markup

from desk.auth import pending_secrets
from desk.auth.pending_secrets import PendingSecrets
from desk.pages.call import PageCall
from desk.pages.forms import CodeSetupForm, ProofForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from services.accounts import one_time_codes
from services.errors import SetupExpired

routes = PageRoutes()

_PATH: Final = "/account/one-time-codes"
_MADE: Final = "codes_setup.made"
"""The message that carries new recovery codes to the page, which shows them once."""


@routes.add("GET", _PATH)
async def show_codes(call: PageCall) -> web.StreamResponse:
    """Show recovery codes that were just made, else the set-up of an app."""
    flash = call.flash
    made = flash.values.get("codes") if flash and flash.text == _MADE else None
    secret = _find_secret(call) or one_time_codes.make_secret()
    address = one_time_codes.describe_secret(call.staff.id, secret)
    page = render_page(
        call,
        "one_time_codes.html",
        call.texts("codes_setup.title"),
        trail=[(call.texts("account.title"), "/account")],
        codes=made,
        left=await one_time_codes.count_own_recovery_codes(call.context),
        address=address,
        picture=None if made else draw_symbol(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )
    if not made:
        _write_cookie(call, page, _pending(call).encode(secret, _session(call)))
    return page


@routes.add("POST", _PATH)
async def turn_on_codes(call: PageCall) -> web.StreamResponse:
    """Ask for codes of the app from now on; other sessions end."""
    form = call.parse_form(CodeSetupForm)
    secret = _find_secret(call)
    if secret is None:
        raise SetupExpired
    proof = call.make_proof(form.password, form.otp)
    staff, codes = await one_time_codes.turn_on_codes(
        call.context, call.runtime.budgets, proof, secret, form.code
    )
    response = await begin_session(call, staff, _PATH, _MADE, codes=codes)
    _write_cookie(call, response, "")
    return response


@routes.add("POST", f"{_PATH}/recovery")
async def renew_recovery_codes(call: PageCall) -> web.StreamResponse:
    """Replace the recovery codes."""
    form = call.parse_form(ProofForm)
    proof = call.make_proof(form.password, form.otp)
    codes = await one_time_codes.renew_recovery_codes(call.context, call.runtime.budgets, proof)
    return redirect(_PATH, _MADE, codes=codes)


def draw_symbol(text: str) -> Markup:
    """A QR code as SVG without an inline style; its quiet zone is white in dark pages too."""
    symbol = segno.make(text, error="m")
    # segno escapes what it writes, and the text is in the picture alone.
    return Markup(  # noqa: S704
        symbol.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    )


def _find_secret(call: PageCall) -> str | None:
    value = call.request.cookies.get(_cookie_name(call))
    return _pending(call).decode(value, _session(call)) if value else None


def _pending(call: PageCall) -> PendingSecrets:
    dependencies = call.runtime.dependencies
    return PendingSecrets(dependencies.secret, dependencies.clock)


def _session(call: PageCall) -> str:
    return call.make_proof("", None).session


def _cookie_name(call: PageCall) -> str:
    return call.runtime.authenticator.cookie_prefix + pending_secrets.COOKIE_NAME


def _write_cookie(call: PageCall, response: web.StreamResponse, value: str) -> None:
    age = pending_secrets.LIFETIME_SECONDS if value else 0
    call.runtime.authenticator.write_cookie(response, _cookie_name(call), value, age)
