"""Reviews of lots: a version is submitted, approved by one or two reviewers, and published.

A submission holds the record that is to be published, so it is frozen. A later version of the lot
is another submission; what was published stays in force until the later one is published.

The row of a submission, the step, the publication and the entries of the audit chain are written
together or not at all.

Reviewers are other people than who submitted or wrote the version; two reviewers are two people.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import is_same_account
from ledger.chains.chained_rows import read_head, record_row_change
from ledger.chains.hash_chain import digest_json, to_canonical_json
from ledger.errors import (
    LotChanged,
    LotRecalled,
    ReviewerInvolved,
    SubmissionClosed,
    UnknownSubmission,
    VersionPublished,
)
from ledger.lots.lot_submission import (
    STATEMENT_FORMAT,
    Publication,
    ReviewAct,
    ReviewStep,
    Submission,
    SubmissionState,
    publication_from_row,
    step_from_row,
    submission_from_row,
)
from ledger.lots.lots import find_lot
from ledger.lots.review_rules import find_reviewers
from ledger.proposals.deciding_account import require_deciding_account
from ledger.storage.store import Store, uncancellable
from stamps.timestamps import format_rfc3339

Sign = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Signs the statement of a publication; called inside the transaction."""

_ACTIONS: Final = {
    SubmissionState.SUBMITTED: "lot_submission.submit",
    SubmissionState.APPROVED: "lot_submission.approve",
    SubmissionState.PUBLISHED: "lot_submission.publish",
    SubmissionState.RETURNED: "lot_submission.return",
    SubmissionState.WITHDRAWN: "lot_submission.withdraw",
}
_TABLE: Final = schema.lot_submissions
_STEPS: Final = schema.lot_review_steps
_PUBLICATIONS: Final = schema.lot_publications


