"""Actors of the trade: invitations, and what they answer to events that name them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from ledger.schema.columns import CODE_POINTS, metadata, optional, required
from ledger.trade_kinds import TRADE_KINDS

actor_invitations = Table(
    "actor_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    required("key", Text),
    required("kind", Text),
    required("inviter", Text),
    required("invited_by", Text, ForeignKey("staff.id")),
    optional("name", Text),
    optional("province", Text),
    optional("code", Text, ForeignKey("registered_codes.code")),
    required("state", Text),
    required("sha256", Text),
    optional("secret", Text),
    optional("phone", Text),
    optional("phone_end", Text),
    required("made_at", BigInteger),
    required("expires_at", BigInteger),
    required("changed_at", BigInteger),
    optional("organisation", Text, ForeignKey("organisations.id")),
    optional("account", Text),
    CheckConstraint(
        f"kind IN ({', '.join(repr(kind) for kind in TRADE_KINDS)})",
        name="kind",
    ),
    CheckConstraint("state IN ('open', 'accepted', 'withdrawn', 'expired')", name="state"),
    CheckConstraint(
        "state <> 'accepted' OR (organisation IS NOT NULL AND account IS NOT NULL)",
        name="accepted",
    ),
    CheckConstraint("state = 'open' OR (secret IS NULL AND phone IS NULL)", name="erased"),
)
Index("uq_actor_invitations_key", actor_invitations.c.key, unique=True)
Index("uq_actor_invitations_sha256", actor_invitations.c.sha256, unique=True)
for _order in (
    (actor_invitations.c.inviter,),
    (actor_invitations.c.inviter, actor_invitations.c.state),
):
    Index(None, *_order, actor_invitations.c.made_at, actor_invitations.c.id)
Index(None, actor_invitations.c.state, actor_invitations.c.expires_at)

mention_answers = Table(
    "mention_answers",
    metadata,
    Column("event", CODE_POINTS, primary_key=True),
    Column("teller", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    required("at", BigInteger),
    required("actor", Text),
    required("answer", Text),
    optional("note", Text),
    CheckConstraint("answer IN ('confirmed', 'disputed')", name="answer"),
    CheckConstraint("answer = 'confirmed' OR note IS NOT NULL", name="note"),
    sqlite_with_rowid=False,
)
