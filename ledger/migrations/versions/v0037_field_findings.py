"""Phones of field checks, and the findings of inspectors with their photos."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "field_phones",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("shut_at", sa.BigInteger(), nullable=True),
        sa.Column("shut_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["staff.id"], name=op.f("fk_field_phones_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_phones")),
    )
    op.create_index(
        op.f("ix_field_phones_account_added_at"), "field_phones", ["account", "added_at"]
    )
    op.create_table(
        "field_findings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=True),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.Text(), nullable=True),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.Column("handled_note", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_findings")),
    )
    op.create_index(op.f("ix_field_findings_found_at_id"), "field_findings", ["found_at", "id"])
    for column in ("state", "kind", "actor", "province"):
        op.create_index(
            op.f(f"ix_field_findings_{column}_found_at_id"),
            "field_findings",
            [column, "found_at", "id"],
        )
    op.create_index(op.f("ix_field_findings_batch_idx"), "field_findings", ["batch", "idx"])
    op.create_table(
        "finding_photos",
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding"], ["field_findings.id"], name=op.f("fk_finding_photos_finding")
        ),
        sa.PrimaryKeyConstraint("finding", "place", name=op.f("pk_finding_photos")),
    )
    make_append_only({"finding_photos": ("finding", "place")})
