"""Exports of own data as jobs: asked for, written by one worker, downloaded, removed.

    waiting → writing → ready → gone       its file is removed after `KEPT_MS`
                      → failed             it cannot be written

An organisation has one export under way: a unique index asks for it. A worker leases an export. A
lease that ends is taken by another worker, which goes on with what is on the disk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.cursor_pages import Key, sort_descending
from ledger.errors import ExportUnderWay, UnknownRow
from ledger.storage.store import Store, uncancellable

DataExportState = Literal["waiting", "writing", "ready", "failed", "gone"]
KEPT_MS: Final = 7 * 86_400_000
"""Time for which a finished export can be downloaded."""
_TABLE: Final = schema.data_exports
_UNDER_WAY: Final = ("waiting", "writing")


@dataclass(frozen=True, slots=True)
class DataExport:
    """One export of all data of an organisation."""

    id: str
    organisation: str
    actor: str
    asked_at: int
    state: DataExportState = "waiting"
    busy_until: int = 0
    parts_done: int = 0
    rows_done: int = 0
    finished_at: int | None = None
    size: int | None = None
    file_sha256: str | None = None

    @property
    def expires_at(self) -> int | None:
        """When its file is removed."""
        return None if self.finished_at is None else self.finished_at + KEPT_MS


class DataExports:
    """The exports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def ask(self, id_: str, organisation: str, *, actor: str) -> DataExport:
        """Ask for an export; the same id again is the same export.

        Raises `ExportUnderWay` while another one of the organisation is.
        """
        export = DataExport(id_, organisation, actor, self._clock())
        row = {name: getattr(export, name) for name in DataExport.__slots__}
        async with self._store.write() as connection:
            known = (await connection.execute(_select_one(id_))).mappings().one_or_none()
            if known is not None:
                return DataExport(**known)
            try:
                async with connection.begin_nested():
                    await connection.execute(insert(_TABLE).values(row))
            except IntegrityError:
                raise ExportUnderWay(organisation=organisation) from None
            await record_audit(
                connection,
                at=export.asked_at,
                actor=actor,
                action="data_export.ask",
                subject=f"organisation:{organisation}",
                details={"export": id_},
            )
        return export

    async def get(self, organisation: str, id_: str) -> DataExport:
        """An export of an organisation. Raises `UnknownRow`."""
        query = _select_one(id_).where(_TABLE.c.organisation == organisation)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind="export", id=id_)
        return DataExport(**row)

    async def find_page(
        self, organisation: str, *, after: Key | None = None, limit: int
    ) -> list[DataExport]:
        """Exports of an organisation, the newest first; `after` is `(asked_at, id)`."""
        query = select(_TABLE).where(_TABLE.c.organisation == organisation)
        query = sort_descending(query, (_TABLE.c.asked_at, _TABLE.c.id), after, limit)
        async with self._store.read() as connection:
            return [DataExport(**row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def lease(self, lease_ms: int) -> DataExport | None:
        """Lease an export that nobody writes, the one that waits longest."""
        at = self._clock()
        async with self._store.append() as connection:
            query = (
                select(_TABLE)
                .where(_TABLE.c.state.in_(_UNDER_WAY), _TABLE.c.busy_until <= at)
                .order_by(_TABLE.c.busy_until, _TABLE.c.asked_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            values = {"state": "writing", "busy_until": at + lease_ms}
            await connection.execute(update(_TABLE).where(_TABLE.c.id == row["id"]).values(values))
        return DataExport(**{**row, **values})

    @uncancellable
    async def note_progress(
        self, export: DataExport, *, parts: int, rows: int, lease_ms: int
    ) -> DataExport | None:
        """Note what is written and renew the lease; None when another worker has it by now."""
        values = {
            "parts_done": parts,
            "rows_done": rows,
            "busy_until": self._clock() + lease_ms,
        }
        return await self._change_leased(export, values)

    @uncancellable
    async def finish(
        self, export: DataExport, *, size: int | None = None, sha256: str | None = None
    ) -> DataExport | None:
        """Note that the file is there, or without a size that it cannot be written."""
        values = {
            "state": "failed" if size is None else "ready",
            "finished_at": self._clock(),
            "size": size,
            "file_sha256": sha256,
            "busy_until": 0,
        }
        return await self._change_leased(export, values)

    async def list_expired(self, now: int, limit: int = 50) -> list[DataExport]:
        """Exports whose files are to be removed, some at once."""
        old = now - KEPT_MS
        query = (
            select(_TABLE)
            .where(_TABLE.c.state == "ready", _TABLE.c.finished_at < old)
            .order_by(_TABLE.c.finished_at)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [DataExport(**row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def note_removal(self, id_: str) -> None:
        """Note that the file of an export was removed."""
        async with self._store.append() as connection:
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(state="gone"))

    async def _change_leased(
        self, export: DataExport, values: Mapping[str, Any]
    ) -> DataExport | None:
        is_own = (_TABLE.c.id == export.id) & (_TABLE.c.busy_until == export.busy_until)
        async with self._store.append() as connection:
            changed = await connection.execute(update(_TABLE).where(is_own).values(**values))
            if changed.rowcount == 0:
                return None
            row = (await connection.execute(_select_one(export.id))).mappings().one()
            return DataExport(**row)


def _select_one(id_: str) -> Any:
    return select(_TABLE).where(_TABLE.c.id == id_)
