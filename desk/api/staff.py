"""`/api/v1/staff`: accounts of people, invitations, and the end of their access."""

from pydantic import BaseModel, ConfigDict

from desk.api.account import PersonDataDocument, SessionListDocument, describe_sessions
from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import Role
from ledger.errors import AlreadyExists, AlreadyProposed, KeyReused, MailLimited, UnknownRow
from ledger.lists.records import read_staff
from ledger.staff_errors import (
    AccountActive,
    AccountDisabled,
    AccountRequired,
    InvitationOpen,
    LastAdministrator,
    NobodyElse,
    UnknownSession,
    UnknownStaff,
)
from services import staff
from services.accounts import accounts, invitations, one_time_codes, sessions
from services.accounts.invitation_mails import check_mail_to, send_link
from services.documents import AccountDocument, describe_account
from services.documents.administration import StaffDetailsDocument, describe_staff_details
from services.errors import InvalidInput, KeyRequired, MailOff, TokenLimited
from services.lists.administration import STAFF
from services.lists.find import find_list_page
from services.permissions import Permission
from services.privacy import erasures
from services.staff import StaffState
from web.i18n import Language

routes = ApiRoutes("staff")

_MANAGE = (Permission.ACCOUNT_MANAGE,)


class StaffListQuery(SortedPageQuery):
    """Which accounts are listed; sorted by `name`."""

    state: StaffState | None = None
    role: Role | None = None
    organisation: Text | None = None


class StaffListDocument(SortedListDocument):
    """Accounts, by name."""

    staff: list[AccountDocument]


class InvitationBody(Body):
    """A person who is invited."""

    account: Text
    name: Text
    role: Role
    organisation: Text | None = None
    mail_to: Text | None = None
    """Where the link is sent by e-mail too."""
    language: Language = "vi"


class InvitedDocument(AccountDocument):
    """An account that was invited, with its link, which is answered this once."""

    proposal: int
    link: str


class AccountLinkDocument(BaseModel):
    """A link by which a person chooses a password, which is answered this once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    link: str


class ResetBody(Body):
    """Whether the one-time codes go with the password, since the phone is lost."""

    with_codes: bool = False
    mail_to: Text | None = None
    """Where the link is sent by e-mail too."""
    language: Language = "vi"


@routes.add("GET", "staff", permissions=(Permission.ACCOUNT_SEE,), errors=(InvalidInput,))
async def list_staff(call: ApiCall, query: StaffListQuery) -> StaffListDocument:
    """Search, filter and sort the accounts of people."""
    asked = query.to_request("state", "role", "organisation")
    page = await find_list_page(call.context, STAFF, asked)
    return StaffListDocument(
        staff=[describe_account(read_staff(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "staff",
    permissions=_MANAGE,
    status=201,
    has_key=True,
    errors=(
        InvalidInput,
        AlreadyExists,
        UnknownRow,
        AccountRequired,
        KeyReused,
        KeyRequired,
        MailOff,
    ),
)
async def invite_person(call: ApiCall, body: InvitationBody) -> InvitedDocument:
    """Invite a person; another administrator confirms the account after that."""
    mail_to = check_mail_to(call.runtime.dependencies.mail, body.mail_to)
    added, proposal, text = await invitations.invite_person(
        call.context, body.account, body.name, body.role, body.organisation, call.key
    )
    await _send_link(call, added.id, text, mail_to, body.language)
    return InvitedDocument(
        **describe_account(added).model_dump(),
        proposal=proposal.id,
        link=_describe_link(call, text),
    )


@routes.add("GET", "staff/{account}", permissions=(Permission.ACCOUNT_SEE,), errors=(UnknownStaff,))
async def show_account(call: ApiCall, account: str) -> StaffDetailsDocument:
    """Show an account with its state and tokens."""
    return describe_staff_details(await staff.get_staff(call.context, account))


@routes.add(
    "POST",
    "staff/{account}/invitation",
    permissions=_MANAGE,
    errors=(UnknownStaff, AlreadyExists),
)
async def renew_invitation(call: ApiCall, account: str) -> AccountLinkDocument:
    """Make a new link for a person who has not accepted; the old one works no more."""
    text = await invitations.renew_invitation(call.context, account)
    return AccountLinkDocument(link=_describe_link(call, text))


@routes.add(
    "POST",
    "staff/{account}/password-reset",
    permissions=_MANAGE,
    has_key=True,
    errors=(
        UnknownStaff,
        InvalidInput,
        AccountDisabled,
        InvitationOpen,
        NobodyElse,
        AlreadyProposed,
        KeyReused,
        MailOff,
        MailLimited,
    ),
)
async def reset_password(call: ApiCall, account: str, body: ResetBody) -> AccountLinkDocument:
    """Take the password off somebody else's account; its sessions end, its tokens are revoked."""
    mail_to = check_mail_to(call.runtime.dependencies.mail, body.mail_to)
    _, _, text = await invitations.reset_password(
        call.context, account, call.key, with_codes=body.with_codes
    )
    await _send_link(call, account, text, mail_to, body.language, is_reset=True)
    return AccountLinkDocument(link=_describe_link(call, text))


