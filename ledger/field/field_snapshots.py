"""Field snapshots: signed files of listed codes, and the ranges of stamps that are listed now.

A snapshot follows from the spans; it is no history. Three full ones are kept with their deltas, so
that a phone which is loading one is not cut off.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import RowMapping, delete, func, insert, select, text

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.storage.store import Store, uncancellable
from stamps.lifecycle import State
from stamps.listed_codes import CodeRange
from stamps.stamp_ranges import join_ranges

LISTED_STATES: Final = (State.VOID, State.SUSPENDED, State.RECALLED)
"""The states whose codes phones must know."""

_KEPT: Final = 3
_NAMES: Final = ", ".join(f"'{state}'" for state in LISTED_STATES)
_TABLE: Final = schema.field_snapshots


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot as it is stored, without its content. `at` is milliseconds, UTC."""

    version: int
    base: int
    """Version of the full snapshot that it extends; its own version for a full one."""
    at: int
    codes: int
    """Codes on the list then."""
    size: int
    """Bytes of the file."""

    @property
    def is_full(self) -> bool:
        """Whether it lists all codes."""
        return self.version == self.base


class FieldSnapshots:
    """The snapshots of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def list_listed(self) -> list[CodeRange]:
        """The ranges of all stamps that are listed now, by batch and index, joined."""
        spans, batches = schema.spans.c, schema.batches.c
        query = (
            select(spans.batch, batches.epoch, spans.lo, spans.hi)
            .join_from(schema.spans, schema.batches, spans.batch == batches.number)
            .where(text(f"spans.state IN ({_NAMES})"))  # written out: of the partial index
            .order_by(spans.batch, spans.lo)
        )
        async with self._store.read() as connection:
            found = await connection.execute(query)
            return join_ranges([CodeRange(*row) for row in found])

    async def list_hosts(self) -> list[str]:
        """The hosts that the stamps of all batches name, in capitals."""
        async with self._store.read() as connection:
            found = await connection.scalars(select(schema.batches.c.host).distinct())
            return sorted({host.upper() for host in found})

    async def find_newest(self) -> StoredSnapshot | None:
        """The newest snapshot; None before the first."""
        async with self._store.read() as connection:
            query = select(*_COLUMNS).order_by(_TABLE.c.version.desc()).limit(1)
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else _read(row)

    async def find(self, version: int) -> StoredSnapshot | None:
        """The snapshot of a version; None for one that is not kept."""
        async with self._store.read() as connection:
            query = select(*_COLUMNS).where(_TABLE.c.version == version)
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else _read(row)

    async def get_content(self, version: int) -> bytes | None:
        """The file of a snapshot; None for one that is not kept."""
        async with self._store.read() as connection:
            content: bytes | None = await connection.scalar(
                select(_TABLE.c.content).where(_TABLE.c.version == version)
            )
            return content

    async def get_ranges(self, version: int) -> list[CodeRange]:
        """The ranges that a full snapshot lists; none for one that is not kept."""
        async with self._store.read() as connection:
            packed = await connection.scalar(
                select(_TABLE.c.ranges).where(_TABLE.c.version == version)
            )
        if packed is None:
            return []
        numbers = np.frombuffer(zlib.decompress(packed), dtype="<i4").reshape(-1, 4)
        return [CodeRange(*row) for row in numbers.tolist()]

    @uncancellable
    async def add(
        self,
        snapshot: StoredSnapshot,
        content: bytes,
        *,
        actor: str,
        sha256: str,
        ranges: Sequence[CodeRange] | None = None,
    ) -> bool:
        """Store a snapshot; remove those that are kept no longer.

        False, and nothing is stored, where another process stored one of this version meanwhile.
        `ranges` are those of a full one.
        """
        packed = None
        if ranges is not None:
            packed = zlib.compress(np.array(ranges, dtype="<i4").tobytes())
        async with self._store.write() as connection:
            highest = await connection.scalar(select(func.max(_TABLE.c.version))) or 0
            if snapshot.version != highest + 1:
                return False
            await connection.execute(
                insert(_TABLE).values(
                    version=snapshot.version,
                    base=snapshot.base,
                    at=snapshot.at,
                    codes=snapshot.codes,
                    size=snapshot.size,
                    content=content,
                    ranges=packed,
                )
            )
            full = select(_TABLE.c.base).distinct().order_by(_TABLE.c.base.desc()).limit(_KEPT)
            oldest = min((await connection.scalars(full)).all())
            await connection.execute(delete(_TABLE).where(_TABLE.c.base < oldest))
            # Of the deltas of one base a phone needs the newest alone.
            await connection.execute(
                delete(_TABLE).where(
                    _TABLE.c.base == snapshot.base,
                    _TABLE.c.version > snapshot.base,
                    _TABLE.c.version < snapshot.version - _KEPT,
                )
            )
            await record_audit(
                connection,
                at=snapshot.at,
                actor=actor,
                action="field.snapshot",
                subject=f"field_snapshots:{snapshot.version}",
                details={"base": snapshot.base, "codes": snapshot.codes, "sha256": sha256},
            )
        return True


_COLUMNS: Final = tuple(_TABLE.c[name] for name in ("version", "base", "at", "codes", "size"))


def _read(row: RowMapping) -> StoredSnapshot:
    return StoredSnapshot(**row)
