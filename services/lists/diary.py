"""The list of entries of the diary."""

from collections.abc import Sequence
from typing import Final

from ledger.lists import diary as tables
from services.context import ServiceContext
from services.diary.entries import RecordedEntry, describe_entries
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.search import search_entries
from services.permissions import Permission
from services.scope import own_scope
from traceability.diary.entry_kinds import load_entry_kinds


def _scope_entries(context: ServiceContext) -> Groups:
    own, province = own_scope(context.actor), context.actor.province
    if own is not None:
        return [[("organisation", own)]]
    return [] if province is None else [[("province", province)]]


async def _complete_entries(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Add the entry of each row, and `flag`: taken back, else the first of its warnings."""
    events = await context.ledger.diary_entries.load([row["id"] for row in rows])
    entries = {one.id: one for one in await describe_entries(context, list(events.values()))}
    return [
        {**row, "entry": entries.get(row["id"]), "flag": _find_flag(entries.get(row["id"]))}
        for row in rows
    ]


def _find_flag(entry: RecordedEntry | None) -> str | None:
    if entry is None:
        return None
    if entry.is_taken_back:
        return "taken_back"
    return entry.warnings[0].reason if entry.warnings else None


DIARY: Final = ListDescription(
    name="diary",
    table=tables.ENTRIES,
    permissions=(Permission.EVENT_SEE,),
    columns=(
        ListColumn("id", "entry"),
        ListColumn("told", "told", below="id"),
        ListColumn("flag", "slug", family="diary_flag"),
        ListColumn("place", "text"),
        ListColumn("product", "product", below="place"),
        ListColumn("lot", "text", below="place"),
        ListColumn("at", "day", sort="at"),
        ListColumn("organisation", "organisation", below="at"),
        ListColumn("recorded_at", "moment", is_exported_only=True),
        ListColumn("actor", "person", is_exported_only=True),
    ),
    filters=(
        ListFilter("kind", "choice", choices=tuple(load_entry_kinds()), family="entry_kind"),
        ListFilter("place", "record", family="diary_place"),
        ListFilter("product", "product"),
        ListFilter("state", "choice", choices=("valid", "taken_back"), family="diary_state"),
        ListFilter("province", "province"),
    ),
    sorts={"at": int},
    key_type=str,
    default_sort="-at",
    scope=_scope_entries,
    search=search_entries,
    complete=_complete_entries,
    defaults={"state": ("valid",)},
)
