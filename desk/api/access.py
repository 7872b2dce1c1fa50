"""`/api/v1/tokens` and `/api/v1/sessions`: what signs in, of the caller and of others."""

from typing import Annotated, Literal

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.errors import AlreadyExists, OrganisationDisabled, UnknownRow
from ledger.staff_errors import SignInBusy, UnknownSession, WrongCredentials
from services.accounts import sessions, tokens
from services.accounts.accounts import MAX_LABEL_LENGTH
from services.documents.access import (
    ListedSessionDocument,
    ListedTokenDocument,
    describe_listed_session,
    describe_listed_token,
)
from services.documents.administration import MadeTokenDocument, describe_made_token
from services.errors import (
    ConfirmationLimited,
    Forbidden,
    InvalidInput,
    TokenLifetime,
    TokenLimited,
)
from services.lists.access import SESSIONS, TOKENS
from services.lists.find import find_list_page
from services.permissions import Permission

routes = ApiRoutes("tokens and sessions")


class TokenListQuery(SortedPageQuery):
    """Which tokens are listed; sorted by `-made_at`."""

    state: Literal["valid", "expired", "revoked"] | None = None
    organisation: Text | None = None
    staff: Text | None = None


class ListedTokensDocument(SortedListDocument):
    """Tokens, the newest first."""

    tokens: list[ListedTokenDocument]


class OrganisationTokenBody(Body):
    """A token of the caller's organisation, with what its maker proves themselves with."""

    label: Annotated[str, Field(min_length=1, max_length=MAX_LABEL_LENGTH)]
    days: Annotated[int, Field(ge=1, le=10_000)]
    """Lifetime; the desk's setting `token_days` is the longest."""
    scopes: list[Permission]
    """Its permissions, some of its maker's; none that orders, decides or confirms."""
    password: str
    otp: Text | None = None


class SessionListQuery(SortedPageQuery):
    """Which sessions are listed; sorted by `-began_at`."""

    state: Literal["open", "ended"] | None = None
    staff: Text | None = None


class ListedSessionsDocument(SortedListDocument):
    """Sessions, the newest first."""

    sessions: list[ListedSessionDocument]


@routes.add("GET", "tokens", errors=(InvalidInput,))
async def list_tokens(call: ApiCall, query: TokenListQuery) -> ListedTokensDocument:
    """Search and filter tokens: one's own, those of one's organisation; an administrator all."""
    asked = query.to_request("state", "organisation", "staff")
    page = await find_list_page(call.context, TOKENS, asked)
    return ListedTokensDocument(
        tokens=[describe_listed_token(row) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "organisation-tokens",
    permissions=(Permission.TOKEN_SHARE,),
    status=201,
    has_key=True,
    errors=(
        InvalidInput,
        TokenLimited,
        TokenLifetime,
        OrganisationDisabled,
        WrongCredentials,
        ConfirmationLimited,
        SignInBusy,
        AlreadyExists,
    ),
)
async def create_token(call: ApiCall, body: OrganisationTokenBody) -> MadeTokenDocument:
    """Make a token of the caller's organisation; its text is answered this once."""
    token, text = await tokens.create_organisation_token(
        call.context,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        body.label,
        body.days,
        longest_days=call.runtime.dependencies.settings.token_days,
        scopes=body.scopes,
        key=call.key,
    )
    call.headers["Location"] = f"/api/v1/tokens/{token.id}"
    return describe_made_token(token, text)


@routes.add("GET", "tokens/{token}", errors=(UnknownRow,))
async def show_token(call: ApiCall, token: str) -> ListedTokenDocument:
    """Show a token."""
    return describe_listed_token(await tokens.get_token(call.context, token))


@routes.add("POST", "tokens/{token}/revoke", errors=(UnknownRow, TokenLimited, Forbidden))
async def revoke_token(call: ApiCall, token: str) -> ListedTokenDocument:
    """Revoke a token of one's own or of one's organisation; an administrator any."""
    return describe_listed_token(await tokens.revoke_token(call.context, token))


@routes.add("GET", "sessions", errors=(InvalidInput,))
async def list_sessions(call: ApiCall, query: SessionListQuery) -> ListedSessionsDocument:
    """Search and filter sessions: one's own; an administrator all."""
    page = await find_list_page(call.context, SESSIONS, query.to_request("state", "staff"))
    return ListedSessionsDocument(
        sessions=[describe_listed_session(row) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add("GET", "sessions/{session}", errors=(UnknownSession,))
async def show_session(call: ApiCall, session: str) -> ListedSessionDocument:
    """Show a session."""
    return describe_listed_session(await sessions.get_session(call.context, session))


@routes.add("POST", "sessions/{session}/end", errors=(UnknownSession, TokenLimited, Forbidden))
async def end_session(call: ApiCall, session: str) -> ListedSessionDocument:
    """End a session; twice is once."""
    row = await sessions.get_session(call.context, session)
    await sessions.end_session(call.context, row["staff"], session)
    return describe_listed_session(await sessions.get_session(call.context, session))
