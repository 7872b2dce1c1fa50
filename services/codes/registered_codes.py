"""Registered codes of growing areas and packing houses: see, search, add, change, suspend, revoke.

Administrators and the authority edit the registry; everybody who sees the registry sees the codes.
The name of a household that did not agree to its publication is shown to those who inspect, to
those who edit, and to the organisation that the code belongs to.

No stamp is bound under a code that is suspended, revoked or out of its days: the ledger checks it
in the transaction that binds, and when a lot names the code first
(`ledger.codes.registered_codes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ledger import (
    AuditEntry,
    CodeCondition,
    CodeFilter,
    CodePlan,
    CodeStatus,
    CropEstimate,
    LotRow,
    RegisteredCode,
)
from ledger.codes.code_errors import CodeChanged, CodeExists, CodeNotUsable
from ledger.errors import UnknownRow
from ledger.orders.crop import describe_area
from ledger.search_words import list_search_words
from services import scope
from services.codes.code_table import KnownNames, make_record, read_fields
from services.context import ServiceContext
from services.errors import CodeState, InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, has_permission, require_permission
from services.tables.line_flaws import LineFlaw
from stamps.vietnam_time import to_iso_day
from traceability.code_forms import CodeKind
from traceability.code_record import CodeRecord
from traceability.document_fields import check_text
from traceability.registration_codes import normalize_code

MOST_WORDS: Final = 6
"""Words of a search that count; more find nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeQuery:
    """Which registered codes are asked for."""

    search: str = ""
    """Beginnings of words of code, name or organisation, with or without Vietnamese marks."""
    kind: CodeKind | None = None
    organisation: str | None = None
    province: str | None = None
    condition: CodeCondition | None = None


