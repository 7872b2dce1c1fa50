"""Lots of listed products: the conditions by which a list of lots finds them.

They name the entries that `ledger.lots.product_lists` finds for one lot: entries of the country, of
the province of the packer, and of the packer itself. The entries of a product are read from their
index, for each lot that is looked at.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from ledger import schema
from ledger.lots.product_lists import COUNTRY, ListKind
from ledger.packer_provinces import select_packers

_LOTS: Final = schema.lots
_ENTRIES: Final = schema.product_list_entries
_PUBLICATIONS: Final = schema.lot_publications


def is_listed(kind: ListKind, day: str) -> ColumnElement[bool]:
    """The condition that the product of a lot is on a list of this kind, in force on an ISO day."""
    return _is_on(kind, day, _ENTRIES.c.since <= day)


def is_owed_publication(day: str, since: int) -> ColumnElement[bool]:
    """The condition that a mandatory list asks for a publication that a lot does not have.

    The list is in force on an ISO day, or comes later. Only lots that were saved since a time are
    looked at, so the cost does not grow with the years.
    """
    published = (
        exists()
        .where(_PUBLICATIONS.c.lot == _LOTS.c.code, _PUBLICATIONS.c.version == _LOTS.c.version)
        .correlate(_LOTS)
    )
    return and_(
        _LOTS.c.at >= since, _LOTS.c.recalled_at.is_(None), _is_on("mandatory", day), ~published
    )


def _is_on(kind: ListKind, day: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that an entry which is not over on a day concerns a lot."""
    packers = select_packers().subquery()
    province = (
        select(packers.c.province)
        .where(packers.c.id == _LOTS.c.organisation)
        .correlate(_LOTS)
        .scalar_subquery()
    )
    entries = _ENTRIES.c
    return (
        exists()
        .where(
            entries.product == _LOTS.c.product,
            entries.kind == kind,
            entries.ended_at.is_(None),
            or_(entries.until.is_(None), entries.until >= day),
            or_(entries.organisation.is_(None), entries.organisation == _LOTS.c.organisation),
            or_(entries.province == COUNTRY, entries.province == province),
            *conditions,
        )
        .correlate(_LOTS)
    )
