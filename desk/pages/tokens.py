"""Pages of tokens: the list, one with its end, and the form of a token of an organisation."""

from typing import Final

from aiohttp import web

from desk.pages.account import USUAL_DAYS, find_organisation_name
from desk.pages.call import PageCall
from desk.pages.forms import Form, OrganisationTokenForm
from desk.pages.list_cells import choose_name
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.accounts import tokens
from services.lists.access import TOKENS
from services.permissions import Permission, has_permission, list_shareable

routes = PageRoutes()

_SHARE: Final = (Permission.TOKEN_SHARE,)
_MADE: Final = "account.made"
"""The message that carries a new token to its page, which shows it once."""


@routes.add("GET", "/tokens")
async def list_tokens(call: PageCall) -> web.StreamResponse:
    """List the tokens that the account may see."""
    texts, actor = call.texts, call.context.actor
    may_share = has_permission(actor, Permission.TOKEN_SHARE) and actor.organisation is not None
    actions = [("/new-token", texts("tokens.new"))] if may_share else []
    return await render_list(
        call, TOKENS, texts("tokens.title"), actions=actions, lead=texts("tokens.lead")
    )


@routes.add("GET", "/new-token", permissions=_SHARE)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a token of the account's organisation."""
    longest = call.runtime.dependencies.settings.token_days
    return render_page(
        call,
        "token_form.html",
        call.texts("tokens.new"),
        trail=[(call.texts("tokens.title"), "/tokens")],
        organisation=await find_organisation_name(call),
        longest_days=longest,
        days=str(min(USUAL_DAYS, longest)),
        permissions=list_shareable(call.context.actor),
    )


@routes.add("POST", "/new-token", permissions=_SHARE)
async def create_token(call: PageCall) -> web.StreamResponse:
    """Create a token of the account's organisation and show it, once."""
    form = call.parse_form(OrganisationTokenForm)
    made, text = await tokens.create_organisation_token(
        call.context,
        call.runtime.budgets,
        call.make_proof(form.password, form.otp),
        form.label,
        form.days,
        longest_days=call.runtime.dependencies.settings.token_days,
        scopes=form.scopes,
    )
    return redirect(f"/tokens/{made.id}", _MADE, token=text)


@routes.add("GET", "/tokens/{token}")
async def show_token(call: PageCall, token: str) -> web.StreamResponse:
    """Show a token."""
    row, flash = await tokens.get_token(call.context, token), call.flash
    lists = call.context.ledger.lists
    people = await lists.get_names("staff", {row["staff"]})
    parties = await lists.get_names("organisation", {row["organisation"]} - {None})
    return render_page(
        call,
        "token.html",
        row["label"],
        trail=[(call.texts("tokens.title"), "/tokens")],
        row=row,
        scopes=None if row["scopes"] is None else row["scopes"].split(),
        person_name=choose_name(people.get(row["staff"]), call.language, row["staff"]),
        organisation=choose_name(
            parties.get(row["organisation"]), call.language, row["organisation"] or ""
        ),
        new_token=flash.values.get("token") if flash and flash.text == _MADE else None,
        may_revoke=row["revoked_at"] is None and tokens.may_revoke(call.context, row),
    )


@routes.add("POST", "/tokens/{token}/revoke")
async def revoke_token(call: PageCall, token: str) -> web.StreamResponse:
    """Revoke a token."""
    call.parse_form(Form)
    await tokens.revoke_token(call.context, token)
    return redirect(f"/tokens/{token}", "flash.token_revoked")
