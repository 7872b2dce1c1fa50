"""Reviews of lots: submissions, steps, publications, and how many reviewers a province asks for."""

# ruff: noqa: S608 - names in the SQL are the migration's own

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only
from ledger.migrations.guards import make_guard, normalise_name, translate_rules

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("state IN ('submitted', 'approved')")
_KEPT = (
    *("id", "lot", "version", "organisation", "product", "record", "sha256", "reviewers"),
    *("submitted_by", "submitted_at"),
)


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "lot_submissions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reviewers", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reviewers BETWEEN 1 AND 2", name=op.f("ck_lot_submissions_reviewers")),
        sa.ForeignKeyConstraint(["lot"], ["lots.code"], name=op.f("fk_lot_submissions_lot")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_lot_submissions_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_submissions")),
    )
    op.create_index(
        "uq_lot_submissions_open",
        "lot_submissions",
        ["lot"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    for columns in (
        ["lot", "id"],
        ["submitted_at", "id"],
        *([name, "submitted_at", "id"] for name in ("state", "organisation", "product")),
        ["organisation", "state", "submitted_at", "id"],
    ):
        op.create_index(op.f(f"ix_lot_submissions_{'_'.join(columns)}"), "lot_submissions", columns)
    op.create_table(
        "lot_review_steps",
        sa.Column("submission", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audit", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"], ["lot_submissions.id"], name=op.f("fk_lot_review_steps_submission")
        ),
        sa.PrimaryKeyConstraint("submission", "n", name=op.f("pk_lot_review_steps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lot_publications",
        sa.Column("submission", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"], ["lot_submissions.id"], name=op.f("fk_lot_publications_submission")
        ),
        sa.ForeignKeyConstraint(["lot"], ["lots.code"], name=op.f("fk_lot_publications_lot")),
        sa.PrimaryKeyConstraint("submission", name=op.f("pk_lot_publications")),
    )
    op.create_index(
        op.f("ix_lot_publications_lot_submission"), "lot_publications", ["lot", "submission"]
    )
    op.create_table(
        "review_rules",
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("reviewers", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reviewers BETWEEN 1 AND 2", name=op.f("ck_review_rules_reviewers")),
        sa.PrimaryKeyConstraint("province", name=op.f("pk_review_rules")),
    )
    make_append_only({"lot_review_steps": ("submission", "n"), "lot_publications": ("submission",)})
    _guard_submissions()
    _guard_publications()


def _guard_submissions() -> None:
    """Keep what was submitted, and let no submission be decided twice."""
    changes = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)
    version = (
        "NOT EXISTS (SELECT 1 FROM lot_versions"
        " WHERE lot = NEW.lot AND version = NEW.version AND missing = '[]')"
    )
    make_guard(
        "lot_submissions_new",
        "lot_submissions",
        ("INSERT",),
        [
            ("NEW.state <> 'submitted'", "a new submission is not reviewed"),
            (version, "a complete version of a lot is submitted"),
        ],
    )
    make_guard(
        "lot_submissions_kept",
        "lot_submissions",
        ("UPDATE",),
        translate_rules(
            [
                (changes, "what was submitted never changes"),
                (
                    "OLD.state NOT IN ('submitted', 'approved') AND NEW.state <> OLD.state"
                    " AND NOT (OLD.state = 'returned' AND NEW.state = 'resubmitted')",
                    "a submission is decided once",
                ),
            ]
        ),
    )
    make_guard(
        "lot_submissions_stay",
        "lot_submissions",
        ("DELETE",),
        [("1 = 1", "a submission is never removed")],
    )


def _guard_publications() -> None:
    """Publish what as many other people approved as the submission asks for."""
    submission = "(SELECT {} FROM lot_submissions WHERE id = NEW.submission)"
    step = "FROM lot_review_steps WHERE submission = NEW.submission AND what = 'approve'"
    involved = " OR ".join(
        f"{normalise_name('step.actor')} = {normalise_name(name)}"
        for name in ("one.submitted_by", "version.actor", "coalesce(version.confirmed_by, '')")
    )
    make_guard(
        "lot_publications_reviewed",
        "lot_publications",
        ("INSERT",),
        translate_rules(
            [
                (
                    f"{submission.format('state')} IS DISTINCT FROM 'published'"
                    f" OR {submission.format('lot')} IS DISTINCT FROM NEW.lot"
                    f" OR {submission.format('version')} IS DISTINCT FROM NEW.version",
                    "what is published was submitted and approved",
                ),
                (
                    f"(SELECT count(DISTINCT {normalise_name('actor')}) {step})"
                    f" < {submission.format('reviewers')}",
                    "as many people review a record as its submission asks for",
                ),
                (
                    "EXISTS (SELECT 1 FROM lot_review_steps step"
                    " JOIN lot_submissions one ON one.id = step.submission"
                    " JOIN lot_versions version"
                    " ON version.lot = one.lot AND version.version = one.version"
                    " WHERE step.submission = NEW.submission AND step.what = 'approve'"
                    f" AND ({involved}))",
                    "a record is reviewed by other people than wrote it",
                ),
            ]
        ),
    )