class LotSubmissions:
    """The submitted versions of lots of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def submit(
        self,
        lot: str,
        version: int,
        record: Mapping[str, Any],
        *,
        note: str = "",
        actor: str,
        at: int | None = None,
    ) -> Submission:
        """Submit a version, which must be the last; the same version again is the same submission.

        `record` is what is to be published. An older version that waits is withdrawn. Raises
        `UnknownLot`, `LotChanged`, `LotIncomplete`, `LotRecalled`, and `VersionPublished` where
        nothing is new.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            row = await find_lot(connection, lot)
            if row.version != version:
                raise LotChanged(lot=lot, base=version, version=row.version)
            row.check_bindable()
            published = await find_publication(connection, lot)
            if published is not None and published.version == version:
                raise VersionPublished(lot=lot, version=version)
            known = await _find_open(connection, lot)
            if known is not None and known.version == version:
                return known
            if known is not None:
                withdrawn = SubmissionState.WITHDRAWN
                await _step(connection, known, withdrawn, ReviewAct.WITHDRAW, "", actor, at)
            await _close_returned(connection, lot, actor, at)
            last = await connection.scalar(select(func.max(_TABLE.c.id)))
            new = {
                "id": (last or 0) + 1,
                "lot": lot,
                "version": version,
                "organisation": row.organisation,
                "product": row.product,
                "record": to_canonical_json(dict(record)),
                "sha256": digest_json(dict(record)),
                "reviewers": await find_reviewers(connection, row.organisation),
                "state": SubmissionState.SUBMITTED,
                "submitted_by": actor,
                "submitted_at": at,
                "updated_at": at,
            }
            await connection.execute(insert(_TABLE).values(new))
            submission = await _find(connection, new["id"])
            state = SubmissionState.SUBMITTED
            await _step(connection, submission, state, ReviewAct.SUBMIT, note, actor, at)
            return submission

    @uncancellable
    async def approve(
        self, id_: int, text: str = "", *, actor: str, sign: Sign, at: int | None = None
    ) -> Submission:
        """Approve a version; the last approval that it needs publishes it.

        The same reviewer again changes nothing. Raises `UnknownSubmission`, `SubmissionClosed`,
        `LotRecalled`, `ReviewerInvolved`, `AccountRequired`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            steps = await _list_steps(connection, id_)
            approved = [step for step in steps if step.what is ReviewAct.APPROVE]
            if any(is_same_account(step.actor, actor) for step in approved):
                return known
            await _require_reviewer(connection, known, actor)
            if (await find_lot(connection, known.lot)).recalled_at is not None:
                raise LotRecalled(lot=known.lot)
            is_last = len(approved) + 1 >= known.reviewers
            state = SubmissionState.PUBLISHED if is_last else SubmissionState.APPROVED
            step = await _step(connection, known, state, ReviewAct.APPROVE, text, actor, at)
            if is_last:
                await _publish(connection, known, [*steps, step], sign, actor, at)
            return await _find(connection, id_)

    @uncancellable
    async def send_back(
        self, id_: int, text: str, *, actor: str, at: int | None = None
    ) -> Submission:
        """Return a version to its organisation with a comment; sent twice it is one step.

        Raises `UnknownSubmission`, `SubmissionClosed`, `ReviewerInvolved`, `AccountRequired`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            last = (await _list_steps(connection, id_))[-1]
            if (last.what, last.actor, last.text) == (ReviewAct.RETURN, actor, text):
                return known
            await _require_reviewer(connection, known, actor)
            state = SubmissionState.RETURNED
            await _step(connection, known, state, ReviewAct.RETURN, text, actor, at)
            return await _find(connection, id_)

    @uncancellable
    async def withdraw(self, id_: int, *, actor: str, at: int | None = None) -> Submission:
        """Withdraw a version that waits; again changes nothing.

        Raises `UnknownSubmission`, `SubmissionClosed`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            if known.state is SubmissionState.WITHDRAWN:
                return known
            _require_open(known)
            state = SubmissionState.WITHDRAWN
            await _step(connection, known, state, ReviewAct.WITHDRAW, "", actor, at)
            return await _find(connection, id_)

    async def get(self, id_: int) -> Submission:
        """Return a submission. Raises `UnknownSubmission`."""
        async with self._store.read() as connection:
            return await _find(connection, id_)

    async def find_record(self, id_: int) -> tuple[Mapping[str, Any], str]:
        """Return the record of a submission, which never changes, and its SHA-256.

        The service that sends notices may read no more of a submission. Raises `UnknownSubmission`.
        """
        query = select(_TABLE.c.record, _TABLE.c.sha256).where(_TABLE.c.id == id_)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise UnknownSubmission(submission=id_)
        return json.loads(row.record), row.sha256

    async def find_last(self, lot: str) -> Submission | None:
        """Return the last submission of a lot; None if nothing was submitted."""
        query = select(_TABLE).where(_TABLE.c.lot == lot).order_by(_TABLE.c.id.desc()).limit(1)
        return await self._select_one(query)

    async def list_steps(self, id_: int) -> list[ReviewStep]:
        """Return the steps of a review, in their order."""
        async with self._store.read() as connection:
            return await _list_steps(connection, id_)

    async def find_publication(self, lot: str) -> Publication | None:
        """Return what is published of a lot; None if nothing is."""
        async with self._store.read() as connection:
            return await find_publication(connection, lot)

    async def get_publication(self, submission: int) -> Publication | None:
        """Return the publication of a submission; None if it was not published."""
        async with self._store.read() as connection:
            return await _select_publication(connection, _PUBLICATIONS.c.submission == submission)

    async def _select_one(self, query: Select[Any]) -> Submission | None:
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else submission_from_row(row)


async def find_publication(connection: AsyncConnection, lot: str) -> Publication | None:
    """Return what is published of a lot inside the caller's transaction."""
    return await _select_publication(connection, _PUBLICATIONS.c.lot == lot)


