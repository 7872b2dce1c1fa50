"""Print proofs: what photos and scans of printed sheets showed, kept with their batch.

The findings are JSON, opaque here. The picture shows the sheet and no code. A proof is never
changed; the audit log has the hash of each.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import RowMapping, insert, select

from ledger import schema
from ledger.batches.batches import find_batch
from ledger.chains.chained_rows import record_audit
from ledger.errors import UnknownRow
from ledger.storage.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class PrintProof:
    """One proof. `id` follows from the idempotency key, so a form sent twice makes one proof."""

    id: str
    batch: int
    actor: str
    is_good: bool
    symbols: int
    findings: str
    picture: bytes
    at: int = 0


class PrintProofs:
    """The proofs of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, proof: PrintProof, *, at: int | None = None) -> PrintProof:
        """Add a proof, or return the one of this id. Raises `UnknownBatch`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await find_batch(connection, proof.batch)
            known = await connection.execute(
                select(schema.print_proofs).where(schema.print_proofs.c.id == proof.id)
            )
            if (row := known.mappings().one_or_none()) is not None:
                return _from_row(row)
            values = {name: getattr(proof, name) for name in proof.__slots__} | {"at": at}
            await connection.execute(insert(schema.print_proofs).values(values))
            await record_audit(
                connection,
                at=at,
                actor=proof.actor,
                action="proof.add",
                subject=f"batches:{proof.batch}",
                details={
                    "proof": proof.id,
                    "good": proof.is_good,
                    "symbols": proof.symbols,
                    "sha256": hashlib.sha256(proof.findings.encode()).hexdigest(),
                },
            )
            return PrintProof(**values)

    async def find(self, batch: int, id_: str) -> PrintProof:
        """Return a proof of a batch. Raises `UnknownRow`."""
        proofs = schema.print_proofs
        query = select(proofs).where(proofs.c.batch == batch, proofs.c.id == id_)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind="proof", id=id_)
        return _from_row(row)

    async def list_of_batch(self, batch: int, *, limit: int = 20) -> list[PrintProof]:
        """Return the newest proofs of a batch, without their pictures and findings."""
        proofs = schema.print_proofs
        columns = [proofs.c[name] for name in ("id", "batch", "actor", "is_good", "symbols", "at")]
        query = (
            select(*columns)
            .where(proofs.c.batch == batch)
            .order_by(proofs.c.at.desc(), proofs.c.id)
            .limit(limit)
        )
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return [PrintProof(**row, findings="", picture=b"") for row in rows]


def _from_row(row: RowMapping) -> PrintProof:
    return PrintProof(**row)
