"""`/api/v1/exports`: whole lists as CSV or XLSX, as their pages offer them."""

from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Query
from desk.api.routing import ApiRoutes
from desk.pages.list_exports import ExportForm, ListExport
from desk.pages.list_files import XLSX_TYPE
from ledger.errors import UnknownRow
from services.errors import InvalidInput
from services.lists.catalogue import LISTS
from services.lists.description import MAX_SEARCH_LENGTH, ListRequest
from web.i18n import negotiate_language

routes = ApiRoutes("exports")

_CSV: Final = "text/csv"
_PERMISSIONS: Final = tuple(
    dict.fromkeys(one for description in LISTS.values() for one in description.permissions)
)


def _declare_filters(schema: dict[str, Any]) -> None:
    """Name the filters of all lists in the model's schema."""
    names = {one.name for description in LISTS.values() for one in description.filters}
    schema["properties"] |= {name: {"type": "string"} for name in sorted(names)}


class ExportQuery(Query):
    """Which rows are exported, and in what order; every other field is a filter of the list.

    A filter that the list does not have is refused.
    """

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_declare_filters)

    q: Annotated[str, Field(max_length=MAX_SEARCH_LENGTH)] = ""
    """A typed text: a number, a code, words of names."""
    since: str = ""
    """The first day, 2026-11-27, in Vietnam's time."""
    until: str = ""
    """The last day."""
    sort: str = ""
    """A name of a column; `-` before it: descending."""

    def to_request(self) -> ListRequest:
        """Return the request for rows of the list."""
        asked = self.model_extra or {}
        return ListRequest(
            search=self.q,
            filters={name: (str(value),) for name, value in asked.items()},
            since=self.since,
            until=self.until,
            sort=self.sort,
        )


@routes.add(
    "GET",
    "exports/{name}/csv",
    permissions=_PERMISSIONS,
    answers={200: _CSV},
    errors=(UnknownRow, InvalidInput),
)
async def export_csv(call: ApiCall, name: str, query: ExportQuery) -> web.StreamResponse:
    """Download a list as CSV, headers in the language of `Accept-Language`."""
    return await _send(call, name, query, "csv")


@routes.add(
    "GET",
    "exports/{name}/xlsx",
    permissions=_PERMISSIONS,
    answers={200: XLSX_TYPE},
    errors=(UnknownRow, InvalidInput),
)
async def export_xlsx(call: ApiCall, name: str, query: ExportQuery) -> web.StreamResponse:
    """Download a list as XLSX, headers in the language of `Accept-Language`."""
    return await _send(call, name, query, "xlsx")


async def _send(
    call: ApiCall, name: str, query: ExportQuery, form: ExportForm
) -> web.StreamResponse:
    description = LISTS.get(name)
    if description is None:
        raise UnknownRow(kind="list", id=name)
    language = negotiate_language(call.request.headers.get("Accept-Language", ""))
    export = ListExport(
        call.request, call.runtime, call.context, description, query.to_request(), language
    )
    return await export.send(form)
