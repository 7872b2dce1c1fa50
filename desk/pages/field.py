"""Field check, the inspector's page on a phone: scan or type a stamp, see its record, report.

It works without scripts. With them (`desk/pwa/entries/field.js`) the camera reads the stamp, the
phone answers from its list where there is no network, and findings wait on the phone
(`desk.pages.field_app`).
"""

from typing import Any, Final

from aiohttp import web

from attachments import MEDIA_TYPE
from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.case_photos import PHOTO_FIELDS
from desk.pages.forms import FindingForm, FindingNoteForm
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.errors import UnknownRow
from ledger.field.field_findings import FINDING_KINDS, WISHES, Finding
from services.alerts.case_handling import MOST_PHOTOS
from services.field import field_checks, field_findings, field_phones
from services.field.field_checks import FieldRecord
from services.field.field_findings import NewFinding
from services.lists.cases import FINDINGS
from services.lists.find import find_person_names
from services.permissions import Permission
from stamps.errors import VeritemError
from web.errors import MalformedBody, NotFound
from web.photo_limits import MOST_BYTES
from web.security_headers import NO_STORE, SANDBOX, content_security_policy

routes = PageRoutes()

FORM_BYTES: Final = MOST_PHOTOS * MOST_BYTES + 65_536
_SCRIPT: Final = "field.js"
_SHOWN: Final = 20
_POLICY: Final = content_security_policy(
    style="'self'",
    # ZXing is WebAssembly; this source allows nothing else to be compiled.
    script="'self' 'wasm-unsafe-eval'",
    image="'self' data: blob:",
    connect="'self'",
    more={"worker-src": "'self'", "manifest-src": "'self'"},
)


@routes.add("GET", "/field", permissions=(Permission.FIELD_CHECK,))
async def show_field(call: PageCall) -> web.StreamResponse:
    """Ask for a stamp; a browser without scripts sends it here and sees its record."""
    text = call.query.get("q", "").strip()
    if not text:
        return await render_field(call)
    try:
        record = await check_code(call, text)
    except VeritemError as refusal:
        return await render_field(call, typed=text, refusal=refusal)
    return await render_field(call, typed=text, record=record)


@routes.add("GET", "/field/record", permissions=(Permission.FIELD_CHECK,))
async def show_record(call: PageCall) -> web.StreamResponse:
    """The record of a stamp as a part of the page, which its script asks for."""
    text = call.query.get("q", "").strip()
    if not text:
        return redirect("/field")
    record = await check_code(call, text)
    return await _render(call, "field_part.html", typed=text, record=record)


@routes.add("POST", "/field", permissions=(Permission.FIELD_CHECK,), limit=FORM_BYTES)
async def report_finding(call: PageCall) -> web.StreamResponse:
    """Record a finding that a browser without scripts sends."""
    form = call.parse_form(FindingForm)
    if not form.typed.strip():
        raise InvalidForm([Flaw("typed", "flaw.missing")], field="typed", why="is missing")
    made = await add_finding(call, form)
    return redirect(f"/field/findings/{made.id}", "field.reported")


@routes.add("GET", "/field/findings", permissions=(Permission.ALERT_SEE,))
async def list_findings(call: PageCall) -> web.StreamResponse:
    """List the findings, open ones where nothing is asked for."""
    texts = call.texts
    return await render_list(
        call, FINDINGS, texts("field.findings"), lead=texts("field.findings_lead")
    )


@routes.add("GET", "/field/findings/{finding}", permissions=(Permission.ALERT_SEE,))
async def show_finding(call: PageCall, finding: str) -> web.StreamResponse:
    """Show a finding."""
    file = await field_findings.get_finding(call.context, finding)
    found = file.finding
    return render_page(
        call,
        "finding.html",
        call.texts("field.finding"),
        trail=((call.texts("field.findings"), "/field/findings"),),
        finding=found,
        photos=range(len(file.photos)),
        people=await find_person_names(call.context, found.actor, found.handled_by),
        alerts=await field_checks.find_cases(call.context, found.stamp),
    )


