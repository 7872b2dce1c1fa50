"""Messages that are sent again: the key of the last request, so that it is carried out once."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("notices", sa.Column("resent_key", sa.Text(), nullable=True))
