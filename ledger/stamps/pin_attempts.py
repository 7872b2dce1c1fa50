"""Claims: who entered the right PIN of a stamp, and how many wrong ones were tried.

The claim itself is a transition; this counts the attempts before and after it. How many attempts
are compared with a PIN is decided before (`claims.pin_budget`). The count of wrong ones
is evidence and locks nothing, because strangers would hold a lock shut.

The first who enters the right PIN is kept as pseudonyms of device and network. Another one has a
different device *and* a different network: a second device on the first one's network is the same
household. The first two others are kept and counted; each is a suspicion that must be reported to
people (`Claims.list_unreported`), by a process that may open alerts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, bindparam, insert, literal_column, select, update

from ledger import schema
from ledger.storage.store import Store, uncancellable
from ledger.storage.unsigned64 import to_signed64, to_unsigned64

MAX_OTHERS: Final = 2
"""Others beyond these are neither kept nor counted."""
_UNREPORTED: Final = 1000
"""Upper bound of claims by others that one report names."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """A claimant: pseudonyms of the device and network that entered a PIN, 64 bits, unsigned."""

    device: int
    net: int | None

    def is_household_of(self, other: "Claimant") -> bool:
        """Whether the two share a device or a network."""
        return self.device == other.device or (self.net is not None and self.net == other.net)


@dataclass(frozen=True, slots=True)
class PinAttempts:
    """The attempts at a stamp: how many were wrong, and who had the right PIN."""

    count: int
    first: Claimant | None = None
    """The claimant who entered the right PIN first."""
    others: int = 0
    """Number of others who entered the right PIN after that, at most `MAX_OTHERS`."""


@dataclass(frozen=True, slots=True)
class OtherClaims:
    """Number of others who know the PIN of a stamp, and when the last entered it (ms, UTC)."""

    batch: int
    index: int
    others: int
    at: int


class Claims:
    """The PIN attempts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def record_attempt(
        self,
        batch: int,
        index: int,
        ok: bool,
        at: int | None = None,
        *,
        claimant: Claimant | None = None,
    ) -> PinAttempts:
        """Count a wrong attempt, or keep the claimant of a right one."""
        claims, at = schema.pin_attempts, self._clock() if at is None else at
        this = (claims.c.batch == batch) & (claims.c.idx == index)
        async with self._store.write() as connection:
            row = (await connection.execute(select(claims).where(this))).mappings().one_or_none()
            known = _from_row(row)
            if ok and row is None and claimant is None:
                return known
            values: dict[str, Any] = {"wrong": known.count + (0 if ok else 1)}
            if ok and claimant is not None:
                values |= _add_claimant(row, known, claimant, at)
            if row is None:
                await connection.execute(insert(claims).values(batch=batch, idx=index, **values))
            elif any(row[name] != value for name, value in values.items()):
                await connection.execute(update(claims).where(this).values(values))
            found = await connection.execute(select(claims).where(this))
            return _from_row(found.mappings().one())

    async def get_attempts(self, batch: int, index: int) -> PinAttempts:
        """Return the attempts of one stamp."""
        claims = schema.pin_attempts
        query = select(claims).where(claims.c.batch == batch, claims.c.idx == index)
        async with self._store.read() as connection:
            return _from_row((await connection.execute(query)).mappings().one_or_none())

    async def list_others(self, batch: int) -> dict[int, int]:
        """Return how many others know the PIN of a stamp, by index, for the stamps with any."""
        claims = schema.pin_attempts
        query = select(claims.c.idx, claims.c.others).where(
            # A literal, so that SQLite sees that its partial index has all of these.
            claims.c.batch == batch,
            claims.c.others > literal_column("0"),
        )
        async with self._store.read() as connection:
            return {row.idx: row.others for row in await connection.execute(query)}

    async def list_unreported(self) -> list[OtherClaims]:
        """Return claims by others that no alert was reported of yet."""
        claims = schema.pin_attempts
        query = (
            select(claims.c.batch, claims.c.idx, claims.c.others, claims.c.last_other_at)
            .where(claims.c.others > claims.c.reported)
            .limit(_UNREPORTED)
        )
        async with self._store.read() as connection:
            return [OtherClaims(*row) for row in await connection.execute(query)]

    @uncancellable
    async def mark_reported(self, reported: Sequence[OtherClaims]) -> None:
        """Record that an alert was reported of these."""
        claims = schema.pin_attempts
        change = (
            update(claims)
            .where(claims.c.batch == bindparam("in_batch"), claims.c.idx == bindparam("at_idx"))
            .values(reported=bindparam("seen"))
        )
        rows = [
            {"in_batch": one.batch, "at_idx": one.index, "seen": one.others} for one in reported
        ]
        if rows:
            async with self._store.write() as connection:
                await connection.execute(change, rows)


def _add_claimant(
    row: RowMapping | None, known: PinAttempts, claimant: Claimant, at: int
) -> dict[str, Any]:
    """The columns that change when this claimant enters the right PIN."""
    device, net = to_signed64(claimant.device), to_signed64(claimant.net)
    if row is None or known.first is None:
        return {"device": device, "net": net}
    if known.others >= MAX_OTHERS or claimant.is_household_of(known.first):
        return {}
    second = _claimant_in(row, "other_device", "other_net")
    if second is not None and claimant.is_household_of(second):
        return {}
    more: dict[str, Any] = {"others": known.others + 1, "last_other_at": at}
    return more | ({"other_device": device, "other_net": net} if second is None else {})


def _from_row(row: RowMapping | None) -> PinAttempts:
    if row is None:
        return PinAttempts(0)
    first = _claimant_in(row, "device", "net")
    return PinAttempts(row["wrong"], first, row["others"])


def _claimant_in(row: RowMapping, device: str, net: str) -> Claimant | None:
    found = to_unsigned64(row[device])
    return None if found is None else Claimant(found, to_unsigned64(row[net]))
