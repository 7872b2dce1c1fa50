"""`/api/v1/staff`: accounts of people, invitations, and the end of their access."""

from desk.api.call import ApiCall
from desk.api.models import Body, ListQuery, SortedListDocument, Text
from desk.api.routing import ApiRoutes
from ledger import Role
from ledger.errors import (
    AccountRequired,
    AlreadyExists,
    KeyReused,
    LastAdministrator,
    UnknownRow,
    UnknownStaff,
)
from ledger.lists.records import read_staff
from services import accounts, invitations, sessions
from services.documents import AccountDocument, describe_account
from services.errors import InvalidInput, KeyRequired
from services.lists.administration import STAFF
from services.lists.find import find_list_page
from services.permissions import Permission
from services.staff import StaffState

routes = ApiRoutes("staff")

_MANAGE = (Permission.ACCOUNT_MANAGE,)


class StaffListQuery(ListQuery):
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


class InvitedDocument(AccountDocument):
    """An account that was invited, with its link, which is answered this once."""

    proposal: int
    link: str


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
    errors=(InvalidInput, AlreadyExists, UnknownRow, AccountRequired, KeyReused, KeyRequired),
)
async def invite_person(call: ApiCall, body: InvitationBody) -> InvitedDocument:
    """Invite a person; another administrator confirms the account after that."""
    added, proposal, text = await invitations.invite_person(
        call.context, body.account, body.name, body.role, body.organisation, call.key
    )
    public_url = call.runtime.dependencies.settings.public_url
    return InvitedDocument(
        **describe_account(added).model_dump(),
        proposal=proposal.id,
        link=invitations.describe_link(public_url, text),
    )


@routes.add(
    "POST",
    "staff/{account}/disabling",
    permissions=_MANAGE,
    errors=(UnknownStaff, LastAdministrator),
)
async def disable_account(call: ApiCall, account: str) -> AccountDocument:
    """Disable an account; its sessions and tokens stop at once."""
    return describe_account(await accounts.disable_account(call.context, account))


@routes.add("POST", "staff/{account}/sessions/end", permissions=_MANAGE, errors=(UnknownStaff,))
async def end_sessions(call: ApiCall, account: str) -> AccountDocument:
    """End all sessions of an account at the desk."""
    await sessions.end_all_sessions(call.context, account)
    return describe_account(await call.context.ledger.staff.get(account))
