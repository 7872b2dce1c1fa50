"""The list of registered codes."""

from collections.abc import Sequence
from typing import Final

from ledger.codes.registered_code import CODE_CONDITIONS
from ledger.codes.registered_code import from_row as read_code
from ledger.lists import Match, tables
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.filters import PROVINCE_FILTER
from services.lists.search import (
    search_codes,
)
from services.permissions import Permission
from stamps.vietnam_time import to_iso_day
from traceability.code_forms import CodeKind


def _scope_codes(_: ServiceContext) -> Groups:
    """Scope of registered codes: whoever sees the registry sees all codes."""
    return []


def _match_code(context: ServiceContext, name: str, value: str) -> Match:
    """A condition is judged by the day."""
    return (name, (value, to_iso_day(context.clock())) if name == "condition" else value)


async def _judge_codes(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with the condition of each code now, and without households."""
    now = context.clock()
    return [
        {**row, "condition": read_code(row).get_condition(now), "household": None} for row in rows
    ]


CODES: Final = ListDescription(
    name="codes",
    table=tables.CODES,
    permissions=(Permission.REGISTRY_SEE,),
    columns=(
        ListColumn("id", "code"),
        ListColumn("name", "text", below="id"),
        ListColumn("kind", "slug", family="codes"),
        ListColumn("organisation", "organisation"),
        ListColumn("province", "province"),
        ListColumn("valid_until", "date"),
        ListColumn("condition", "slug", family="codes"),
        ListColumn("hectares", "text", is_exported_only=True),
        ListColumn("ward", "province", is_exported_only=True),
        ListColumn("valid_from", "date", is_exported_only=True),
        ListColumn("status_reason", "text", is_exported_only=True),
        ListColumn("changed_by", "person", is_exported_only=True),
        ListColumn("changed_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("kind", "choice", choices=tuple(CodeKind), family="codes"),
        ListFilter("condition", "choice", choices=(*CODE_CONDITIONS, "expiring"), family="codes"),
        PROVINCE_FILTER,
        ListFilter("organisation", "organisation"),
    ),
    sorts={"code": str},
    key_type=str,
    default_sort="code",
    scope=_scope_codes,
    search=search_codes,
    complete=_judge_codes,
    make_match=_match_code,
    has_period=False,
)
