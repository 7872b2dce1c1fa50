"""Indexes: evidence by its sender's organisation, and imports of invitations that were applied."""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index(
        "ix_code_evidence_organisation_at_id", "code_evidence", ["organisation", "at", "id"]
    )
    op.create_index(
        "ix_invitation_imports_applied_at_at", "invitation_imports", ["applied_at", "at"]
    )
