"""Invitations of actors: packers, growers and authorities invite; the invited makes the account.

Whoever invites gives the code to the person on a sheet of paper, or in a message from the own
phone: nothing is sent from here. The link carries the code behind a `#`, which browsers send to no
server. The phone number is shown masked; only the account that invited gets it back, in the link
that opens a message.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import structlog

from ledger import Ledger
from ledger.organisations.actor_invitations import (
    AcceptedInvitation,
    ActorInvitation,
    NewActorInvitation,
    format_invitation_code,
    read_code,
)
from ledger.staff_errors import UnknownInvitation
from ledger.trade_kinds import TradeKind
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.organisations.phone_numbers import read_phone
from services.organisations.registry import check_name, check_province
from services.permissions import Permission, has_permission, require_permission
from services.repetition import repeat_forever
from services.sign_in import SignInBudgets
from stamps.vietnam_time import DAY_MS
from traceability.registration_codes import normalize_code

LIFETIME_DAYS: Final = 30
"""Days until an invitation ends; name, phone number and code are erased then."""
PATH: Final = "/join"
MAX_NAME_LENGTH: Final = 200
_ERASE_SECONDS: Final = 3600.0
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InvitationRequest:
    """Whom an organisation invites."""

    kind: TradeKind
    name: str
    """What the household or organisation is called."""
    phone: str | None = None
    province: str | None = None
    code: str | None = None
    """The registered code of its growing area; for those who edit codes."""


@dataclass(frozen=True, slots=True)
class ShownInvitation:
    """An invitation as its inviter sees it."""

    invitation: ActorInvitation
    code: str | None
    """In three groups; None once the invitation is not open, or its key is gone."""
    phone: str | None
    """The number, for the account that invited; None for all others."""


async def make_invitation(
    context: ServiceContext, request: InvitationRequest, key: str
) -> ShownInvitation:
    """Invite an actor of the trade; the same key again answers the first invitation.

    An authority of a province invites into its province. Raises `Forbidden`, `InvalidInput`,
    `KeyRequired`, `UnknownRow` for the registered code, `TooManyInvitations`.
    """
    require_permission(context, Permission.ACTOR_INVITE)
    actor = context.actor
    name = check_name("name", request.name)
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(field="name", why="is too long", most=MAX_NAME_LENGTH)
    phone = None
    if request.phone is not None and (phone := read_phone(request.phone)) is None:
        raise InvalidInput(field="phone", why="is no phone number", expected="phone")
    if request.code is not None and not has_permission(actor, Permission.CODE_EDIT):
        raise InvalidInput(field="code", why="is given by an authority that edits codes")
    made = await context.ledger.actor_invitations.add(
        NewActorInvitation(
            kind=request.kind,
            inviter=actor.organisation or "",
            invited_by=actor.id,
            name=name,
            expires_at=context.clock() + LIFETIME_DAYS * DAY_MS,
            phone=phone,
            province=actor.province or check_province(request.province),
            code=None if request.code is None else normalize_code(request.code),
        ),
        key=context.scope_key(key),
    )
    return await show_invitation(context, made)


async def get_invitation(context: ServiceContext, id_: str) -> ShownInvitation:
    """An invitation of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ACTOR_INVITE)
    return await show_invitation(context, await scope.find_actor_invitation(context, id_))


async def name_inviter(context: ServiceContext, invitation: ActorInvitation) -> str:
    """The name of who invites: the organisation, or the person of an authority without one."""
    if invitation.inviter:
        return (await context.ledger.organisations.get(invitation.inviter)).name
    return (await context.ledger.staff.get(invitation.invited_by)).name


async def withdraw_invitation(context: ServiceContext, id_: str) -> ShownInvitation:
    """Withdraw an invitation: its code works no more, and what is personal is erased.

    Again changes nothing. Raises `Forbidden`, `UnknownRow`, and `UnknownInvitation` once it was
    accepted.
    """
    require_permission(context, Permission.ACTOR_INVITE)
    known = await scope.find_actor_invitation(context, id_)
    withdrawn = await context.ledger.actor_invitations.withdraw(known.id, actor=context.actor.id)
    return ShownInvitation(withdrawn, None, None)


async def accept_actor_invitation(
    ledger: Ledger, budgets: SignInBudgets, text: str, person: str, password: str, *, network: str
) -> AcceptedInvitation:
    """Make the organisation and the account of whoever has the code; the code works no more.

    Each wrong code spends an attempt of its network and one of all networks together. Raises
    `InvalidInput`, `UnknownInvitation`, `WeakPassword`, `InvitationLimited`, `SignInBusy`.
    """
    code = read_code(text)
    if code is None:
        raise InvalidInput(field="code", why="has not the form of a code", expected="join_code")
    person = check_name("name", person)
    if len(person) > MAX_NAME_LENGTH:
        raise InvalidInput(field="name", why="is too long", most=MAX_NAME_LENGTH)
    wrong = UnknownInvitation
    with (
        budgets.invitation_networks.attempt(network, wrong),
        budgets.invitation_codes.attempt("", wrong),
    ):
        return await ledger.actor_invitations.accept(code, person, password)


async def erase_old_invitations(ledger: Ledger) -> None:
    """Erase what is personal in old invitations, every hour until cancelled."""

    async def erase() -> None:
        while await ledger.actor_invitations.erase_old():
            pass

    await repeat_forever(
        erase, seconds=_ERASE_SECONDS, log=_log, trouble="old invitations wait to be erased"
    )


def describe_link(public_url: str, code: str) -> str:
    """The link of an invitation.

    >>> describe_link("https://desk.veritem.vn/", "7K3M-01X9-PQRT")
    'https://desk.veritem.vn/join#7K3M-01X9-PQRT'
    """
    return f"{public_url.rstrip('/')}{PATH}#{code}"


def describe_message_link(phone: str, text: str) -> str:
    """The link that opens a message to a phone, with its text.

    >>> describe_message_link("+84912345678", "Mời bạn")
    'sms:+84912345678?&body=M%E1%BB%9Di%20b%E1%BA%A1n'
    """
    # Android reads what follows `?`, iOS what follows `&`.
    return f"sms:{phone}?&body={quote(text, safe='')}"


async def show_invitation(context: ServiceContext, invitation: ActorInvitation) -> ShownInvitation:
    """An invitation in the actor's scope, with its code while it is open."""
    if invitation.state != "open" or invitation.expires_at <= context.clock():
        return ShownInvitation(invitation, None, None)
    found = await context.ledger.actor_invitations.open_secrets(invitation.id)
    is_own = invitation.invited_by == context.actor.id
    return ShownInvitation(
        invitation,
        code=None if found.code is None else format_invitation_code(found.code),
        phone=found.phone if is_own else None,
    )
