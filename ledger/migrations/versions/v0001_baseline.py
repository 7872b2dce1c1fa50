"""Baseline: all tables, append-only history, scans by day and change notices on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import (
    make_append_only,
    notify_of_changes,
    partition_scans_by_day,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "transitions": ("seq",),
    "audit": ("seq",),
    "scans": ("batch", "idx", "at", "id"),
    "alert_events": ("alert", "n"),
    "reports": ("id",),
}
"""The append-only tables with their primary keys."""


def upgrade() -> None:
    """Make everything in an empty database."""
    _create_tables()
    make_append_only(_APPEND_ONLY, ignore_repeated=frozenset({"scans"}))
    if op.get_bind().dialect.name == "postgresql":
        partition_scans_by_day()
        notify_of_changes(
            {
                "transitions": "INSERT",
                "lots": "INSERT OR UPDATE",
                "decisions": "INSERT OR UPDATE",
                "devices": "INSERT OR UPDATE",
            }
        )


def _create_tables() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=True),
        sa.Column("expected_loss", sa.Float(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["previous"], ["alerts.id"], name=op.f("fk_alerts_previous")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        op.f("ix_alerts_state_expected_loss"), "alerts", ["state", "expected_loss"], unique=False
    )
    op.create_index(
        "uq_alerts_active",
        "alerts",
        ["kind", "batch", "idx", "campaign"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('dismissed', 'closed')"),
        postgresql_where=sa.text("state NOT IN ('dismissed', 'closed')"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.create_table(
        "batch_days",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scanned", sa.BigInteger(), nullable=False),
        sa.Column("anomalous", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "day", name=op.f("pk_batch_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chain_heads",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chain_heads")),
    )
    op.create_table(
        "lots",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("packing_house", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("packed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recalled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_lots")),
    )
    op.create_index(op.f("ix_lots_at_code"), "lots", ["at", "code"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "pin_attempts",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("net", sa.BigInteger(), nullable=True),
        sa.Column("other_device", sa.BigInteger(), nullable=True),
        sa.Column("other_net", sa.BigInteger(), nullable=True),
        sa.Column("others", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_other_at", sa.BigInteger(), nullable=True),
        sa.Column("reported", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("batch", "idx", name=op.f("pk_pin_attempts")),
        sqlite_with_rowid=False,
    )
    for name, column, condition in (
        ("others", "others", "others > 0"),
        ("unreported", "idx", "others > reported"),
    ):
        op.create_index(
            f"ix_pin_attempts_{name}",
            "pin_attempts",
            ["batch", column],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "product_days",
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("activated", sa.BigInteger(), nullable=False),
        sa.Column("scanned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("product", "day", name=op.f("pk_product_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_at"), "reports", ["at"], unique=False)
    op.create_index(op.f("ix_reports_batch_idx"), "reports", ["batch", "idx"], unique=False)
    op.create_table(
        "scan_counts",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "province", "verdict", name=op.f("pk_scan_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scans",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("net", sa.BigInteger(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("ward", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("agent_class", sa.Text(), nullable=True),
        sa.Column("first", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("anomalous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=True),
        sa.Column("weight", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("batch", "idx", "at", "id", name=op.f("pk_scans")),
        postgresql_partition_by="RANGE (at)",
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_scans_anomalous",
        "scans",
        ["batch", "anomalous", "idx"],
        unique=False,
        sqlite_where=sa.text("anomalous = 1"),
        postgresql_where=sa.text("anomalous"),
    )
    op.create_table(
        "alert_events",
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("scans", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_alert_events_alert")),
        sa.PrimaryKeyConstraint("alert", "n", name=op.f("pk_alert_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert_scans",
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("scan", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_alert_scans_alert")),
        sa.PrimaryKeyConstraint("alert", "scan", name=op.f("pk_alert_scans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert_stamps",
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_alert_stamps_alert")),
        sa.PrimaryKeyConstraint("alert", "batch", "idx", name=op.f("pk_alert_stamps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_decisions_alert")),
        sa.PrimaryKeyConstraint("kind", "batch", "idx", "campaign", name=op.f("pk_decisions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_decisions_seq"), "decisions", ["seq"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("has_pin", sa.Boolean(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("packer", sa.Text(), nullable=True),
        sa.Column("print_house", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["packer"], ["organisations.id"], name=op.f("fk_orders_packer")),
        sa.ForeignKeyConstraint(
            ["print_house"], ["organisations.id"], name=op.f("fk_orders_print_house")
        ),
        sa.ForeignKeyConstraint(["product"], ["products.id"], name=op.f("fk_orders_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_print_house"), "orders", ["print_house"], unique=False)
    op.create_index(
        op.f("ix_orders_requested_at_id"), "orders", ["requested_at", "id"], unique=False
    )
    op.create_table(
        "places",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("ward", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_places_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("otp_secret", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_staff_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_table(
        "batches",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("has_pin", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("count > 0 AND count <= 16777216", name=op.f("ck_batches_count")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_batches_order_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_batches")),
        sa.UniqueConstraint("key", name=op.f("uq_batches_key")),
    )
    op.create_index(op.f("ix_batches_order_id"), "batches", ["order_id"], unique=False)
    op.create_table(
        "staff_sign_in",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("otp_step", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_sign_in_staff")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_staff_sign_in")),
    )
    op.create_table(
        "staff_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_tokens_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_tokens")),
    )
    op.create_index(op.f("ix_staff_tokens_staff"), "staff_tokens", ["staff"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("code_expires_at", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["staff.id"], name=op.f("fk_devices_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_devices_code_sha256")),
        sa.UniqueConstraint("public_key", name=op.f("uq_devices_public_key")),
    )
    op.create_index(
        op.f("ix_devices_account_added_at"), "devices", ["account", "added_at"], unique=False
    )
    op.create_table(
        "spans",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("lo", sa.Integer(), nullable=False),
        sa.Column("hi", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("suspended_from", sa.Text(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("0 <= lo AND lo < hi", name=op.f("ck_spans_range")),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_spans_batch")),
        sa.PrimaryKeyConstraint("batch", "lo", name=op.f("pk_spans")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_spans_lot"), "spans", ["lot"], unique=False)
    op.create_table(
        "transitions",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("lo", sa.Integer(), nullable=False),
        sa.Column("hi", sa.Integer(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("0 <= lo AND lo < hi", name=op.f("ck_transitions_range")),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_transitions_batch")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_transitions")),
        sa.UniqueConstraint("key", "part", name=op.f("uq_transitions_key_part")),
    )
    op.create_index(op.f("ix_transitions_batch_seq"), "transitions", ["batch", "seq"], unique=False)
