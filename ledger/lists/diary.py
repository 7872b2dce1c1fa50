"""The list of entries of the diary."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, case

from ledger import schema
from ledger.diary.entries import is_valid
from ledger.lists.matchers import match_equal, match_one_of, match_since, match_until
from ledger.lists.query import Condition, ListTable
from ledger.packer_provinces import STATING, is_of_province


def _make_entries() -> ListTable:
    entries = schema.diary_entries
    states: dict[str, Condition] = {"valid": is_valid(), "taken_back": ~is_valid()}

    def match_state(state: str) -> Condition:
        return states[state]

    names: dict[str, Callable[[str | None], ColumnElement[bool]]] = {
        name: match_equal(entries.c[name])
        for name in ("kind", "place", "organisation", "lot", "product")
    }
    return ListTable(
        name="diary",
        base=entries,
        key=entries.c.event,
        sorts={"at": entries.c.at},
        matches={
            **names,
            "state": match_state,
            "ids": match_one_of(entries.c.event),
            "province": lambda province: is_of_province(entries.c.organisation, province, STATING),
            "since": match_since(entries.c.at),
            "until": match_until(entries.c.at),
        },
        columns={
            "id": entries.c.event,
            "state": case((is_valid(), "valid"), else_="taken_back"),
            **{column.name: column for column in entries.c if column.name != "event"},
        },
    )


ENTRIES: Final = _make_entries()
