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

from ledger.schema.columns import metadata, optional, required

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    required("name", Text),
    required("role", Text),
    optional("organisation", Text, ForeignKey("organisations.id")),
    required("password_hash", Text),
    optional("otp_secret", Text),
    required("disabled", Boolean),
    required("added_at", BigInteger),
    optional("added_by", Text),
    optional("confirmed_by", Text),
)

Index(None, staff.c.name, staff.c.id)
Index(None, staff.c.role, staff.c.name, staff.c.id)
Index(None, staff.c.organisation, staff.c.name, staff.c.id)
Index("uq_staff_normal_name", func.replace(func.lower(staff.c.id), " ", ""), unique=True)

staff_sign_in = Table(
    "staff_sign_in",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    required("otp_step", BigInteger),
    required("generation", Integer),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("sha256", Text, primary_key=True),
    required("staff", Text, ForeignKey("staff.id")),
    required("made_at", BigInteger),
    optional("used_at", BigInteger),
)
Index(None, recovery_codes.c.staff)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    required("staff", Text, ForeignKey("staff.id")),
    required("label", Text),
    required("sha256", Text),
    required("made_at", BigInteger),
    optional("expires_at", BigInteger),
    optional("revoked_at", BigInteger),
    optional("kind", Text),
    optional("scopes", Text),
    optional("organisation", Text),
    optional("role", Text),
)
Index(None, staff_tokens.c.made_at, staff_tokens.c.id)
for _owner in (staff_tokens.c.staff, staff_tokens.c.organisation):
    Index(None, _owner, staff_tokens.c.made_at, staff_tokens.c.id)

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    required("account", Text, ForeignKey("staff.id")),
    required("sha256", Text),
    required("made_at", BigInteger),
    required("expires_at", BigInteger),
    optional("used_at", BigInteger),
)
Index(None, staff_invitations.c.account)

token_uses = Table(
    "token_uses",
    metadata,
    Column("token", Text, ForeignKey("staff_tokens.id"), primary_key=True),
    required("used_at", BigInteger),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    required("staff", Text, ForeignKey("staff.id")),
    required("generation", Integer),
    required("began_at", BigInteger),
    required("seen_at", BigInteger),
    optional("ended_at", BigInteger),
    required("browser", Text),
)
Index(None, staff_sessions.c.began_at, staff_sessions.c.id)
Index(None, staff_sessions.c.staff, staff_sessions.c.began_at, staff_sessions.c.id)

proposals = Table(
    "proposals",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required("kind", Text),
    required("subject", Text),
    required("document", Text),
    optional("reason", Text),
    required("key", Text),
    required("requested_by", Text, ForeignKey("staff.id")),
    required("requested_at", BigInteger),
    optional("requested_system_user", Text),
    required("state", Text),
    optional("decided_by", Text, ForeignKey("staff.id")),
    optional("decided_at", BigInteger),
    optional("decided_system_user", Text),
    optional("used_at", BigInteger),
    optional("province", Text),
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
    required("owner", Text),
    required("kept_at", BigInteger),
    required("expires_at", BigInteger),
    required("content", LargeBinary),
)
Index(None, form_drafts.c.owner, form_drafts.c.kept_at)
Index(None, form_drafts.c.expires_at)
