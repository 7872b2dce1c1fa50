"""Pages of registered codes: list, one code with its history and lots, the form, its status."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web

from desk.pages.alert_texts import describe_subject
from desk.pages.call import PageCall
from desk.pages.code_case import describe_code_use
from desk.pages.code_evidence import describe_pieces
from desk.pages.code_form import CodeRuleForm, RegisteredCodeForm, StatusForm, refuse_fields
from desk.pages.code_values import CodeNames, describe_field, list_facts, load_code_names
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import AuditEntry, RegisteredCode
from services import ServiceContext
from services.alerts import alerts
from services.codes import registered_codes
from services.codes.code_evidence import list_evidence, may_see_evidence
from services.lists.codes import CODES
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission
from traceability.administrative_units import load_administrative_units
from traceability.code_forms import CodeKind, list_examples
from web.i18n import join_words

routes = PageRoutes()

_SHOWN: Final = 50
_SUSPEND: Final = (Permission.CODE_EDIT, Permission.CODE_SUSPEND)
_LOTS: Final = 10
_EVIDENCE: Final = 3


@routes.add("GET", "/codes", permissions=CODES.permissions)
async def list_codes(call: PageCall) -> web.StreamResponse:
    """List the codes that match."""
    actions = []
    if has_permission(call.context.actor, Permission.CODE_EDIT):
        actions = [("/code-rules", "rule"), ("/code-imports", "import"), ("/new-code", "new")]
    return await render_list(
        call,
        CODES,
        call.texts("codes.title"),
        actions=[(path, call.texts(f"codes.{text}")) for path, text in actions],
    )


@routes.add("GET", "/code-rules", permissions=(Permission.CODE_EDIT,))
async def show_rules(call: PageCall) -> web.StreamResponse:
    """Show of which kinds only registered codes may be named."""
    return render_page(
        call,
        "code_rules.html",
        call.texts("codes.rule"),
        kinds=_list_kinds(call),
        required=await registered_codes.list_required_kinds(call.context),
    )


@routes.add("POST", "/code-rules", permissions=(Permission.CODE_EDIT,))
async def change_rule(call: PageCall) -> web.StreamResponse:
    """Say whether codes of a kind must be registered."""
    form = call.parse_form(CodeRuleForm)
    await registered_codes.require_registration(
        call.context, form.kind, is_required=form.required is not None
    )
    return redirect("/code-rules", "flash.code_rule")


@routes.add("GET", "/codes/{place}", permissions=(Permission.REGISTRY_SEE,))
async def show_code(call: PageCall, place: str) -> web.StreamResponse:
    """Show a code with its history and its lots."""
    context = call.context
    row = await registered_codes.get_code(context, place)
    history = await registered_codes.list_history(
        context, row.code, limit=_SHOWN, after=call.query.get("after")
    )
    lots = None
    if has_permission(context.actor, Permission.LOT_SEE):
        lots = await registered_codes.list_lots_of_code(
            context, row.code, limit=_LOTS, after=call.query.get("lots")
        )
    evidence = None
    if may_see_evidence(context, row):
        pieces = await list_evidence(context, row.code, limit=_EVIDENCE)
        evidence = await describe_pieces(call, pieces.items)
    names = await load_code_names(call, [row])
    crop = None
    if row.kind == CodeKind.GROWING_AREA:
        crop = await registered_codes.estimate_crop(context, row.code)
    use: dict[str, Any] = {"activity": None, "cases": []}
    if has_permission(context.actor, Permission.ALERT_SEE):
        use |= await describe_code_use(call, row.code)
        use["cases"] = await alerts.list_alerts_of_code(context, row.code)
    return render_page(
        call,
        "code.html",
        row.code,
        code=row,
        address=f"/codes/{row.code}",  # not quoted: drafts are compared with the decoded path
        condition=row.get_condition(context.clock()),
        facts=list_facts(row, names),
        crop=crop,
        changes=[
            (
                entry,
                entry.action.rpartition(".")[2],
                _describe_change(entry, names),
            )
            for entry in history.items
        ],
        next_page=history.next,
        people=await find_person_names(
            context, row.status_by, *(entry.actor for entry in history.items)
        ),
        lots=lots,
        evidence=evidence,
        subject=lambda one: describe_subject(one, call.texts),
        **use,
    )


@routes.add("POST", "/codes/{place}/suspend", permissions=_SUSPEND)
async def suspend_code(call: PageCall, place: str) -> web.StreamResponse:
    """Suspend a code."""
    return await _set_status(call, place, registered_codes.suspend_code, "flash.code_suspended")


@routes.add("POST", "/codes/{place}/revoke", permissions=(Permission.CODE_EDIT,))
async def revoke_code(call: PageCall, place: str) -> web.StreamResponse:
    """Revoke a code."""
    return await _set_status(call, place, registered_codes.revoke_code, "flash.code_revoked")


@routes.add("POST", "/codes/{place}/restore", permissions=(Permission.CODE_EDIT,))
async def restore_code(call: PageCall, place: str) -> web.StreamResponse:
    """Put a code in force again."""
    return await _set_status(call, place, registered_codes.restore_code, "flash.code_restored")


@routes.add("GET", "/new-code", permissions=(Permission.CODE_EDIT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form: empty, or of a known code (`edit`)."""
    fields: Mapping[str, str] = {}
    edited = call.query.get("edit")
    if edited:
        row = await registered_codes.get_code(call.context, edited)
        fields = _fill(row)
    return render_page(
        call,
        "code_form.html",
        edited or call.texts("codes.new"),
        fields=fields,
        is_agreed=fields.get("household_agreed") == "yes",
        is_known=bool(edited),
        action=f"/new-code?{urlencode({'edit': edited})}" if edited else "/new-code",
        kinds=_list_kinds(call),
        provinces=_list_provinces(call),
        examples=join_words([e for kind in CodeKind for e in list_examples(kind)], call.language),
    )


