"""The tables, one schema for SQLite and PostgreSQL.

Times are milliseconds since the epoch, UTC. Documents are canonical JSON as text, so that their
hash is the same on both engines. The tables in `HISTORY` are append-only: triggers refuse
UPDATE and DELETE.

`scans` is keyed by stamp, time and scan id: one index finds a stamp's scans in time order and
refuses a scan that comes twice. On PostgreSQL it is partitioned by day of `at`.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)

_CODEPOINTS: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, as SQLite compares text: what begins alike is together."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

HISTORY: Final = (
    "transitions",
    "audit",
    "scans",
    "alert_events",
    "alert_photos",
    "reports",
    "report_events",
    "lot_versions",
    "generations",
)
"""The append-only tables."""

DAY_MS: Final = 86_400_000
NO_DUE_DAY: Final = "9999-12-31"
"""The due day of batches whose order names none: lists by due day end with them."""


def _required(name: str, kind: Any, *rest: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=False)


def _optional(name: str, kind: Any, *rest: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=True)


organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    _required("kind", Text),
    _required("name", Text),
    _optional("public_key", Text),
    _optional("address", Text),
)
Index(None, organisations.c.name, organisations.c.id)
Index(None, organisations.c.kind, organisations.c.name, organisations.c.id)

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    _required("name", Text),
    _optional("gtin", Text),
    _optional("shelf_life_days", Integer),
    _optional("yield_t_per_ha", Float),
    _optional("fruit_kg", Float),
    _optional("kind", Text),
)

places = Table(
    "places",
    metadata,
    Column("id", Text, primary_key=True),
    _required("kind", Text),
    _required("name", Text),
    _optional("code", Text),
    _optional("province", Text),
    _optional("ward", Text),
    _optional("lat", Float),
    _optional("lon", Float),
    _optional("organisation", Text, ForeignKey("organisations.id")),
    _optional("gln", Text),
)
Index(None, places.c.code)
Index(None, places.c.name, places.c.id)
for _filter in ("kind", "organisation", "province"):
    Index(None, places.c[_filter], places.c.name, places.c.id)

registered_codes = Table(
    "registered_codes",
    metadata,
    Column("code", Text, primary_key=True),
    _required("search_key", Text),
    _required("kind", Text),
    _required("name", Text),
    _optional("organisation", Text, ForeignKey("organisations.id")),
    _optional("household", Text),
    _required("household_agreed", Boolean),
    _required("products", Text),
    _optional("hectares", Float),
    _optional("yield_t_per_ha", Float),
    _optional("province", Text),
    _optional("ward", Text),
    _optional("lat", Float),
    _optional("lon", Float),
    _required("markets", Text),
    _optional("valid_from", Text),
    _optional("valid_until", Text),
    _required("status", Text),
    _optional("status_reason", Text),
    _required("status_at", BigInteger),
    _required("status_by", Text),
    _required("version", Integer),
    _required("changed_at", BigInteger),
    _required("changed_by", Text),
    _optional("public_name", Text),
    _required("is_household", Boolean),
    _optional("public_household", Text),
    CheckConstraint("status IN ('active', 'suspended', 'revoked')", name="status"),
    CheckConstraint("status = 'active' OR status_reason IS NOT NULL", name="reason"),
    CheckConstraint("version > 0", name="version"),
)
Index(None, registered_codes.c.search_key)
Index(None, registered_codes.c.kind, registered_codes.c.code)
Index(None, registered_codes.c.status, registered_codes.c.code)
Index(None, registered_codes.c.province, registered_codes.c.code)
Index(None, registered_codes.c.organisation, registered_codes.c.code)
Index(None, registered_codes.c.valid_from)
Index(None, registered_codes.c.valid_until)

code_rules = Table(
    "code_rules",
    metadata,
    Column("kind", Text, primary_key=True),
    _required("is_registration_required", Boolean),
)


def _table_of_imports(name: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        _required("file_name", Text),
        _optional("document", Text),
        _required("counts", Text),
        _required("actor", Text),
        _required("at", BigInteger),
        _optional("applied_by", Text),
        _optional("applied_at", BigInteger),
    )
    Index(None, table.c.actor, table.c.at)
    return table


code_imports = _table_of_imports("code_imports")
lot_imports = _table_of_imports("lot_imports")

lot_codes = Table(
    "lot_codes",
    metadata,
    Column("lot", Text, ForeignKey("lots.code"), primary_key=True),
    Column("code", Text, primary_key=True),
    _required("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, lot_codes.c.code, lot_codes.c.at, lot_codes.c.lot)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    _required("count", BigInteger),
    _required("grade", Text),
    _required("has_pin", Boolean),
    _optional("product", Text, ForeignKey("products.id")),
    _optional("packer", Text, ForeignKey("organisations.id")),
    _optional("print_house", Text, ForeignKey("organisations.id")),
    _optional("note", Text),
    _required("requested_by", Text),
    _required("requested_at", BigInteger),
    _required("state", Text),
    _optional("decided_by", Text),
    _optional("decided_at", BigInteger),
    _optional("due_on", Text),
    _optional("excess_reason", Text),
    _optional("decision_reason", Text),
)

for _sort in (orders.c.requested_at, orders.c.count):
    Index(None, _sort, orders.c.id)
    for _filter in ("state", "product", "packer", "print_house", "requested_by"):
        Index(None, orders.c[_filter], _sort, orders.c.id)

for _filter in ("packer", "print_house", "requested_by"):
    Index(None, orders.c[_filter], orders.c.state, orders.c.requested_at, orders.c.id)

order_numbers = Table(
    "order_numbers",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    _required("year", Integer),
    _required("serial", Integer),
    UniqueConstraint("year", "serial"),
    CheckConstraint("serial > 0", name="serial"),
)
Index(None, order_numbers.c.serial)

order_quotas = Table(
    "order_quotas",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    _optional("stamps", BigInteger),
    _required("set_by", Text),
    _required("set_at", BigInteger),
    CheckConstraint("stamps >= 0", name="stamps"),
)

batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _required("order_id", Text, ForeignKey("orders.id")),
    _required("count", Integer),
    _required("grade", Text),
    _required("epoch", Integer),
    _required("host", Text),
    _optional("gtin", Text),
    _optional("product", Text),
    _required("has_pin", Boolean),
    _required("actor", Text),
    _required("at", BigInteger),
    _required("key", Text),
    _required("request", Text),
    _optional("manifest", LargeBinary),
    UniqueConstraint("key"),
    CheckConstraint("count > 0 AND count <= 16777216", name="count"),
)
Index(None, batches.c.order_id)

batch_parties = Table(
    "batch_parties",
    metadata,
    Column("number", Integer, ForeignKey("batches.number"), primary_key=True, autoincrement=False),
    _required("order_id", Text),
    _optional("product", Text),
    _optional("packer", Text),
    _optional("print_house", Text),
    _required("at", BigInteger),
    Column("due_on", Text, nullable=False, server_default=NO_DUE_DAY),
)
for _sort in (batch_parties.c.at, batch_parties.c.due_on):
    for _filter in ("product", "packer", "print_house", "order_id"):
        Index(None, batch_parties.c[_filter], _sort, batch_parties.c.number)
    Index(None, _sort, batch_parties.c.number)

lots = Table(
    "lots",
    metadata,
    Column("code", Text, primary_key=True),
    _required("version", Integer),
    _required("document", Text),
    _required("missing", Text),
    _optional("packing_house", Text),
    _optional("product", Text),
    _optional("packed_at", BigInteger),
    _optional("expires_at", BigInteger),
    _required("actor", Text),
    _required("at", BigInteger),
    _optional("recalled_at", BigInteger),
    _optional("organisation", Text),
)

Index(None, lots.c.at, lots.c.code)
Index(None, lots.c.organisation, lots.c.at, lots.c.code)
Index(None, lots.c.product, lots.c.at, lots.c.code)
Index(
    "ix_lots_incomplete",
    lots.c.at,
    lots.c.code,
    sqlite_where=text("missing <> '[]' AND recalled_at IS NULL"),
    postgresql_where=text("missing <> '[]' AND recalled_at IS NULL"),
)
Index(
    "ix_lots_recalled",
    lots.c.at,
    lots.c.code,
    sqlite_where=text("recalled_at IS NOT NULL"),
    postgresql_where=text("recalled_at IS NOT NULL"),
)

lot_versions = Table(
    "lot_versions",
    metadata,
    Column("lot", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _required("document", Text),
    _required("missing", Text),
    _optional("organisation", Text),
    _optional("product", Text),
    _optional("packing_house", Text),
    _optional("packed_at", BigInteger),
    _optional("expires_at", BigInteger),
    _required("actor", Text),
    _required("at", BigInteger),
    _required("is_correction", Boolean),
    _required("is_material", Boolean),
    _required("changed", Text),
    _optional("reason", Text),
    _optional("note", Text),
    _optional("confirmed_by", Text),
    _required("hash", Text),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("NOT is_correction OR reason IS NOT NULL", name="reason"),
    CheckConstraint(
        "NOT (is_correction AND is_material)"
        " OR (confirmed_by IS NOT NULL AND confirmed_by <> actor)",
        name="confirmed",
    ),
)

transitions = Table(
    "transitions",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _required("batch", Integer, ForeignKey("batches.number")),
    _required("lo", Integer),
    _required("hi", Integer),
    _required("transition", Text),
    _optional("lot", Text),
    _optional("reason", Text),
    _required("actor", Text),
    _required("at", BigInteger),
    _required("key", Text),
    _required("part", Integer),
    _required("request", Text),
    _optional("acted_at", BigInteger),
    _required("hash", Text),
    UniqueConstraint("key", "part"),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
)
Index(None, transitions.c.batch, transitions.c.seq)

spans = Table(
    "spans",
    metadata,
    Column("batch", Integer, ForeignKey("batches.number"), primary_key=True),
    Column("lo", Integer, primary_key=True),
    _required("hi", Integer),
    _required("state", Text),
    _optional("suspended_from", Text),
    _optional("lot", Text),
    _optional("reason", Text),
    _optional("activated_at", BigInteger),
    _required("changed_at", BigInteger),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
    sqlite_with_rowid=False,
)
Index(None, spans.c.lot)
Index(
    "ix_spans_waiting",
    spans.c.state,
    spans.c.batch,
    sqlite_where=text("state IN ('issued', 'printed')"),
    postgresql_where=text("state IN ('issued', 'printed')"),
)

scans = Table(
    "scans",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    _required("via", Text),
    _optional("device", BigInteger),
    _optional("net", BigInteger),
    _optional("lat", Float),
    _optional("lon", Float),
    _optional("accuracy_m", Float),
    _optional("province", Text),
    _optional("ward", Text),
    _optional("country", Text),
    _required("verdict", Text),
    _required("score", Float),
    _required("reasons", Text),
    _optional("agent_class", Text),
    Column("first", Boolean, nullable=False, server_default=false()),
    Column("anomalous", Boolean, nullable=False, server_default=false()),
    _optional("signed", Text),
    _optional("weight", Text),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at)",
)
Index(
    "ix_scans_anomalous",
    scans.c.batch,
    scans.c.anomalous,
    scans.c.idx,
    sqlite_where=text("anomalous = 1"),
    postgresql_where=text("anomalous"),
)

scan_counts = Table(
    "scan_counts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("province", Text, primary_key=True),
    Column("verdict", Text, primary_key=True),
    _required("scans", BigInteger),
    sqlite_with_rowid=False,
)

batch_days = Table(
    "batch_days",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _required("scanned", BigInteger),
    _required("anomalous", BigInteger),
    sqlite_with_rowid=False,
)

product_days = Table(
    "product_days",
    metadata,
    Column("product", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _required("activated", BigInteger),
    _required("scanned", BigInteger),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _required("kind", Text),
    _required("batch", Integer),
    _required("idx", Integer),
    _required("campaign", Text),
    _optional("previous", BigInteger, ForeignKey("alerts.id")),
    _required("state", Text),
    _optional("cause", Text),
    _optional("owner", Text),
    _required("score", Float),
    _required("reasons", Text),
    _required("scans", Integer),
    _required("stamps", Integer),
    _optional("counted", Text),
    _required("expected_loss", Float),
    _required("opened_at", BigInteger),
    _required("updated_at", BigInteger),
    _optional("product", Text),
    _optional("packer", Text),
    _optional("due_at", BigInteger),
    _optional("province", Text),
    Column("is_news", Boolean, nullable=False, server_default=false()),
)
Index(
    "uq_alerts_active",
    alerts.c.kind,
    alerts.c.batch,
    alerts.c.idx,
    alerts.c.campaign,
    unique=True,
    sqlite_where=text("state NOT IN ('dismissed', 'closed')"),
    postgresql_where=text("state NOT IN ('dismissed', 'closed')"),
)
for _sort in (alerts.c.expected_loss, alerts.c.opened_at):
    Index(None, _sort, alerts.c.id)
    for _filter in ("state", "kind", "product", "packer", "province"):
        Index(None, alerts.c[_filter], _sort, alerts.c.id)
    Index(
        f"ix_alerts_owner_{_sort.name}",
        alerts.c.owner,
        _sort,
        alerts.c.id,
        sqlite_where=text("owner IS NOT NULL"),
        postgresql_where=text("owner IS NOT NULL"),
    )
Index(None, alerts.c.batch, alerts.c.idx)
Index(None, alerts.c.batch, alerts.c.expected_loss, alerts.c.id)
Index(
    "ix_alerts_due",
    alerts.c.due_at,
    alerts.c.id,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
Index(
    "ix_alerts_news",
    alerts.c.expected_loss,
    alerts.c.id,
    sqlite_where=text("is_news"),
    postgresql_where=text("is_news"),
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    _required("at", BigInteger),
    _required("actor", Text),
    _required("what", Text),
    _required("state", Text),
    _optional("cause", Text),
    _optional("note", Text),
    _required("score", Float),
    _required("reasons", Text),
    _required("scans", Text),
    _optional("owner", Text),
    _optional("due_at", BigInteger),
    sqlite_with_rowid=False,
)

alert_photos = Table(
    "alert_photos",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    _required("at", BigInteger),
    _required("sha256", Text),
    _required("picture", LargeBinary),
)

alert_scans = Table(
    "alert_scans",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("scan", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

alert_stamps = Table(
    "alert_stamps",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("idx", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

decisions = Table(
    "decisions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("campaign", Text, primary_key=True),
    _required("alert", BigInteger, ForeignKey("alerts.id")),
    _required("confirmed", Boolean),
    _required("score", Float),
    _required("reasons", Text),
    _required("stamps", Integer),
    _required("at", BigInteger),
    _required("seq", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, decisions.c.seq)

pin_attempts = Table(
    "pin_attempts",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    _required("wrong", Integer),
    _optional("device", BigInteger),
    _optional("net", BigInteger),
    _optional("other_device", BigInteger),
    _optional("other_net", BigInteger),
    Column("others", Integer, nullable=False, server_default=text("0")),
    _optional("last_other_at", BigInteger),
    Column("reported", Integer, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)
Index(
    "ix_pin_attempts_others",
    pin_attempts.c.batch,
    pin_attempts.c.others,
    sqlite_where=text("others > 0"),
    postgresql_where=text("others > 0"),
)
Index(
    "ix_pin_attempts_unreported",
    pin_attempts.c.batch,
    pin_attempts.c.idx,
    sqlite_where=text("others > reported"),
    postgresql_where=text("others > reported"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    _required("batch", Integer),
    _required("idx", Integer),
    _required("at", BigInteger),
    _optional("device", BigInteger),
    _optional("province", Text),
    _required("text", Text),
    _optional("kind", Text),
    _optional("typed", Text),
    _optional("net", BigInteger),
    Column("crowded", Boolean, nullable=False, server_default=false()),
    _optional("language", Text),
    _optional("photo", Text),
)
Index(None, reports.c.batch, reports.c.idx)
Index(None, reports.c.at)
Index(
    "ix_reports_typed",
    reports.c.typed,
    sqlite_where=text("typed IS NOT NULL"),
    postgresql_where=text("typed IS NOT NULL"),
)

report_arrivals = Table(
    "report_arrivals",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    _required("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, report_arrivals.c.at)

report_contacts = Table(
    "report_contacts",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    _required("contact", Text),
    _required("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, report_contacts.c.at)

report_photos = Table(
    "report_photos",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    _required("state", Text),
    _optional("picture", LargeBinary),
    _required("at", BigInteger),
)
Index(None, report_photos.c.at)

report_groups = Table(
    "report_groups",
    metadata,
    Column("id", _CODEPOINTS, primary_key=True),
    _required("batch", Integer),
    _required("idx", Integer),
    _optional("typed", Text),
    _required("kind", Text),
    _required("source", Text),
    _optional("province", Text),
    _optional("product", Text),
    _optional("packer", Text),
    _required("state", Text),
    _optional("owner", Text),
    _required("reports", Integer),
    _required("networks", Integer),
    _required("first_at", BigInteger),
    _required("last_at", BigInteger),
    _optional("closed_at", BigInteger),
)
for _sort in (report_groups.c.last_at, report_groups.c.reports):
    Index(None, _sort, report_groups.c.id)
    for _filter in ("state", "kind", "source", "province", "product", "packer", "owner"):
        Index(None, report_groups.c[_filter], _sort, report_groups.c.id)
Index(None, report_groups.c.batch, report_groups.c.idx)

report_events = Table(
    "report_events",
    metadata,
    Column("report_group", _CODEPOINTS, ForeignKey("report_groups.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _required("at", BigInteger),
    _required("actor", Text),
    _required("state", Text),
    _optional("owner", Text),
    _optional("note", Text),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _required("at", BigInteger),
    _required("actor", Text),
    _required("action", Text),
    _required("subject", Text),
    _required("details", Text),
    _required("hash", Text),
)
Index(None, audit.c.actor, audit.c.seq)
Index(None, audit.c.action, audit.c.seq)
Index(None, audit.c.subject, audit.c.seq)
Index(None, audit.c.at, audit.c.seq)

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    _required("name", Text),
    _required("role", Text),
    _optional("organisation", Text, ForeignKey("organisations.id")),
    _required("password_hash", Text),
    _optional("otp_secret", Text),
    _required("disabled", Boolean),
    _required("added_at", BigInteger),
    _optional("added_by", Text),
    _optional("confirmed_by", Text),
)

Index(None, staff.c.name, staff.c.id)
Index(None, staff.c.role, staff.c.name, staff.c.id)
Index(None, staff.c.organisation, staff.c.name, staff.c.id)
Index("uq_staff_normal_name", func.replace(func.lower(staff.c.id), " ", ""), unique=True)

staff_sign_in = Table(
    "staff_sign_in",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    _required("otp_step", BigInteger),
    _required("generation", Integer),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("sha256", Text, primary_key=True),
    _required("staff", Text, ForeignKey("staff.id")),
    _required("made_at", BigInteger),
    _optional("used_at", BigInteger),
)
Index(None, recovery_codes.c.staff)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    _required("staff", Text, ForeignKey("staff.id")),
    _required("label", Text),
    _required("sha256", Text),
    _required("made_at", BigInteger),
    _optional("expires_at", BigInteger),
    _optional("revoked_at", BigInteger),
    _optional("kind", Text),
    _optional("scopes", Text),
)
Index(None, staff_tokens.c.staff)

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    _required("account", Text, ForeignKey("staff.id")),
    _required("sha256", Text),
    _required("made_at", BigInteger),
    _required("expires_at", BigInteger),
    _optional("used_at", BigInteger),
)
Index(None, staff_invitations.c.account)

token_uses = Table(
    "token_uses",
    metadata,
    Column("token", Text, ForeignKey("staff_tokens.id"), primary_key=True),
    _required("used_at", BigInteger),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    _required("staff", Text, ForeignKey("staff.id")),
    _required("generation", Integer),
    _required("began_at", BigInteger),
    _required("seen_at", BigInteger),
    _optional("ended_at", BigInteger),
    _required("browser", Text),
)
Index(None, staff_sessions.c.staff, staff_sessions.c.began_at)

proposals = Table(
    "proposals",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _required("kind", Text),
    _required("subject", Text),
    _required("document", Text),
    _optional("reason", Text),
    _required("key", Text),
    _required("requested_by", Text, ForeignKey("staff.id")),
    _required("requested_at", BigInteger),
    _optional("requested_system_user", Text),
    _required("state", Text),
    _optional("decided_by", Text, ForeignKey("staff.id")),
    _optional("decided_at", BigInteger),
    _optional("decided_system_user", Text),
    _optional("used_at", BigInteger),
    UniqueConstraint("key"),
    CheckConstraint("decided_by <> requested_by", name="two_people"),
    CheckConstraint(
        "state IN ('open', 'withdrawn') OR (state IN ('approved', 'refused')"
        " AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="decided",
    ),
    CheckConstraint("used_at IS NULL OR state = 'approved'", name="used"),
)
Index(None, proposals.c.kind, proposals.c.subject)
Index(
    "uq_proposals_open",
    proposals.c.kind,
    proposals.c.subject,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
Index(None, proposals.c.state, proposals.c.id)
Index(None, proposals.c.requested_by, proposals.c.id)

devices = Table(
    "devices",
    metadata,
    Column("id", Text, primary_key=True),
    _required("account", Text, ForeignKey("staff.id")),
    _required("kind", Text),
    _required("label", Text),
    _required("code_sha256", Text),
    _required("code_expires_at", BigInteger),
    _required("added_at", BigInteger),
    _optional("public_key", LargeBinary),
    _optional("enrolled_at", BigInteger),
    _optional("revoked_at", BigInteger),
    UniqueConstraint("code_sha256"),
    UniqueConstraint("public_key"),
)
Index(None, devices.c.account, devices.c.added_at)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("name", Text, primary_key=True),
    _required("seq", BigInteger),
    _required("hash", Text),
)

form_drafts = Table(
    "form_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    _required("owner", Text),
    _required("kept_at", BigInteger),
    _required("expires_at", BigInteger),
    _required("content", LargeBinary),
)
Index(None, form_drafts.c.owner, form_drafts.c.kept_at)
Index(None, form_drafts.c.expires_at)

print_keys = Table(
    "print_keys",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("public_key", Text, primary_key=True),
    _required("label", Text),
    _required("added_at", BigInteger),
    _required("added_by", Text),
    _optional("retired_at", BigInteger),
    _optional("retired_by", Text),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    _required("organisation", Text, ForeignKey("organisations.id")),
    _required("url", Text),
    _required("label", Text),
    _required("events", Text),
    _required("secret", Text),
    _optional("former_secret", Text),
    _optional("former_until", BigInteger),
    _required("state", Text),
    _required("made_at", BigInteger),
    _required("made_by", Text),
    _required("failures", Integer),
    _optional("failing_since", BigInteger),
    _required("busy_until", BigInteger),
)
Index(None, webhooks.c.organisation, webhooks.c.made_at)
Index(None, webhooks.c.state, webhooks.c.busy_until)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    _required("webhook", Text, ForeignKey("webhooks.id")),
    _required("event", Text),
    _required("body", Text),
    _required("made_at", BigInteger),
    _required("state", Text),
    _required("due_at", BigInteger),
    _required("expires_at", BigInteger),
    _required("attempts", Integer),
    _optional("tried_at", BigInteger),
    _optional("status", Integer),
    _optional("failure", Text),
    _optional("answer", Text),
)
Index(None, notices.c.webhook, notices.c.state, notices.c.due_at)
Index(None, notices.c.webhook, notices.c.made_at, notices.c.id)
Index(None, notices.c.webhook, notices.c.state, notices.c.made_at, notices.c.id)
Index(None, notices.c.state, notices.c.tried_at)

notice_sources = Table(
    "notice_sources",
    metadata,
    Column("name", Text, primary_key=True),
    _required("position", BigInteger),
)

print_proofs = Table(
    "print_proofs",
    metadata,
    Column("id", Text, primary_key=True),
    _required("batch", Integer, ForeignKey("batches.number")),
    _required("actor", Text),
    _required("at", BigInteger),
    _required("is_good", Boolean),
    _required("symbols", Integer),
    _required("findings", Text),
    _required("picture", LargeBinary),
)
Index(None, print_proofs.c.batch, print_proofs.c.at)

generations = Table(
    "generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _required("id", Text),
    _required("at", BigInteger),
    _required("cause", Text),
    UniqueConstraint("id"),
)

search_words = Table(
    "search_words",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("word", _CODEPOINTS, primary_key=True),
    Column("row", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Index(None, search_words.c.kind, search_words.c.row)
