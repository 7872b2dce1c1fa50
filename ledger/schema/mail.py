"""E-mail of people: their addresses, what waits to be told them, and the outbox of mails."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional, required

mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required("address", Text),
    required("language", Text),
    required("verified_at", BigInteger),
    required("state", Text),
    optional("failure", Text),
    optional("failed_at", BigInteger),
    required("choices", Text),
    required("level", Text),
    required("digest_hour", Integer),
    required("digest_at", BigInteger),
    required("rest_until", BigInteger),
)
Index(None, mail_addresses.c.state, mail_addresses.c.digest_at)

mail_requests = Table(
    "mail_requests",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required("address", Text),
    required("language", Text),
    required("sha256", Text),
    required("made_at", BigInteger),
    required("expires_at", BigInteger),
)

mail_waiting = Table(
    "mail_waiting",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    required("standing", Text),
    required("first", Text),
    required("since", BigInteger),
    required("count", Integer),
    required("items", Text),
)
Index(None, mail_waiting.c.mode, mail_waiting.c.since, mail_waiting.c.staff)

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    optional("staff", Text, ForeignKey("staff.id")),
    required("address", Text),
    required("purpose", Text),
    required("language", Text),
    optional("standing", Text),
    required("content", Text),
    required("made_at", BigInteger),
    required("state", Text),
    required("due_at", BigInteger),
    required("expires_at", BigInteger),
    required("busy_until", BigInteger),
    required("attempts", Integer),
    optional("tried_at", BigInteger),
    optional("status", Integer),
    optional("failure", Text),
    optional("answer", Text),
)
Index(None, mails.c.staff, mails.c.purpose, mails.c.made_at)
Index(None, mails.c.state, mails.c.due_at)
Index(None, mails.c.state, mails.c.made_at, mails.c.id)
Index(None, mails.c.made_at, mails.c.id)
Index(None, mails.c.state, mails.c.tried_at)