@routes.add("POST", "/new-code", permissions=(Permission.CODE_EDIT,))
async def put_code(call: PageCall) -> web.StreamResponse:
    """Register a code, or give a known one other content."""
    form = call.parse_form(RegisteredCodeForm)
    record, flaws = await registered_codes.read_code_fields(call.context, form.texts)
    if record is None:
        raise refuse_fields(flaws)
    if form.version is None:
        row = await registered_codes.add_code(call.context, record)
    else:
        row = await registered_codes.change_code(call.context, record, form.version)
    return redirect(_address(row.code), "flash.code_saved")


def _describe_change(entry: AuditEntry, names: CodeNames) -> list[tuple[str, str, str]]:
    """Label, old and new value of each changed field; none of the first entry, which has all."""
    if entry.details["version"] == 1:
        return []
    return [
        (
            names.texts(f"codes.{name}"),
            describe_field(name, was, names),
            describe_field(name, now, names),
        )
        for name, (was, now) in entry.details["changed"].items()
    ]


async def _set_status(
    call: PageCall,
    place: str,
    use_case: Callable[[ServiceContext, str, str], Awaitable[RegisteredCode]],
    flash: str,
) -> web.StreamResponse:
    form = call.parse_form(StatusForm)
    row = await use_case(call.context, place, form.reason)
    return redirect(_address(row.code), flash)


def _address(code: str) -> str:
    return f"/codes/{quote(code, safe='')}"


def _list_kinds(call: PageCall) -> list[tuple[str, str]]:
    return [(str(kind), call.texts(f"codes.{kind}")) for kind in CodeKind]


def _list_provinces(call: PageCall) -> list[tuple[str, str]]:
    provinces = load_administrative_units().provinces.values()
    return sorted(((p.code, p.name(call.language)) for p in provinces), key=lambda pair: pair[1])


def _fill(row: RegisteredCode) -> dict[str, Any]:
    """The fields of the form that shows a code."""
    fields = {"version": str(row.version), "code": row.code}
    for name, value in row.content.items():
        if isinstance(value, bool):
            fields[name] = "yes" if value else ""
        elif isinstance(value, list):
            fields[name] = "; ".join(value)
        elif value is not None:
            fields[name] = _format_number(value) if isinstance(value, float) else str(value)
    return fields


def _format_number(value: float) -> str:
    """A number that the form reads in one way."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text
