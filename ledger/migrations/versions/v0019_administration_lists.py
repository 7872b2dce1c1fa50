"""Lists of administrators: indexes of people, organisations and the audit log."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    for table, *columns in (
        ("organisations", "name", "id"),
        ("organisations", "kind", "name", "id"),
        ("staff", "name", "id"),
        ("staff", "role", "name", "id"),
        ("staff", "organisation", "name", "id"),
        ("audit", "at", "seq"),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    op.drop_index(op.f("ix_audit_at"), "audit")
