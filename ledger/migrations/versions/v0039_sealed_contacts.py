"""Contacts of reports are sealed, and an answer says how it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns; the desk seals the contacts that there are when it starts."""
    op.add_column("report_contacts", sa.Column("sealed_with", sa.Text(), nullable=True))
    op.add_column("report_events", sa.Column("channel", sa.Text(), nullable=True))
