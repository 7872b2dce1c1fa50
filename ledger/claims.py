"""Claims: tries of the PIN under the scratch layer, and the lock after too many.

The stamp's `claim` itself is a transition; what is counted here are the tries before it. After `tries`
wrong ones the stamp's PIN is locked for `lock_ms`, and for twice as long each time after that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from ledger import schema
from ledger.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class Lockout:
    """How many wrong tries lock a PIN or an account, and for how long (milliseconds)."""

    tries: int = 5
    lock_ms: int = 15 * 60_000
    longest_ms: int = 24 * 3_600_000

    def until(self, count: int, at: int) -> int | None:
        """Until when `count` wrong tries, the last of them at `at`, lock; None: not (yet)."""
        if count == 0 or count % self.tries:
            return None
        times = count // self.tries - 1
        return at + min(self.lock_ms << min(times, 32), self.longest_ms)


@dataclass(frozen=True, slots=True)
class PinAttempts:
    """The wrong tries so far, and until when no try is looked at (None: not locked)."""

    count: int
    locked_until: int | None


class Claims:
    """The tries of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int], lockout: Lockout) -> None:
        self._store = store
        self._clock = clock
        self._lockout = lockout

    @uncancellable
    async def record_attempt(
        self, batch: int, index: int, ok: bool, at: int | None = None
    ) -> PinAttempts:
        """Count a try. While `locked_until` is answered, the try does not count, right or wrong.

        So a right PIN is honoured only if the answer is not locked. A right one ends the counting.
        """
        claims, at = schema.pin_attempts, self._clock() if at is None else at
        this = (claims.c.batch == batch) & (claims.c.idx == index)
        async with self._store.write() as connection:
            row = (await connection.execute(select(claims).where(this))).one_or_none()
            count, locked = (row.wrong, row.locked_until) if row else (0, None)
            if locked is not None and at < locked:
                return PinAttempts(count, locked)
            if ok and row is None:
                return PinAttempts(0, None)
            count = 0 if ok else count + 1
            locked = self._lockout.until(count, at)
            values = {"wrong": count, "locked_until": locked}
            if row is None:
                await connection.execute(insert(claims).values(batch=batch, idx=index, **values))
            else:
                await connection.execute(update(claims).where(this).values(values))
            return PinAttempts(count, locked)

    async def get_attempts(self, batch: int, index: int) -> PinAttempts:
        """The tries of one stamp so far."""
        claims = schema.pin_attempts
        asked = select(claims).where(claims.c.batch == batch, claims.c.idx == index)
        async with self._store.read() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return PinAttempts(row.wrong, row.locked_until) if row else PinAttempts(0, None)
