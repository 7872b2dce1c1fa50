"""Lots: the produce that stamps vouch for, each a document with the items that it lacks.

`traceability` makes the document and lists the mandatory items that are missing; the ledger stores
both, and binds no stamp to a lot that lacks an item. A lot belongs to one organisation for good. It
can be saved again with other content: each content is a version that stays
(`ledger.lots.lot_versions`).

Once stamps are bound to a lot, a new version is a correction. It must name a reason, cannot lose
what made the lot complete, and needs a second person if it is material. After a recall nothing
changes.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.batches import find_batch
from ledger.chains.chained_rows import record_row_change, record_row_changes
from ledger.chains.hash_chain import Field, to_canonical_json
from ledger.codes.lot_codes import SITE_FIELDS, index_codes, index_new_codes, list_codes
from ledger.codes.registered_codes import check_codes, select_standings
from ledger.cursor_pages import Key
from ledger.errors import (
    LotCodeTaken,
    LotConfirmationRequired,
    LotIncomplete,
    LotOwnerMismatch,
    LotProductMismatch,
    LotReasonRequired,
    LotRecalled,
    UnknownLot,
)
from ledger.lots.lot_drafts import SeenDraft, use_up_draft
from ledger.lots.lot_filter import LotFilter
from ledger.lots.lot_versions import (
    Correction,
    LotVersion,
    VersionNote,
    append_first_versions,
    append_version,
    version_from_row,
)
from ledger.orders.orders import find_order
from ledger.search_words import list_search_words, put_many_search_words, put_search_words
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable
from stamps.lifecycle import State

_CODES: Final = 500
"""Codes named in one statement."""


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot of produce. `document` is the complete JSON; times are milliseconds, UTC."""

    code: str
    document: Mapping[str, Any]
    missing: Sequence[str]
    """Mandatory items that the document lacks; stamps can be bound only when empty."""
    packing_house: str | None = None
    product: str | None = None
    packed_at: int | None = None
    expires_at: int | None = None
    actor: str = "system"
    at: int | None = None
    """When it was last saved; the ledger's clock fills None in."""
    version: int = 0
    """Number of its versions, counted from 1 by the ledger."""
    recalled_at: int | None = None
    """When it was recalled; only `Transitions.recall_lot` sets it, and nothing resets it."""
    organisation: str | None = None
    """The organisation that owns the lot; None for some lots older than this field."""

    def check_bindable(self) -> None:
        """Raise `LotRecalled` or `LotIncomplete` when no stamp can be bound to the lot."""
        if self.recalled_at is not None:
            raise LotRecalled(lot=self.code)
        if self.missing:
            raise LotIncomplete(
                lot=self.code, items=list(self.missing), kind=self.document.get("kind")
            )


LotReview = Callable[[LotRow | None], VersionNote]
"""Reviews a new version against the lot as it is (None: a new lot), inside the transaction that
saves it: returns what is noted of the version, or raises."""


