"""Lots: the produce that stamps vouch for, described by packers, bound to stamps when complete.

A lot belongs to the organisation of whoever saved it first; only that organisation's people and the
operator save it again. Every version is kept. Once stamps are bound, a version is a correction
with a reason.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger import LotChange, LotRow, LotVersion, ProductRow, Proposal, SeenDraft, VersionNote
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import (
    LotCodeTaken,
    LotConfirmationRequired,
    RowChanged,
    UnknownLot,
    UnknownRow,
)
from ledger.lots.lot_changes import lot_subject
from ledger.packer_provinces import ConcernedRows
from services import scope
from services.context import Actor, ServiceContext
from services.errors import InvalidInput
from services.lots.lot_places import (
    SiteOwners,
    check_places,
    find_owner_of_packing_house,
    find_site_owners,
)
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.proposals.proposal_kinds import LOT_CHANGE
from services.proposals.proposals import propose
from traceability import Lot, find_missing_items
from traceability.document_fields import check_text
from traceability.lot_changes import (
    MATERIAL_PARTS,
    CorrectionReason,
    LotPart,
    find_changed_parts,
)
from traceability.lot_profiles import CROP
from traceability.lot_rules import check_packing


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """Why a lot is saved again; `reason` is one of `CorrectionReason`, and is published."""

    reason: str | None = None
    note: str | None = None
    """Free text for staff."""
    version: int | None = None
    """The version that its author saw, which must still be the last; None: any."""


NO_REASON: Final = CorrectionRequest()


def to_row(lot: Lot, actor: str, at: int | None = None, organisation: str | None = None) -> LotRow:
    """The ledger's row of a lot, with the mandatory items that it lacks."""
    return LotRow(
        code=lot.code,
        document=lot.to_document(),
        missing=find_missing_items(lot),
        packing_house=lot.packing_house.code if lot.packing_house else None,
        product=lot.product.code,
        packed_at=lot.packed_at,
        expires_at=lot.expires_at,
        actor=actor,
        at=at,
        organisation=organisation,
    )


async def put_lot(
    context: ServiceContext,
    document: Mapping[str, Any],
    code: str | None = None,
    *,
    organisation: str | None = None,
    correction: CorrectionRequest = NO_REASON,
) -> LotRow:
    """Store a lot or a new version of it; an incomplete lot is stored and cannot be bound yet.

    `code`, when given, must be the code in the document. `organisation` names whose lot it is; only
    a demo's account, which belongs to none, names another than the own one. Raises `Forbidden`,
    `MalformedLot`, `InvalidInput`, `PackedInFuture`, `PackedElsewhere`, `ForeignPlace`,
    `LotCodeTaken` for a lot of another organisation, and once stamps are bound `LotIncomplete`,
    `LotReasonRequired`, `LotConfirmationRequired`, `LotRecalled`.
    """
    row, lot, correction = await prepare_lot(context, document, code, organisation, correction)
    return await context.ledger.lots.save(row, lambda before: _review(lot, row, before, correction))


async def submit_lot(
    context: ServiceContext,
    document: Mapping[str, Any],
    code: str | None = None,
    *,
    organisation: str | None = None,
    correction: CorrectionRequest = NO_REASON,
    draft: SeenDraft | None = None,
) -> LotRow | Proposal:
    """Store a lot as `put_lot` does; propose what a second person must confirm.

    `draft` is the draft that it was made of, which is removed with it.
    The same change again is the same proposal. Raises `RowChanged` where the lot has another
    version than `correction` names, and as `put_lot` and `proposals.propose` do, but not
    `LotConfirmationRequired`.
    """
    row, lot, correction = await prepare_lot(context, document, code, organisation, correction)
    try:
        return await context.ledger.lots.save(
            row, lambda before: _review(lot, row, before, correction), draft=draft
        )
    except LotConfirmationRequired:
        known = await scope.find_lot(context, row.code)
    noted = _review(lot, row, known, correction)
    change = LotChange(row, known.version, noted.changed, noted.note)
    asked = change.to_document()
    pending = await context.ledger.proposals.get_open(LOT_CHANGE.name, change.subject)
    if pending is not None and (
        pending.requested_by == context.actor.id
        and pending.reason == noted.reason
        and to_canonical_json(pending.document) == to_canonical_json(asked)
    ):
        return pending
    return await propose(
        context,
        LOT_CHANGE,
        change.subject,
        asked,
        noted.reason,
        secrets.token_hex(16),
        ConcernedRows(lots=(known.code,)),
    )


