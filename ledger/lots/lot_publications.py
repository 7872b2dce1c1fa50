"""Publications of lots: what is published of a lot, and the statement of who vouches for it.

A publication is written with the last approval that its submission needs
(`ledger.lots.lot_submissions`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import read_head, record_row_change
from ledger.chains.hash_chain import to_canonical_json
from ledger.lots.lot_submission import (
    STATEMENT_FORMAT,
    Publication,
    ReviewAct,
    ReviewStep,
    Submission,
    publication_from_row,
)
from ledger.record.quoted_events import describe_quoted_events
from stamps.timestamps import format_rfc3339

Sign = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Signs the statement of a publication; called inside the transaction."""

_SUBMISSIONS: Final = schema.lot_submissions
_PUBLICATIONS: Final = schema.lot_publications


async def find_publication(connection: AsyncConnection, lot: str) -> Publication | None:
    """Return what is published of a lot inside the caller's transaction."""
    return await select_publication(connection, _PUBLICATIONS.c.lot == lot)


async def select_publication(connection: AsyncConnection, condition: Any) -> Publication | None:
    """Return the last publication that meets a condition; None if there is none."""
    query = (
        select(_PUBLICATIONS, _SUBMISSIONS.c.record, _SUBMISSIONS.c.sha256)
        .join(_SUBMISSIONS, _SUBMISSIONS.c.id == _PUBLICATIONS.c.submission)
        .where(condition)
        .order_by(_PUBLICATIONS.c.submission.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else publication_from_row(row)


async def publish(
    connection: AsyncConnection,
    submission: Submission,
    steps: list[ReviewStep],
    sign: Sign,
    actor: str,
    at: int,
) -> None:
    """Write the signed publication of a submission, whose last step approved it."""
    by_act = {what: [step for step in steps if step.what is what] for what in ReviewAct}
    seq, head = await read_head(connection, schema.audit.name)
    names = await _find_names(connection, steps)
    statement = {
        "format": STATEMENT_FORMAT,
        "lot": submission.lot,
        "version": submission.version,
        "sha256": submission.sha256,
        "author": _describe(by_act[ReviewAct.SUBMIT][0], names),
        "reviewers": [_describe(step, names) for step in by_act[ReviewAct.APPROVE]],
        "audit": {"seq": seq, "hash": head},
    }
    if quoted := await describe_quoted_events(connection, submission.id):
        statement["events"] = quoted
    row = {
        "submission": submission.id,
        "lot": submission.lot,
        "version": submission.version,
        "statement": to_canonical_json(statement),
        "signature": to_canonical_json(dict(sign(statement))),
        "at": at,
    }
    await connection.execute(insert(_PUBLICATIONS).values(row))
    await record_row_change(
        connection, _PUBLICATIONS, submission.id, at=at, actor=actor, action="lot.record"
    )
    # The public service follows changes of lots (`ledger.changes`).
    await record_row_change(
        connection,
        schema.lots,
        submission.lot,
        at=at,
        actor=actor,
        action="lot.publish",
        details={"version": submission.version, "record": submission.sha256},
    )


async def _find_names(connection: AsyncConnection, steps: list[ReviewStep]) -> dict[str, str]:
    organisations = schema.organisations.c
    ids = {step.organisation for step in steps if step.organisation is not None}
    query = select(organisations.id, organisations.name).where(organisations.id.in_(ids))
    return {row.id: row.name for row in await connection.execute(query)}


def _describe(step: ReviewStep, names: Mapping[str, str]) -> dict[str, Any]:
    """The step as a statement names it: the organisation, not the person."""
    return {
        "organisation": step.organisation,
        "name": names.get(step.organisation or ""),
        "at": format_rfc3339(step.at),
        "audit": step.audit,
    }