class Lots:
    """The lots of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def save(
        self, lot: LotRow, review: LotReview | None = None, *, draft: SeenDraft | None = None
    ) -> LotRow:
        """Save a lot, new or with other content; the same content again changes nothing.

        `draft` is the draft that a new lot is made of, which is removed with it.
        The owner stays the first one. `review` sees the lot as it is and raises what the caller's
        rules refuse. Raises `UnknownRow` and `RowChanged` of a draft that is gone or was saved
        since; `LotCodeTaken` when another organisation owns the lot; when stamps are
        bound to it `LotIncomplete`, `LotReasonRequired`, `LotConfirmationRequired`; `LotRecalled`
        after a recall; `CodeNotUsable` for a code that it did not name before.
        """
        at = self._clock() if lot.at is None else lot.at
        async with self._store.write() as connection:
            if draft and lot.organisation and not await select_known(connection, [lot.code]):
                await use_up_draft(connection, lot.organisation, draft, self._clock())
            return await save_lot(connection, replace(lot, at=at), review)

    async def get(self, code: str) -> LotRow:
        """Return the lot of this code. Raises `UnknownLot`."""
        async with self._store.read() as connection:
            return await find_lot(connection, code)

    async def find_known(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that lots have."""
        async with self._store.read() as connection:
            return await select_known(connection, codes)

    async def check_binding(self, code: str, batch: int, *, at: int | None = None) -> None:
        """Check that stamps of a batch can be bound to a lot; raises as `check_binding` does."""
        async with self._store.read() as connection:
            await check_binding(connection, code, batch, self._clock() if at is None else at)

    async def is_bound(self, code: str) -> bool:
        """Return whether stamps are bound to the lot."""
        async with self._store.read() as connection:
            return await _is_bound(connection, code)

    async def list_versions(
        self, code: str, *, before: int | None = None, limit: int
    ) -> "list[LotVersion]":
        """Return at most `limit` versions of a lot, the newest first, below the number `before`."""
        versions = schema.lot_versions
        query = select(versions).where(versions.c.lot == code)
        if before is not None:
            query = query.where(versions.c.version < before)
        query = query.order_by(versions.c.version.desc()).limit(limit)
        async with self._store.read() as connection:
            return [version_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def find_packing_house(self, code: str, at: int) -> str | None:
        """Return the code of the packing house that a lot named at a time (ms)."""
        versions = schema.lot_versions.c
        query = (
            select(versions.packing_house)
            .where(versions.lot == code, versions.at <= at)
            .order_by(versions.version.desc())
            .limit(1)
        )
        async with self._store.read() as connection:
            house: str | None = await connection.scalar(query)
            return house

    async def list_corrections(self, code: str, *, limit: int) -> "list[Correction]":
        """Return the last corrections of a lot as the public page shows them, the newest first."""
        versions = schema.lot_versions
        query = (
            select(versions.c.version, versions.c.at, versions.c.reason, versions.c.changed)
            .where(versions.c.lot == code, versions.c.is_correction)
            .order_by(versions.c.version.desc())
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [
                Correction(**{**row, "changed": tuple(json.loads(row["changed"]))})
                for row in (await connection.execute(query)).mappings()
            ]

    async def find_page(
        self, wanted: LotFilter, *, after: Key | None = None, limit: int
    ) -> "list[LotRow]":
        """At most `limit` lots that match, newest first.

        `after` is the sort key, `(at, code)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return [_from_row(row) for row in found.mappings()]

    async def list(self) -> "list[LotRow]":
        """Return all lots, the newest first."""
        lots = schema.lots
        query = select(lots).order_by(lots.c.at.desc(), lots.c.code)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]


async def save_lot(
    connection: AsyncConnection, lot: LotRow, review: LotReview | None = None
) -> LotRow:
    """Save a lot inside the caller's transaction, at its time `at`; see `Lots.save`."""
    known, at = await _select_lot(connection, lot.code), lot.at or 0
    if known is None:
        note = review(None) if review else VersionNote()
        await save_new_lots(connection, [lot], note, actor=lot.actor, at=at)
        return await find_lot(connection, lot.code)
    content = _to_content(lot, known)
    if _to_content(known, known) == content:
        return known
    note = review(known) if review else VersionNote()
    await check_codes(connection, lot.document, at, known=list_codes(known.document))
    is_bound = await _check_correction(connection, lot, note)
    version = known.version + 1
    content |= {"actor": lot.actor, "at": at}
    version_hash = await append_version(
        connection, lot.code, version, content, note, is_correction=is_bound
    )
    lots = schema.lots
    changed = update(lots).where(lots.c.code == lot.code)
    await connection.execute(changed.values(version=version, **content))
    await index_codes(connection, lot.code, lot.document, at)
    await put_search_words(connection, "lot", lot.code, lot.code, *_list_names(lot.document))
    await record_row_change(
        connection,
        lots,
        lot.code,
        at=at,
        actor=lot.actor,
        action="lot.correct" if is_bound else "lot.save",
        details={"version": version, "version_hash": version_hash},
    )
    return await find_lot(connection, lot.code)


async def save_new_lots(
    connection: AsyncConnection,
    lots: Sequence[LotRow],
    note: VersionNote,
    *,
    actor: str,
    at: int,
) -> None:
    """Save lots whose codes no lot has, inside the caller's transaction.

    Raises `CodeNotUsable` as `check_codes` does.
    """
    if not lots:
        return  # an insert without rows would write one of defaults
    documents = {lot.code: lot.document for lot in lots}
    named = {code for document in documents.values() for code in list_codes(document)}
    standings = await select_standings(connection, named)
    for document in documents.values():
        standings.check(document, at)
    contents = {lot.code: _to_content(lot, None) | {"actor": actor, "at": at} for lot in lots}
    hashes = await append_first_versions(connection, contents, note)
    rows = [{"code": code, "version": 1, **content} for code, content in contents.items()]
    await connection.execute(insert(schema.lots), rows)
    await index_new_codes(connection, documents, at)
    words = {
        code: list_search_words(code, *_list_names(document))
        for code, document in documents.items()
    }
    await put_many_search_words(connection, "lot", words)
    await record_row_changes(
        connection,
        schema.lots,
        {code: {"version": 1, "version_hash": hash_} for code, hash_ in hashes.items()},
        at=at,
        actor=actor,
        action="lot.save",
    )


async def select_known(connection: AsyncConnection, codes: Collection[str]) -> set[str]:
    """Return those of the codes that lots have, inside the caller's transaction."""
    lots, ordered = schema.lots.c, sorted(codes)
    found: set[str] = set()
    for part in split_parts(ordered, _CODES):
        found.update(await connection.scalars(select(lots.code).where(lots.code.in_(part))))
    return found


def _list_names(document: Mapping[str, Any]) -> list[str | None]:
    """The names in a lot's document by which people look for it."""
    product, producer = document.get("product") or {}, document.get("producer") or {}
    places = (document.get(name) or {} for name in SITE_FIELDS)
    return [
        *(product.get("name") or {}).values(),
        producer.get("name"),
        *(place.get("code") for place in places),
    ]


async def find_lot(connection: AsyncConnection, code: str) -> LotRow:
    """Return the lot inside the caller's transaction. Raises `UnknownLot`."""
    found = await _select_lot(connection, code)
    if found is None:
        raise UnknownLot(lot=code)
    return found


async def check_binding(connection: AsyncConnection, code: str, number: int, at: int) -> None:
    """Check inside the caller's transaction that stamps of a batch can be bound to a lot.

    The lot is complete and not recalled, of the product that the batch was issued for, and of the
    packer that ordered it, where the order names them; the codes that it names are in force, their
    days judged at the time of the act, `at`. Raises `UnknownLot`, `UnknownBatch`, `LotRecalled`,
    `LotIncomplete`, `LotProductMismatch`, `LotOwnerMismatch`, and `CodeNotUsable` as `check_codes`
    does.
    """
    lot, batch = await find_lot(connection, code), await find_batch(connection, number)
    lot.check_bindable()
    await check_codes(connection, lot.document, at)
    if batch.product not in (None, lot.product):
        raise LotProductMismatch(
            batch=number, ordered=batch.product, lot=code, product=lot.product or "no product"
        )
    packer = (await find_order(connection, batch.order)).packer
    if packer is not None and lot.organisation not in (None, packer):
        raise LotOwnerMismatch(batch=number, packer=packer, lot=code, organisation=lot.organisation)


async def mark_recalled(connection: AsyncConnection, code: str, actor: str, at: int) -> bool:
    """Mark a lot as recalled inside the caller's transaction; False if it was before."""
    if (await find_lot(connection, code)).recalled_at is not None:
        return False
    lots = schema.lots
    await connection.execute(update(lots).where(lots.c.code == code).values(recalled_at=at))
    await record_row_change(connection, lots, code, at=at, actor=actor, action="lot.recall")
    return True


async def _check_correction(connection: AsyncConnection, lot: LotRow, note: VersionNote) -> bool:
    """Check a new version of a known lot; return whether stamps are bound to it."""
    if await _is_recalled(connection, lot.code):
        raise LotRecalled(lot=lot.code)
    if not await _is_bound(connection, lot.code):
        return False
    if lot.missing:
        raise LotIncomplete(lot=lot.code, items=list(lot.missing), kind=lot.document.get("kind"))
    changed = ", ".join(note.changed)
    if note.reason is None:
        raise LotReasonRequired(lot=lot.code, changed=changed)
    if note.is_material and note.confirmed_by in (None, lot.actor):
        raise LotConfirmationRequired(lot=lot.code, changed=changed)
    return True


async def _is_bound(connection: AsyncConnection, code: str) -> bool:
    return await _has_spans(connection, schema.spans.c.lot == code)


async def _is_recalled(connection: AsyncConnection, code: str) -> bool:
    """Whether the lot was recalled, or stamps of it by batch or range."""
    lots, spans = schema.lots, schema.spans
    recalled_at = await connection.scalar(select(lots.c.recalled_at).where(lots.c.code == code))
    return recalled_at is not None or await _has_spans(
        connection, (spans.c.lot == code) & (spans.c.state == State.RECALLED)
    )


async def _has_spans(connection: AsyncConnection, condition: ColumnElement[bool]) -> bool:
    found = await connection.scalar(select(schema.spans.c.lo).where(condition).limit(1))
    return found is not None


async def _select_lot(connection: AsyncConnection, code: str) -> LotRow | None:
    found = await connection.execute(select(schema.lots).where(schema.lots.c.code == code))
    row = found.mappings().one_or_none()
    return None if row is None else _from_row(row)


def _to_content(lot: LotRow, known: LotRow | None) -> dict[str, Field]:
    """The columns that a version stores; the owner is the known one. Raises `LotCodeTaken`."""
    owner = known.organisation if known is not None else None
    if owner is not None and lot.organisation not in (None, owner):
        raise LotCodeTaken(lot=lot.code)
    return {
        "document": to_canonical_json(dict(lot.document)),
        "missing": to_canonical_json(list(lot.missing)),
        "organisation": owner or lot.organisation,
        "product": lot.product,
        "packing_house": lot.packing_house,
        "packed_at": lot.packed_at,
        "expires_at": lot.expires_at,
    }


def _from_row(row: RowMapping) -> LotRow:
    return LotRow(
        **{
            **row,
            "document": json.loads(row["document"]),
            "missing": json.loads(row["missing"]),
        }
    )
