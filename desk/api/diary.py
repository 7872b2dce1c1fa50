"""`/api/v1/diary`: entries of growers, traders, carriers and laboratories."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.diary.entries import EntryTakenBack
from ledger.errors import UnknownLot, UnknownRow
from services.diary import entries
from services.diary.evidence import find_lot_evidence
from services.documents.diary import (
    EntryDocument,
    LotDiaryDocument,
    ToldEntryDocument,
    describe_entry,
    describe_evidence,
    describe_told,
)
from services.errors import InvalidInput
from services.lists.diary import DIARY
from services.lists.find import find_list_page
from services.lots import lots
from services.permissions import Permission
from traceability.diary.entries import MalformedEntry

routes = ApiRoutes("diary")

_SEE: Final = (Permission.EVENT_SEE,)
_RECORD: Final = (Permission.EVENT_RECORD,)
_REFUSALS: Final = (InvalidInput, MalformedEntry)

Values = dict[str, Annotated[str | int | float, Field(union_mode="smart")]]
"""Values by field: texts, days as 2026-11-20, moments of Vietnam as 2026-11-20T08:30, numbers."""


class CorrectedEntryBody(Body):
    """What an entry should have said."""

    values: Values


class EntryBody(CorrectedEntryBody):
    """An entry to tell. The fields of each kind are in docs/diary.md."""

    kind: Annotated[str, Field(max_length=40, examples=["harvest"])]


class EntryQuery(SortedPageQuery):
    """Which entries are listed; sorted by `at`. Without `state`: those that are valid."""

    kind: Text | None = None
    place: Text | None = None
    product: Text | None = None
    state: Text | None = None
    """`valid` or `taken_back`."""
    province: Text | None = None


class EntryListDocument(SortedListDocument):
    """Entries, newest first."""

    entries: list[EntryDocument]


@routes.add("GET", "diary", permissions=_SEE, errors=(InvalidInput,))
async def list_entries(call: ApiCall, query: EntryQuery) -> EntryListDocument:
    """Search, filter and sort the entries in the caller's scope."""
    asked = query.to_request("kind", "place", "product", "state", "province")
    page = await find_list_page(call.context, DIARY, asked)
    return EntryListDocument(
        entries=[describe_entry(row["entry"]) for row in page.rows if row["entry"]],
        next=page.next,
        previous=page.previous,
    )


@routes.add("POST", "diary", permissions=_RECORD, errors=_REFUSALS)
async def tell_entry(call: ApiCall, body: EntryBody) -> ToldEntryDocument:
    """Tell an entry of the caller's organisation. One that is known adds nothing: send it again."""
    return describe_told(await entries.tell_entry(call.context, body.kind, body.values))


@routes.add("GET", "lots/{lot}/diary", permissions=(Permission.LOT_SEE,), errors=(UnknownLot,))
async def show_lot_evidence(call: ApiCall, lot: str) -> LotDiaryDocument:
    """Show what the diary of its place of origin says of a lot."""
    row = await lots.get_lot(call.context, lot)
    return describe_evidence(await find_lot_evidence(call.context, row))


@routes.add("GET", "diary/{entry}", permissions=_SEE, errors=(UnknownRow,))
async def show_entry(call: ApiCall, entry: str) -> EntryDocument:
    """Show an entry with its warnings."""
    return describe_entry(await entries.get_entry(call.context, entry))


@routes.add(
    "POST",
    "diary/{entry}/correction",
    permissions=_RECORD,
    errors=(*_REFUSALS, UnknownRow, EntryTakenBack),
)
async def correct_entry(call: ApiCall, entry: str, body: CorrectedEntryBody) -> ToldEntryDocument:
    """Tell what an entry should have said. The entry stays, declared an error."""
    return describe_told(await entries.correct_entry(call.context, entry, body.values))


@routes.add(
    "POST",
    "diary/{entry}/withdrawal",
    permissions=_RECORD,
    errors=(UnknownRow, EntryTakenBack),
)
async def take_back_entry(call: ApiCall, entry: str) -> EntryDocument:
    """Declare that the work of an entry did not take place. The entry stays."""
    await entries.take_back_entry(call.context, entry)
    return describe_entry(await entries.get_entry(call.context, entry))
