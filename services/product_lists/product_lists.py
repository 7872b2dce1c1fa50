"""Product lists: what a province or the ministry puts on them, and what follows for a lot.

The authority of a province keeps the lists of its province, one of the ministry those of the
country; the ministry sees and ends all. One person adds and ends entries. What makes a record
mandatory is proposed by one and decided by another. From its first day on, stamps are bound to a
lot of the product only when the last version of its record is published.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger import LotRow, Proposal
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import UnknownRow
from ledger.lots.product_lists import (
    COUNTRY,
    LIST_KINDS,
    ListEntry,
    ListEntryFilter,
    ListKind,
    RecordUnpublished,
    describe_content,
)
from ledger.packer_provinces import ConcernedRows
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from services.proposals.proposal_kinds import PRODUCT_REQUIRE
from services.proposals.proposals import propose
from stamps.vietnam_time import to_iso_day
from traceability.administrative_units import load_administrative_units

_MANDATORY: Final[tuple[ListKind, ...]] = ("mandatory",)
LONGEST_BASIS: Final = 120
LONGEST_NOTE: Final = 300
LONGEST_REASON: Final = 300
STARS: Final = (3, 4, 5)
"""Classes of OCOP products that a province recognises."""


@dataclass(frozen=True, slots=True)
class ListEntryRequest:
    """An entry that is asked for."""

    kind: str
    product: str
    since: date
    basis: str
    basis_day: date
    province: str | None = None
    """Code of the province, empty for the country; None: the actor's own."""
    organisation: str | None = None
    stars: int | None = None
    until: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A mandatory list that a lot is or will be under."""

    entry: ListEntry
    is_in_force: bool
    is_met: bool
    """Whether the last version of the lot is published."""


async def list_entries(
    context: ServiceContext, wanted: ListEntryFilter, request: PageRequest
) -> Page[ListEntry]:
    """The entries in the actor's scope: of its province and of the country; for the ministry all.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.PRODUCT_LIST_SEE)
    scoped = ListEntryFilter(
        provinces=_limit_provinces(context, wanted.provinces),
        kind=wanted.kind,
        product=wanted.product,
        is_ended=wanted.is_ended,
    )
    rows = await context.ledger.product_lists.find_page(
        scoped, after=request.key(int, str), limit=request.limit + 1
    )
    return request.make_page(rows, lambda row: (row.added_at, row.id))


