"""Minutes of inspections: what a person wrote for the minutes of a case, each save a version.

Versions are append-only. A version, its evidence at that time and its entry in the audit log, with
the hash of the version, are written together or not at all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_rows import select_alert
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import digest_json, to_canonical_json
from ledger.errors import RowChanged, UnknownRow
from ledger.storage.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class MinutesVersion:
    """One version of the minutes of a case."""

    alert: int
    version: int
    at: int
    actor: str
    fields: Mapping[str, str]
    """What was written, by field."""
    evidence: Mapping[str, Any]
    """What the case had then: hashes of photos, heads of the chains."""
    sha256: str
    """Of the canonical JSON of fields and evidence."""


class CaseMinutes:
    """The minutes of the cases of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def save(
        self,
        alert: int,
        fields: Mapping[str, str],
        evidence: Mapping[str, Any],
        *,
        base: int,
        actor: str,
        at: int | None = None,
    ) -> MinutesVersion:
        """Save a version; the same fields as the last version's change nothing.

        `base` is the version that its author saw, 0 for none. Raises `UnknownAlert`, and
        `RowChanged` if another was saved since.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await select_alert(connection, alert)
            known = await _select_last(connection, alert)
            if known is not None and dict(known.fields) == dict(fields):
                return known
            last = 0 if known is None else known.version
            if last != base:
                raise RowChanged(kind="minutes", id=str(alert))
            document = to_canonical_json({"fields": dict(fields), "evidence": dict(evidence)})
            row = {
                "alert": alert,
                "version": last + 1,
                "at": at,
                "actor": actor,
                "document": document,
                "sha256": digest_json(json.loads(document)),
            }
            await connection.execute(insert(schema.alert_minutes).values(row))
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="alert.minutes",
                subject=f"alerts:{alert}",
                details={"version": last + 1, "sha256": row["sha256"]},
            )
            saved = await _select_last(connection, alert)
        assert saved is not None  # noqa: S101 - it was just written
        return saved

    async def find_last(self, alert: int) -> MinutesVersion | None:
        """The last version of the minutes of a case; None if there is none."""
        async with self._store.read() as connection:
            return await _select_last(connection, alert)

    async def get(self, alert: int, version: int) -> MinutesVersion:
        """One version. Raises `UnknownRow`."""
        table = schema.alert_minutes
        query = select(table).where(table.c.alert == alert, table.c.version == version)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind="minutes", id=f"{alert}/{version}")
        return _read_row(row)


async def _select_last(connection: AsyncConnection, alert: int) -> MinutesVersion | None:
    table = schema.alert_minutes
    query = select(table).where(table.c.alert == alert).order_by(table.c.version.desc()).limit(1)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _read_row(row)


def _read_row(row: RowMapping) -> MinutesVersion:
    document: dict[str, Any] = json.loads(row["document"])
    return MinutesVersion(
        alert=row["alert"],
        version=row["version"],
        at=row["at"],
        actor=row["actor"],
        fields=document["fields"],
        evidence=document["evidence"],
        sha256=row["sha256"],
    )
