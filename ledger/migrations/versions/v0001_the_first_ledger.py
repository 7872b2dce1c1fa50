"""The first ledger: all tables, append-only triggers, and scans by day on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEYS = {
    "transitions": ("seq",),
    "audit": ("seq",),
    "scans": ("batch", "idx", "at", "id"),
    "alert_events": ("alert", "n"),
    "reports": ("id",),
}
"""The append-only tables and what a row of each is known by."""


def upgrade() -> None:
    """Make everything in an empty database."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("expected_loss", sa.Float(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        op.f("ix_alerts_state_expected_loss"), "alerts", ["state", "expected_loss"], unique=False
    )
    op.create_index(
        "uq_alerts_living",
        "alerts",
        ["kind", "batch", "idx"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
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
        "chains",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chains")),
    )
    op.create_table(
        "claims",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch", "idx", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
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
        sa.PrimaryKeyConstraint("code", name=op.f("pk_lots")),
    )
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
        sa.PrimaryKeyConstraint("batch", "idx", "at", "id", name=op.f("pk_scans")),
        postgresql_partition_by="RANGE (at)",
        sqlite_with_rowid=False,
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
        sa.CheckConstraint("0 <= lo AND lo < hi", name=op.f("ck_transitions_run")),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_transitions_batch")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_transitions")),
        sa.UniqueConstraint("key", "part", name=op.f("uq_transitions_key_part")),
    )
    op.create_index(op.f("ix_transitions_batch_seq"), "transitions", ["batch", "seq"], unique=False)
    op.create_table(
        "spans",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("lo", sa.Integer(), nullable=False),
        sa.Column("hi", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("0 <= lo AND lo < hi", name=op.f("ck_spans_run")),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_spans_batch")),
        sa.PrimaryKeyConstraint("batch", "lo", name=op.f("pk_spans")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_spans_lot"), "spans", ["lot"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()
        _scans_by_day()


def _guard_on_sqlite() -> None:
    """UPDATE and DELETE of history abort; so does REPLACE, which deletes without a trigger."""
    for table, keys in _KEYS.items():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
        # Scans come twice as a matter of course: the second is ignored, not refused.
        refuse = "IGNORE" if table == "scans" else f"ABORT, '{table} is append-only'"
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - names from above
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} "
            f"BEGIN SELECT RAISE({refuse}); END"
        )


def _guard_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION veritem_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'VT001';
        END $$
        """
    )
    for table in _KEYS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION veritem_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION veritem_append_only()"
        )


def _scans_by_day() -> None:
    """A function makes the partition of a day, so that its caller needs no right to make tables.

    Days are counted from the epoch, UTC. An old day is given up by DROP TABLE of its partition.
    """
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    # It runs with its owner's rights, so nobody's own schema may come before ours in the search.
    op.execute(
        f"""
        CREATE FUNCTION veritem_scan_day(day integer) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        DECLARE
            name text := 'scans_' || to_char(date '1970-01-01' + day, 'YYYYMMDD');
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('veritem_scan_day'));
            IF to_regclass(name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF scans FOR VALUES FROM (%s) TO (%s)',
                    name, day * 86400000::bigint, (day + 1) * 86400000::bigint
                );
            END IF;
        END $$
        """
    )
