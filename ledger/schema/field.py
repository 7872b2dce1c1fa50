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

from ledger.schema.columns import metadata, optional, required

field_snapshots = Table(
    "field_snapshots",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    required("base", Integer),
    required("at", BigInteger),
    required("codes", BigInteger),
    required("size", Integer),
    required("content", LargeBinary),
    optional("ranges", LargeBinary),
)

field_phones = Table(
    "field_phones",
    metadata,
    Column("id", Text, primary_key=True),
    required("account", Text, ForeignKey("staff.id")),
    required("label", Text),
    required("secret_sha256", Text),
    optional("session", Text),
    required("added_at", BigInteger),
    required("seen_at", BigInteger),
    optional("shut_at", BigInteger),
    optional("shut_by", Text),
)
Index(None, field_phones.c.account, field_phones.c.added_at)

field_findings = Table(
    "field_findings",
    metadata,
    Column("id", Text, primary_key=True),
    required("at", BigInteger),
    required("found_at", BigInteger),
    required("actor", Text),
    optional("phone", Text),
    required("kind", Text),
    optional("batch", Integer),
    optional("idx", Integer),
    required("typed", Text),
    optional("host", Text),
    optional("note", Text),
    optional("lat", Float),
    optional("lon", Float),
    optional("province", Text),
    optional("answer", Text),
    optional("wish", Text),
    optional("outcome", Text),
    required("state", Text),
    optional("handled_by", Text),
    optional("handled_at", BigInteger),
    optional("handled_note", Text),
    required("request", Text),
)
Index(None, field_findings.c.found_at, field_findings.c.id)
for _filter in ("state", "kind", "actor", "province"):
    Index(None, field_findings.c[_filter], field_findings.c.found_at, field_findings.c.id)
Index(None, field_findings.c.batch, field_findings.c.idx)

finding_photos = Table(
    "finding_photos",
    metadata,
    Column("finding", Text, ForeignKey("field_findings.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    required("sha256", Text),
    required("picture", LargeBinary),
)
