"""`/api/v1/me`: the account that a token belongs to, its tokens, sessions and tasks."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Body, Text
from desk.api.routing import ApiRoutes
from ledger.errors import AlreadyExists, UnknownRow
from ledger.staff_errors import SignInBusy, UnknownSession, WrongCredentials
from services import home
from services.accounts import accounts, sessions
from services.accounts.accounts import MAX_LABEL_LENGTH
from services.context import ActorRole
from services.documents.administration import (
    MadeTokenDocument,
    SessionDocument,
    TokenDocument,
    describe_made_token,
    describe_session,
    describe_token,
)
from services.errors import ConfirmationLimited, InvalidInput, TokenLifetime, TokenLimited
from services.permissions import Permission, list_permissions
from services.privacy import erasures

routes = ApiRoutes("account")


class AccountPermissionsDocument(BaseModel):
    """The account of a token, and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    role: ActorRole
    organisation: str | None
    permissions: list[Permission]


class TokenBody(Body):
    """A token to make, with what the account proves itself with."""

    label: Annotated[str, Field(min_length=1, max_length=MAX_LABEL_LENGTH)]
    days: Annotated[int, Field(ge=1, le=10_000)]
    """Lifetime; the desk's setting `token_days` is the longest."""
    scopes: list[Permission] | None = None
    """The permissions that it is limited to; all of the account's when null."""
    password: str
    otp: Text | None = None


class TokenListDocument(BaseModel):
    """The tokens of an account, the newest first, revoked ones too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: list[TokenDocument]


class SessionListDocument(BaseModel):
    """Sessions of an account, the newest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sessions: list[SessionDocument]


class PersonDataDocument(BaseModel):
    """What is kept of a person, by table; no secret is in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: dict[str, Any]


class TaskDocument(BaseModel):
    """A task of the account: rows of a list, asked for by these filters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    list_name: str
    filters: dict[str, list[str]]
    since: str
    until: str
    count: int
    is_more: bool
    """Whether more than `count` wait: they are not counted further."""


class TaskListDocument(BaseModel):
    """Tasks of the account, in the order of urgency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: list[TaskDocument]


@routes.add("GET", "me")
async def show_account(call: ApiCall) -> AccountPermissionsDocument:
    """Show the account that the token belongs to."""
    actor = call.context.actor
    return AccountPermissionsDocument(
        id=actor.id,
        role=actor.role,
        organisation=actor.organisation,
        permissions=list_permissions(actor),
    )


@routes.add("GET", "me/data", errors=(TokenLimited,))
async def show_own_data(call: ApiCall) -> PersonDataDocument:
    """Show what is kept of the account."""
    found = await erasures.show_person(call.context, call.context.actor.id)
    return PersonDataDocument(data=dict(found))


@routes.add("GET", "me/tasks")
async def list_tasks(call: ApiCall) -> TaskListDocument:
    """List what waits for the account, as its home page does."""
    return TaskListDocument(
        tasks=[
            TaskDocument(
                name=task.name,
                list_name=task.list_name,
                filters={name: list(values) for name, values in task.request.filters.items()},
                since=task.request.since,
                until=task.request.until,
                count=task.counted.count,
                is_more=task.counted.is_more,
            )
            for task in await home.list_tasks(call.context)
        ]
    )


@routes.add("GET", "me/tokens")
async def list_tokens(call: ApiCall) -> TokenListDocument:
    """List the tokens of the account."""
    tokens = await accounts.list_own_tokens(call.context)
    return TokenListDocument(tokens=[describe_token(token) for token in tokens])


@routes.add(
    "POST",
    "me/tokens",
    status=201,
    has_key=True,
    errors=(
        InvalidInput,
        TokenLimited,
        TokenLifetime,
        WrongCredentials,
        ConfirmationLimited,
        SignInBusy,
        AlreadyExists,
    ),
)
async def create_token(call: ApiCall, body: TokenBody) -> MadeTokenDocument:
    """Make a token; its text is answered this once, and the same key again makes no second one."""
    token, text = await accounts.create_own_token(
        call.context,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        body.label,
        body.days,
        longest_days=call.runtime.dependencies.settings.token_days,
        scopes=body.scopes,
        key=call.key,
    )
    return describe_made_token(token, text)


@routes.add("POST", "me/tokens/{token}/revoke", errors=(TokenLimited, UnknownRow))
async def revoke_token(call: ApiCall, token: str) -> TokenListDocument:
    """Revoke a token of the account; twice is once."""
    await accounts.revoke_own_token(call.context, token)
    return await list_tokens(call)


@routes.add("GET", "me/sessions")
async def list_sessions(call: ApiCall) -> SessionListDocument:
    """List where the account is signed in."""
    return await describe_sessions(call, call.context.actor.id)


@routes.add("POST", "me/sessions/{session}/end", errors=(TokenLimited, UnknownSession))
async def end_session(call: ApiCall, session: str) -> SessionListDocument:
    """End one session of the account."""
    account = call.context.actor.id
    await sessions.end_session(call.context, account, session)
    return await describe_sessions(call, account)


async def describe_sessions(call: ApiCall, account: str) -> SessionListDocument:
    """The sessions of an account that live."""
    lifetimes = call.runtime.dependencies.settings.session_lifetimes
    found = await sessions.list_sessions(call.context, account, lifetimes)
    return SessionListDocument(sessions=[describe_session(one) for one in found])
