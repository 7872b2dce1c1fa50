"""Invitations of actors of the trade: list, form, one with its code, sheet and message."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ActorInvitationForm
from desk.pages.invitation_sheet import MEDIA_TYPE, print_sheet
from desk.pages.lists import render_list
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.trade_kinds import TRADE_KINDS
from services.lists.administration import ACTOR_INVITATIONS
from services.lists.find import find_person_names
from services.organisations import actor_invitations
from services.organisations.actor_invitations import (
    LIFETIME_DAYS,
    InvitationRequest,
    describe_link,
    describe_message_link,
    name_inviter,
)
from services.permissions import Permission, has_permission
from web.i18n import format_day
from web.security_headers import NO_STORE, SANDBOX

routes = PageRoutes()

_INVITE: Final = (Permission.ACTOR_INVITE,)


@routes.add("GET", "/actor-invitations", permissions=_INVITE)
async def list_actor_invitations(call: PageCall) -> web.StreamResponse:
    """List the invitations of the own organisation."""
    texts = call.texts
    return await render_list(
        call,
        ACTOR_INVITATIONS,
        texts("actors.title"),
        actions=[
            ("/actor-invitation-imports", texts("actors.import")),
            ("/new-actor-invitation", texts("actors.new")),
        ],
        lead=texts("actors.lead", days=LIFETIME_DAYS),
    )


@routes.add("GET", "/new-actor-invitation", permissions=_INVITE)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of an invitation."""
    actor = call.context.actor
    return render_page(
        call,
        "actor_invitation_form.html",
        call.texts("actors.new"),
        trail=[(call.texts("actors.title"), "/actor-invitations")],
        kinds=[(kind, call.texts(f"role.{kind}")) for kind in TRADE_KINDS],
        provinces=list_provinces(call),
        own_province=actor.province,
        may_give_code=has_permission(actor, Permission.CODE_EDIT),
        days=LIFETIME_DAYS,
    )


@routes.add("POST", "/new-actor-invitation", permissions=_INVITE)
async def invite_actor(call: PageCall) -> web.StreamResponse:
    """Make an invitation and show how to give it."""
    form = call.parse_form(ActorInvitationForm)
    request = InvitationRequest(form.kind, form.name, form.phone, form.province, form.code)
    made = await actor_invitations.make_invitation(call.context, request, call.key)
    return redirect(_address(made.invitation.id), "flash.actor_invited")


@routes.add("GET", "/actor-invitations/{invitation}", permissions=_INVITE)
async def show_actor_invitation(call: PageCall, invitation: str) -> web.StreamResponse:
    """Show an invitation: its code, the message to send, and what came of it."""
    shown = await actor_invitations.get_invitation(call.context, invitation)
    one, url = shown.invitation, call.runtime.dependencies.settings.public_url
    link = message = None
    if shown.code is not None:
        link = describe_link(url, shown.code)
        message = call.texts(
            "actors.message",
            inviter=await name_inviter(call.context, one),
            link=link,
            code=shown.code,
            day=format_day(one.expires_at, call.language),
        )
    return render_page(
        call,
        "actor_invitation.html",
        one.name or call.texts("actors.erased"),
        trail=[(call.texts("actors.title"), "/actor-invitations")],
        one=one,
        code=shown.code,
        link=link,
        message=message,
        message_link=message and shown.phone and describe_message_link(shown.phone, message),
        address=_address(one.id),
        people=await find_person_names(call.context, one.invited_by, one.account),
    )


@routes.add("POST", "/actor-invitations/{invitation}/withdraw", permissions=_INVITE)
async def withdraw_actor_invitation(call: PageCall, invitation: str) -> web.StreamResponse:
    """Withdraw an invitation that nobody accepted."""
    await actor_invitations.withdraw_invitation(call.context, invitation)
    return redirect(_address(invitation), "flash.actor_withdrawn")


@routes.add("GET", "/actor-invitations/{invitation}/sheet", permissions=_INVITE)
async def print_invitation(call: PageCall, invitation: str) -> web.StreamResponse:
    """The sheet to print, as a PDF in the language of the page."""
    shown = await actor_invitations.get_invitation(call.context, invitation)
    inviter = await name_inviter(call.context, shown.invitation)
    url = call.runtime.dependencies.settings.public_url
    content = await print_sheet(shown, inviter, url, call.texts)
    named = f'inline; filename="{quote(shown.invitation.id)}.pdf"'
    headers = {**SANDBOX, **NO_STORE, "Content-Disposition": named}
    return web.Response(body=content, content_type=MEDIA_TYPE, headers=headers)


def _address(id_: str) -> str:
    return f"/actor-invitations/{quote(id_, safe='')}"