async def get_entry(context: ServiceContext, id_: str) -> ListEntry:
    """One entry in scope. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.PRODUCT_LIST_SEE)
    entry = await context.ledger.product_lists.get(id_)
    if context.actor.province is not None and entry.province not in (
        COUNTRY,
        context.actor.province,
    ):
        raise UnknownRow(kind="list entry", id=id_)
    return entry


async def add_entry(
    context: ServiceContext, request: ListEntryRequest, key: str
) -> ListEntry | Proposal:
    """Add an entry; one that makes a record mandatory is proposed for a second person to decide.

    The same content again changes nothing. Raises `Forbidden`, `KeyRequired`, `InvalidInput`,
    `UnknownRow`, `AlreadyExists`, `AlreadyProposed`.
    """
    require_permission(context, Permission.PRODUCT_LIST_EDIT)
    entry = await _check(context, request)
    if entry.kind != "mandatory":
        return await context.ledger.product_lists.add(entry)
    return await propose(
        context,
        PRODUCT_REQUIRE,
        f"product_list_entries:{entry.id}",
        describe_content(entry),
        entry.note,
        key,
        ConcernedRows(province=entry.province or None),
    )


async def end_entry(context: ServiceContext, id_: str, reason: str) -> ListEntry:
    """End an entry of the actor's own province, with a reason; the ministry ends all.

    Raises `Forbidden`, `InvalidInput`, `UnknownRow`, `EntryEnded`.
    """
    require_permission(context, Permission.PRODUCT_LIST_EDIT)
    entry = await get_entry(context, id_)
    _require_own(context, entry.province)
    reason = _check_text("reason", reason, LONGEST_REASON)
    return await context.ledger.product_lists.end(
        id_, reason, actor=context.actor.id, at=context.clock()
    )


async def find_requirement(
    context: ServiceContext, lot: LotRow, at: int | None = None
) -> Requirement | None:
    """The mandatory list that a lot is under, else the next one that it will be under."""
    if lot.product is None:
        return None
    day = to_iso_day(context.clock() if at is None else at)
    entries = await context.ledger.product_lists.find_for_lot(
        lot.product, lot.organisation, _MANDATORY
    )
    current = [one for one in entries if one.is_in_force(day)]
    coming = [one for one in entries if one.since > day]
    found = next(iter(current), None) or next(iter(coming), None)
    if found is None:
        return None
    published = await context.ledger.lot_submissions.find_publication(lot.code)
    is_met = published is not None and published.version == lot.version
    return Requirement(found, bool(current), is_met)


async def require_published_record(
    context: ServiceContext, lot: LotRow, at: int | None = None
) -> None:
    """Raise `RecordUnpublished` where a mandatory list forbids to bind stamps to a lot.

    `at` is when the act was done, where that was before now.
    """
    requirement = await find_requirement(context, lot, at)
    if requirement is not None and requirement.is_in_force and not requirement.is_met:
        entry = requirement.entry
        raise RecordUnpublished(
            lot=lot.code, product=entry.product, since=entry.since, basis=entry.basis
        )


def _limit_provinces(context: ServiceContext, wanted: Sequence[str] | None) -> Sequence[str] | None:
    own = context.actor.province
    if own is None:
        return wanted
    visible = (COUNTRY, own)
    return visible if wanted is None else [one for one in wanted if one in visible]


def _require_own(context: ServiceContext, province: str) -> None:
    if context.actor.province not in (None, province):
        raise InvalidInput(field="province", why="is not the own one")


async def _check(context: ServiceContext, request: ListEntryRequest) -> ListEntry:
    """The entry of a request. Raises `InvalidInput`, `UnknownRow`."""
    province = request.province
    if province is None:
        province = context.actor.province or COUNTRY
    if province != COUNTRY and province not in load_administrative_units().provinces:
        raise InvalidInput(field="province", why=f"there is no province {province}")
    _require_own(context, province)
    kind = next((one for one in LIST_KINDS if one == request.kind), None)
    if kind is None:
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(LIST_KINDS)}")
    if (kind == "ocop") != (request.stars is not None):
        raise InvalidInput(field="stars", why="belong to OCOP products, which have 3 to 5")
    if request.stars is not None and request.stars not in STARS:
        raise InvalidInput(field="stars", why="must be 3, 4 or 5")
    if request.until is not None and request.until < request.since:
        raise InvalidInput(field="until", why="is before the first day")
    today = to_iso_day(context.clock())
    if kind == "mandatory" and request.since.isoformat() <= today:
        raise InvalidInput(field="since", why="must be after today: packers are told before")
    if request.basis_day.isoformat() > today:
        raise InvalidInput(field="basis_day", why="is in the future")
    if not any(one.id == request.product for one in await context.ledger.products.list()):
        raise UnknownRow(kind="product", id=request.product)
    await _check_organisation(context, request.organisation, province)
    content: dict[str, Any] = {
        "province": province,
        "kind": kind,
        "product": request.product,
        "since": request.since.isoformat(),
        "basis": _check_text("basis", request.basis, LONGEST_BASIS),
        "basis_day": request.basis_day.isoformat(),
        "organisation": request.organisation or None,
        "stars": request.stars,
        "until": None if request.until is None else request.until.isoformat(),
        "note": None if not request.note else _check_text("note", request.note, LONGEST_NOTE),
    }
    id_ = await _name_entry(context, content)
    return ListEntry(id_, **content, added_by=context.actor.id, added_at=context.clock())


async def _name_entry(context: ServiceContext, content: Mapping[str, Any]) -> str:
    """The id that follows from the content, and from how often an entry of this content ended.

    The same content twice is one entry; once it ended, the content can be added again.
    """
    for n in itertools.count():
        told = dict(content) if n == 0 else {**content, "ended_before": n}
        id_ = f"pl_{hashlib.sha256(to_canonical_json(told).encode()).hexdigest()[:16]}"
        try:
            known = await context.ledger.product_lists.get(id_)
        except UnknownRow:
            break
        if known.ended_at is None:
            break
    return id_


async def _check_organisation(context: ServiceContext, id_: str | None, province: str) -> None:
    if not id_:
        return
    organisation = await context.ledger.organisations.get(id_)
    if province not in (COUNTRY, organisation.province):
        raise InvalidInput(field="organisation", why="is of another province")


def _check_text(field: str, text: str, longest: int) -> str:
    kept = " ".join(text.split())
    if not kept:
        raise InvalidInput(field=field, why="is missing", expected="missing")
    if len(kept) > longest:
        raise InvalidInput(field=field, why=f"must have at most {longest} characters", most=longest)
    return kept
