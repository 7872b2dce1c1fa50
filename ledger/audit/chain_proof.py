"""Chain proof: a ledger's history extends what was signed before.

`prove_extension` reads the rows after given heads, recomputes their hashes and returns the present
heads. The signer of heads signs nothing else. `compare_with_heads` looks signed heads up in a
ledger: rows that it lacks were lost (a restored old copy), rows with another hash were rewritten.

Neither knows who signed: callers verify the statements first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.audit.head_statement import Heads, HeadStatement
from ledger.audit.stated_recalls import StatedContent, count_transitions, read_content
from ledger.chains.chained_rows import (
    AUDIT_FIELDS,
    TRANSITION_FIELDS,
    iterate_chain,
    list_hashed,
    read_head,
)
from ledger.chains.hash_chain import ChainHead, genesis_hash, hash_row
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339

_QUESTION: Final = 500
"""Rows asked for in one statement."""
_CHAINS: Final = {
    schema.transitions.name: (schema.transitions, TRANSITION_FIELDS),
    schema.audit.name: (schema.audit, AUDIT_FIELDS),
}


class HistoryRewritten(VeritemError):
    """A signed row is missing or differs: history was rewritten, or an old copy restored."""

    code = "history-rewritten"
    message = (
        "history was rewritten or an old copy was restored: {chain} {seq} {what}"
        " (signed {signed}; found {found})"
    )


@dataclass(frozen=True, slots=True)
class LostRange:
    """Rows `first` to `last` of a chain that were signed and are not in the ledger."""

    chain: str
    first: int
    last: int

    def __str__(self) -> str:
        numbers = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.chain} {numbers}"


@dataclass(frozen=True, slots=True)
class RewrittenRow:
    """A row of a chain whose hash is not the one that was signed."""

    chain: str
    seq: int
    signed: str
    found: str

    def __str__(self) -> str:
        return f"{self.chain} {self.seq} (signed {self.signed}, found {self.found})"


@dataclass(frozen=True, slots=True)
class HeadComparison:
    """Signed rows that a ledger lacks; both statements are None if there are none."""

    newest: HeadStatement | None
    agreed: HeadStatement | None
    """The newest statement whose rows are in the ledger; later ones are lost or rewritten."""
    lost: tuple[LostRange, ...] = ()
    rewritten: tuple[RewrittenRow, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the ledger has all that was signed."""
        return not self.lost and not self.rewritten

    def describe(self) -> str:
        """Return what is wrong, in a line for people."""
        parts = []
        if self.lost:
            lost = ", ".join(map(str, self.lost))
            parts.append(f"{lost} are missing, as after restoring an old copy")
        if self.rewritten:
            first = self.rewritten[0]
            more = f" and {len(self.rewritten) - 1} more" if len(self.rewritten) > 1 else ""
            parts.append(f"{first}{more} was rewritten")
        signed = format_rfc3339(self.newest.at) if self.newest else "never"
        return f"the ledger does not agree with the head signed at {signed}: {'; '.join(parts)}"


