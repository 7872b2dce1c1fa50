"""Claims: count wrong PIN attempts of a stamp and lock it after too many.

The claim itself is a transition; this counts the attempts before it. After `tries` wrong ones the
stamp's PIN is locked for `lock_ms`, and for twice as long after each further `tries`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from ledger import schema
from ledger.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class Lockout:
    """How many wrong attempts lock a PIN or an account, and for how long (milliseconds)."""

    tries: int = 5
    lock_ms: int = 15 * 60_000
    longest_ms: int = 24 * 3_600_000

    def locked_until(self, count: int, at: int) -> int | None:
        """Return the end of the lock after `count` wrong attempts, the last at `at`, or None."""
        if count == 0 or count % self.tries:
            return None
        times = count // self.tries - 1
        return at + min(self.lock_ms << min(times, 32), self.longest_ms)


@dataclass(frozen=True, slots=True)
class PinAttempts:
    """The wrong attempts of a stamp, and the end of its lock (None: not locked)."""

    count: int
    locked_until: int | None


class Claims:
    """The PIN attempts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int], lockout: Lockout) -> None:
        self._store = store
        self._clock = clock
        self._lockout = lockout

    @uncancellable
    async def record_attempt(
        self, batch: int, index: int, ok: bool, at: int | None = None
    ) -> PinAttempts:
        """Count an attempt. A right one resets the count.

        During a lock no attempt counts, right or wrong: accept a right PIN only when the result
        is not locked.
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
            locked = self._lockout.locked_until(count, at)
            values = {"wrong": count, "locked_until": locked}
            if row is None:
                await connection.execute(insert(claims).values(batch=batch, idx=index, **values))
            else:
                await connection.execute(update(claims).where(this).values(values))
            return PinAttempts(count, locked)

    async def get_attempts(self, batch: int, index: int) -> PinAttempts:
        """Return the attempts of one stamp."""
        claims = schema.pin_attempts
        query = select(claims).where(claims.c.batch == batch, claims.c.idx == index)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return PinAttempts(row.wrong, row.locked_until) if row else PinAttempts(0, None)