async def find_pending_change(context: ServiceContext, code: str) -> Proposal | None:
    """The change of a lot that waits for a second person. Raises `Forbidden`, `UnknownLot`."""
    require_permission(context, Permission.LOT_SEE)
    await scope.find_lot(context, code)
    return await context.ledger.proposals.get_open(LOT_CHANGE.name, lot_subject(code))


async def get_lot(context: ServiceContext, code: str) -> LotRow:
    """One lot. Raises `Forbidden`, `UnknownLot`."""
    require_permission(context, Permission.LOT_SEE)
    return await scope.find_lot(context, code)


async def list_versions(
    context: ServiceContext, code: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[LotVersion]:
    """The versions of a lot, the newest first. Raises `Forbidden`, `UnknownLot`, `InvalidInput`."""
    require_permission(context, Permission.LOT_SEE)
    await scope.find_lot(context, code)
    request = PageRequest(limit, after)
    key = request.key(int)
    rows = await context.ledger.lots.list_versions(
        code, before=None if key is None else int(key[0]), limit=limit + 1
    )
    return request.make_page(rows, lambda version: (version.version,))


async def is_bound(context: ServiceContext, code: str) -> bool:
    """Whether stamps are bound to a lot. Raises `Forbidden`, `UnknownLot`."""
    require_permission(context, Permission.LOT_SEE)
    await scope.find_lot(context, code)
    return await context.ledger.lots.is_bound(code)


async def list_lots(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[LotRow]:
    """The lots in scope, newest first. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.LOT_SEE)
    request = PageRequest(limit, after)
    rows = await context.ledger.lots.find_page(
        scope.lot_scope(context.actor), after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(rows, lambda lot: (lot.at or 0, lot.code))


async def list_bindable_lots(context: ServiceContext, limit: int) -> list[LotRow]:
    """The newest lots in scope to which stamps can be bound. Raises `Forbidden`."""
    require_permission(context, Permission.LOT_SEE)
    wanted = replace(scope.lot_scope(context.actor), is_bindable=True)
    return await context.ledger.lots.find_page(wanted, limit=limit)


async def prepare_lot(
    context: ServiceContext,
    document: Mapping[str, Any],
    code: str | None,
    organisation: str | None,
    correction: CorrectionRequest = NO_REASON,
) -> tuple[LotRow, Lot, CorrectionRequest]:
    """The checked row, lot and reason of a lot that is to be saved; raises as `put_lot` does.

    What depends on the stamps that are bound is checked when it is saved.
    """
    require_permission(context, Permission.LOT_PUT)
    lot = Lot.from_document(await _name_kind(context, document))
    if code is not None and lot.code != code:
        raise InvalidInput(field="code", why=f"is {lot.code}; the address says {code}")
    correction = _check_correction(correction)
    known = await _find_known(context, lot.code)
    owners = await find_site_owners(context, [lot], organisation)
    product = await _find_product(context, lot.product.code)
    return check_lot(context, lot, owners, product, known, organisation), lot, correction


def check_lot(
    context: ServiceContext,
    lot: Lot,
    owners: SiteOwners,
    product: ProductRow | None,
    known: LotRow | None = None,
    organisation: str | None = None,
) -> LotRow:
    """The row of a lot that keeps the rules, given what is registered of what it names.

    `product` is the registered one. Raises `PackedInFuture`, `PackedElsewhere`, `InvalidInput`,
    `ForeignPlace`.
    """
    at = context.clock()
    check_packing(lot, at)
    owner = _choose_owner(context.actor, owners, lot, known, organisation)
    check_places(owners, lot, owner)
    _check_product(product, lot)
    return to_row(lot, context.actor.id, at, owner)


async def _find_known(context: ServiceContext, code: str) -> LotRow | None:
    """The lot as it is, if there is one. Raises `LotCodeTaken` when it is out of scope."""
    try:
        await context.ledger.lots.get(code)
    except UnknownLot:
        return None
    try:
        return await scope.find_lot(context, code)
    except UnknownLot:
        raise LotCodeTaken(lot=code) from None


def _choose_owner(
    actor: Actor, owners: SiteOwners, lot: Lot, known: LotRow | None, named: str | None
) -> str:
    """Return a lot's owner: its owner so far, else the actor's organisation, else the named one."""
    owner = (known.organisation if known else None) or actor.organisation
    if owner is None and actor.role != "packer":
        owner = named or find_owner_of_packing_house(owners, lot)
        if owner is not None and owner not in owners.kinds:
            raise InvalidInput(field="organisation", why=f"there is no {owner}")
    if owner is None:
        raise InvalidInput(field="organisation", why="is missing: a lot belongs to one")
    if named not in (None, owner):
        raise InvalidInput(field="organisation", why=f"is {named}; the lot belongs to {owner}")
    return owner


async def _name_kind(context: ServiceContext, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the kind of produce of its registered product, where it names none."""
    product = document.get("product")
    code = product.get("code") if isinstance(product, Mapping) else None
    if document.get("kind") is not None or not isinstance(code, str):
        return document
    registered = await _find_product(context, code)
    return document if registered is None else {**document, "kind": registered.kind}


async def _find_product(context: ServiceContext, code: str) -> ProductRow | None:
    try:
        return await context.ledger.products.get(code)
    except UnknownRow:
        return None


def _check_product(product: ProductRow | None, lot: Lot) -> None:
    """Refuse a GTIN or a kind of produce that is not the registered one of the lot's product."""
    if product is None:
        return
    if lot.kind != (product.kind or CROP):
        why = f"is {lot.kind}; {product.id} is registered as {product.kind or CROP}"
        raise InvalidInput(field="kind", why=why)
    if product.gtin is not None and lot.product.gtin not in (None, product.gtin):
        why = f"is {lot.product.gtin}; {product.id} is registered with {product.gtin}"
        raise InvalidInput(field="product.gtin", why=why)


def _check_correction(correction: CorrectionRequest) -> CorrectionRequest:
    reason, note = correction.reason or None, correction.note or None
    if reason is not None and reason not in list(CorrectionReason):
        raise InvalidInput(field="reason", why=f"must be one of {', '.join(CorrectionReason)}")
    if note is not None:
        try:
            note = check_text(note)
        except ValueError as error:
            raise InvalidInput(field="note", why=str(error)) from error
    return replace(correction, reason=reason, note=note)


def _review(
    lot: Lot, row: LotRow, before: LotRow | None, correction: CorrectionRequest
) -> VersionNote:
    """Return the record of a new version: its changes and their reason. Raises `RowChanged`."""
    if before is not None and correction.version not in (None, before.version):
        raise RowChanged(kind="lot", id=row.code)
    changed: tuple[LotPart, ...] = ()
    if before is not None:
        changed = find_changed_parts(Lot.from_document(before.document), lot)
        if before.organisation != row.organisation:
            changed = (*changed, LotPart.OWNER)
    return VersionNote(
        changed=changed,
        is_material=not MATERIAL_PARTS.isdisjoint(changed),
        reason=correction.reason,
        note=correction.note,
    )
