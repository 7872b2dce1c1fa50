"""Webhooks and the outbox of messages."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("url", Text),
    required_column("label", Text),
    required_column("events", Text),
    required_column("secret", Text),
    optional_column("former_secret", Text),
    optional_column("former_until", BigInteger),
    required_column("state", Text),
    required_column("made_at", BigInteger),
    required_column("made_by", Text),
    required_column("failures", Integer),
    optional_column("failing_since", BigInteger),
    required_column("busy_until", BigInteger),
    optional_column("format", Text),
)
Index(None, webhooks.c.organisation, webhooks.c.made_at)
Index(None, webhooks.c.state, webhooks.c.busy_until)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("webhook", Text, ForeignKey("webhooks.id")),
    required_column("event", Text),
    required_column("body", Text),
    required_column("made_at", BigInteger),
    required_column("state", Text),
    required_column("due_at", BigInteger),
    required_column("expires_at", BigInteger),
    required_column("attempts", Integer),
    optional_column("tried_at", BigInteger),
    optional_column("status", Integer),
    optional_column("failure", Text),
    optional_column("answer", Text),
    optional_column("resent_key", Text),
)
Index(None, notices.c.webhook, notices.c.state, notices.c.due_at)
Index(None, notices.c.webhook, notices.c.made_at, notices.c.id)
Index(None, notices.c.webhook, notices.c.state, notices.c.made_at, notices.c.id)
Index(None, notices.c.state, notices.c.tried_at)

notice_sources = Table(
    "notice_sources",
    metadata,
    Column("name", Text, primary_key=True),
    required_column("position", BigInteger),
)
