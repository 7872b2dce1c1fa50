"""Audit search: indexes of the audit log by person, act and time."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index(op.f("ix_audit_actor_seq"), "audit", ["actor", "seq"])
    op.create_index(op.f("ix_audit_action_seq"), "audit", ["action", "seq"])
    op.create_index(op.f("ix_audit_subject_seq"), "audit", ["subject", "seq"])
    op.drop_index(op.f("ix_audit_subject"), "audit")
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
