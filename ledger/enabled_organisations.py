"""Enabled organisations: nothing is assigned to one that is disabled."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.errors import OrganisationDisabled


async def require_enabled(connection: AsyncConnection, *ids: str | None) -> None:
    """Raise `OrganisationDisabled` for the first of these organisations that is disabled."""
    organisations = schema.organisations
    disabled = select(organisations.c.id).where(
        organisations.c.id.in_([id_ for id_ in ids if id_ is not None]),
        organisations.c.disabled_at.is_not(None),
    )
    found = await connection.scalar(disabled.order_by(organisations.c.id).limit(1))
    if found is not None:
        raise OrganisationDisabled(organisation=found)
