"""Erasure of personal data: accounts of people who left, pseudonyms of old scans and reports."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.guards import is_sqlite

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_IMPORTS = ("code_imports", "lot_imports", "diary_imports")
_GUARDED = ("scans", "reports")
_PSEUDONYMS = ("device", "net")
_YEAR_MS = 365 * 86_400_000


def upgrade() -> None:
    """Add the columns and indexes, and let pseudonyms of rows older than a year be emptied."""
    for name in ("disabled_at", "erased_at"):
        op.add_column("staff", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_staff_departed",
        "staff",
        ["id"],
        sqlite_where=sa.text("disabled = 1 AND erased_at IS NULL"),
        postgresql_where=sa.text("disabled AND erased_at IS NULL"),
    )
    for table in _IMPORTS:
        op.create_index(op.f(f"ix_{table}_applied_at_at"), table, ["applied_at", "at"])
    op.add_column(
        "batch_days",
        sa.Column("anonymous", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_batch_days_pseudonymous",
        "batch_days",
        ["day", "batch"],
        sqlite_where=sa.text("anonymous = 0"),
        postgresql_where=sa.text("NOT anonymous"),
    )
    op.create_index(
        "ix_reports_pseudonymous",
        "reports",
        ["at"],
        sqlite_where=sa.text("device IS NOT NULL OR net IS NOT NULL"),
        postgresql_where=sa.text("device IS NOT NULL OR net IS NOT NULL"),
    )
    op.create_index(op.f("ix_field_findings_actor_at"), "field_findings", ["actor", "at"])
    for table in _GUARDED:
        _allow_emptying(table)


def _allow_emptying(table: str) -> None:
    """Let an update of a row older than a year empty its pseudonyms, and nothing else."""
    if is_sqlite():
        columns = [row[1] for row in op.get_bind().execute(sa.text(f"PRAGMA table_info({table})"))]
        same = " AND ".join(
            f"NEW.{name} IS OLD.{name}" for name in columns if name not in _PSEUDONYMS
        )
        emptied = " AND ".join(f"NEW.{name} IS NULL" for name in _PSEUDONYMS)
        old = f"OLD.at < CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {_YEAR_MS}"
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({emptied} AND {old} AND {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    emptied = " ".join(f"OLD.{name} := NULL;" for name in _PSEUDONYMS)
    op.execute(
        f"""
        CREATE FUNCTION veritem_{table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE'
                AND OLD.at < (extract(epoch FROM now()) * 1000)::bigint - {_YEAR_MS} THEN
                {emptied}
                IF NEW IS NOT DISTINCT FROM OLD THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'VT001';
        END $$
        """
    )
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION veritem_{table}_append_only()"
    )
