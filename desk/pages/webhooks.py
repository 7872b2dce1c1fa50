"""Pages of webhooks: those of an organisation, and one with its messages."""

from collections.abc import Sequence
from typing import Final, get_args
from urllib.parse import quote, urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import (
    ConfirmationForm,
    Form,
    ProofForm,
    ResendForm,
    WebhookChangeForm,
    WebhookForm,
)
from desk.pages.list_cells import choose_name
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.notices.notices import NoticeState
from services.errors import InvalidInput
from services.notices import webhooks
from services.notices.webhooks import WebhookRequest
from services.paging import PageRequest
from services.permissions import Permission, has_permission
from traceability.portals.mapping import FORMATS

routes = PageRoutes()

_PAGE: Final = "/webhooks"
_ONE: Final = f"{_PAGE}/{{webhook}}"
_SEE: Final = (Permission.WEBHOOK_SEE,)
_EDIT: Final = (Permission.WEBHOOK_EDIT,)
_SECRET: Final = "webhooks.secret"  # noqa: S105 - the key of a text
"""The message that carries a new secret to the page, which shows it once."""
_SHOWN: Final = 30
_STATES: Final[Sequence[NoticeState]] = get_args(NoticeState)


@routes.add("GET", _PAGE, permissions=_SEE)
async def show_webhooks(call: PageCall) -> web.StreamResponse:
    """Show the webhooks of an organisation, and the form of a new one."""
    own = call.query.get("organisation") or call.staff.organisation
    found = await webhooks.list_webhooks(call.context, own)
    return render_page(
        call,
        "webhooks.html",
        call.texts("webhooks.title"),
        trail=await _make_trail(call, own),
        organisation=own,
        webhooks=found,
        dead=await webhooks.count_dead(call.context, found),
        choices=await webhooks.list_choices(call.context, own) if own else [],
        formats=[(name, call.texts(f"portal_format.{name}")) for name in sorted(FORMATS)],
        has_otp=call.staff.has_otp,
    )


@routes.add("POST", _PAGE, permissions=_EDIT)
async def add_webhook(call: PageCall) -> web.StreamResponse:
    """Add a webhook and show its secret, once."""
    form = call.parse_form(WebhookForm)
    made = await webhooks.add_own_webhook(
        call.context,
        call.runtime.dependencies.webhook_seal,
        call.runtime.budgets,
        call.make_proof(form.password, form.otp),
        WebhookRequest(form.organisation, form.url, form.events, form.label, form.format),
    )
    return redirect(_address(made.webhook.id), _SECRET, secret=made.secret)


@routes.add("GET", _ONE, permissions=_SEE)
async def show_webhook(call: PageCall, webhook: str) -> web.StreamResponse:
    """Show a webhook with its messages."""
    found = await webhooks.get_webhook(call.context, webhook)
    asked = call.query.get("state") or None
    state = next((one for one in _STATES if one == asked), None)
    if state is None and asked is not None:
        raise InvalidInput(field="state", why=f"must be one of {', '.join(_STATES)}")
    request = PageRequest(_SHOWN, call.query.get("after"))
    page = await webhooks.list_notices(call.context, webhook, state, request)
    flash, now = call.flash, call.context.clock()
    filters = {"state": state} if state else {}
    return render_page(
        call,
        "webhook.html",
        found.label or found.id,
        trail=[
            *await _make_trail(call, found.organisation),
            (call.texts("webhooks.title"), _PAGE),
        ],
        one=found,
        secret=flash.values.get("secret") if flash and flash.text == _SECRET else None,
        has_former=len(found.list_secrets(now)) > 1,
        notices=page.items,
        state=state,
        states=_STATES,
        following=urlencode({**filters, "after": page.next}) if page.next else None,
        choices=await webhooks.list_choices(call.context, found.organisation),
        address=_address(found.id),
        has_otp=call.staff.has_otp,
    )


@routes.add("POST", _ONE, permissions=_EDIT)
async def change_webhook(call: PageCall, webhook: str) -> web.StreamResponse:
    """Change the name and the events."""
    form = call.parse_form(WebhookChangeForm)
    await webhooks.change_webhook(call.context, webhook, form.label, form.events)
    return redirect(_address(webhook), "webhooks.changed")


@routes.add("POST", f"{_ONE}/rotate", permissions=_EDIT)
async def rotate_secret(call: PageCall, webhook: str) -> web.StreamResponse:
    """Replace the secret and show the new one, once."""
    form = call.parse_form(ProofForm)
    made = await webhooks.rotate_own_secret(
        call.context,
        call.runtime.dependencies.webhook_seal,
        call.runtime.budgets,
        call.make_proof(form.password, form.otp),
        webhook,
    )
    return redirect(_address(webhook), _SECRET, secret=made.secret)


@routes.add("POST", f"{_ONE}/test", permissions=_EDIT)
async def send_test(call: PageCall, webhook: str) -> web.StreamResponse:
    """Send a test message."""
    call.parse_form(Form)
    await webhooks.send_test(call.context, webhook)
    return redirect(_address(webhook), "webhooks.test_sent")


@routes.add("POST", f"{_ONE}/resend", permissions=_EDIT)
async def resend_notice(call: PageCall, webhook: str) -> web.StreamResponse:
    """Send a message again."""
    form = call.parse_form(ResendForm)
    await webhooks.resend_notice(call.context, webhook, form.notice)
    return redirect(_address(webhook), "webhooks.resent")


@routes.add("POST", f"{_ONE}/enable", permissions=_EDIT)
async def enable_webhook(call: PageCall, webhook: str) -> web.StreamResponse:
    """Send to it again."""
    call.parse_form(Form)
    await webhooks.enable_webhook(call.context, webhook)
    return redirect(_address(webhook), "webhooks.enabled")


@routes.add("POST", f"{_ONE}/disable", permissions=_EDIT)
async def disable_webhook(call: PageCall, webhook: str) -> web.StreamResponse:
    """Send nothing more."""
    call.parse_form(Form)
    await webhooks.disable_webhook(call.context, webhook)
    return redirect(_address(webhook), "webhooks.disabled")


@routes.add("POST", f"{_ONE}/remove", permissions=_EDIT)
async def remove_webhook(call: PageCall, webhook: str) -> web.StreamResponse:
    """Remove it, for good."""
    call.parse_form(ConfirmationForm)
    await webhooks.remove_webhook(call.context, webhook)
    return redirect(_PAGE, "webhooks.removed")


def _address(webhook: str) -> str:
    return f"{_PAGE}/{webhook}"


async def _make_trail(call: PageCall, organisation: str | None) -> list[tuple[str, str]]:
    """Return the way to the page: from the organisation for an administrator, else the account."""
    if organisation and has_permission(call.context.actor, Permission.REGISTRY_EDIT):
        named = await call.context.ledger.lists.get_names("organisation", {organisation})
        name = choose_name(named.get(organisation), call.language, organisation)
        return [(name, f"/organisations/{quote(organisation, safe='')}")]
    return [(call.texts("account.title"), "/account")]
