"""`/api/v1/actor-invitations`: growers, buyers, carriers and others of the trade are invited."""

from aiohttp import web

from desk.api.call import ApiCall
from desk.api.models import Body, Query, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from desk.pages.invitation_sheet import MEDIA_TYPE, print_sheet
from desk.texts import TEXTS
from ledger.errors import KeyReused, TooManyInvitations, UnknownRow
from ledger.organisations.actor_invitations import (
    ActorInvitationState,
    invitation_from_row,
)
from ledger.staff_errors import UnknownInvitation
from ledger.trade_kinds import TradeKind
from services.documents.actors import (
    ActorInvitationDocument,
    OpenActorInvitationDocument,
    describe_actor_invitation,
)
from services.errors import InvalidInput, KeyRequired
from services.lists.administration import ACTOR_INVITATIONS
from services.lists.find import find_list_page
from services.organisations import actor_invitations
from services.organisations.actor_invitations import InvitationRequest, ShownInvitation
from services.permissions import Permission
from web.i18n import Language
from web.security_headers import NO_STORE, SANDBOX

routes = ApiRoutes("actor invitations")

_INVITE = (Permission.ACTOR_INVITE,)


class ActorInvitationQuery(SortedPageQuery):
    """Which invitations of the own organisation are listed. Sorted by `-made_at`."""

    state: ActorInvitationState | None = None
    kind: TradeKind | None = None


class ActorInvitationListDocument(SortedListDocument):
    """Invitations of the own organisation, the newest first."""

    invitations: list[ActorInvitationDocument]


class ActorInvitationBody(Body):
    """Whom the own organisation invites."""

    kind: TradeKind
    name: Text
    """What the household or organisation is called."""
    phone: Text | None = None
    """Kept sealed, shown masked, erased after 30 days at most; nothing is sent to it."""
    province: Text | None = None
    registered_code: Text | None = None
    """A growing area that becomes theirs unless it has an owner; for those who edit codes."""


class InvitationSheetQuery(Query):
    """The language of a sheet."""

    language: Language = "vi"


@routes.add("GET", "actor-invitations", permissions=_INVITE, errors=(InvalidInput,))
async def list_actor_invitations(
    call: ApiCall, query: ActorInvitationQuery
) -> ActorInvitationListDocument:
    """Filter the invitations of the own organisation."""
    page = await find_list_page(call.context, ACTOR_INVITATIONS, query.to_request("state", "kind"))
    names = ActorInvitationDocument.model_fields
    found = [ShownInvitation(invitation_from_row(row), None, None) for row in page.rows]
    return ActorInvitationListDocument(
        invitations=[
            ActorInvitationDocument(**_describe(call, one).model_dump(include=set(names)))
            for one in found
        ],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "actor-invitations",
    permissions=_INVITE,
    status=201,
    has_key=True,
    errors=(InvalidInput, KeyRequired, KeyReused, UnknownRow, TooManyInvitations),
)
async def invite_actor(call: ApiCall, body: ActorInvitationBody) -> OpenActorInvitationDocument:
    """Invite an actor of the trade; the code works once, for 30 days."""
    request = InvitationRequest(
        body.kind, body.name, body.phone, body.province, body.registered_code
    )
    return _describe(call, await actor_invitations.make_invitation(call.context, request, call.key))


@routes.add("GET", "actor-invitations/{invitation}", permissions=_INVITE, errors=(UnknownRow,))
async def show_actor_invitation(call: ApiCall, invitation: str) -> OpenActorInvitationDocument:
    """Show an invitation, with its code while it is open."""
    return _describe(call, await actor_invitations.get_invitation(call.context, invitation))


@routes.add(
    "GET",
    "actor-invitations/{invitation}/sheet",
    permissions=_INVITE,
    errors=(UnknownRow, UnknownInvitation),
    answers={200: MEDIA_TYPE},
)
async def print_invitation(
    call: ApiCall, invitation: str, query: InvitationSheetQuery
) -> web.StreamResponse:
    """Take the sheet of an open invitation to print: PDF with its QR symbol."""
    shown = await actor_invitations.get_invitation(call.context, invitation)
    url = call.runtime.dependencies.settings.public_url
    inviter = await actor_invitations.name_inviter(call.context, shown.invitation)
    content = await print_sheet(shown, inviter, url, TEXTS[query.language])
    return web.Response(body=content, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "actor-invitations/{invitation}/withdraw",
    permissions=_INVITE,
    errors=(UnknownRow, UnknownInvitation),
)
async def withdraw_actor_invitation(call: ApiCall, invitation: str) -> OpenActorInvitationDocument:
    """Withdraw an invitation that nobody accepted; its code works no more."""
    return _describe(call, await actor_invitations.withdraw_invitation(call.context, invitation))


def _describe(call: ApiCall, shown: ShownInvitation) -> OpenActorInvitationDocument:
    return describe_actor_invitation(shown, call.runtime.dependencies.settings.public_url)
