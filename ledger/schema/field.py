"""Field checks: snapshots for phones without a network, phones, and findings with their photos."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from ledger.schema.columns import metadata, optional_column, required_column

field_snapshots = Table(
    "field_snapshots",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    required_column("base", Integer),
    required_column("at", BigInteger),
    required_column("codes", BigInteger),
    required_column("size", Integer),
    required_column("content", LargeBinary),
    optional_column("ranges", LargeBinary),
)

field_phones = Table(
    "field_phones",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("account", Text, ForeignKey("staff.id")),
    required_column("label", Text),
    required_column("secret_sha256", Text),
    optional_column("session", Text),
    required_column("added_at", BigInteger),
    required_column("seen_at", BigInteger),
    optional_column("shut_at", BigInteger),
    optional_column("shut_by", Text),
)
Index(None, field_phones.c.account, field_phones.c.added_at)

field_findings = Table(
    "field_findings",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("at", BigInteger),
    required_column("found_at", BigInteger),
    required_column("actor", Text),
    optional_column("phone", Text),
    required_column("kind", Text),
    optional_column("batch", Integer),
    optional_column("idx", Integer),
    required_column("typed", Text),
    optional_column("host", Text),
    optional_column("note", Text),
    optional_column("lat", Float),
    optional_column("lon", Float),
    optional_column("province", Text),
    optional_column("answer", Text),
    optional_column("wish", Text),
    optional_column("outcome", Text),
    required_column("state", Text),
    optional_column("handled_by", Text),
    optional_column("handled_at", BigInteger),
    optional_column("handled_note", Text),
    required_column("request", Text),
)
Index(None, field_findings.c.actor, field_findings.c.at)
Index(None, field_findings.c.found_at, field_findings.c.id)
for _filter in ("state", "kind", "actor", "province"):
    Index(None, field_findings.c[_filter], field_findings.c.found_at, field_findings.c.id)
Index(None, field_findings.c.batch, field_findings.c.idx)

finding_photos = Table(
    "finding_photos",
    metadata,
    Column("finding", Text, ForeignKey("field_findings.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    required_column("sha256", Text),
    required_column("picture", LargeBinary),
)
