"""Independent evidence for registered codes."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "code_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shows_from", sa.Text(), nullable=False),
        sa.Column("shows_until", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("texts_sha256", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('satellite', 'drone', 'radar', 'sensor', 'other')",
            name=op.f("ck_code_evidence_kind"),
        ),
        sa.CheckConstraint("shows_from <= shows_until", name=op.f("ck_code_evidence_shows")),
        sa.CheckConstraint("size > 0", name=op.f("ck_code_evidence_size")),
        sa.ForeignKeyConstraint(
            ["code"], ["registered_codes.code"], name=op.f("fk_code_evidence_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_code_evidence_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["maker"], ["organisations.id"], name=op.f("fk_code_evidence_maker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_evidence")),
    )
    op.create_index("ix_code_evidence_code_at_id", "code_evidence", ["code", "at", "id"])
    op.create_index("ix_code_evidence_sha256", "code_evidence", ["sha256"])
    op.create_index("ix_code_evidence_picture", "code_evidence", ["picture"])
    op.create_table(
        "evidence_texts",
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evidence"], ["code_evidence.id"], name=op.f("fk_evidence_texts_evidence")
        ),
        sa.PrimaryKeyConstraint("evidence", name=op.f("pk_evidence_texts")),
    )
    op.create_table(
        "evidence_acts",
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "act IN ('released', 'withdrawn', 'erased')", name=op.f("ck_evidence_acts_act")
        ),
        sa.ForeignKeyConstraint(
            ["evidence"], ["code_evidence.id"], name=op.f("fk_evidence_acts_evidence")
        ),
        sa.PrimaryKeyConstraint("evidence", "act", name=op.f("pk_evidence_acts")),
    )
    op.create_table(
        "evidence_waiting",
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence"], ["code_evidence.id"], name=op.f("fk_evidence_waiting_evidence")
        ),
        sa.PrimaryKeyConstraint("evidence", name=op.f("pk_evidence_waiting")),
    )
    op.create_index("ix_evidence_waiting_at_evidence", "evidence_waiting", ["at", "evidence"])
    op.create_index(
        "ix_evidence_waiting_province_at_evidence",
        "evidence_waiting",
        ["province", "at", "evidence"],
    )
    make_append_only({"code_evidence": ("id",), "evidence_acts": ("evidence", "act")})
