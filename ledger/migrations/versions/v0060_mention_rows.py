"""Mentions of parties as rows with a state, which lists and notices read."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table of the events that are there; nobody is told of these again."""
    op.create_table(
        "mentions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", _CODE_POINTS, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("teller", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'disputed', 'withdrawn')",
            name=op.f("ck_mentions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["teller"], ["organisations.id"], name=op.f("fk_mentions_teller_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
    )
    # An event of before has one state for all whom it names: that of the last answer.
    op.execute(
        "INSERT INTO mentions (id, key, at, event, teller, recorded_at, state)"
        " SELECT row_number() OVER (ORDER BY e.recorded_at, k.event, k.organisation, k.key),"
        " k.key, k.at, k.event, k.organisation, e.recorded_at,"
        " CASE WHEN EXISTS (SELECT 1 FROM epcis_errors x"
        " WHERE x.organisation = k.organisation AND x.event = k.event) THEN 'withdrawn'"
        " ELSE COALESCE((SELECT a.answer FROM mention_answers a"
        " WHERE a.event = k.event AND a.teller = k.organisation"
        " ORDER BY a.at DESC, a.n DESC LIMIT 1), 'open') END"
        " FROM epcis_keys k"
        " JOIN epcis_events e ON e.organisation = k.organisation AND e.id = k.event"
        " WHERE k.part = 'party'"
    )
    told = ("at", "event", "teller")
    for columns in (("key", *told), ("key", "state", *told), ("event", "teller")):
        op.create_index(op.f(f"ix_mentions_{'_'.join(columns)}"), "mentions", list(columns))
    op.create_index(op.f("ix_places_gln"), "places", ["gln"])
    for prefix in ("", "mail."):  # where somebody is told of events, they are told of these too
        op.execute(
            "INSERT INTO notice_sources (name, position)"  # noqa: S608 - names of this migration
            f" SELECT '{prefix}mentions', COALESCE(MAX(id), 0) FROM mentions"
            f" WHERE EXISTS (SELECT 1 FROM notice_sources WHERE name = '{prefix}audit')"
        )