async def list_codes(
    context: ServiceContext,
    query: CodeQuery,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[RegisteredCode]:
    """The registered codes that match, by code. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.REGISTRY_SEE)
    request = PageRequest(limit, after)
    wanted = CodeFilter(
        words=list_search_words(query.search)[:MOST_WORDS],
        kind=query.kind,
        organisation=query.organisation or None,
        province=query.province or None,
        condition=query.condition,
        today=to_iso_day(context.clock()),
    )
    rows = await context.ledger.registered_codes.find_page(
        wanted, after=request.key(str), limit=limit + 1
    )
    shown = [_hide_household(context, row) for row in rows]
    return request.make_page(shown, lambda row: (row.code,))


async def get_code(context: ServiceContext, text: str) -> RegisteredCode:
    """A registered code, as it is typed. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return _hide_household(context, await context.ledger.registered_codes.get(normalize_code(text)))


async def list_own_codes(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[RegisteredCode]:
    """The codes that are registered to the actor's organisation, by code.

    Whoever tells of work names the own places, without seeing the registry. Raises `Forbidden`.
    """
    require_permission(context, Permission.EVENT_RECORD)
    request = PageRequest(limit, after)
    rows = []
    if context.actor.organisation is not None:
        wanted = CodeFilter(organisation=context.actor.organisation)
        rows = await context.ledger.registered_codes.find_page(
            wanted, after=request.key(str), limit=limit + 1
        )
    return request.make_page(rows, lambda row: (row.code,))


async def find_similar_codes(context: ServiceContext, text: str) -> list[str]:
    """Registered codes that are the same in plain letters (`DL` for `ĐL`). Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.registered_codes.find_similar(normalize_code(text))


async def list_history(
    context: ServiceContext, text: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[AuditEntry]:
    """Every change of a code, the newest first: who, when, and what it was and is.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    code = (await get_code(context, text)).code
    request = PageRequest(limit, after)
    key = request.key(int)
    entries = await context.ledger.audit.list_of_subject(
        f"registered_codes:{code}", before=None if key is None else int(key[0]), limit=limit + 1
    )
    return request.make_page(entries, lambda entry: (entry.seq,))


async def list_lots_of_code(
    context: ServiceContext, text: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[LotRow]:
    """The lots in scope that name a code, newest first.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    require_permission(context, Permission.LOT_SEE)
    code = (await context.ledger.registered_codes.get(normalize_code(text))).code
    request = PageRequest(limit, after)
    rows = await context.ledger.lots.find_page(
        replace(scope.lot_scope(context.actor), names_code=code),
        after=request.key(int, str),
        limit=limit + 1,
    )
    return request.make_page(rows, lambda lot: (lot.at or 0, lot.code))


async def read_code_fields(
    context: ServiceContext, texts: Mapping[str, str]
) -> tuple[CodeRecord | None, dict[str, LineFlaw]]:
    """The record of fields as people type them, or what is wrong with each. Raises `Forbidden`.

    Organisations, products, provinces, wards and countries are read by name or code.
    """
    require_permission(context, Permission.CODE_EDIT)
    ledger = context.ledger
    names = KnownNames.collect(await ledger.organisations.list(), await ledger.products.list())
    line = read_fields(texts, names)
    if line.flaws:
        kept = {name: value for name, value in line.values.items() if name not in line.flaws}
        _, flaws = make_record(kept)
        return None, {**{n: f for n, f in flaws.items() if n not in line.flaws}, **line.flaws}
    return make_record(line.values)


async def find_code_refusal(context: ServiceContext, lot: LotRow) -> CodeNotUsable | None:
    """Why no stamp can be bound to a lot under the codes that it names; None: nothing forbids it.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.LOT_SEE)
    try:
        await context.ledger.registered_codes.check_document(lot.document, context.clock())
    except CodeNotUsable as refusal:
        return refusal
    return None


async def add_code(context: ServiceContext, record: CodeRecord) -> RegisteredCode:
    """Register a code, in force. Raises `Forbidden`, `InvalidInput`, `CodeExists`."""
    wanted = await _prepare(context, record)

    def plan(before: Mapping[str, RegisteredCode]) -> list[RegisteredCode]:
        known = before.get(wanted.code)
        if known is not None and known.content != wanted.content:
            raise CodeExists(place=wanted.code)
        return [wanted]

    return await _change(context, wanted.code, plan, "add")


async def change_code(context: ServiceContext, record: CodeRecord, version: int) -> RegisteredCode:
    """Give a registered code other content; its status stays.

    `version` is the one that the caller saw. Raises `Forbidden`, `InvalidInput`, `UnknownRow`,
    `CodeChanged`.
    """
    wanted = await _prepare(context, record)

    def plan(before: Mapping[str, RegisteredCode]) -> list[RegisteredCode]:
        known = _find(before, wanted.code)
        changed = replace(wanted, status=known.status, status_reason=known.status_reason)
        if known.version != version and known.content != changed.content:
            raise CodeChanged(place=known.code, version=known.version)
        return [changed]

    return await _change(context, wanted.code, plan, "change")


async def suspend_code(context: ServiceContext, text: str, reason: str) -> RegisteredCode:
    """Suspend a code until it is restored; again with another reason gives it that reason.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput` (its reason), `CodeState` for a revoked code.
    """
    require_permission(context, Permission.CODE_EDIT, Permission.CODE_SUSPEND)
    return await _set_status(context, text, "suspended", reason, "suspend")


async def revoke_code(context: ServiceContext, text: str, reason: str) -> RegisteredCode:
    """Revoke a code. Raises as `suspend_code` does, but not `CodeState`."""
    require_permission(context, Permission.CODE_EDIT)
    return await _set_status(context, text, "revoked", reason, "revoke")


async def restore_code(context: ServiceContext, text: str, reason: str) -> RegisteredCode:
    """Put a suspended or revoked code in force again; the reason stays in its history.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput` (its reason).
    """
    require_permission(context, Permission.CODE_EDIT)
    return await _set_status(context, text, "active", reason, "restore")


async def estimate_crop(
    context: ServiceContext, text: str, product: str | None = None
) -> CropEstimate | None:
    """Return the expected crop of a growing area; None where a figure is not registered.

    The yield is the area's own, else the product's; the weight of a fruit is the product's. Without
    `product` the only one of the area counts. Raises `Forbidden`, `UnknownRow`.
    """
    area = await get_code(context, text)
    if product is None and len(area.products) == 1:
        product = area.products[0]
    if product is None:
        return None
    row = await context.ledger.products.get(product)
    described = describe_area(area.code, area.hectares, area.yield_t_per_ha, row.yield_t_per_ha)
    if described is None or row.fruit_kg is None:
        return None
    return CropEstimate([described], row.fruit_kg)


async def list_required_kinds(context: ServiceContext) -> frozenset[str]:
    """The kinds of place whose codes must be registered. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.registered_codes.list_required_kinds()


async def require_registration(
    context: ServiceContext, kind: CodeKind, *, is_required: bool
) -> None:
    """Say whether lots may name codes of a kind that are not registered. Raises `Forbidden`."""
    require_permission(context, Permission.CODE_EDIT)
    await context.ledger.registered_codes.set_rule(
        kind, is_registration_required=is_required, actor=context.actor.id, at=context.clock()
    )


def to_registered(record: CodeRecord) -> RegisteredCode:
    """The code that a record describes, in force."""
    return RegisteredCode(
        code=record.code,
        kind=str(record.kind),
        name=record.name,
        organisation=record.organisation,
        household=record.household,
        household_agreed=record.household_agreed and record.household is not None,
        products=record.products,
        hectares=record.hectares,
        yield_t_per_ha=record.yield_t_per_ha,
        province=record.province,
        ward=record.ward,
        lat=record.lat,
        lon=record.lon,
        markets=record.markets,
        valid_from=None if record.valid_from is None else record.valid_from.isoformat(),
        valid_until=None if record.valid_until is None else record.valid_until.isoformat(),
    )


async def _prepare(context: ServiceContext, record: CodeRecord) -> RegisteredCode:
    """The checked content of a code; raises as `add_code` does."""
    require_permission(context, Permission.CODE_EDIT)
    if record.organisation is not None:
        try:
            await context.ledger.organisations.get(record.organisation)
        except UnknownRow:
            why = f"there is no {record.organisation}"
            raise InvalidInput(field="organisation", why=why) from None
    for product in record.products:
        try:
            await context.ledger.products.get(product)
        except UnknownRow:
            raise InvalidInput(field="products", why=f"there is no {product}") from None
    return to_registered(record)


async def _set_status(
    context: ServiceContext, text: str, status: CodeStatus, reason: str, action: str
) -> RegisteredCode:
    try:
        reason = check_text(reason)
    except ValueError as error:
        raise InvalidInput(field="reason", why=str(error)) from error
    code = normalize_code(text)

    def plan(before: Mapping[str, RegisteredCode]) -> list[RegisteredCode]:
        known = _find(before, code)
        if status == "suspended" and known.status == "revoked":
            raise CodeState(place=code, status=known.status, action=action)
        if status == known.status == "active":
            return [known]
        return [replace(known, status=status, status_reason=reason)]

    return await _change(context, code, plan, action)


async def _change(
    context: ServiceContext,
    code: str,
    plan: CodePlan,
    action: str,
) -> RegisteredCode:
    (changed,) = await context.ledger.registered_codes.change(
        [code], plan, action=action, actor=context.actor.id, at=context.clock()
    )
    return changed


def _find(before: Mapping[str, RegisteredCode], code: str) -> RegisteredCode:
    if code not in before:
        raise UnknownRow(kind="registered code", id=code)
    return before[code]


def _hide_household(context: ServiceContext, row: RegisteredCode) -> RegisteredCode:
    if has_permission(context.actor, Permission.HOUSEHOLD_SEE):
        return row
    organisation = context.actor.organisation
    if organisation is not None and row.organisation == organisation:
        return row
    return row.hide_household()
