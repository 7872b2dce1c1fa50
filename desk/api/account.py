"""`/api/v1/me`: the account that a token belongs to, and its permissions."""

from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from services.context import ActorRole
from services.permissions import Permission, list_permissions

routes = ApiRoutes("account")


class AccountPermissionsDocument(BaseModel):
    """The account of a token, and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    role: ActorRole
    organisation: str | None
    permissions: list[Permission]


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
