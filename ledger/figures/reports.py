"""Submitted reports of authorities: frozen documents, each correction a version of its own.

A version never changes. A correction names the version that it follows, so two people who correct
at once do not overwrite each other: the second is refused.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import RowChanged, UnknownRow
from ledger.storage.store import Store, uncancellable

_TABLE = schema.figure_reports


@dataclass(frozen=True, slots=True)
class FigureReport:
    """One version of a submitted report; `province` is empty for the whole country."""

    id: str
    version: int
    template: str
    year: int
    province: str
    document: Mapping[str, Any]
    actor: str
    at: int
    reason: str | None
    """Why a correction was made; None of the first version."""
    sha256: str
    """Digest of the document in canonical JSON."""


class FigureReports:
    """The submitted reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def submit(
        self,
        id_: str,
        *,
        template: str,
        year: int,
        province: str,
        document: Mapping[str, Any],
        follows: int,
        actor: str,
        reason: str | None = None,
        at: int | None = None,
    ) -> FigureReport:
        """Store the version after `follows`; the same again returns what was stored.

        Raises `RowChanged` where another version follows it already.
        """
        at = self._clock() if at is None else at
        content = to_canonical_json(dict(document))
        async with self._store.write() as connection:
            last = await _find(connection, id_)
            number = 0 if last is None else last.version
            if last is not None and number == follows + 1:
                if (last.actor, last.reason) == (actor, reason):
                    return last
                raise RowChanged(kind="report", id=id_)
            if number != follows:
                raise RowChanged(kind="report", id=id_)
            digest = hashlib.sha256(content.encode()).hexdigest()
            await connection.execute(
                insert(_TABLE).values(
                    id=id_,
                    version=number + 1,
                    template=template,
                    year=year,
                    province=province,
                    document=content,
                    actor=actor,
                    at=at,
                    reason=reason,
                    sha256=digest,
                )
            )
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="figures.submit",
                subject=f"figure_reports:{id_}",
                details={"version": number + 1, "reason": reason, "document": digest},
            )
            stored = await _find(connection, id_)
        if stored is None:
            raise UnknownRow(kind="report", id=id_)
        return stored

    async def find(self, id_: str, version: int | None = None) -> FigureReport | None:
        """Return a version of a report, by default the last; None if there is none."""
        async with self._store.read() as connection:
            return await _find(connection, id_, version)

    async def list_versions(self, id_: str) -> list[FigureReport]:
        """Return the versions of a report, the newest first."""
        query = select(_TABLE).where(_TABLE.c.id == id_).order_by(_TABLE.c.version.desc())
        async with self._store.read() as connection:
            rows = (await connection.execute(query.limit(100))).mappings()
            return [_from_row(row) for row in rows]

    async def find_page(
        self, province: str | None, *, after: tuple[int, str, int] | None, limit: int
    ) -> list[FigureReport]:
        """Return submitted versions, the newest first; `after` is the key of the row before."""
        columns = _TABLE.c
        query = select(_TABLE).order_by(
            columns.at.desc(), columns.id.desc(), columns.version.desc()
        )
        if province is not None:
            query = query.where(columns.province == province)
        if after is not None:
            query = query.where(tuple_(columns.at, columns.id, columns.version) < after)
        async with self._store.read() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings()
            return [_from_row(row) for row in rows]


async def _find(
    connection: AsyncConnection, id_: str, version: int | None = None
) -> FigureReport | None:
    query = select(_TABLE).where(_TABLE.c.id == id_).order_by(_TABLE.c.version.desc()).limit(1)
    if version is not None:
        query = query.where(_TABLE.c.version == version)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _from_row(row)


def _from_row(row: RowMapping) -> FigureReport:
    return FigureReport(**{**row, "document": json.loads(row["document"])})
