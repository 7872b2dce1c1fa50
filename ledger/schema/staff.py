"""Accounts, sign-ins, tokens, sessions, proposals and drafts of forms."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from ledger.schema.columns import metadata, optional_column, required_column

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("name", Text),
    required_column("role", Text),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("password_hash", Text),
    optional_column("otp_secret", Text),
    required_column("disabled", Boolean),
    required_column("added_at", BigInteger),
    optional_column("added_by", Text),
    optional_column("confirmed_by", Text),
    optional_column("disabled_at", BigInteger),
    optional_column("erased_at", BigInteger),
)

Index(
    "ix_staff_departed",
    staff.c.id,
    sqlite_where=text("disabled = 1 AND erased_at IS NULL"),
    postgresql_where=text("disabled AND erased_at IS NULL"),
)
Index(None, staff.c.name, staff.c.id)
Index(None, staff.c.role, staff.c.name, staff.c.id)
Index(None, staff.c.organisation, staff.c.name, staff.c.id)
Index("uq_staff_normal_name", func.replace(func.lower(staff.c.id), " ", ""), unique=True)

staff_sign_in = Table(
    "staff_sign_in",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required_column("otp_step", BigInteger),
    required_column("generation", Integer),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("sha256", Text, primary_key=True),
    required_column("staff", Text, ForeignKey("staff.id")),
    required_column("made_at", BigInteger),
    optional_column("used_at", BigInteger),
)
Index(None, recovery_codes.c.staff)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("staff", Text, ForeignKey("staff.id")),
    required_column("label", Text),
    required_column("sha256", Text),
    required_column("made_at", BigInteger),
    optional_column("expires_at", BigInteger),
    optional_column("revoked_at", BigInteger),
    optional_column("kind", Text),
    optional_column("scopes", Text),
    optional_column("organisation", Text),
    optional_column("role", Text),
)
Index(None, staff_tokens.c.made_at, staff_tokens.c.id)
for _owner in (staff_tokens.c.staff, staff_tokens.c.organisation):
    Index(None, _owner, staff_tokens.c.made_at, staff_tokens.c.id)

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("account", Text, ForeignKey("staff.id")),
    required_column("sha256", Text),
    required_column("made_at", BigInteger),
    required_column("expires_at", BigInteger),
    optional_column("used_at", BigInteger),
)
Index(None, staff_invitations.c.account)

token_uses = Table(
    "token_uses",
    metadata,
    Column("token", Text, ForeignKey("staff_tokens.id"), primary_key=True),
    required_column("used_at", BigInteger),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("staff", Text, ForeignKey("staff.id")),
    required_column("generation", Integer),
    required_column("began_at", BigInteger),
    required_column("seen_at", BigInteger),
    optional_column("ended_at", BigInteger),
    required_column("browser", Text),
)
Index(None, staff_sessions.c.began_at, staff_sessions.c.id)
Index(None, staff_sessions.c.staff, staff_sessions.c.began_at, staff_sessions.c.id)

proposals = Table(
    "proposals",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("kind", Text),
    required_column("subject", Text),
    required_column("document", Text),
    optional_column("reason", Text),
    required_column("key", Text),
    required_column("requested_by", Text, ForeignKey("staff.id")),
    required_column("requested_at", BigInteger),
    optional_column("requested_system_user", Text),
    required_column("state", Text),
    optional_column("decided_by", Text, ForeignKey("staff.id")),
    optional_column("decided_at", BigInteger),
    optional_column("decided_system_user", Text),
    optional_column("used_at", BigInteger),
    optional_column("province", Text),
    UniqueConstraint("key"),
    CheckConstraint("decided_by <> requested_by", name="two_people"),
    CheckConstraint(
        "state IN ('open', 'withdrawn') OR (state IN ('approved', 'refused')"
        " AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="decided",
    ),
    CheckConstraint("used_at IS NULL OR state = 'approved'", name="used"),
)
Index(None, proposals.c.kind, proposals.c.subject)
Index(
    "uq_proposals_open",
    proposals.c.kind,
    proposals.c.subject,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
Index(None, proposals.c.state, proposals.c.id)
Index(None, proposals.c.province, proposals.c.id)
Index(None, proposals.c.requested_by, proposals.c.id)

form_drafts = Table(
    "form_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("owner", Text),
    required_column("kept_at", BigInteger),
    required_column("expires_at", BigInteger),
    required_column("content", LargeBinary),
)
Index(None, form_drafts.c.owner, form_drafts.c.kept_at)
Index(None, form_drafts.c.expires_at)
