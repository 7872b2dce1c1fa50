"""E-mail of people, the outbox of mails, and the levels that alerts reached."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Alerts that are there have reached no level: nobody is told of them."""
    op.create_table(
        "alert_levels",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert"], ["alerts.id"], name=op.f("fk_alert_levels_alert_alerts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_levels")),
        sa.UniqueConstraint("alert", "level", name=op.f("uq_alert_levels_alert_level")),
    )
    # Where there are webhooks, they are told of levels from now on.
    op.execute(
        "INSERT INTO notice_sources (name, position) SELECT 'alert_levels', 0"
        " WHERE EXISTS (SELECT 1 FROM notice_sources)"
    )
    op.create_table(
        "mail_addresses",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("digest_at", sa.BigInteger(), nullable=False),
        sa.Column("rest_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"], ["staff.id"], name=op.f("fk_mail_addresses_staff_staff")
        ),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_mail_addresses")),
    )
    _index("mail_addresses", "state", "digest_at")
    op.create_table(
        "mail_requests",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_mail_requests_staff_staff")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_mail_requests")),
    )
    op.create_table(
        "mail_waiting",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_mail_waiting_staff_staff")),
        sa.PrimaryKeyConstraint("staff", "kind", "source", "mode", name=op.f("pk_mail_waiting")),
    )
    _index("mail_waiting", "mode", "since", "staff")
    op.create_table(
        "mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("busy_until", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_mails_staff_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    _index("mails", "staff", "purpose", "made_at")
    _index("mails", "state", "due_at")
    _index("mails", "state", "made_at", "id")
    _index("mails", "made_at", "id")
    _index("mails", "state", "tried_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
