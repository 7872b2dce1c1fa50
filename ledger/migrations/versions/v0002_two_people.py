"""Proposals that a second person decides, accounts that a second person confirms."""

import sqlalchemy as sa
from alembic import op

from ledger.account_names import find_collisions
from ledger.migrations.audit_entries import append_entries, read_head
from ledger.migrations.two_people import require_two_people
from ledger.proposals.deciding_account import RULE_BEGINS
from ledger.storage.storage_errors import AccountNamesCollide

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of proposals, and who added and confirmed an account.

    Accounts that exist keep both columns empty: they are older than the rule and stay confirmed.
    Raises `AccountNamesCollide`, with all pairs, when two of them are spellings of one name.
    """
    bind = op.get_bind()
    collisions = find_collisions(bind.scalars(sa.text("SELECT id FROM staff")))
    if collisions:
        pairs = "; ".join(" and ".join(map(repr, group)) for group in collisions)
        raise AccountNamesCollide(detail=pairs)
    op.add_column("staff", sa.Column("added_by", sa.Text(), nullable=True))
    op.add_column("staff", sa.Column("confirmed_by", sa.Text(), nullable=True))
    op.add_column("staff_tokens", sa.Column("kind", sa.Text(), nullable=True))
    op.create_index(
        "uq_staff_normal_name", "staff", [sa.text("replace(lower(id), ' ', '')")], unique=True
    )
    _create_proposals()
    _note_history(bind)
    if bind.dialect.name == "postgresql":
        require_two_people()


def _note_history(bind: sa.Connection) -> None:
    """Record what is older than the rule, so that `audit verify` does not judge it by the rule."""
    transitions, _ = read_head(bind, "transitions")
    audits, _ = read_head(bind, "audit")
    rows = bind.execute(sa.text("SELECT id, role, organisation FROM staff ORDER BY id"))
    accounts = {row.id: [row.role, row.organisation] for row in rows}
    if transitions or audits or accounts:
        details = {"transitions": transitions, "accounts": accounts}
        append_entries(bind, "migration 0002", RULE_BEGINS, [("rules:two-people", details)])


def _create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("requested_system_user", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_system_user", sa.Text(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_proposals_two_people")),
        sa.CheckConstraint(
            "state IN ('open', 'withdrawn') OR (state IN ('approved', 'refused')"
            " AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_proposals_decided"),
        ),
        sa.CheckConstraint("used_at IS NULL OR state = 'approved'", name=op.f("ck_proposals_used")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_proposals_decided_by")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["staff.id"], name=op.f("fk_proposals_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("key", name=op.f("uq_proposals_key")),
    )
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_proposals_state_id"), "proposals", ["state", "id"], unique=False)
    op.create_index(
        op.f("ix_proposals_requested_by_id"), "proposals", ["requested_by", "id"], unique=False
    )
