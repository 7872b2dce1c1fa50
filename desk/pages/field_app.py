"""What the field page asks of the desk: its shell, its state, the list, and findings that are sent.

The shell is the page without an account: all that a phone caches, so it shows nobody's data. The
state gives the account's key of its queue, the issuer's public keys and our hosts. A phone that
was shut out is told so, also without a session, and erases what it keeps.
"""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.field import FORM_BYTES, add_finding, render_field
from desk.pages.forms import FindingForm, PhoneForm
from desk.pages.packer_app import ForeignAct
from desk.pages.routing import PageRoutes
from desk.problems import PROBLEMS, status_of
from desk.responses import json_response
from ledger.accounts.staff_sessions import make_session_id
from ledger.errors import UnknownRow
from services.documents.field import describe_snapshot
from services.field import field_phones, field_snapshots
from services.permissions import Permission
from services.stamps.transitions import correct_acted_at, parse_acted_at
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339
from web.errors import NotFound, TooManyRequests
from web.security_headers import NO_STORE

routes = PageRoutes()

PHONE_HEADER: Final = "X-Veritem-Phone"
_PROBLEM: Final = "application/problem+json"
_KEY_LABEL: Final = b"veritem field queue"


@routes.add("GET", "/field/shell", is_open=True)
async def show_shell(call: PageCall) -> web.StreamResponse:
    """The page without an account, which the service worker caches."""
    return await render_field(replace(call, signed_in=None))


@routes.add("GET", "/field/standing", is_open=True)
async def show_standing(call: PageCall) -> web.StreamResponse:
    """Whether the phone that asks was shut out; nobody is signed in."""
    runtime, proof = call.runtime, call.request.headers.get(PHONE_HEADER, "")
    try:
        runtime.standing_budget.take(runtime.authenticator.find_network(call.request))
    except TooManyRequests as refusal:
        return _refuse(call, refusal)
    standing = await field_phones.find_standing(runtime.dependencies.ledger, proof[:200])
    return json_response({"standing": standing}, headers=NO_STORE)


@routes.add("POST", "/field/phones", permissions=(Permission.FIELD_CHECK,), is_script=True)
async def add_phone(call: PageCall) -> web.StreamResponse:
    """Add the phone that asks; it is told once what it proves itself with."""
    form = call.parse_form(PhoneForm)
    _, proof = await field_phones.add_phone(call.context, form.label, _get_session(call))
    return json_response({"phone": proof}, headers=NO_STORE)


@routes.add("GET", "/field/state", permissions=(Permission.FIELD_CHECK,))
async def show_state(call: PageCall) -> web.StreamResponse:
    """What a phone keeps for work without a network; `no-store` outside of the page."""
    dependencies, staff = call.runtime.dependencies, call.staff
    proof = call.request.headers.get(PHONE_HEADER, "")[:200]
    try:
        phone = await field_phones.require_phone(call.context, proof, _get_session(call))
    except VeritemError as refusal:
        return _refuse(call, refusal)
    sessions = call.runtime.authenticator.sessions
    own = await call.runtime.own_hosts.find()
    newest = await field_snapshots.find_newest(call.context)
    state = {
        "account": staff.id,
        "name": staff.name,
        "csrf": sessions.form_token(call.signed_in.session) if call.signed_in else "",
        "phone": None if phone is None else phone.id,
        "queue_key": derive_queue_key(
            dependencies.secret, staff.id, "" if phone is None else phone.id
        ),
        "at": format_rfc3339(call.context.clock()),
        "hosts": list(own.hosts),
        "scheme": own.scheme,
        "keys": dependencies.issuer.signer.public_keys().to_jwks()["keys"],
        "snapshot": None if newest is None else describe_snapshot(newest).model_dump(mode="json"),
    }
    return json_response(state, headers=NO_STORE)


@routes.add("GET", "/field/snapshots/{version}", permissions=(Permission.FIELD_CHECK,))
async def take_snapshot(call: PageCall, version: int) -> web.StreamResponse:
    """The file of a snapshot, which is signed and never changes."""
    try:
        content = await field_snapshots.take_snapshot(call.context, version)
    except UnknownRow:
        raise NotFound from None
    return web.Response(body=content, content_type="application/octet-stream", headers=NO_STORE)


@routes.add(
    "POST",
    "/field/sent",
    permissions=(Permission.FIELD_CHECK,),
    is_script=True,
    limit=FORM_BYTES,
)
async def record_finding(call: PageCall) -> web.StreamResponse:
    """Record a finding that a phone queued; the same key again answers the first result."""
    try:
        form = call.parse_form(FindingForm)
        if form.owner != call.staff.id:
            raise ForeignAct(owner=form.owner, account=call.staff.id)
        made = await add_finding(call, form, _find_found_at(call, form))
    except VeritemError as refusal:
        return _refuse(call, refusal)
    answer = {
        "id": made.id,
        "outcome": made.outcome,
        "stamp": made.stamp,
        "location": f"/field/findings/{made.id}",
    }
    return json_response(answer, headers=NO_STORE)


def _refuse(call: PageCall, refusal: VeritemError) -> web.Response:
    status = status_of(refusal)
    document = PROBLEMS.document(refusal, call.texts, status)
    return json_response(document, status, PROBLEMS.headers(refusal, status), _PROBLEM)


def _find_found_at(call: PageCall, form: FindingForm) -> int | None:
    """When the stamp was looked at, by our clock; None where the phone does not say."""
    if not form.acted_at:
        return None
    acted_at = parse_acted_at(form.acted_at)
    if not form.sent_at:
        return acted_at
    return correct_acted_at(acted_at, parse_acted_at(form.sent_at), call.context.clock())


def _get_session(call: PageCall) -> str | None:
    return None if call.signed_in is None else make_session_id(call.signed_in.session.nonce)


def derive_queue_key(secret: bytes, account: str, phone: str) -> str:
    """The key under which a phone keeps an account's findings: 32 bytes in base64.

    It is another one for each phone: what was copied from a lost phone opens nothing elsewhere.
    """
    label = b"\0".join((_KEY_LABEL, account.encode(), phone.encode()))
    return base64.b64encode(hmac.digest(secret, label, hashlib.sha256)).decode()
