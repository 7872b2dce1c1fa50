"""E-mail of people: their addresses, what waits to be told them, and the outbox of mails."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required_column("address", Text),
    required_column("language", Text),
    required_column("verified_at", BigInteger),
    required_column("state", Text),
    optional_column("failure", Text),
    optional_column("failed_at", BigInteger),
    required_column("choices", Text),
    required_column("level", Text),
    required_column("digest_hour", Integer),
    required_column("digest_at", BigInteger),
    required_column("rest_until", BigInteger),
)
Index(None, mail_addresses.c.state, mail_addresses.c.digest_at)

mail_requests = Table(
    "mail_requests",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required_column("address", Text),
    required_column("language", Text),
    required_column("sha256", Text),
    required_column("made_at", BigInteger),
    required_column("expires_at", BigInteger),
)

mail_waiting = Table(
    "mail_waiting",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    required_column("standing", Text),
    required_column("first", Text),
    required_column("since", BigInteger),
    required_column("count", Integer),
    required_column("items", Text),
)
Index(None, mail_waiting.c.mode, mail_waiting.c.since, mail_waiting.c.staff)

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    optional_column("staff", Text, ForeignKey("staff.id")),
    required_column("address", Text),
    required_column("purpose", Text),
    required_column("language", Text),
    optional_column("standing", Text),
    required_column("content", Text),
    required_column("made_at", BigInteger),
    required_column("state", Text),
    required_column("due_at", BigInteger),
    required_column("expires_at", BigInteger),
    required_column("busy_until", BigInteger),
    required_column("attempts", Integer),
    optional_column("tried_at", BigInteger),
    optional_column("status", Integer),
    optional_column("failure", Text),
    optional_column("answer", Text),
)
Index(None, mails.c.staff, mails.c.purpose, mails.c.made_at)
Index(None, mails.c.state, mails.c.due_at)
Index(None, mails.c.state, mails.c.made_at, mails.c.id)
Index(None, mails.c.made_at, mails.c.id)
Index(None, mails.c.state, mails.c.tried_at)
