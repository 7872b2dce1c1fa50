"""Pages of e-mail: a person's address and what is told there; the links of mails; dead letters."""

from collections.abc import Sequence
from typing import Final, get_args
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import (
    Form,
    MailAddressForm,
    MailChoiceForm,
    MailStopForm,
    MailTokenForm,
)
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.alerts.alert_levels import LEVELS
from ledger.errors import UnknownMailLink
from ledger.notices.mails import MailState
from ledger.notices.typed_mail_address import mask_address
from services.errors import InvalidInput
from services.notices import mail_addresses
from services.notices.mail_addresses import CONFIRM_PATH, MailChoice
from services.notices.mail_kinds import list_modes
from services.paging import PageRequest
from services.permissions import Permission
from stamps.errors import VeritemError
from web.i18n import LANGUAGES

routes = PageRoutes()

PAGE: Final = "/account/mail"
STOP_PATH: Final = "/mail/stop"
_LIST: Final = "/mails"
_SHOWN: Final = 30
_STATES: Final[Sequence[MailState]] = get_args(MailState)


@routes.add("GET", PAGE)
async def show_own_mail(call: PageCall) -> web.StreamResponse:
    """Show the address of the account, and what it is told."""
    own = await mail_addresses.show_own_mail(call.context)
    return render_page(
        call,
        "mail.html",
        call.texts("mail.title"),
        trail=[(call.texts("account.title"), "/account")],
        own=own,
        is_on=call.runtime.dependencies.mail.is_on,
        has_otp=call.staff.has_otp,
        languages=[(one, call.texts(f"mail.language_{one}")) for one in LANGUAGES],
        levels=[(one, call.texts(f"mail_level.{one}")) for one in LEVELS],
        hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
        modes={
            kind: [(one, call.texts(f"mail_mode.{one}")) for one in list_modes(kind)]
            for kind in own.modes
        },
    )


@routes.add("POST", PAGE)
async def choose_own_mail(call: PageCall) -> web.StreamResponse:
    """Set what the account is told, and how."""
    form = call.parse_form(MailChoiceForm)
    choice = MailChoice(form.modes, form.level, form.language, form.digest_hour)
    await mail_addresses.choose_own_mail(call.context, choice)
    return redirect(PAGE, "mail.chosen")


@routes.add("POST", f"{PAGE}/address", page=PAGE)
async def request_own_address(call: PageCall) -> web.StreamResponse:
    """Ask for an address; its link is sent there."""
    form = call.parse_form(MailAddressForm)
    await mail_addresses.request_own_address(
        call.context,
        call.runtime.dependencies.mail,
        call.runtime.budgets,
        call.make_proof(form.password, form.otp),
        form.address,
        form.language,
    )
    return redirect(PAGE, "mail.link_sent")


@routes.add("POST", f"{PAGE}/remove", page=PAGE)
async def remove_own_address(call: PageCall) -> web.StreamResponse:
    """Forget the address."""
    call.parse_form(Form)
    await mail_addresses.remove_own_address(call.context)
    return redirect(PAGE, "mail.removed")


@routes.add("POST", f"{PAGE}/test", page=PAGE)
async def send_own_test(call: PageCall) -> web.StreamResponse:
    """Send a test mail."""
    call.parse_form(Form)
    await mail_addresses.send_own_test(call.context, call.runtime.dependencies.mail)
    return redirect(PAGE, "mail.test_sent")


@routes.add("GET", CONFIRM_PATH)
async def show_confirmation(call: PageCall) -> web.StreamResponse:
    """Show the button that confirms an address; opening the link changes nothing."""
    return render_page(
        call,
        "mail_confirm.html",
        call.texts("mail.confirm_title"),
        trail=[(call.texts("mail.title"), PAGE)],
        request=(await mail_addresses.show_own_mail(call.context)).request,
        token=call.query.get("token", ""),
    )


@routes.add("POST", CONFIRM_PATH)
async def confirm_own_address(call: PageCall) -> web.StreamResponse:
    """Confirm the address."""
    form = call.parse_form(MailTokenForm)
    tools = call.runtime.dependencies.mail
    await mail_addresses.confirm_own_address(call.context, tools, form.token)
    return redirect(PAGE, "mail.confirmed")


@routes.add("GET", STOP_PATH, is_open=True)
async def show_stop(call: PageCall) -> web.StreamResponse:
    """Show the button that ends kinds of notices; opening the link changes nothing."""
    token = call.query.get("token", "")
    kinds: Sequence[str] = ()
    refusal: VeritemError | None = None
    if token:
        try:
            kinds = call.runtime.dependencies.mail.links.read_stop(token).kinds
        except UnknownMailLink as error:
            refusal = error
    return _render_stop(call, token, kinds, refusal)


@routes.add("POST", STOP_PATH, is_open=True)
async def stop_notices(call: PageCall) -> web.StreamResponse:
    """End kinds of notices, by the button of the page or by that of a mailbox (RFC 8058).

    A mailbox names the token in the address and wants no redirect.
    """
    form = call.parse_form(MailStopForm)
    is_mailbox = form.one_click is not None
    token = call.query.get("token", "") if is_mailbox else form.token
    dependencies = call.runtime.dependencies
    try:
        await mail_addresses.stop_notices(dependencies.ledger, dependencies.mail, token)
    except UnknownMailLink as refusal:
        return _render_stop(call, "", (), refusal)
    if is_mailbox:
        return web.Response(text="OK")
    return redirect(f"{STOP_PATH}?done=1")


@routes.add("POST", f"{STOP_PATH}/language", is_open=True)
async def switch_language(call: PageCall) -> web.StreamResponse:
    """Show the page in another language; the link is opened again."""
    return redirect(f"{STOP_PATH}?{urlencode({'lang': call.language})}")


@routes.add("GET", _LIST, permissions=(Permission.MAIL_SEE,))
async def list_mails(call: PageCall) -> web.StreamResponse:
    """List the mails of all accounts; those that are dead can be sent again."""
    asked = call.query.get("state", "dead")
    state = next((one for one in _STATES if one == asked), None)
    if state is None and asked != "all":
        raise InvalidInput(field="state", why=f"must be one of {', '.join(_STATES)} or all")
    request = PageRequest(_SHOWN, call.query.get("after"))
    page = await mail_addresses.list_mails(call.context, state, request)
    return render_page(
        call,
        "mails.html",
        call.texts("mails.title"),
        mails=page.items,
        state=state,
        states=_STATES,
        mask=mask_address,
        is_on=call.runtime.dependencies.mail.is_on,
        following=urlencode({"state": asked, "after": page.next}) if page.next else None,
    )


@routes.add("POST", f"{_LIST}/{{mail}}/resend", permissions=(Permission.MAIL_RESEND,), page=_LIST)
async def resend_mail(call: PageCall, mail: str) -> web.StreamResponse:
    """Send a dead mail again."""
    call.parse_form(Form)
    await mail_addresses.resend_mail(call.context, mail)
    return redirect(_LIST, "mails.resent")


def _render_stop(
    call: PageCall, token: str, kinds: Sequence[str], refusal: VeritemError | None
) -> web.Response:
    return render_page(
        call,
        "mail_stop.html",
        call.texts("mail.stop_title"),
        refusal=refusal,
        token=token,
        kinds=kinds,
        is_done="done" in call.query,
    )
