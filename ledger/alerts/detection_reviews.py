"""Reviews of the detector: who asked for one, how far it is, what it found.

A review runs in the process that was asked. It says every few seconds that it is alive; one that
has been silent for `SILENT_MS` was cut off (kill -9), and the next one may begin.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import to_canonical_json
from ledger.storage.store import Store, uncancellable

ReviewState = Literal["running", "done", "failed"]
SILENT_MS: Final = 60_000
_RUNNING: Final = "running"


@dataclass(frozen=True, slots=True)
class DetectionReview:
    """A review. Times are milliseconds, UTC."""

    id: int
    actor: str
    asked_at: int
    seen_at: int
    """When it was last alive."""
    state: ReviewState
    done: int
    total: int
    """Stamps that it judges; 0 before they are known."""
    result: Mapping[str, Any] | None
    """Result, once it is done."""

    def is_running(self, now: int) -> bool:
        """Whether it still runs: it was neither finished nor cut off."""
        return self.state == _RUNNING and now - self.seen_at < SILENT_MS


class DetectionReviews:
    """The reviews of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def begin(self, actor: str) -> tuple[DetectionReview, bool]:
        """Begin a review, or return the one that runs; and whether it is new."""
        now = self._clock()
        async with self._store.write() as connection:
            last = await _select_last(connection)
            if last is not None and last.is_running(now):
                return last, False
            id_ = 1 if last is None else last.id + 1
            begun = DetectionReview(id_, actor, now, now, "running", 0, 0, None)
            await connection.execute(insert(schema.detection_reviews).values(asdict(begun)))
            await record_audit(
                connection,
                at=now,
                actor=actor,
                action="detection.review",
                subject=f"detection_reviews:{id_}",
                details={},
            )
        return begun, True

    async def note_progress(self, id_: int, done: int, total: int) -> None:
        """Record how far a review is, and that it is alive."""
        await self._change(id_, {"done": done, "total": total})

    async def finish(self, id_: int, result: Mapping[str, Any]) -> None:
        """Record what a review found."""
        await self._change(id_, {"state": "done", "result": to_canonical_json(result)})

    async def fail(self, id_: int) -> None:
        """Record that a review ended without a result."""
        await self._change(id_, {"state": "failed"})

    async def get_last(self) -> DetectionReview | None:
        """Return the last review that was begun."""
        async with self._store.read() as connection:
            return await _select_last(connection)

    async def get_last_done(self) -> DetectionReview | None:
        """Return the last review that has a result."""
        async with self._store.read() as connection:
            return await _select_last(connection, state="done")

    @uncancellable
    async def _change(self, id_: int, cells: Mapping[str, object]) -> None:
        reviews = schema.detection_reviews
        async with self._store.append() as connection:
            await connection.execute(
                update(reviews)
                .where(reviews.c.id == id_, reviews.c.state == _RUNNING)
                .values({**cells, "seen_at": self._clock()})
            )


async def _select_last(
    connection: AsyncConnection, state: ReviewState | None = None
) -> DetectionReview | None:
    reviews = schema.detection_reviews
    last = select(func.max(reviews.c.id))
    if state is not None:
        last = last.where(reviews.c.state == state)
    query = select(reviews).where(reviews.c.id == last.scalar_subquery())
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _from_row(row)


def _from_row(row: RowMapping) -> DetectionReview:
    result = row["result"]
    return DetectionReview(**{**row, "result": None if result is None else json.loads(result)})
