"""Proposals: acts that one person asks for and another decides.

open → approved or refused by a second account, or → withdrawn by the one that made it. Nobody
decides on their own proposal, in whatever spelling of the name; both accounts are enabled and
confirmed at the moment of the approval.

**Exactly once.** An act in the ledger (a recall, a role) runs in the transaction of its approval:
both are recorded or neither, and a refused act leaves the proposal open. An act elsewhere (in the
key store) happens after the approval: the command finds the approved proposal with `get_approved`,
acts, and calls `mark_used`. A process that dies between leaves the approval unused, and the command
repeated completes it; so such an act must recognise that it was done.

On PostgreSQL a trigger and constraints enforce the same (migration 0002).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import is_same_account
from ledger.chains.chained_rows import get_system_user, record_row_change
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import (
    AlreadyProposed,
    KeyReused,
    ProposalNotOpen,
    SecondPersonRequired,
    UnknownProposal,
)
from ledger.packer_provinces import NO_ROWS, ConcernedRows, find_common_province
from ledger.proposals.deciding_account import require_deciding_account
from ledger.proposals.proposal import (
    Act,
    Approval,
    Proposal,
    ProposalFilter,
    ProposalState,
    proposal_from_row,
)
from ledger.storage.store import Store, uncancellable

T = TypeVar("T")
_TABLE = schema.proposals


_VERBS: Final = {
    ProposalState.APPROVED: "approve",
    ProposalState.REFUSED: "refuse",
    ProposalState.WITHDRAWN: "withdraw",
}
"""Action of the audit entry of each decision."""


class Proposals:
    """The proposals of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(
        self,
        kind: str,
        subject: str,
        *,
        document: Mapping[str, Any],
        reason: str | None,
        actor: str,
        key: str,
        at: int | None = None,
        concerned: ConcernedRows = NO_ROWS,
    ) -> Proposal:
        """Propose an act; the same key again returns the first result.

        `concerned` are the rows that it is about, which say whose province it is of.
        Raises `AccountRequired`, `AlreadyProposed` while another proposal on the subject is open,
        `KeyReused`.
        """
        async with self._store.write() as connection:
            return await propose(
                connection,
                kind,
                subject,
                document=document,
                reason=reason,
                actor=actor,
                key=key,
                at=self._clock() if at is None else at,
                concerned=concerned,
            )

    @uncancellable
    async def approve(
        self, id_: int, actor: str, *, act: Act[T] | None, at: int | None = None
    ) -> Approval[T]:
        """Approve a proposal as a second person, and carry out its act in the same transaction.

        Approving again as the same account changes nothing. Raises `UnknownProposal`,
        `SecondPersonRequired`, `AccountRequired`, `ProposalNotOpen`, and as the act does.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            proposal = await self._find_decidable(connection, id_, actor, ProposalState.APPROVED)
            if proposal.state is ProposalState.APPROVED:
                return Approval(proposal, None)
            await require_deciding_account(connection, proposal.requested_by)
            approved = await _decide(connection, id_, ProposalState.APPROVED, actor, at)
            if act is None:
                return Approval(approved, None)
            result = await act(connection, approved)
            return Approval(await _update(connection, id_, "use", actor, at, used_at=at), result)

    @uncancellable
    async def refuse(self, id_: int, actor: str, *, at: int | None = None) -> Proposal:
        """Refuse a proposal as a second person; raises as `approve` does."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            proposal = await self._find_decidable(connection, id_, actor, ProposalState.REFUSED)
            if proposal.state is ProposalState.REFUSED:
                return proposal
            return await _decide(connection, id_, ProposalState.REFUSED, actor, at)

    @uncancellable
    async def withdraw(self, id_: int, actor: str, *, at: int | None = None) -> Proposal:
        """Withdraw one's own proposal.

        Raises `UnknownProposal`, also for another's, and `ProposalNotOpen`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            proposal = await find_proposal(connection, id_)
            if not is_same_account(proposal.requested_by, actor):
                raise UnknownProposal(proposal=id_)
            if proposal.state is ProposalState.WITHDRAWN:
                return proposal
            _require_state(proposal, ProposalState.OPEN)
            return await _decide(connection, id_, ProposalState.WITHDRAWN, actor, at)

    @uncancellable
    async def mark_used(self, id_: int, actor: str, *, at: int | None = None) -> Proposal:
        """Record that the act of an approved proposal was done; again changes nothing.

        Raises `UnknownProposal`, `ProposalNotOpen`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            proposal = await find_proposal(connection, id_)
            _require_state(proposal, ProposalState.APPROVED)
            if proposal.used_at is not None:
                return proposal
            return await _update(connection, id_, "use", actor, at, used_at=at)

    async def get(self, id_: int) -> Proposal:
        """Return the proposal of this number. Raises `UnknownProposal`."""
        async with self._store.read() as connection:
            return await find_proposal(connection, id_)

    async def get_open(self, kind: str, subject: str) -> Proposal | None:
        """Return the proposal of a kind on a subject that waits for its decision."""
        async with self._store.read() as connection:
            return await _find_open(connection, kind, subject)

    async def get_approved(self, kind: str, subject: str) -> Proposal | None:
        """Return the oldest approved proposal on a subject whose act was not done yet."""
        query = (
            select(_TABLE)
            .where(
                _TABLE.c.kind == kind,
                _TABLE.c.subject == subject,
                _TABLE.c.state == ProposalState.APPROVED,
                _TABLE.c.used_at.is_(None),
            )
            .order_by(_TABLE.c.id)
            .limit(1)
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else proposal_from_row(row)

    async def find_page(
        self, wanted: ProposalFilter, *, after: int | None = None, limit: int
    ) -> list[Proposal]:
        """At most `limit` proposals that match, newest first; `after` is the last number before."""
        conditions: list[ColumnElement[bool]] = []
        if wanted.kinds is not None:
            conditions.append(_TABLE.c.kind.in_(wanted.kinds))
        if wanted.state is not None:
            conditions.append(_TABLE.c.state == wanted.state)
        if wanted.is_decided:
            conditions.append(_TABLE.c.state != ProposalState.OPEN)
        if wanted.lots_of is not None:
            lots = schema.lots
            own = select("lot:" + lots.c.code).where(lots.c.organisation == wanted.lots_of)
            conditions.append((_TABLE.c.kind != "lot.change") | _TABLE.c.subject.in_(own))
        if wanted.province is not None:
            conditions.append(_TABLE.c.province == wanted.province)
        if after is not None:
            conditions.append(_TABLE.c.id < after)
        query = select(_TABLE).where(*conditions).order_by(_TABLE.c.id.desc()).limit(limit)
        async with self._store.read() as connection:
            return [proposal_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def _find_decidable(
        self, connection: AsyncConnection, id_: int, actor: str, wanted: ProposalState
    ) -> Proposal:
        """The proposal if `actor` may decide on it, or already decided the same."""
        proposal = await find_proposal(connection, id_)
        if is_same_account(proposal.requested_by, actor):
            raise SecondPersonRequired(proposal=id_, actor=proposal.requested_by)
        await require_deciding_account(connection, actor)
        if proposal.state is wanted and proposal.decided_by == actor:
            return proposal
        _require_state(proposal, ProposalState.OPEN)
        return proposal


async def propose(
    connection: AsyncConnection,
    kind: str,
    subject: str,
    *,
    document: Mapping[str, Any],
    reason: str | None,
    actor: str,
    key: str,
    at: int,
    concerned: ConcernedRows = NO_ROWS,
) -> Proposal:
    """Add a proposal inside the caller's transaction; see `Proposals.add`."""
    await require_deciding_account(connection, actor)
    same = await _select_one(connection, _TABLE.c.key == key)
    if same is not None:
        asked = (same.kind, same.subject, to_canonical_json(same.document), same.reason)
        if asked != (kind, subject, to_canonical_json(document), reason):
            raise KeyReused(key=key)
        return same
    waiting = await _find_open(connection, kind, subject)
    if waiting is not None:
        raise AlreadyProposed(proposal=waiting.id, actor=waiting.requested_by)
    id_ = 1 + (await connection.scalar(select(func.max(_TABLE.c.id))) or 0)
    await connection.execute(
        insert(_TABLE).values(
            id=id_,
            kind=kind,
            subject=subject,
            document=to_canonical_json(document),
            reason=reason,
            key=key,
            requested_by=actor,
            requested_at=at,
            requested_system_user=get_system_user(connection),
            state=ProposalState.OPEN,
            province=await find_common_province(connection, concerned),
        )
    )
    await record_row_change(connection, _TABLE, id_, at=at, actor=actor, action=f"proposal.{kind}")
    return await find_proposal(connection, id_)


async def withdraw_open_proposal(
    connection: AsyncConnection, subject: str, *, actor: str, at: int
) -> None:
    """Withdraw what waits for a decision on a subject that needs none any more.

    For the caller's transaction, which ends the subject: an order that is withdrawn, for example.
    """
    found = await connection.scalars(
        select(_TABLE.c.id).where(_TABLE.c.subject == subject, _TABLE.c.state == ProposalState.OPEN)
    )
    for id_ in found.all():
        await _decide(connection, id_, ProposalState.WITHDRAWN, actor, at)


async def find_proposal(connection: AsyncConnection, id_: int) -> Proposal:
    """Return the proposal inside the caller's transaction. Raises `UnknownProposal`."""
    found = await _select_one(connection, _TABLE.c.id == id_)
    if found is None:
        raise UnknownProposal(proposal=id_)
    return found


async def _select_one(
    connection: AsyncConnection, condition: ColumnElement[bool]
) -> Proposal | None:
    found = await connection.execute(select(_TABLE).where(condition))
    row = found.mappings().one_or_none()
    return None if row is None else proposal_from_row(row)


async def _find_open(connection: AsyncConnection, kind: str, subject: str) -> Proposal | None:
    return await _select_one(
        connection,
        (_TABLE.c.kind == kind)
        & (_TABLE.c.subject == subject)
        & (_TABLE.c.state == ProposalState.OPEN),
    )


async def _decide(
    connection: AsyncConnection, id_: int, state: ProposalState, actor: str, at: int
) -> Proposal:
    """Give an open proposal its last state; a withdrawn one was decided by nobody else."""
    return await _update(
        connection,
        id_,
        _VERBS[state],
        actor,
        at,
        state=state,
        decided_by=None if state is ProposalState.WITHDRAWN else actor,
        decided_at=at,
        decided_system_user=get_system_user(connection),
    )


async def _update(
    connection: AsyncConnection, id_: int, verb: str, actor: str, at: int, **values: Any
) -> Proposal:
    await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(values))
    await record_row_change(connection, _TABLE, id_, at=at, actor=actor, action=f"proposal.{verb}")
    return await find_proposal(connection, id_)


def _require_state(proposal: Proposal, wanted: ProposalState) -> None:
    if proposal.state is not wanted:
        raise ProposalNotOpen(proposal=proposal.id, state=proposal.state, wanted=wanted)
