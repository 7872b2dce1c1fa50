"""Independent evidence for registered codes: pieces, their texts, and what became of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
)

from ledger.schema.columns import metadata, optional_column, required_column

code_evidence = Table(
    "code_evidence",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("code", Text, ForeignKey("registered_codes.code")),
    required_column("at", BigInteger),
    required_column("actor", Text),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("kind", Text),
    required_column("shows_from", Text),
    required_column("shows_until", Text),
    optional_column("maker", Text, ForeignKey("organisations.id")),
    required_column("media_type", Text),
    required_column("size", BigInteger),
    required_column("sha256", Text),
    optional_column("picture", Text),
    required_column("is_public", Boolean),
    required_column("texts_sha256", Text),
    required_column("request", Text),
    CheckConstraint("kind IN ('satellite', 'drone', 'radar', 'sensor', 'other')", name="kind"),
    CheckConstraint("shows_from <= shows_until", name="shows"),
    CheckConstraint("size > 0", name="size"),
)
Index(None, code_evidence.c.code, code_evidence.c.at, code_evidence.c.id)
Index(None, code_evidence.c.organisation, code_evidence.c.at, code_evidence.c.id)
Index(None, code_evidence.c.sha256)
Index(None, code_evidence.c.picture)

evidence_texts = Table(
    "evidence_texts",
    metadata,
    Column("evidence", Text, ForeignKey("code_evidence.id"), primary_key=True),
    required_column("source", Text),
    optional_column("licence", Text),
    optional_column("original", Text),
    optional_column("note", Text),
)

evidence_acts = Table(
    "evidence_acts",
    metadata,
    Column("evidence", Text, ForeignKey("code_evidence.id"), primary_key=True),
    Column("act", Text, primary_key=True),
    required_column("at", BigInteger),
    required_column("actor", Text),
    optional_column("reason", Text),
    CheckConstraint("act IN ('released', 'withdrawn', 'erased')", name="act"),
)

evidence_waiting = Table(
    "evidence_waiting",
    metadata,
    Column("evidence", Text, ForeignKey("code_evidence.id"), primary_key=True),
    optional_column("province", Text),
    required_column("at", BigInteger),
)
Index(None, evidence_waiting.c.at, evidence_waiting.c.evidence)
Index(None, evidence_waiting.c.province, evidence_waiting.c.at, evidence_waiting.c.evidence)
