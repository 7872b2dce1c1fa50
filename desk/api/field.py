"""`/api/v1/field`: checks of stamps in the field, findings, snapshots and phones."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from attachments import MEDIA_TYPE
from desk.api.call import ApiCall
from desk.api.models import Body, LongText, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.errors import KeyReused, UnknownBatch, UnknownRow
from ledger.field.field_findings import FindingKind, FindingWish, finding_from_row
from services.documents.field import (
    FieldRecordDocument,
    FindingDocument,
    FindingFileDocument,
    PhoneDocument,
    SnapshotDocument,
    describe_finding,
    describe_finding_file,
    describe_phone,
    describe_record,
    describe_snapshot,
)
from services.documents.models import Document
from services.errors import CheckLimited, ForeignAddress, InvalidInput
from services.field import field_checks, field_findings, field_phones, field_snapshots
from services.field.field_findings import NewFinding
from services.lists.cases import FINDINGS
from services.lists.find import find_list_page
from services.permissions import Permission
from stamps.errors import BadSignature, MalformedCode, UnknownCode
from web.security_headers import NO_STORE, SANDBOX

routes = ApiRoutes("field")


class CheckBody(Body):
    """A stamp that an inspector holds: the text of its symbol, or its code."""

    text: Annotated[str, Field(min_length=1, max_length=2048)]


class FindingBody(Body):
    """A finding about a stamp, or about an address or code that is none of ours.

    The wish `suspend` is carried out at once, unless the stamp changed since.
    """

    kind: FindingKind
    typed: Annotated[str, Field(min_length=1, max_length=2048)]
    """The text of the symbol, or what was typed."""
    note: LongText | None = None
    wish: FindingWish | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    province: Text | None = None


class FindingNoteBody(Body):
    """What was done about a finding."""

    note: LongText


class FindingQuery(SortedPageQuery):
    """Which findings are listed: open ones, if nothing is asked for. Sorted by `-found_at`."""

    state: Annotated[str, Field(pattern="^(open|handled)$")] | None = None
    kind: FindingKind | None = None
    province: Text | None = None
    actor: Text | None = None


class FindingListDocument(SortedListDocument):
    """Findings, the newest first if nothing else is asked for."""

    findings: list[FindingDocument]


class NewestSnapshotDocument(Document):
    """The newest snapshot; null before the first."""

    snapshot: SnapshotDocument | None


class PhoneListDocument(Document):
    """The phones of an account, the newest first."""

    phones: list[PhoneDocument]


@routes.add(
    "POST",
    "field/checks",
    permissions=(Permission.FIELD_CHECK,),
    errors=(
        *(ForeignAddress, InvalidInput, MalformedCode, UnknownCode, UnknownBatch),
        *(BadSignature, CheckLimited),
    ),
)
async def check_stamp(call: ApiCall, body: CheckBody) -> FieldRecordDocument:
    """Check a stamp in the field; it is logged by name and counts as no scan."""
    runtime = call.runtime
    own = await runtime.own_hosts.find()
    return describe_record(
        await field_checks.check_stamp(call.context, body.text, own, runtime.field_budget)
    )


@routes.add("GET", "field/findings", permissions=(Permission.ALERT_SEE,), errors=(InvalidInput,))
async def list_findings(call: ApiCall, query: FindingQuery) -> FindingListDocument:
    """Search and filter the findings of inspectors."""
    names = ("state", "kind", "province", "actor")
    page = await find_list_page(call.context, FINDINGS, query.to_request(*names))
    return FindingListDocument(
        findings=[describe_finding(finding_from_row(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "field/findings",
    permissions=(Permission.FIELD_CHECK,),
    status=201,
    has_key=True,
    errors=(InvalidInput, KeyReused),
)
async def add_finding(call: ApiCall, body: FindingBody) -> FindingDocument:
    """Record a finding; the same key again answers the first one."""
    new = NewFinding(
        kind=body.kind,
        typed=body.typed,
        note=body.note,
        wish=body.wish,
        lat=body.lat,
        lon=body.lon,
        province=body.province,
    )
    own = await call.runtime.own_hosts.find()
    return describe_finding(await field_findings.add_finding(call.context, new, own, call.key))


@routes.add(
    "GET",
    "field/findings/{finding}",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownRow,),
)
async def show_finding(call: ApiCall, finding: str) -> FindingFileDocument:
    """Show a finding with the hashes of its photos."""
    return describe_finding_file(await field_findings.get_finding(call.context, finding))


@routes.add(
    "GET",
    "field/findings/{finding}/photos/{place}",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownRow,),
    answers={200: MEDIA_TYPE},
)
async def show_finding_photo(call: ApiCall, finding: str, place: int) -> web.StreamResponse:
    """Take a photo of a finding: JPEG. Places count from 0."""
    picture = await field_findings.get_photo(call.context, finding, place)
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "field/findings/{finding}/handled",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownRow, InvalidInput),
)
async def handle_finding(call: ApiCall, finding: str, body: FindingNoteBody) -> FindingDocument:
    """Close a finding with what was done; a second time answers the first."""
    return describe_finding(await field_findings.handle_finding(call.context, finding, body.note))


@routes.add("GET", "field/snapshot", permissions=(Permission.FIELD_CHECK,))
async def show_snapshot(call: ApiCall) -> NewestSnapshotDocument:
    """Show the newest snapshot of void, suspended and recalled codes."""
    newest = await field_snapshots.find_newest(call.context)
    return NewestSnapshotDocument(snapshot=None if newest is None else describe_snapshot(newest))


@routes.add("GET", "field/phones", permissions=(Permission.FIELD_CHECK,))
async def list_phones(call: ApiCall) -> PhoneListDocument:
    """List the phones of the account."""
    listed = await field_phones.list_phones(call.context)
    return PhoneListDocument(phones=[describe_phone(one) for one in listed])


@routes.add(
    "POST",
    "field/phones/{phone}/shut-out",
    permissions=(Permission.FIELD_CHECK, Permission.ACCOUNT_MANAGE),
    errors=(UnknownRow,),
)
async def shut_out_phone(call: ApiCall, phone: str) -> PhoneDocument:
    """Shut a phone out: its session ends, and it erases what it keeps at its next contact."""
    return describe_phone(await field_phones.shut_out(call.context, phone))
