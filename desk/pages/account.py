"""The account page: password, and tokens of the account's machines."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import PasswordForm, TokenForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from services import accounts
from stamps.errors import VeritemError

routes = PageRoutes()

_CHANGED: Final = "password"
_USUAL_DAYS: Final = 30
"""Lifetime of a token that the form proposes."""


@routes.add("GET", "/account")
async def show_account(call: PageCall) -> web.StreamResponse:
    """Show the account."""
    return await _render(call)


@routes.add("POST", "/account/password")
async def change_password(call: PageCall) -> web.StreamResponse:
    """Change the password; other sessions end and all tokens are revoked."""
    try:
        form = call.parse_form(PasswordForm)
        staff = await accounts.change_own_password(
            call.context, call.runtime.budgets, call.make_proof(form.old, form.otp), form.new
        )
    except VeritemError as refusal:
        return await _render(call, refusal=refusal)
    return begin_session(call, staff, f"/account?done={_CHANGED}")


@routes.add("POST", "/account/tokens")
async def create_token(call: PageCall) -> web.StreamResponse:
    """Create a token and show it, once."""
    longest = call.runtime.dependencies.settings.token_days
    try:
        form = call.parse_form(TokenForm)
        _, text = await accounts.create_own_token(
            call.context,
            call.runtime.budgets,
            call.make_proof(form.password, form.code),
            form.label,
            form.days,
            longest_days=longest,
        )
    except VeritemError as refusal:
        return await _render(call, refusal=refusal)
    return await _render(call, new_token=text)


@routes.add("POST", "/account/tokens/{token}/revoke")
async def revoke_token(call: PageCall, token: str) -> web.StreamResponse:
    """Revoke a token of the account."""
    try:
        await accounts.revoke_own_token(call.context, token)
    except VeritemError as refusal:
        return await _render(call, refusal=refusal)
    return redirect("/account")


async def _render(
    call: PageCall, refusal: VeritemError | None = None, new_token: str | None = None
) -> web.Response:
    longest = call.runtime.dependencies.settings.token_days
    is_made = new_token is not None
    return render_page(
        call,
        "account.html",
        call.texts("account.title"),
        refusal=refusal,
        new_token=new_token,
        is_changed=call.query.get("done") == _CHANGED,
        longest_days=longest,
        # What was typed stays, unless it has done its work.
        label="" if is_made else call.fields.get("label", ""),
        days=(not is_made and call.fields.get("days")) or str(min(_USUAL_DAYS, longest)),
        tokens=await accounts.list_own_tokens(call.context),
        now=call.runtime.dependencies.clock(),
    )
