"""The list of submitted versions of lots: what waits for a reviewer, and what was decided."""

from typing import Final

from ledger import schema
from ledger.lists.matchers import match_equal, match_one_of, match_since, match_until
from ledger.lists.query import ListTable
from ledger.packer_provinces import is_of_province

_ROWS: Final = schema.lot_submissions

SUBMISSIONS: Final = ListTable(
    name="submissions",
    base=_ROWS,
    key=_ROWS.c.id,
    sorts={"submitted_at": _ROWS.c.submitted_at},
    matches={
        **{name: match_equal(_ROWS.c[name]) for name in ("state", "organisation", "product")},
        "province": lambda province: is_of_province(_ROWS.c.organisation, province),
        "lots": match_one_of(_ROWS.c.lot),
        "since": match_since(_ROWS.c.submitted_at),
        "until": match_until(_ROWS.c.submitted_at),
    },
    columns={column.name: column for column in _ROWS.c},
)
