"""The notice service: sends the messages of the outbox to webhooks.

It opens the secrets of webhooks and connects to addresses that organisations name, so it has a role
of its own in the database and no key of stamps. It runs in the desk's process, or as
`veritem notices` on a machine of its own.
"""

from notices.serve import serve
from notices.settings import NoticeSettings
from notices.webhook_worker import WebhookWorker

__all__ = ["NoticeSettings", "WebhookWorker", "serve"]
