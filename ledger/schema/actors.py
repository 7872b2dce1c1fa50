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

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column
from ledger.trade_kinds import TRADE_KINDS

actor_invitations = Table(
    "actor_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("key", Text),
    required_column("kind", Text),
    required_column("inviter", Text),
    required_column("invited_by", Text, ForeignKey("staff.id")),
    optional_column("name", Text),
    optional_column("province", Text),
    optional_column("code", Text, ForeignKey("registered_codes.code")),
    required_column("state", Text),
    required_column("sha256", Text),
    optional_column("secret", Text),
    optional_column("phone", Text),
    optional_column("phone_end", Text),
    required_column("made_at", BigInteger),
    required_column("expires_at", BigInteger),
    required_column("changed_at", BigInteger),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    optional_column("account", Text),
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

mentions = Table(
    "mentions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("key", CODE_POINTS),
    required_column("at", BigInteger),
    required_column("event", CODE_POINTS),
    required_column("teller", Text, ForeignKey("organisations.id")),
    required_column("recorded_at", BigInteger),
    required_column("state", Text),
    CheckConstraint("state IN ('open', 'confirmed', 'disputed', 'withdrawn')", name="state"),
)
_told = (mentions.c.at, mentions.c.event, mentions.c.teller)
Index(None, mentions.c.key, *_told)
Index(None, mentions.c.key, mentions.c.state, *_told)
Index(None, mentions.c.event, mentions.c.teller)

mention_answers = Table(
    "mention_answers",
    metadata,
    Column("event", CODE_POINTS, primary_key=True),
    Column("teller", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("answer", Text),
    optional_column("note", Text),
    CheckConstraint("answer IN ('confirmed', 'disputed')", name="answer"),
    CheckConstraint("answer = 'confirmed' OR note IS NOT NULL", name="note"),
    sqlite_with_rowid=False,
)
