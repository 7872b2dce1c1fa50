"""The account page: password, and tokens of the account's machines."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import PasswordForm, TokenForm
from desk.pages.list_cells import choose_name
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from ledger.accounts.staff_sessions import make_session_id
from services.accounts import accounts, one_time_codes, sessions
from services.notices.mail_addresses import show_own_mail
from services.permissions import Permission, list_permissions, list_reading

routes = PageRoutes()

_MADE: Final = "account.made"
"""The message that carries a new token to the page, which shows it once."""
USUAL_DAYS: Final = 30
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
    return await begin_session(call, staff, "/account", "flash.password_changed")


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
        scopes=_choose_scopes(call, form),
    )
    return redirect("/account", _MADE, token=text)


@routes.add("POST", "/account/tokens/{token}/revoke")
async def revoke_token(call: PageCall, token: str) -> web.StreamResponse:
    """Revoke a token of the account."""
    await accounts.revoke_own_token(call.context, token)
    return redirect("/account", "flash.token_revoked")


@routes.add("POST", "/account/sessions/{session}/end")
async def end_session(call: PageCall, session: str) -> web.StreamResponse:
    """End one session of the account."""
    await sessions.end_session(call.context, call.staff.id, session)
    return redirect("/account", "flash.session_ended")


def _choose_scopes(call: PageCall, form: TokenForm) -> Sequence[Permission] | None:
    if form.access == "read":
        return list_reading(call.context.actor)
    return form.scopes if form.access == "chosen" else None


async def _render(call: PageCall) -> web.Response:
    settings = call.runtime.dependencies.settings
    longest = settings.token_days
    flash = call.flash
    return render_page(
        call,
        "account.html",
        call.texts("account.title"),
        organisation=await find_organisation_name(call),
        new_token=flash.values.get("token") if flash and flash.text == _MADE else None,
        longest_days=longest,
        days=str(min(USUAL_DAYS, longest)),
        tokens=await accounts.list_own_tokens(call.context),
        permissions=list_permissions(call.context.actor),
        sessions=await sessions.list_sessions(
            call.context, call.staff.id, settings.session_lifetimes
        ),
        this_session=make_session_id(call.make_proof("", None).session),
        now=call.runtime.dependencies.clock(),
        mail=await show_own_mail(call.context),
        sends_mail=call.runtime.dependencies.mail.is_on,
        left=await one_time_codes.count_own_recovery_codes(call.context),
    )


async def find_organisation_name(call: PageCall) -> str | None:
    """The name of the account's organisation; None without one."""
    organisation = call.staff.organisation
    if organisation is None:
        return None
    named = await call.context.ledger.lists.get_names("organisation", {organisation})
    return choose_name(named.get(organisation), call.language, organisation)
