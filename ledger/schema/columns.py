"""Metadata of all tables, and short forms of columns."""

from typing import Any, Final

from sqlalchemy import Column, MetaData, Text

CODE_POINTS: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, as SQLite compares text: what begins alike is together."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def required_column(name: str, kind: Any, *rest: Any) -> Column[Any]:
    """Build a column that is NOT NULL."""
    return Column(name, kind, *rest, nullable=False)


def optional_column(name: str, kind: Any, *rest: Any) -> Column[Any]:
    """Build a column that may be NULL."""
    return Column(name, kind, *rest, nullable=True)