@routes.add(
    "POST",
    "staff/{account}/one-time-codes/reset",
    permissions=_MANAGE,
    has_key=True,
    errors=(UnknownStaff, InvalidInput, NobodyElse, KeyReused),
)
async def reset_one_time_codes(call: ApiCall, account: str) -> AccountDocument:
    """Take the one-time codes off somebody else's account; a third person confirms it again."""
    changed, _ = await one_time_codes.reset_codes(call.context, account, call.key)
    return describe_account(changed)


@routes.add(
    "POST",
    "staff/{account}/disabling",
    permissions=_MANAGE,
    errors=(UnknownStaff, LastAdministrator),
)
async def disable_account(call: ApiCall, account: str) -> AccountDocument:
    """Disable an account; its sessions and tokens stop at once."""
    return describe_account(await accounts.disable_account(call.context, account))


@routes.add("GET", "staff/{account}/data", permissions=_MANAGE, errors=(UnknownStaff, TokenLimited))
async def show_data(call: ApiCall, account: str) -> PersonDataDocument:
    """Show what is kept of a person; the look is in the audit log."""
    return PersonDataDocument(data=dict(await erasures.show_person(call.context, account)))


@routes.add(
    "POST",
    "staff/{account}/erasure",
    permissions=_MANAGE,
    errors=(UnknownStaff, AccountActive, TokenLimited),
)
async def erase_person(call: ApiCall, account: str) -> AccountDocument:
    """Erase what is personal of a disabled account; its name of signing in stays in the record."""
    return describe_account(await erasures.erase_person(call.context, account))


@routes.add(
    "POST",
    "staff/{account}/sessions/end",
    permissions=_MANAGE,
    errors=(UnknownStaff, TokenLimited),
)
async def end_sessions(call: ApiCall, account: str) -> StaffDetailsDocument:
    """End all sessions of an account at the desk."""
    await sessions.end_all_sessions(call.context, account)
    return await show_account(call, account)


@routes.add(
    "GET",
    "staff/{account}/sessions",
    permissions=(Permission.ACCOUNT_SEE,),
)
async def list_sessions(call: ApiCall, account: str) -> SessionListDocument:
    """List where an account is signed in."""
    return await describe_sessions(call, account)


@routes.add(
    "POST",
    "staff/{account}/sessions/{session}/end",
    permissions=_MANAGE,
    errors=(UnknownSession, TokenLimited),
)
async def end_session(call: ApiCall, account: str, session: str) -> SessionListDocument:
    """End one session of an account."""
    await sessions.end_session(call.context, account, session)
    return await describe_sessions(call, account)


@routes.add(
    "POST",
    "staff/{account}/tokens/{token}/revoke",
    permissions=_MANAGE,
    errors=(UnknownRow, UnknownStaff),
)
async def revoke_token(call: ApiCall, account: str, token: str) -> StaffDetailsDocument:
    """Revoke a token of an account; twice is once."""
    await staff.revoke_token(call.context, account, token)
    return await show_account(call, account)


def _describe_link(call: ApiCall, text: str) -> str:
    return invitations.describe_link(call.runtime.dependencies.settings.public_url, text)


async def _send_link(
    call: ApiCall,
    account: str,
    text: str,
    mail_to: str | None,
    language: Language,
    *,
    is_reset: bool = False,
) -> None:
    tools = call.runtime.dependencies.mail
    await send_link(call.context, tools, account, text, mail_to, language, is_reset=is_reset)
