"""Requests of the activation page's scripts: its shell, its state, and acts that are sent.

The page itself works without any of it (`desk.pages.activation`). The shell is the same page
without an account: it is all that a phone caches, so it shows nobody's data. Lots and batches
reach the phone as the state, which the page keeps encrypted under the account's key. An act that
the phone queued is sent here with its idempotency key; codes are opened here, never on the phone.
"""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from desk.pages.activation import format_receipt_path, render_empty_form
from desk.pages.call import PageCall
from desk.pages.forms import ActForm
from desk.pages.routing import PageRoutes
from desk.problems import PROBLEMS, status_of
from desk.responses import json_response
from services.lots.lot_choices import LotChoice, find_lot_choices
from services.permissions import Permission
from services.stamps import activation, rolls
from services.stamps.transitions import correct_acted_at, parse_acted_at
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339
from web.i18n import Texts, format_day

routes = PageRoutes()

_MOST_LOTS: Final = 100
_MOST_FOUND: Final = 30
_PROBLEM: Final = "application/problem+json"
_KEY_LABEL: Final = b"veritem activation queue"


class ForeignAct(VeritemError):
    """The act was queued by another account."""

    code = "foreign-act"
    message = "the account {owner} queued this activation, and {account} is signed in"


@routes.add("GET", "/activate/shell", is_open=True)
async def show_shell(call: PageCall) -> web.StreamResponse:
    """The page without an account, which the service worker caches."""
    return render_empty_form(replace(call, signed_in=None))


@routes.add("GET", "/activate/state", permissions=(Permission.ACTIVATE,))
async def show_state(call: PageCall) -> web.StreamResponse:
    """State that a phone keeps for work without a network; `no-store` outside of the page."""
    authenticator, staff = call.runtime.authenticator, call.staff
    printed = await activation.list_printed_batches(call.context)
    offered = await find_lot_choices(call.context, "", _MOST_LOTS)
    state = {
        "account": staff.id,
        "name": staff.name,
        "csrf": authenticator.sessions.form_token(call.signed_in.session) if call.signed_in else "",
        "queue_key": derive_queue_key(call.runtime.dependencies.secret, staff.id),
        "at": format_rfc3339(call.context.clock()),
        "batches": [
            {"number": row.batch.number, "count": row.batch.count, "left": row.outstanding}
            for row in printed
        ],
        "lots": [_describe_choice(one, call.texts) for one in offered],
    }
    return json_response(state)


@routes.add("GET", "/activate/lots", permissions=(Permission.ACTIVATE,))
async def find_lots(call: PageCall) -> web.StreamResponse:
    """The lots that a search finds, newest first; those that cannot be chosen say why."""
    found = await find_lot_choices(call.context, call.query.get("q", "").strip(), _MOST_FOUND)
    return json_response({"lots": [_describe_choice(one, call.texts) for one in found]})


@routes.add("POST", "/activate/acts", permissions=(Permission.ACTIVATE,), is_script=True)
async def record_act(call: PageCall) -> web.StreamResponse:
    """Record an activation that a phone queued; the same key again answers the first result."""
    try:
        form = call.parse_form(ActForm)
        if form.owner != call.staff.id:
            raise ForeignAct(owner=form.owner, account=call.staff.id)
        roll = await rolls.find_roll(call.context, form.batch, form.first, form.last)
        result = await activation.activate_range(
            call.context, roll.text, form.lot, call.key, _find_acted_at(call, form)
        )
    except VeritemError as refusal:
        status = status_of(refusal)
        document = PROBLEMS.document(refusal, call.texts, status)
        return json_response(document, status, PROBLEMS.headers(refusal, status), _PROBLEM)
    answer = {
        "range": result.target.text,
        "count": result.count,
        "void": result.target.count - result.count,
        "lot": form.lot,
        "repeated": result.transition.repeated,
        "location": format_receipt_path(result),
    }
    return json_response(answer)


def _find_acted_at(call: PageCall, form: ActForm) -> int | None:
    """When the act was done, by our clock; None where the phone does not say."""
    if not form.acted_at:
        return None
    acted_at = parse_acted_at(form.acted_at)
    if not form.sent_at:
        return acted_at
    return correct_acted_at(acted_at, parse_acted_at(form.sent_at), call.context.clock())


def derive_queue_key(secret: bytes, account: str) -> str:
    """The key under which a phone keeps an account's queue: 32 bytes in base64.

    It depends on nothing that a password change alters, so that unsent acts stay readable.
    """
    key = hmac.digest(secret, _KEY_LABEL + b"\0" + account.encode(), hashlib.sha256)
    return base64.b64encode(key).decode()


def _describe_choice(choice: LotChoice, texts: Texts) -> dict[str, Any]:
    """A lot as the scripts draw it; `blocked` says why it cannot be chosen."""
    lot, recall, language = choice.lot, choice.recall, texts.language
    blocked = ""
    if recall is not None and lot.recalled_at is not None:
        why = [texts(f"why.{recall.reason}")] if recall.reason else []
        day = format_day(recall.at, language)
        blocked = " · ".join([texts("lots.recalled_whole"), *why, day])
    elif lot.missing:
        blocked = texts("lots.incomplete")
    name = lot.document.get("product", {}).get("name", {})
    return {
        "code": lot.code,
        "name": name.get(language) or name.get("vi", ""),
        "packed": format_day(lot.packed_at, language) if lot.packed_at else "",
        "blocked": blocked,
    }
