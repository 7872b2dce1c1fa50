"""Invitations of actors of the trade, whose accounts decide nothing."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.guards import is_sqlite
from ledger.migrations.two_people import let_invited_actors_in

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_KINDS = (
    *("grower", "buyer", "processor", "carrier"),
    *("distributor", "retailer", "laboratory", "certifier"),
)
_TABLE = "actor_invitations"


def upgrade() -> None:
    """Make the table; let an accepted invitation add an account."""
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.create_table(
        _TABLE,
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("id", "key", "kind", "inviter", "invited_by")
        ),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("name", "province", "code")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "sha256")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("secret", "phone", "phone_end")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("made_at", "expires_at", "changed_at")
        ),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("organisation", "account")),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_actor_invitations_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'withdrawn', 'expired')",
            name=op.f("ck_actor_invitations_state"),
        ),
        sa.CheckConstraint(
            "state <> 'accepted' OR (organisation IS NOT NULL AND account IS NOT NULL)",
            name=op.f("ck_actor_invitations_accepted"),
        ),
        sa.CheckConstraint(
            "state = 'open' OR (secret IS NULL AND phone IS NULL)",
            name=op.f("ck_actor_invitations_erased"),
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["staff.id"], name=op.f("fk_actor_invitations_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["code"], ["registered_codes.code"], name=op.f("fk_actor_invitations_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_actor_invitations_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_invitations")),
    )
    for name in ("key", "sha256"):
        op.create_index(f"uq_{_TABLE}_{name}", _TABLE, [name], unique=True)
    for columns in (
        ("inviter", "made_at", "id"),
        ("inviter", "state", "made_at", "id"),
        ("state", "expires_at"),
    ):
        op.create_index(op.f(f"ix_{_TABLE}_{'_'.join(columns)}"), _TABLE, list(columns))
    if not is_sqlite():
        let_invited_actors_in(_KINDS)
