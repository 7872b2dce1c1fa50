"""Exports of lists: the same rows as on the page, a bounded number, read a part at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from services.context import ServiceContext
from services.lists.description import ListDescription, ListRequest, Names, Row
from services.lists.find import find_list_page, find_names, without_page

MOST_EXPORTED: Final = 50_000
"""Rows of one export: what a spreadsheet still opens at once."""
_PART: Final = 1_000


@dataclass(frozen=True, slots=True)
class ExportPart:
    """Rows with the names in them; `is_cut` on the last part when more rows match."""

    rows: list[Row]
    names: Names
    is_cut: bool


async def iterate_export(
    context: ServiceContext, description: ListDescription, request: ListRequest
) -> AsyncIterator[ExportPart]:
    """The rows of a list part by part; the audit log records who exported what.

    Raises `Forbidden`, `InvalidInput` before the first part.
    """
    asked, read = replace(without_page(request), limit=_PART), 0
    page = await find_list_page(context, description, asked)
    filters = {name: list(values) for name, values in request.filters.items() if values}
    await context.ledger.audit.append(
        actor=context.actor.id,
        action="list.export",
        subject=f"lists:{description.name}",
        details={
            **filters,
            **{name: text for name, text in (("q", request.search),) if text},
            **{name: text for name, text in (("since", request.since),) if text},
            **{name: text for name, text in (("until", request.until),) if text},
        },
    )
    while True:
        read += len(page.rows)
        is_last = page.next is None or read >= MOST_EXPORTED
        names = await find_names(context, description, page.rows)
        yield ExportPart(list(page.rows), names, is_last and page.next is not None)
        if is_last:
            return
        page = await find_list_page(context, description, replace(asked, after=page.next))
