"""Filter of lots: which ones a list shows, newest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from ledger import schema
from ledger.codes.lot_codes import is_of_grower
from ledger.cursor_pages import Key, sort_descending
from ledger.packer_provinces import is_of_province


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter:
    """Which lots; every field that is not None must match. Sorted newest first."""

    code: str | None = None
    organisation: str | None = None
    """Lots that belong to this organisation."""
    province: str | None = None
    """Lots of the packers of this province."""
    grower: str | None = None
    """Lots that name a registered code of this organisation."""
    names_code: str | None = None
    """Lots that name this growing area or packing house."""
    is_bindable: bool = False
    """Only lots to which stamps can be bound: complete and not recalled."""

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(at, code)`."""
        lots = schema.lots
        query = select(lots)
        if self.code is not None:
            query = query.where(lots.c.code == self.code)
        if self.organisation is not None:
            query = query.where(lots.c.organisation == self.organisation)
        if self.province is not None:
            query = query.where(is_of_province(lots.c.organisation, self.province))
        if self.grower is not None:
            query = query.where(is_of_grower(lots.c.code, self.grower))
        if self.is_bindable:
            query = query.where(lots.c.missing == "[]", lots.c.recalled_at.is_(None))
        if self.names_code is not None:
            names = schema.lot_codes
            query = query.join(names, names.c.lot == lots.c.code)
            query = query.where(names.c.code == self.names_code)
            return sort_descending(query, (names.c.at, names.c.lot), after, limit)
        return sort_descending(query, (lots.c.at, lots.c.code), after, limit)
