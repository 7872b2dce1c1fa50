"""Recalls of the lots that name a registered code: the trigger knows their target."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.two_people import RECALLS

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the function of the trigger (PostgreSQL)."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        return
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    op.execute(RECALLS.format(schema=schema))
