"""JSON documents of webhooks and of the messages that they are sent."""

from ledger.notices.notices import Notice, NoticeState
from ledger.notices.webhooks import Webhook, WebhookState
from services.documents.models import Document, Timestamp
from services.notices.webhooks import WebhookWithSecret
from stamps.timestamps import format_rfc3339


class WebhookDocument(Document):
    """A webhook; its secret is shown only when it is made or replaced."""

    id: str
    organisation: str
    url: str
    label: str
    events: list[str]
    format: str | None
    """The format of a portal that published records are sent in; null for notices."""
    state: WebhookState
    made_at: Timestamp
    made_by: str
    former_secret_until: Timestamp | None
    """Time until which the former secret signs too."""
    failures: int
    """Deliveries in a row that failed."""
    failing_since: Timestamp | None


class WebhookSecretDocument(WebhookDocument):
    """A webhook with its new secret, which is shown this once."""

    secret: str


class NoticeDocument(Document):
    """A message to a webhook; `id` is the `webhook-id` of all its deliveries."""

    id: str
    webhook: str
    event: str
    body: str
    state: NoticeState
    made_at: Timestamp
    due_at: Timestamp
    attempts: int
    tried_at: Timestamp | None
    status: int | None
    failure: str | None
    answer: str | None
    """The beginning of the last answer."""


def describe_webhook(webhook: Webhook) -> WebhookDocument:
    """The document of a webhook."""
    return WebhookDocument(
        id=webhook.id,
        organisation=webhook.organisation,
        url=webhook.url,
        label=webhook.label,
        events=list(webhook.events),
        format=webhook.format,
        state=webhook.state,
        made_at=format_rfc3339(webhook.made_at),
        made_by=webhook.made_by,
        former_secret_until=format_rfc3339(webhook.former_until),
        failures=webhook.failures,
        failing_since=format_rfc3339(webhook.failing_since),
    )


def describe_webhook_secret(made: WebhookWithSecret) -> WebhookSecretDocument:
    """The document of a webhook with its new secret."""
    described = describe_webhook(made.webhook).model_dump()
    return WebhookSecretDocument(**described, secret=made.secret)


def describe_notice(notice: Notice) -> NoticeDocument:
    """The document of a message."""
    return NoticeDocument(
        id=notice.id,
        webhook=notice.webhook,
        event=notice.event,
        body=notice.body,
        state=notice.state,
        made_at=format_rfc3339(notice.made_at),
        due_at=format_rfc3339(notice.due_at),
        attempts=notice.attempts,
        tried_at=format_rfc3339(notice.tried_at),
        status=notice.status,
        failure=notice.failure,
        answer=notice.answer,
    )
