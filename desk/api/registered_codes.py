"""`/api/v1/registered-codes`: growing areas and packing houses with their official codes."""

from typing import Annotated, Final, Literal

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import (
    Body,
    ListDocument,
    LongText,
    PageQuery,
    Query,
    SortedListDocument,
    SortedPageQuery,
    Text,
)
from desk.api.routing import ApiRoutes
from ledger import CodeCondition
from ledger.codes.code_errors import CodeChanged, CodeExists, ImportOutdated
from ledger.codes.registered_code import from_row as read_code
from ledger.errors import UnknownRow
from services.codes import code_imports, code_watch, registered_codes
from services.documents import (
    CodeActivityDocument,
    CodeChangeDocument,
    CodeImportDocument,
    LotDocument,
    RegisteredCodeDocument,
    describe_activity,
    describe_code,
    describe_code_change,
    describe_code_import,
    describe_lot,
)
from services.errors import CodeState, ImportRefused, InvalidInput
from services.lists.codes import CODES
from services.lists.find import find_list_page
from services.permissions import Permission
from traceability.code_forms import CodeKind
from traceability.code_record import CodeRecord, MalformedCodeRecord, parse_code_record
from web.spreadsheets import LARGEST_FILE, SheetTooLarge
from web.tables import MalformedTable
from web.text_files import UnreadableText

routes = ApiRoutes("registered codes")

SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SEE: Final = (Permission.REGISTRY_SEE,)
_EDIT: Final = (Permission.CODE_EDIT,)


class CodeBody(Body):
    """A code and what is known of its place; days are ISO dates of Vietnam."""

    code: Text
    kind: CodeKind
    name: Text
    organisation: Text | None = None
    household: Text | None = None
    household_agreed: bool = False
    """Whether the household agreed that the public sees its name."""
    products: tuple[Text, ...] = ()
    hectares: float | None = None
    yield_t_per_ha: float | None = None
    """Expected yield of a season; the product's where null."""
    province: Text | None = None
    ward: Text | None = None
    lat: float | None = None
    lon: float | None = None
    markets: tuple[Text, ...] = ()
    """ISO 3166-1 alpha-2."""
    valid_from: Text | None = None
    valid_until: Text | None = None


class CodeChangeBody(CodeBody):
    """The whole new content of a code, and the version of it that the caller saw."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class CodeListQuery(SortedPageQuery):
    """Which registered codes are listed; sorted by `code`."""

    kind: CodeKind | None = None
    organisation: Text | None = None
    province: Annotated[str, Field(pattern="^[0-9]{2}$")] | None = None
    condition: CodeCondition | Literal["expiring"] | None = None


class CodeReasonBody(Body):
    """Why the status is changed; packers see it."""

    reason: LongText


class RuleBody(Body):
    """Whether lots may only name codes of this kind that are registered."""

    is_registration_required: bool


class FileQuery(Query):
    """Name of the file."""

    file_name: Text = "–"


class RegisteredCodeListDocument(SortedListDocument):
    """Registered codes, by code; the address of one code shows the household too."""

    codes: list[RegisteredCodeDocument]


class CodeHistoryDocument(ListDocument):
    """Changes of a code, newest first."""

    changes: list[CodeChangeDocument]


class CodeLotsDocument(ListDocument):
    """Lots that name a code, newest first."""

    lots: list[LotDocument]


class CodeRulesDocument(Body):
    """The kinds whose codes must be registered."""

    required: list[CodeKind]


@routes.add("GET", "registered-codes", permissions=_SEE, errors=(InvalidInput,))
async def list_codes(call: ApiCall, query: CodeListQuery) -> RegisteredCodeListDocument:
    """Search, filter and sort registered codes."""
    asked = query.to_request("kind", "organisation", "province", "condition")
    page = await find_list_page(call.context, CODES, asked)
    now = call.context.clock()
    return RegisteredCodeListDocument(
        codes=[describe_code(read_code(row), now) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "registered-codes",
    permissions=_EDIT,
    status=201,
    errors=(MalformedCodeRecord, InvalidInput, CodeExists),
)
async def add_code(call: ApiCall, body: CodeBody) -> RegisteredCodeDocument:
    """Register a code, in force; the same again changes nothing."""
    row = await registered_codes.add_code(call.context, _read(body))
    return describe_code(row, call.context.clock())


@routes.add("GET", "registered-codes/{place}", permissions=_SEE, errors=(UnknownRow,))
async def show_code(call: ApiCall, place: str) -> RegisteredCodeDocument:
    """Show a registered code."""
    row = await registered_codes.get_code(call.context, place)
    return describe_code(row, call.context.clock())


@routes.add(
    "GET",
    "registered-codes/{place}/activity",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownRow,),
)
async def show_activity(call: ApiCall, place: str) -> CodeActivityDocument:
    """Show what was done under a code this year, against its crop."""
    code = await registered_codes.get_code(call.context, place)
    return describe_activity(code, await code_watch.get_activity(call.context, place))


@routes.add(
    "PUT",
    "registered-codes/{place}",
    permissions=_EDIT,
    errors=(MalformedCodeRecord, InvalidInput, UnknownRow, CodeChanged),
)
async def change_code(call: ApiCall, place: str, body: CodeChangeBody) -> RegisteredCodeDocument:
    """Give a code other content, whole; its status stays."""
    record = _read(body)
    known = await registered_codes.get_code(call.context, place)
    if record.code != known.code:
        raise InvalidInput(field="code", why=f"is {record.code}; the address says {known.code}")
    row = await registered_codes.change_code(call.context, record, body.version)
    return describe_code(row, call.context.clock())


@routes.add(
    "POST",
    "registered-codes/{place}/suspension",
    permissions=(*_EDIT, Permission.CODE_SUSPEND),
    errors=(UnknownRow, InvalidInput, CodeState),
)
async def suspend_code(call: ApiCall, place: str, body: CodeReasonBody) -> RegisteredCodeDocument:
    """Suspend a code: no stamp is bound under it until it is restored."""
    row = await registered_codes.suspend_code(call.context, place, body.reason)
    return describe_code(row, call.context.clock())


@routes.add(
    "POST",
    "registered-codes/{place}/revocation",
    permissions=_EDIT,
    errors=(UnknownRow, InvalidInput),
)
async def revoke_code(call: ApiCall, place: str, body: CodeReasonBody) -> RegisteredCodeDocument:
    """Revoke a code."""
    row = await registered_codes.revoke_code(call.context, place, body.reason)
    return describe_code(row, call.context.clock())


@routes.add(
    "POST",
    "registered-codes/{place}/restoration",
    permissions=_EDIT,
    errors=(UnknownRow, InvalidInput),
)
async def restore_code(call: ApiCall, place: str, body: CodeReasonBody) -> RegisteredCodeDocument:
    """Put a suspended or revoked code in force again."""
    row = await registered_codes.restore_code(call.context, place, body.reason)
    return describe_code(row, call.context.clock())


@routes.add("GET", "registered-codes/{place}/history", permissions=_SEE, errors=(UnknownRow,))
async def list_history(call: ApiCall, place: str, query: PageQuery) -> CodeHistoryDocument:
    """List every change of a code."""
    page = await registered_codes.list_history(
        call.context, place, limit=query.limit, after=query.after
    )
    changes = [describe_code_change(entry) for entry in page.items]
    return CodeHistoryDocument(changes=changes, next=page.next)


@routes.add(
    "GET", "registered-codes/{place}/lots", permissions=(Permission.LOT_SEE,), errors=(UnknownRow,)
)
async def list_lots_of_code(call: ApiCall, place: str, query: PageQuery) -> CodeLotsDocument:
    """List the lots in the caller's scope that name a code."""
    page = await registered_codes.list_lots_of_code(
        call.context, place, limit=query.limit, after=query.after
    )
    return CodeLotsDocument(lots=[describe_lot(row) for row in page.items], next=page.next)


