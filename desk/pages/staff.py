"""Pages of staff: the list, an invitation, and one person with role, sessions and tokens."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import InviteForm, NewLinkForm, ResetForm, RoleForm
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import ROLES
from services import staff
from services.accounts import accounts, invitations, one_time_codes, sessions
from services.accounts.invitation_mails import check_mail_to, send_link
from services.lists.administration import STAFF
from services.organisations import registry
from services.permissions import Permission, has_permission

routes = PageRoutes()

_SEE: Final = (Permission.ACCOUNT_SEE,)
_MANAGE: Final = (Permission.ACCOUNT_MANAGE,)
_INVITED: Final = "staff.link_made"
"""The message that carries the link of an invitation to the page, which shows it once."""


@routes.add("GET", "/staff", permissions=_SEE)
async def list_staff(call: PageCall) -> web.StreamResponse:
    """List the accounts of people."""
    texts = call.texts
    may_invite = has_permission(call.context.actor, Permission.ACCOUNT_MANAGE)
    actions = [("/new-staff", texts("staff.invite"))] if may_invite else []
    if has_permission(call.context.actor, Permission.MAIL_SEE):
        actions.append(("/mails", texts("mails.title")))
    return await render_list(
        call, STAFF, texts("staff.title"), actions=actions, lead=texts("staff.lead")
    )


@routes.add("GET", "/new-staff", permissions=_MANAGE)
async def show_invitation_form(call: PageCall) -> web.StreamResponse:
    """Show the form of an invitation."""
    return render_page(
        call,
        "staff_form.html",
        call.texts("staff.invite"),
        trail=[(call.texts("staff.title"), "/staff")],
        roles=_list_roles(call),
        names=await _list_names(call),
        days=invitations.LIFETIME_DAYS,
        sends_mail=call.runtime.dependencies.mail.is_on,
    )


@routes.add("POST", "/new-staff", permissions=_MANAGE)
async def invite_person(call: PageCall) -> web.StreamResponse:
    """Add an account and show the link of its invitation, once."""
    form = call.parse_form(InviteForm)
    mail_to = check_mail_to(call.runtime.dependencies.mail, form.mail_to)
    added, _, text = await invitations.invite_person(
        call.context, form.account, form.name, form.role, form.organisation, call.key
    )
    await _send_link(call, added.id, text, mail_to)
    return redirect(_address(added.id), _INVITED, link=_describe_link(call, text))


@routes.add("GET", "/staff/{account}", permissions=_SEE)
async def show_person(call: PageCall, account: str) -> web.StreamResponse:
    """Show an account."""
    found = await staff.get_staff(call.context, account)
    flash = call.flash
    return render_page(
        call,
        "staff_person.html",
        found.staff.name,
        details=found,
        one=found.staff,
        state=found.state,
        link=flash.values.get("link") if flash and flash.text == _INVITED else None,
        sessions=await sessions.list_sessions(
            call.context, account, call.runtime.dependencies.settings.session_lifetimes
        ),
        roles=_list_roles(call),
        names=await _list_names(call),
        address=f"/staff/{found.staff.id}",
        is_own=found.staff.id == call.staff.id,
        days=invitations.LIFETIME_DAYS,
        sends_mail=call.runtime.dependencies.mail.is_on,
        now=call.context.clock(),
    )


@routes.add("POST", "/staff/{account}/invitation", permissions=_MANAGE)
async def renew_invitation(call: PageCall, account: str) -> web.StreamResponse:
    """Make a new link; the old one works no more."""
    form = call.parse_form(NewLinkForm)
    mail_to = check_mail_to(call.runtime.dependencies.mail, form.mail_to)
    text = await invitations.renew_invitation(call.context, account)
    await _send_link(call, account, text, mail_to)
    return redirect(_address(account), _INVITED, link=_describe_link(call, text))


@routes.add("POST", "/staff/{account}/role", permissions=_MANAGE)
async def propose_role(call: PageCall, account: str) -> web.StreamResponse:
    """Propose a role, which confirms and enables the account too; another person approves."""
    form = call.parse_form(RoleForm)
    proposal = await accounts.propose_role(
        call.context, account, form.role, form.organisation, call.key
    )
    return redirect(f"/proposals/{proposal.id}", "flash.role_proposed")


@routes.add("POST", "/staff/{account}/password", permissions=_MANAGE)
async def reset_password(call: PageCall, account: str) -> web.StreamResponse:
    """Take the password off somebody else's account, and show the link of the reset, once."""
    form = call.parse_form(ResetForm)
    mail_to = check_mail_to(call.runtime.dependencies.mail, form.mail_to)
    _, _, text = await invitations.reset_password(
        call.context, account, call.key, with_codes=bool(form.codes)
    )
    await _send_link(call, account, text, mail_to, is_reset=True)
    return redirect(_address(account), _INVITED, link=_describe_link(call, text))


@routes.add("POST", "/staff/{account}/codes", permissions=_MANAGE)
async def reset_codes(call: PageCall, account: str) -> web.StreamResponse:
    """Take the one-time codes off somebody else's account."""
    await one_time_codes.reset_codes(call.context, account, call.key)
    return redirect(_address(account), "flash.codes_reset")


@routes.add("POST", "/staff/{account}/disable", permissions=_MANAGE)
async def disable_account(call: PageCall, account: str) -> web.StreamResponse:
    """Disable an account; its sessions and tokens stop at once."""
    await accounts.disable_account(call.context, account)
    return redirect(_address(account), "flash.account_disabled")


@routes.add("POST", "/staff/{account}/sessions/end", permissions=_MANAGE)
async def end_sessions(call: PageCall, account: str) -> web.StreamResponse:
    """End all sessions of an account."""
    await sessions.end_all_sessions(call.context, account)
    return redirect(_address(account), "flash.session_ended")


@routes.add("POST", "/staff/{account}/sessions/{session}/end", permissions=_MANAGE)
async def end_session(call: PageCall, account: str, session: str) -> web.StreamResponse:
    """End one session of an account."""
    await sessions.end_session(call.context, account, session)
    return redirect(_address(account), "flash.session_ended")


@routes.add("POST", "/staff/{account}/tokens/{token}/revoke", permissions=_MANAGE)
async def revoke_token(call: PageCall, account: str, token: str) -> web.StreamResponse:
    """Revoke a token of an account."""
    await staff.revoke_token(call.context, account, token)
    return redirect(_address(account), "flash.token_revoked")


def _address(account: str) -> str:
    return f"/staff/{quote(account, safe='')}"


def _describe_link(call: PageCall, text: str) -> str:
    return invitations.describe_link(call.runtime.dependencies.settings.public_url, text)


async def _send_link(
    call: PageCall, account: str, text: str, mail_to: str | None, *, is_reset: bool = False
) -> None:
    tools, language = call.runtime.dependencies.mail, call.language
    await send_link(call.context, tools, account, text, mail_to, language, is_reset=is_reset)


def _list_roles(call: PageCall) -> list[tuple[str, str]]:
    return [(role, call.texts(f"role.{role}")) for role in ROLES]


async def _list_names(call: PageCall) -> dict[str, str]:
    return {one.id: one.name for one in await registry.list_organisations(call.context)}
