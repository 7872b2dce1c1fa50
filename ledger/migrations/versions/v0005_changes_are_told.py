"""Transitions and lots tell those who listen (PostgreSQL) that they changed."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Notify `veritem_changes` at the commit of whatever wrote a transition or a lot."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        """
        CREATE FUNCTION veritem_tell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NOTIFY veritem_changes;
            RETURN NULL;
        END $$
        """
    )
    for table, verbs in (("transitions", "INSERT"), ("lots", "INSERT OR UPDATE")):
        op.execute(
            f"CREATE TRIGGER {table}_tell AFTER {verbs} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION veritem_tell()"
        )
