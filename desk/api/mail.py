"""`/api/v1/me/mail` and `/api/v1/mails`: an account's e-mail, and the mails of the outbox."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.alerts.alert_levels import AlertLevel
from ledger.errors import (
    MailLimited,
    MailNotResendable,
    UnknownMailLink,
    UnknownRow,
)
from ledger.notices.mail_addresses import MailMode
from ledger.notices.mails import MailState
from ledger.staff_errors import SignInBusy, WrongCredentials
from services.documents.mail import (
    OwnMailDocument,
    SentMailDocument,
    describe_mail,
    describe_own_mail,
)
from services.errors import ConfirmationLimited, InvalidInput, MailOff, TokenLimited
from services.notices import mail_addresses
from services.notices.mail_addresses import MailChoice
from services.paging import PageRequest
from services.permissions import Permission
from web.i18n import Language

routes = ApiRoutes("mail")


class MailAddressBody(Body):
    """An address to use, with what the account proves itself with."""

    address: Text
    language: Language = "vi"
    """The language of the mails."""
    password: str
    otp: Text | None = None


class MailConfirmationBody(Body):
    """The token of the link in the mail."""

    token: Annotated[str, Field(min_length=1, max_length=2000)]


class MailChoiceBody(Body):
    """Kinds of notices that the account wants; kinds that are not named stay as they are."""

    kinds: Annotated[dict[str, MailMode], Field(examples=[{"recall": "digest"}])]
    level: AlertLevel
    language: Language
    digest_hour: Annotated[int, Field(ge=0, le=23)]


class MailQuery(PageQuery):
    """Which mails are listed."""

    state: MailState | None = None


class MailListDocument(ListDocument):
    """Mails, the newest first."""

    mails: list[SentMailDocument]


class MailReceiptDocument(BaseModel):
    """A mail that was asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mail: str


@routes.add("GET", "me/mail")
async def show_own_mail(call: ApiCall) -> OwnMailDocument:
    """Show the account's address and what it is told by e-mail."""
    return describe_own_mail(await mail_addresses.show_own_mail(call.context))


@routes.add(
    "POST",
    "me/mail/address",
    status=202,
    errors=(
        MailOff,
        TokenLimited,
        InvalidInput,
        WrongCredentials,
        ConfirmationLimited,
        SignInBusy,
        MailLimited,
    ),
)
async def request_own_address(call: ApiCall, body: MailAddressBody) -> OwnMailDocument:
    """Ask for an address; a link that confirms it is sent there."""
    asked = await mail_addresses.request_own_address(
        call.context,
        call.runtime.dependencies.mail,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        body.address,
        body.language,
    )
    return describe_own_mail(asked)


@routes.add("POST", "me/mail/confirm", errors=(TokenLimited, UnknownMailLink))
async def confirm_own_address(call: ApiCall, body: MailConfirmationBody) -> OwnMailDocument:
    """Confirm the address that the account asked for; the link works once."""
    tools = call.runtime.dependencies.mail
    own = await mail_addresses.confirm_own_address(call.context, tools, body.token)
    return describe_own_mail(own)


@routes.add("PUT", "me/mail", errors=(TokenLimited, InvalidInput, UnknownRow))
async def choose_own_mail(call: ApiCall, body: MailChoiceBody) -> OwnMailDocument:
    """Choose what the account is told by e-mail, and how."""
    choice = MailChoice(dict(body.kinds), body.level, body.language, body.digest_hour)
    return describe_own_mail(await mail_addresses.choose_own_mail(call.context, choice))


@routes.add("DELETE", "me/mail", errors=(TokenLimited,))
async def remove_own_address(call: ApiCall) -> OwnMailDocument:
    """Forget the account's address; nothing is sent any more."""
    return describe_own_mail(await mail_addresses.remove_own_address(call.context))


@routes.add(
    "POST",
    "me/mail/test",
    status=202,
    errors=(MailOff, TokenLimited, UnknownRow, MailLimited),
)
async def send_own_test(call: ApiCall) -> MailReceiptDocument:
    """Send a test mail to the account's address."""
    tools = call.runtime.dependencies.mail
    return MailReceiptDocument(mail=(await mail_addresses.send_own_test(call.context, tools)).id)


@routes.add("GET", "mails", permissions=(Permission.MAIL_SEE,), errors=(InvalidInput,))
async def list_mails(call: ApiCall, query: MailQuery) -> MailListDocument:
    """List mails of all accounts with their states; `dead` ones did not arrive."""
    request = PageRequest(query.limit, query.after)
    page = await mail_addresses.list_mails(call.context, query.state, request)
    return MailListDocument(mails=[describe_mail(one) for one in page.items], next=page.next)


@routes.add(
    "POST",
    "mails/{mail}/resend",
    permissions=(Permission.MAIL_RESEND,),
    status=202,
    errors=(UnknownRow, MailNotResendable),
)
async def resend_mail(call: ApiCall, mail: str) -> SentMailDocument:
    """Send a dead mail again, with the same Message-ID."""
    return describe_mail(await mail_addresses.resend_mail(call.context, mail))