async def _select_publication(connection: AsyncConnection, condition: Any) -> Publication | None:
    query = (
        select(_PUBLICATIONS, _TABLE.c.record, _TABLE.c.sha256)
        .join(_TABLE, _TABLE.c.id == _PUBLICATIONS.c.submission)
        .where(condition)
        .order_by(_PUBLICATIONS.c.submission.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else publication_from_row(row)


async def _publish(
    connection: AsyncConnection,
    submission: Submission,
    steps: list[ReviewStep],
    sign: Sign,
    actor: str,
    at: int,
) -> None:
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


async def _require_reviewer(connection: AsyncConnection, known: Submission, actor: str) -> None:
    """Raise unless the submission is open and `actor` had no part in what it says."""
    _require_open(known)
    await require_deciding_account(connection, actor)
    versions = schema.lot_versions.c
    query = select(versions.actor, versions.confirmed_by).where(
        versions.lot == known.lot, versions.version == known.version
    )
    row = (await connection.execute(query)).one()
    involved = [known.submitted_by, row.actor, *filter(None, [row.confirmed_by])]
    if any(is_same_account(one, actor) for one in involved):
        raise ReviewerInvolved(lot=known.lot, actor=actor)


def _require_open(known: Submission) -> None:
    if not known.state.is_open:
        raise SubmissionClosed(submission=known.id, state=known.state)


async def _close_returned(connection: AsyncConnection, lot: str, actor: str, at: int) -> None:
    """Note that what was returned of a lot is submitted again."""
    is_returned = (_TABLE.c.lot == lot) & (_TABLE.c.state == SubmissionState.RETURNED)
    for id_ in (await connection.scalars(select(_TABLE.c.id).where(is_returned))).all():
        values = {"state": SubmissionState.RESUBMITTED, "updated_at": at}
        await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(values))
        action = "lot_submission.resubmit"
        await record_row_change(connection, _TABLE, id_, at=at, actor=actor, action=action)


async def _step(
    connection: AsyncConnection,
    submission: Submission,
    state: SubmissionState,
    what: ReviewAct,
    text: str,
    actor: str,
    at: int,
) -> ReviewStep:
    """Append a step, and put the submission into the state that follows."""
    changed = update(_TABLE).where(_TABLE.c.id == submission.id)
    await connection.execute(changed.values(state=state, updated_at=at))
    await record_row_change(
        connection,
        _TABLE,
        submission.id,
        at=at,
        actor=actor,
        action=_ACTIONS[state],
        details={"lot": submission.lot, "version": submission.version, "text": text},
    )
    seq, _ = await read_head(connection, schema.audit.name)
    count = select(func.count()).where(_STEPS.c.submission == submission.id)
    staff = schema.staff.c
    row = {
        "submission": submission.id,
        "n": (await connection.scalar(count) or 0) + 1,
        "at": at,
        "actor": actor,
        "organisation": submission.organisation
        if what in (ReviewAct.SUBMIT, ReviewAct.WITHDRAW)
        else await connection.scalar(select(staff.organisation).where(staff.id == actor)),
        "what": what,
        "text": text,
        "audit": seq,
    }
    await connection.execute(insert(_STEPS).values(row))
    return ReviewStep(**row)  # type: ignore[arg-type]


async def _list_steps(connection: AsyncConnection, id_: int) -> list[ReviewStep]:
    query = select(_STEPS).where(_STEPS.c.submission == id_).order_by(_STEPS.c.n)
    return [step_from_row(row) for row in (await connection.execute(query)).mappings()]


async def _find_open(connection: AsyncConnection, lot: str) -> Submission | None:
    is_open = _TABLE.c.state.in_(("submitted", "approved"))
    query = select(_TABLE).where(_TABLE.c.lot == lot, is_open)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else submission_from_row(row)


async def _find(connection: AsyncConnection, id_: object) -> Submission:
    query = select(_TABLE).where(_TABLE.c.id == id_)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise UnknownSubmission(submission=id_)
    return submission_from_row(row)
