"""Webhooks and the outbox of messages."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional, required

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    required("organisation", Text, ForeignKey("organisations.id")),
    required("url", Text),
    required("label", Text),
    required("events", Text),
    required("secret", Text),
    optional("former_secret", Text),
    optional("former_until", BigInteger),
    required("state", Text),
    required("made_at", BigInteger),
    required("made_by", Text),
    required("failures", Integer),
    optional("failing_since", BigInteger),
    required("busy_until", BigInteger),
    optional("format", Text),
)
Index(None, webhooks.c.organisation, webhooks.c.made_at)
Index(None, webhooks.c.state, webhooks.c.busy_until)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    required("webhook", Text, ForeignKey("webhooks.id")),
    required("event", Text),
    required("body", Text),
    required("made_at", BigInteger),
    required("state", Text),
    required("due_at", BigInteger),
    required("expires_at", BigInteger),
    required("attempts", Integer),
    optional("tried_at", BigInteger),
    optional("status", Integer),
    optional("failure", Text),
    optional("answer", Text),
    optional("resent_key", Text),
)
Index(None, notices.c.webhook, notices.c.state, notices.c.due_at)
Index(None, notices.c.webhook, notices.c.made_at, notices.c.id)
Index(None, notices.c.webhook, notices.c.state, notices.c.made_at, notices.c.id)
Index(None, notices.c.state, notices.c.tried_at)

notice_sources = Table(
    "notice_sources",
    metadata,
    Column("name", Text, primary_key=True),
    required("position", BigInteger),
)
