"""Reviews of lots: a version is submitted, approved by one or two reviewers, and published.

A submission holds the record that is to be published, so it is frozen. A later version of the lot
is another submission; what was published stays in force until the later one is published.

The row of a submission, the step, the publication and the entries of the audit chain are written
together or not at all.

Reviewers are other people than who submitted or wrote the version; two reviewers are two people.
"""

import json
from collections.abc import Callable, Collection, Mapping
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
from ledger.lots.lot_publications import Sign, find_publication, publish, select_publication
from ledger.lots.lot_submission import (
    Publication,
    ReviewAct,
    ReviewStep,
    Submission,
    SubmissionState,
    step_from_row,
    submission_from_row,
)
from ledger.lots.lots import find_lot
from ledger.lots.review_rules import find_reviewers
from ledger.proposals.deciding_account import require_deciding_account
from ledger.record.quoted_events import (
    QuotedEventError,
    list_quoted_errors,
    quote_events,
)
from ledger.storage.store import Store, uncancellable

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
        quoted: Collection[tuple[str, str]] = (),
        note: str = "",
        actor: str,
        at: int | None = None,
    ) -> Submission:
        """Submit a version, which must be the last; the same record again is the same submission.

        `record` is what is to be published; `quoted` has organisation and id of each event that it
        quotes, so the record of a version differs once there is another result. An older
        submission that waits is withdrawn. Raises `UnknownLot`, `LotChanged`, `LotIncomplete`,
        `LotRecalled`, and `VersionPublished` where nothing is new.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            row = await find_lot(connection, lot)
            if row.version != version:
                raise LotChanged(lot=lot, base=version, version=row.version)
            row.check_bindable()
            told = (version, digest_json(dict(record)))
            published = await find_publication(connection, lot)
            if published is not None and (published.version, published.sha256) == told:
                raise VersionPublished(lot=lot, version=version)
            known = await _find_open(connection, lot)
            if known is not None and (known.version, known.sha256) == told:
                return known
            if known is not None:
                withdrawn = SubmissionState.WITHDRAWN
                await _step(connection, known, withdrawn, ReviewAct.WITHDRAW, "", actor, at)
            await _close_returned(connection, lot, actor, at)
            id_ = (await connection.scalar(select(func.max(_TABLE.c.id))) or 0) + 1
            new = {
                "id": id_,
                "lot": lot,
                "version": version,
                "organisation": row.organisation,
                "product": row.product,
                "record": to_canonical_json(dict(record)),
                "sha256": told[1],
                "reviewers": await find_reviewers(connection, row.organisation),
                "state": SubmissionState.SUBMITTED,
                "submitted_by": actor,
                "submitted_at": at,
                "updated_at": at,
            }
            await connection.execute(insert(_TABLE).values(new))
            await quote_events(connection, id_, quoted)
            submission = await _find(connection, id_)
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
                await publish(connection, known, [*steps, step], sign, actor, at)
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
            return await select_publication(connection, _PUBLICATIONS.c.submission == submission)

    async def list_quoted_errors(self, submission: int) -> list[QuotedEventError]:
        """Return the events that the record of a submission quotes and that were declared errors.

        By event.
        """
        async with self._store.read() as connection:
            return await list_quoted_errors(connection, submission)

    async def _select_one(self, query: Select[Any]) -> Submission | None:
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else submission_from_row(row)


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
