"""Organisations that are disabled, tokens that belong to organisations, lists of both."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.guards import is_sqlite, make_guard
from ledger.migrations.two_people import require_enabled_organisations

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and indexes, and let two people enable an organisation again."""
    op.add_column("organisations", sa.Column("disabled_at", sa.BigInteger(), nullable=True))
    op.add_column("staff_tokens", sa.Column("organisation", sa.Text(), nullable=True))
    op.add_column("staff_tokens", sa.Column("role", sa.Text(), nullable=True))
    for table, *columns in (
        ("staff_tokens", "made_at", "id"),
        ("staff_tokens", "staff", "made_at", "id"),
        ("staff_tokens", "organisation", "made_at", "id"),
        ("staff_sessions", "began_at", "id"),
        ("staff_sessions", "staff", "began_at", "id"),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    op.drop_index(op.f("ix_staff_tokens_staff"), "staff_tokens")
    op.drop_index(op.f("ix_staff_sessions_staff_began_at"), "staff_sessions")
    make_guard(
        "organisations_enabled",
        "organisations",
        ("UPDATE",),
        [
            (
                "OLD.disabled_at IS NOT NULL AND NEW.disabled_at IS NULL AND NOT EXISTS ("
                "SELECT 1 FROM proposals WHERE kind = 'organisation.enable'"
                " AND subject = 'organisations:' || NEW.id AND state = 'approved'"
                " AND used_at IS NULL)",
                "a second person enables an organisation",
            )
        ],
    )
    if not is_sqlite():
        require_enabled_organisations()