@routes.add("GET", "/field/findings/{finding}/photos/{place}", permissions=(Permission.ALERT_SEE,))
async def show_photo(call: PageCall, finding: str, place: int) -> web.StreamResponse:
    """A photo of a finding; browsers keep none."""
    try:
        picture = await field_findings.get_photo(call.context, finding, place)
    except UnknownRow:
        raise NotFound from None
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "/field/findings/{finding}",
    permissions=(Permission.ALERT_DECIDE,),
)
async def handle_finding(call: PageCall, finding: str) -> web.StreamResponse:
    """Close a finding with what was done."""
    form = call.parse_form(FindingNoteForm)
    await field_findings.handle_finding(call.context, finding, form.note)
    return redirect(f"/field/findings/{finding}", "field.handled_now")


@routes.add(
    "POST",
    "/field/phones/{phone}/shut-out",
    permissions=(Permission.FIELD_CHECK, Permission.ACCOUNT_MANAGE),
    page="/field",
)
async def shut_out_phone(call: PageCall, phone: str) -> web.StreamResponse:
    """Shut a phone out: its session ends, and it erases what it keeps at its next contact."""
    shut = await field_phones.shut_out(call.context, phone)
    if shut.account != call.staff.id:
        return redirect(f"/staff/{shut.account}", "field.phone_shut")
    return redirect("/field", "field.phone_shut")


async def check_code(call: PageCall, text: str) -> FieldRecord:
    """The record of a stamp that the account checks."""
    own = await call.runtime.own_hosts.find()
    return await field_checks.check_stamp(call.context, text, own, call.runtime.field_budget)


async def add_finding(call: PageCall, form: FindingForm, found_at: int | None = None) -> Finding:
    """Record the finding of a form with its photos."""
    for name in call.files:
        if name not in PHOTO_FIELDS:
            raise MalformedBody(field=name, why="is not a field here")
    uploads = [content for name in PHOTO_FIELDS if (content := call.files.get(name, b""))]
    phone = await field_phones.require_phone(call.context, form.phone)
    new = NewFinding(
        kind=form.kind,
        typed=form.typed,
        note=form.note,
        wish=form.wish,
        lat=form.lat,
        lon=form.lon,
        province=form.province,
        answer=form.answer,
        found_at=found_at,
        phone=None if phone is None else phone.id,
    )
    own = await call.runtime.own_hosts.find()
    known = await field_findings.find_sent(call.context, new, call.key, uploads)
    if known is not None:  # sent again: no photo is decoded twice
        return known
    photos = await call.runtime.case_photos.reencode(call.context.actor, uploads)
    return await field_findings.add_finding(call.context, new, own, call.key, photos, sent=uploads)


async def render_field(call: PageCall, **values: Any) -> web.Response:
    """The page; without an account it is the shell that phones keep."""
    response = await _render(call, "field.html", **values)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


async def _render(
    call: PageCall,
    template: str,
    *,
    typed: str = "",
    record: FieldRecord | None = None,
    refusal: VeritemError | None = None,
) -> web.Response:
    is_shell = call.signed_in is None
    script = find_asset(_SCRIPT)
    files = {name: find_asset(name) for name in ("decoder.js", "zxing_reader.wasm")}
    has_scripts = script is not None and all(files.values())
    people = {}
    if record is not None:
        people = await find_person_names(
            call.context,
            *(one.actor for one in record.transitions),
            *(one.actor for one in record.findings),
        )
    return render_page(
        call,
        template,
        call.texts("field.title"),
        refusal=refusal,
        scripts=[_SCRIPT] if has_scripts and template == "field.html" else [],
        typed=typed,
        record=record,
        shown=_SHOWN,
        people=people,
        kinds=FINDING_KINDS,
        wishes=WISHES,
        is_shell=is_shell,
        has_scripts=has_scripts,
        phones=[] if is_shell else await field_phones.list_phones(call.context),
        decoder=(asset := files["decoder.js"]) and asset.path,
        wasm=(asset := files["zxing_reader.wasm"]) and asset.path,
    )
