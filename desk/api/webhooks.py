"""`/api/v1/webhooks`: where events of an organisation are sent, and what became of them."""

from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, LongText, PageQuery, Query, Text
from desk.api.routing import ApiRoutes
from ledger.errors import (
    AlreadyExists,
    UnknownRow,
    WebhookDisabled,
    WebhooksFull,
    WebhookTestsLimited,
)
from ledger.notices.notices import NoticeState
from ledger.staff_errors import SignInBusy, WrongCredentials
from services.documents.webhooks import (
    NoticeDocument,
    WebhookDocument,
    WebhookSecretDocument,
    describe_notice,
    describe_webhook,
    describe_webhook_secret,
)
from services.errors import ConfirmationLimited, InvalidInput
from services.notices import webhooks
from services.notices.webhooks import WebhookRequest
from services.paging import PageRequest
from services.permissions import Permission

routes = ApiRoutes("webhooks")

_SEE = (Permission.WEBHOOK_SEE,)
_EDIT = (Permission.WEBHOOK_EDIT,)
_PROOF_ERRORS = (WrongCredentials, ConfirmationLimited, SignInBusy)


class ProofBody(Body):
    """What the account proves itself with: whoever has the secret is told what happens."""

    password: str
    otp: Text | None = None


class WebhookBody(ProofBody):
    """A new webhook, with a proof of identity; `organisation` is the caller's own when absent."""

    url: LongText
    events: list[str]
    label: str = ""
    format: Text | None = None
    """`epcis` or `ten_items` for a portal that is sent published records; notices when absent."""
    organisation: Text | None = None


class WebhookChangeBody(Body):
    """Name of a webhook, and the events that it asks for."""

    events: list[str]
    label: str = ""


class WebhookQuery(Query):
    """Owner of the listed webhooks: the caller's own organisation when absent."""

    organisation: Text | None = None


class NoticeQuery(PageQuery):
    """Which messages are listed."""

    state: NoticeState | None = None


class WebhookListDocument(BaseModel):
    """The webhooks of an organisation, the oldest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhooks: list[WebhookDocument]


class NoticeListDocument(ListDocument):
    """Messages of a webhook, the newest first."""

    notices: list[NoticeDocument]


@routes.add("GET", "webhooks", permissions=_SEE)
async def list_webhooks(call: ApiCall, query: WebhookQuery) -> WebhookListDocument:
    """List the webhooks of an organisation; an administrator without one sees all."""
    found = await webhooks.list_webhooks(call.context, query.organisation)
    return WebhookListDocument(webhooks=[describe_webhook(one) for one in found])


@routes.add(
    "POST",
    "webhooks",
    permissions=_EDIT,
    status=201,
    has_key=True,
    errors=(InvalidInput, UnknownRow, WebhooksFull, AlreadyExists, *_PROOF_ERRORS),
)
async def add_webhook(call: ApiCall, body: WebhookBody) -> WebhookSecretDocument:
    """Have events sent to an address; its secret is answered this once."""
    organisation = body.organisation or call.context.actor.organisation or ""
    request = WebhookRequest(organisation, body.url, body.events, body.label, body.format)
    seal = call.runtime.dependencies.webhook_seal
    made = await webhooks.add_own_webhook(
        call.context,
        seal,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        request,
        call.key,
    )
    call.headers["Location"] = f"/api/v1/webhooks/{made.webhook.id}"
    return describe_webhook_secret(made)


@routes.add("GET", "webhooks/{webhook}", permissions=_SEE, errors=(UnknownRow,))
async def show_webhook(call: ApiCall, webhook: str) -> WebhookDocument:
    """Show a webhook."""
    return describe_webhook(await webhooks.get_webhook(call.context, webhook))


@routes.add("PUT", "webhooks/{webhook}", permissions=_EDIT, errors=(UnknownRow, InvalidInput))
async def change_webhook(call: ApiCall, webhook: str, body: WebhookChangeBody) -> WebhookDocument:
    """Change the name and the events of a webhook."""
    changed = await webhooks.change_webhook(call.context, webhook, body.label, body.events)
    return describe_webhook(changed)


@routes.add("DELETE", "webhooks/{webhook}", permissions=_EDIT, errors=(UnknownRow,))
async def remove_webhook(call: ApiCall, webhook: str) -> WebhookDocument:
    """Remove a webhook with its secrets, for good."""
    return describe_webhook(await webhooks.remove_webhook(call.context, webhook))


@routes.add(
    "POST",
    "webhooks/{webhook}/rotate",
    permissions=_EDIT,
    errors=(UnknownRow, *_PROOF_ERRORS),
)
async def rotate_secret(call: ApiCall, webhook: str, body: ProofBody) -> WebhookSecretDocument:
    """Replace the secret; the former one signs too for a day."""
    rotated = await webhooks.rotate_own_secret(
        call.context,
        call.runtime.dependencies.webhook_seal,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        webhook,
    )
    return describe_webhook_secret(rotated)


@routes.add("POST", "webhooks/{webhook}/enable", permissions=_EDIT, errors=(UnknownRow,))
async def enable_webhook(call: ApiCall, webhook: str) -> WebhookDocument:
    """Send to a disabled webhook again."""
    return describe_webhook(await webhooks.enable_webhook(call.context, webhook))


@routes.add("POST", "webhooks/{webhook}/disable", permissions=_EDIT, errors=(UnknownRow,))
async def disable_webhook(call: ApiCall, webhook: str) -> WebhookDocument:
    """Send nothing more to a webhook; what waits becomes dead letters."""
    return describe_webhook(await webhooks.disable_webhook(call.context, webhook))


@routes.add(
    "POST",
    "webhooks/{webhook}/test",
    permissions=_EDIT,
    status=202,
    has_key=True,
    errors=(UnknownRow, WebhookDisabled, WebhookTestsLimited),
)
async def send_test(call: ApiCall, webhook: str) -> NoticeDocument:
    """Send a test message to a webhook."""
    return describe_notice(await webhooks.send_test(call.context, webhook, call.key))


@routes.add(
    "GET", "webhooks/{webhook}/notices", permissions=_SEE, errors=(UnknownRow, InvalidInput)
)
async def list_notices(call: ApiCall, webhook: str, query: NoticeQuery) -> NoticeListDocument:
    """List the messages of a webhook with their states and the last answers."""
    request = PageRequest(query.limit, query.after)
    page = await webhooks.list_notices(call.context, webhook, query.state, request)
    return NoticeListDocument(notices=[describe_notice(one) for one in page.items], next=page.next)


@routes.add(
    "POST",
    "webhooks/{webhook}/notices/{notice}/resend",
    permissions=_EDIT,
    status=202,
    has_key=True,
    errors=(UnknownRow, WebhookDisabled),
)
async def resend_notice(call: ApiCall, webhook: str, notice: str) -> NoticeDocument:
    """Send a message again, with the same id."""
    return describe_notice(await webhooks.resend_notice(call.context, webhook, notice, call.key))
