"""The account page: password, and tokens of the account's machines."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import PasswordForm, TokenForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from services import accounts, one_time_codes

routes = PageRoutes()

_MADE: Final = "account.made"
"""The message that carries a new token to the page, which shows it once."""
_USUAL_DAYS: Final = 30
"""Lifetime of a token that the form proposes."""


@routes.add("GET", "/account")
async def show_account(call: PageCall) -> web.StreamResponse:
    """Show the account."""
    return await _render(call)


@routes.add("POST", "/account/password")
async def change_password(call: PageCall) -> web.StreamResponse:
    """Change the password; other sessions end and all tokens are revoked."""
    form = call.parse_form(PasswordForm)
    staff = await accounts.change_own_password(
        call.context, call.runtime.budgets, call.make_proof(form.old, form.otp), form.new
    )
    return begin_session(call, staff, "/account", "flash.password_changed")


@routes.add("POST", "/account/tokens")
async def create_token(call: PageCall) -> web.StreamResponse:
    """Create a token and show it, once."""
    longest = call.runtime.dependencies.settings.token_days
    form = call.parse_form(TokenForm)
    _, text = await accounts.create_own_token(
        call.context,
        call.runtime.budgets,
        call.make_proof(form.password, form.otp),
        form.label,
        form.days,
        longest_days=longest,
    )
    return redirect("/account", _MADE, token=text)


@routes.add("POST", "/account/tokens/{token}/revoke")
async def revoke_token(call: PageCall, token: str) -> web.StreamResponse:
    """Revoke a token of the account."""
    await accounts.revoke_own_token(call.context, token)
    return redirect("/account", "flash.token_revoked")


async def _render(call: PageCall) -> web.Response:
    longest = call.runtime.dependencies.settings.token_days
    flash = call.flash
    return render_page(
        call,
        "account.html",
        call.texts("account.title"),
        new_token=flash.values.get("token") if flash and flash.text == _MADE else None,
        longest_days=longest,
        days=str(min(_USUAL_DAYS, longest)),
        tokens=await accounts.list_own_tokens(call.context),
        now=call.runtime.dependencies.clock(),
        left=await one_time_codes.count_own_recovery_codes(call.context),
    )
