"""How many people review a record before it is published: one, or two where a rule asks for it.

A rule is of a province, or of the whole country (the empty province). Of both, the stricter one
holds. A submission keeps the number that held when it was made.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from ledger.lots.lot_submission import ReviewRule
from ledger.packer_provinces import find_provinces
from ledger.storage.store import Store, uncancellable

COUNTRY: Final = ""
"""The province of the rule of the whole country."""
_TABLE: Final = schema.review_rules


class ReviewRules:
    """The rules of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def list(self) -> list[ReviewRule]:
        """Return the rules, the one of the country first."""
        query = select(_TABLE).order_by(_TABLE.c.province)
        async with self._store.read() as connection:
            return [ReviewRule(**row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def put(
        self, province: str, reviewers: int, *, actor: str, at: int | None = None
    ) -> ReviewRule:
        """Set how many people review records of a province; the same number changes nothing."""
        at = self._clock() if at is None else at
        this = _TABLE.c.province == province
        async with self._store.write() as connection:
            found = await connection.execute(select(_TABLE).where(this))
            row = found.mappings().one_or_none()
            if row is not None and row["reviewers"] == reviewers:
                return ReviewRule(**row)
            cells = {"reviewers": reviewers, "set_by": actor, "set_at": at}
            if row is None:
                await connection.execute(insert(_TABLE).values(province=province, **cells))
            else:
                await connection.execute(update(_TABLE).where(this).values(cells))
            await record_row_change(
                connection,
                _TABLE,
                province,
                at=at,
                actor=actor,
                action="review_rule.set",
                details={"before": None if row is None else row["reviewers"], "now": reviewers},
            )
            return ReviewRule(province, reviewers, actor, at)


async def find_reviewers(connection: AsyncConnection, packer: str | None) -> int:
    """Return how many people review the records of a packer."""
    provinces = {COUNTRY}
    if packer is not None:
        found = (await find_provinces(connection, {packer})).get(packer)
        provinces |= {found} if found else set()
    query = select(func.max(_TABLE.c.reviewers)).where(_TABLE.c.province.in_(provinces))
    return await connection.scalar(query) or 1