class ChainProofs:
    """Proofs over the chains of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def prove_extension(self, seen: Heads | None, *, full: bool = False) -> Heads:
        """Return the present heads, if the chains extend the heads `seen` (None: the beginning).

        With `full` all rows are recomputed, not only those after `seen`.

        Raises:
            HistoryRewritten: names the row.
            StorageFailed: the ledger cannot be read.
        """
        async with self._store.read() as connection:
            return {
                name: await _prove_chain(
                    connection, table, fields, seen[name] if seen else None, full=full
                )
                for name, (table, fields) in _CHAINS.items()
            }

    async def read_last_times(self) -> dict[str, int | None]:
        """Return the times (milliseconds) of the last scan, transition and audit entry."""
        tables = (schema.scans, schema.transitions, schema.audit)
        async with self._store.read() as connection:
            return {
                table.name: await connection.scalar(select(func.max(table.c.at)))
                for table in tables
            }

    async def read_content(
        self, heads: Heads, seen: HeadStatement | None, after_audit: int
    ) -> StatedContent:
        """Read what a head with these ends states (`ledger.audit.stated_recalls`)."""
        async with self._store.read() as connection:
            return await read_content(connection, heads, seen, after_audit)

    async def count_transitions(self, through: int) -> dict[str, int]:
        """Count the transitions of each kind up to a number."""
        async with self._store.read() as connection:
            return await count_transitions(connection, 0, through)

    async def compare(self, statements: Iterable[HeadStatement]) -> HeadComparison:
        """Compare the chains with statements in force, oldest first; only signed rows are read."""
        async with self._store.read() as connection:
            return await compare_with_heads(connection, statements)


async def compare_with_heads(
    connection: AsyncConnection, statements: Iterable[HeadStatement]
) -> HeadComparison:
    """Compare the ledger with statements in force, oldest first, inside a transaction.

    What was written after the ledger's moment is `lost`: at least these ranges, since rows after
    the newest statement are not known.
    """
    known = list(statements)
    lost, wrong = [], dict[tuple[str, int, str], RewrittenRow]()
    rows: dict[tuple[str, int], str] = {}
    for name, (table, _) in _CHAINS.items():
        numbers = sorted({statement.heads[name][0] for statement in known})
        rows |= await _read_hashes(connection, table, numbers)
        end, _hash = await read_head(connection, name)
        if numbers and numbers[-1] > end:
            lost.append(LostRange(name, end + 1, numbers[-1]))
        for statement in known:
            seq, signed = statement.heads[name]
            found = rows.get((name, seq), "no row")
            if seq <= end and found != signed:
                wrong[name, seq, signed] = RewrittenRow(name, seq, signed, found)
    agreed = [
        statement
        for statement in known
        if all(rows.get((name, seq)) == signed for name, (seq, signed) in statement.heads.items())
    ]
    return HeadComparison(
        newest=known[-1] if known else None,
        agreed=agreed[-1] if agreed else None,
        lost=tuple(lost),
        rewritten=tuple(wrong[key] for key in sorted(wrong)),
    )


def find_lost(heads: Heads, newest: HeadStatement) -> tuple[LostRange, ...]:
    """Return what was signed after the heads of a copy: the ranges that restoring it would lose."""
    return tuple(
        LostRange(name, heads[name][0] + 1, newest.heads[name][0])
        for name in _CHAINS
        if newest.heads[name][0] > heads[name][0]
    )


async def _read_hashes(
    connection: AsyncConnection, table: Table, numbers: Sequence[int]
) -> dict[tuple[str, int], str]:
    """Return the hashes of rows by the chain's name and their number; row 0 is the genesis."""
    hashes = {(table.name, 0): genesis_hash(table.name)}
    for part in split_parts(numbers, _QUESTION):
        found = await connection.execute(
            select(table.c.seq, table.c.hash).where(table.c.seq.in_(part))
        )
        hashes |= {(table.name, row.seq): row.hash for row in found}
    return hashes


async def _prove_chain(
    connection: AsyncConnection,
    table: Table,
    fields: tuple[str, ...],
    seen: ChainHead | None,
    *,
    full: bool,
) -> ChainHead:
    name = table.name
    seq, before = start = (0, genesis_hash(name))
    signed = seen or start

    def refuse(row: int, what: str, found: str = "no row") -> HistoryRewritten:
        head = f"{signed[0]}:{signed[1]}"
        return HistoryRewritten(chain=name, seq=row, what=what, signed=head, found=found)

    if signed[0] > 1 and not full:
        # From the row before the signed one: the content of the signed row is proven too.
        query = select(table.c.hash).where(table.c.seq == signed[0] - 1)
        seq, before = signed[0] - 1, (await connection.execute(query)).scalar_one_or_none() or ""
        if not before:
            raise refuse(seq, "was removed")
    async for row in iterate_chain(connection, table, seq):
        if row["seq"] != seq + 1:
            raise refuse(seq + 1, "was removed")
        seq += 1
        if row["hash"] != hash_row(before, [seq, *list_hashed(fields, row)]):
            raise refuse(seq, "does not follow from the row before", f"{seq}:{row['hash']}")
        before = row["hash"]
        if seq == signed[0] and before != signed[1]:
            raise refuse(seq, "is not the row that was signed", f"{seq}:{before}")
    if seq < signed[0]:
        raise refuse(seq + 1, "was removed")
    stored = await read_head(connection, name)
    if stored != (seq, before):
        raise refuse(stored[0], "is the stored head and not the last row", f"{seq}:{before}")
    return seq, before
