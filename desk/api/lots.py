"""`/api/v1/lots`: the produce that stamps vouch for."""

from typing import Any, Literal

from aiohttp import web
from pydantic import ConfigDict, RootModel

from desk.api.call import ApiCall
from desk.api.models import (
    ListDocument,
    LongText,
    PageQuery,
    Query,
    SortedListDocument,
    SortedPageQuery,
    Text,
)
from desk.api.routing import ApiRoutes
from desk.responses import json_response
from ledger import Proposal
from ledger.codes.code_errors import CODE_REFUSALS
from ledger.errors import (
    AlreadyProposed,
    LotCodeTaken,
    LotIncomplete,
    LotReasonRequired,
    LotRecalled,
    UnknownLot,
)
from ledger.lists.records import read_lot
from ledger.lots.product_lists import ListKind
from ledger.staff_errors import AccountRequired
from services.documents import (
    LotDocument,
    LotProfileDocument,
    LotVersionDocument,
    ProposalDocument,
    describe_lot,
    describe_lot_profile,
    describe_lot_version,
    describe_proposal,
)
from services.errors import ForeignPlace, InvalidInput
from services.lists.find import find_list_page
from services.lists.lots import LOTS
from services.lots import lots
from services.lots.lots import CorrectionRequest
from services.permissions import Permission
from services.stamps import recalls
from traceability.document_fields import MalformedLot
from traceability.lot_changes import CorrectionReason
from traceability.lot_details import build_details_model
from traceability.lot_profiles import load_profiles
from traceability.lot_rules import PackedElsewhere, PackedInFuture

routes = ApiRoutes("lots")


def _describe_kinds(schema: dict[str, Any]) -> None:
    """Add what follows from the kinds of produce."""
    details = [build_details_model(kind).model_json_schema() for kind in load_profiles()]
    schema["properties"] = {
        "kind": {"type": "string", "enum": list(load_profiles())},
        "code": {"type": "string"},
        "product": {"type": "object"},
        "details": {"anyOf": details},
    }
    schema["required"] = ["code", "product"]


class LotBody(RootModel[dict[str, Any]]):
    """A lot as docs/lot.md describes it."""

    model_config = ConfigDict(json_schema_extra=_describe_kinds)


class CorrectionQuery(Query):
    """Why a lot that stamps are bound to is corrected: the reason is published, the note is not."""

    reason: CorrectionReason | None = None
    note: LongText | None = None


class LotVersionListDocument(ListDocument):
    """Versions of a lot, newest first."""

    versions: list[LotVersionDocument]


class LotProfileListDocument(ListDocument):
    """The kinds of produce."""

    profiles: list[LotProfileDocument]


class LotQuery(SortedPageQuery):
    """Which lots are listed; sorted by `-at`, when they were saved last."""

    state: Literal["complete", "incomplete", "recalled"] | None = None
    product: Text | None = None
    list: ListKind | Literal["unpublished"] | None = None
    """Lots whose product is on such a list in force; `unpublished`: those saved in the last 90 days
    whose last version a mandatory list, in force or coming, asks to publish."""
    organisation: Text | None = None


class LotListDocument(SortedListDocument):
    """Lots, the last saved first."""

    lots: list[LotDocument]


@routes.add(
    "PUT",
    "lots/{lot}",
    permissions=(Permission.LOT_PUT,),
    answers={200: LotDocument, 201: LotDocument, 202: ProposalDocument},
    errors=(
        InvalidInput,
        MalformedLot,
        PackedInFuture,
        PackedElsewhere,
        ForeignPlace,
        LotCodeTaken,
        *CODE_REFUSALS,
        LotIncomplete,
        LotReasonRequired,
        LotRecalled,
        AccountRequired,
        AlreadyProposed,
    ),
)
async def put_lot(
    call: ApiCall, lot: str, body: LotBody, query: CorrectionQuery
) -> web.StreamResponse:
    """Store a lot, complete or with items missing; 201 for its first version.

    Once stamps are bound, a material change is proposed (202): a second person approves it.
    """
    correction = CorrectionRequest(reason=query.reason, note=query.note)
    row = await lots.submit_lot(call.context, body.root, lot, correction=correction)
    if isinstance(row, Proposal):
        return json_response(describe_proposal(row), 202)
    return json_response(describe_lot(row), 201 if row.version == 1 else 200)


@routes.add("GET", "lots", permissions=(Permission.LOT_SEE,), errors=(InvalidInput,))
async def list_lots(call: ApiCall, query: LotQuery) -> LotListDocument:
    """Search and filter the lots in the caller's scope."""
    page = await find_list_page(
        call.context, LOTS, query.to_request("state", "product", "list", "organisation")
    )
    found = await recalls.find_recalls(call.context, [row["id"] for row in page.rows])
    return LotListDocument(
        lots=[describe_lot(read_lot(row), found.get(row["id"])) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add("GET", "lot-profiles", permissions=(Permission.LOT_SEE,))
async def list_profiles(call: ApiCall) -> LotProfileListDocument:
    """List what a lot tells, by kind of produce."""
    profiles = [describe_lot_profile(profile) for profile in load_profiles().values()]
    return LotProfileListDocument(profiles=profiles, next=None)


@routes.add("GET", "lots/{lot}", permissions=(Permission.LOT_SEE,), errors=(UnknownLot,))
async def show_lot(call: ApiCall, lot: str) -> LotDocument:
    """Show a lot."""
    row = await lots.get_lot(call.context, lot)
    found = await recalls.find_recalls(call.context, [row.code])
    return describe_lot(row, found.get(row.code))


@routes.add("GET", "lots/{lot}/versions", permissions=(Permission.LOT_SEE,), errors=(UnknownLot,))
async def list_versions(call: ApiCall, lot: str, query: PageQuery) -> LotVersionListDocument:
    """List every version of a lot."""
    page = await lots.list_versions(call.context, lot, limit=query.limit, after=query.after)
    return LotVersionListDocument(
        versions=[describe_lot_version(version) for version in page.items], next=page.next
    )