@routes.add("GET", "registered-code-rules", permissions=_SEE)
async def show_rules(call: ApiCall) -> CodeRulesDocument:
    """Show of which kinds only registered codes may be named."""
    return await _show_rules(call)


@routes.add("PUT", "registered-code-rules/{kind}", permissions=_EDIT, errors=(InvalidInput,))
async def change_rule(call: ApiCall, kind: str, body: RuleBody) -> CodeRulesDocument:
    """Say whether lots may only name registered codes of a kind."""
    if kind not in list(CodeKind):
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(CodeKind)}")
    await registered_codes.require_registration(
        call.context, CodeKind(kind), is_required=body.is_registration_required
    )
    return await _show_rules(call)


@routes.add(
    "POST",
    "registered-code-imports",
    permissions=_EDIT,
    status=201,
    media=("text/csv", SHEET),
    errors=(InvalidInput, UnreadableText, SheetTooLarge, MalformedTable),
    limit=LARGEST_FILE,
)
async def preview_import(call: ApiCall, body: bytes, query: FileQuery) -> CodeImportDocument:
    """Compare a file with the registry and change nothing; the difference is kept for a day."""
    shown = await code_imports.preview_import(call.context, body, query.file_name)
    return describe_code_import(shown)


@routes.add("GET", "registered-code-imports/{import_id}", permissions=_EDIT, errors=(UnknownRow,))
async def show_import(call: ApiCall, import_id: str) -> CodeImportDocument:
    """Show the difference of an import."""
    return describe_code_import(await code_imports.get_import(call.context, import_id))


@routes.add(
    "POST",
    "registered-code-imports/{import_id}/application",
    permissions=_EDIT,
    errors=(UnknownRow, ImportRefused, ImportOutdated),
)
async def apply_import(call: ApiCall, import_id: str) -> CodeImportDocument:
    """Apply exactly the difference that was shown; again changes nothing."""
    return describe_code_import(await code_imports.apply_import(call.context, import_id))


def _read(body: CodeBody) -> CodeRecord:
    return parse_code_record(body.model_dump(exclude={"version"}))


async def _show_rules(call: ApiCall) -> CodeRulesDocument:
    required = await registered_codes.list_required_kinds(call.context)
    return CodeRulesDocument(required=[CodeKind(kind) for kind in sorted(required)])
