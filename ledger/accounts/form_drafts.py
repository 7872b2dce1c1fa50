"""Form drafts: forms that staff sent and that were not carried out, kept for a short time.

The content is opaque here: the desk encrypts it. An owner has at most `MOST_OF_OWNER` drafts, the
oldest leave first. Each draft that is kept removes some that have expired, so no task has to.
A draft is not part of history: neither a chain nor the audit log has it.
"""

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import delete, insert, select

from ledger import schema
from ledger.storage.store import Store, uncancellable

MOST_OF_OWNER: Final = 20
LONGEST_CONTENT: Final = 262_144
"""Bytes of one draft."""
_REMOVED_AT_ONCE: Final = 100
"""Expired drafts that one new draft removes at most."""
_ID_BYTES: Final = 16


class FormDrafts:
    """The drafts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def keep(self, owner: str, content: bytes, *, lifetime_ms: int) -> str:
        """Keep a draft of an owner; return its id, which nobody can guess.

        Raises ValueError for a content of more than `LONGEST_CONTENT` bytes.
        """
        if len(content) > LONGEST_CONTENT:
            raise ValueError(f"a draft has at most {LONGEST_CONTENT} bytes")
        drafts, at = schema.form_drafts, self._clock()
        id_ = secrets.token_urlsafe(_ID_BYTES)
        # Desks that tidy up at once skip each other's rows, so that none waits for another.
        expired = (
            select(drafts.c.id)
            .where(drafts.c.expires_at <= at)
            .limit(_REMOVED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        superfluous = (
            select(drafts.c.id)
            .where(drafts.c.owner == owner)
            .order_by(drafts.c.kept_at.desc(), drafts.c.id)
            .offset(MOST_OF_OWNER - 1)
            .limit(_REMOVED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        async with self._store.append() as connection:
            await connection.execute(delete(drafts).where(drafts.c.id.in_(expired)))
            await connection.execute(delete(drafts).where(drafts.c.id.in_(superfluous)))
            await connection.execute(
                insert(drafts).values(
                    id=id_, owner=owner, kept_at=at, expires_at=at + lifetime_ms, content=content
                )
            )
        return id_

    async def find(self, owner: str, id_: str) -> bytes | None:
        """The content of a draft of an owner; None for one that expired or is another's."""
        drafts = schema.form_drafts
        query = select(drafts.c.content).where(
            drafts.c.id == id_, drafts.c.owner == owner, drafts.c.expires_at > self._clock()
        )
        async with self._store.read() as connection:
            content: bytes | None = await connection.scalar(query)
            return content
