"""Subjects of alerts and decisions: rows about given stamps, batches, campaigns or codes."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Table, and_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.alerts.alert_record import CODE_ALERTS, AlertKey
from ledger.storage.row_lists import is_one_of


def match_subjects(
    connection: AsyncConnection, rows: Table, kind: str, keys: Collection[AlertKey]
) -> ColumnElement[bool]:
    """The condition on rows of alerts or decisions that they are of one kind and about `keys`."""
    if kind == "campaign" or kind in CODE_ALERTS:
        subjects: ColumnElement[bool] = rows.c.subject.in_([name for *_, name in keys])
    else:
        pairs = [(batch, idx) for _, batch, idx, _ in keys]
        subjects = is_one_of(connection, rows.c.batch, rows.c.idx, pairs)
    return and_(rows.c.kind == kind, subjects)
