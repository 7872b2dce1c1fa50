"""Proposals: what one person asks for and another decides.

    proposal = await propose(context, RECALL, "lot:L1", {"lot": "L1"}, "food-safety", key)
    await approve_proposal(another_context, proposal.id)

`services.proposals.proposal_kinds` is the table of kinds. The decision on an order has rules and a
table of its own (`services.orders.orders`), by the same check of two accounts; the second approval
of an order above a limit is a proposal.
"""

from collections.abc import Mapping
from typing import Any, Final

from ledger import Approval, Proposal, ProposalFilter, ProposalState
from ledger.account_names import is_same_account
from ledger.errors import UnknownProposal
from ledger.packer_provinces import NO_ROWS, ConcernedRows
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import has_permission, require_permission
from services.proposals.proposal_kinds import KINDS, ProposalKind, list_visible_kinds

MAX_REASON_LENGTH: Final = 1000


async def propose(
    context: ServiceContext,
    kind: ProposalKind,
    subject: str,
    document: Mapping[str, Any],
    reason: str | None,
    key: str,
    concerned: ConcernedRows = NO_ROWS,
) -> Proposal:
    """Propose an act for a second person to decide; the same key again is the same proposal.

    `concerned` are the rows that it is about: an authority of their province sees it too.
    Raises `Forbidden`, `KeyRequired`, `InvalidInput`, `AccountRequired`, `AlreadyProposed`,
    `KeyReused`.
    """
    require_permission(context, kind.propose)
    if reason is not None and len(reason) > MAX_REASON_LENGTH:
        raise InvalidInput(field="reason", why=f"must have at most {MAX_REASON_LENGTH} characters")
    return await context.ledger.proposals.add(
        kind.name,
        subject,
        document=document,
        reason=reason,
        actor=context.actor.id,
        key=context.scope_key(key),
        at=context.clock(),
        concerned=concerned,
    )


async def approve_proposal(context: ServiceContext, proposal_id: int) -> Approval[Any]:
    """Approve a proposal of another person and carry out its act; approving twice is once.

    An act that is refused leaves the proposal open. Raises `Forbidden`, `UnknownProposal`,
    `SecondPersonRequired`, `AccountRequired`, `ProposalNotOpen`, and as the act does.
    """
    kind = await _find_decidable(context, proposal_id)
    return await context.ledger.proposals.approve(
        proposal_id, context.actor.id, act=kind.act, at=context.clock()
    )


async def refuse_proposal(context: ServiceContext, proposal_id: int) -> Proposal:
    """Refuse a proposal of another person; raises as `approve_proposal` does."""
    await _find_decidable(context, proposal_id)
    return await context.ledger.proposals.refuse(proposal_id, context.actor.id, at=context.clock())


async def withdraw_proposal(context: ServiceContext, proposal_id: int) -> Proposal:
    """Withdraw one's own proposal. Raises `UnknownProposal`, `ProposalNotOpen`."""
    return await context.ledger.proposals.withdraw(
        proposal_id, context.actor.id, at=context.clock()
    )


async def get_proposal(context: ServiceContext, proposal_id: int) -> Proposal:
    """One proposal that the actor may see. Raises `UnknownProposal`."""
    proposal = await context.ledger.proposals.get(proposal_id)
    kind = KINDS.get(proposal.kind)
    if kind is None or kind.name not in list_visible_kinds(context):
        raise UnknownProposal(proposal=proposal_id)
    if context.actor.province not in (None, proposal.province):
        raise UnknownProposal(proposal=proposal_id)
    if kind.check_scope is not None:
        await kind.check_scope(context, proposal)
    return proposal


async def list_proposals(
    context: ServiceContext,
    *,
    state: ProposalState | None = None,
    is_decided: bool = False,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Proposal]:
    """The proposals of the kinds that the actor may propose or decide, newest first.

    `is_decided` leaves out those that wait. Raises `InvalidInput`.
    """
    request = PageRequest(limit, after)
    key = request.key(int)
    rows = await context.ledger.proposals.find_page(
        ProposalFilter(
            kinds=list_visible_kinds(context),
            state=state,
            is_decided=is_decided,
            lots_of=scope.lot_scope(context.actor).organisation,
            province=context.actor.province,
        ),
        after=None if key is None else int(key[0]),
        limit=limit + 1,
    )
    return request.make_page(rows, lambda proposal: (proposal.id,))


def may_decide(context: ServiceContext, proposal: Proposal) -> bool:
    """Whether the actor may decide on an open proposal of another person."""
    return (
        proposal.state is ProposalState.OPEN
        and not is_same_account(proposal.requested_by, context.actor.id)
        and has_permission(context.actor, KINDS[proposal.kind].decide)
    )


async def find_approved(
    context: ServiceContext, kind: ProposalKind, subject: str
) -> Proposal | None:
    """The approved proposal for an act outside of the ledger; None when there is none yet.

    The act recognises by the proposal's document whether it was done, since a process may die
    after it and before `finish_act`. Raises `Forbidden`.
    """
    require_permission(context, kind.propose)
    return await context.ledger.proposals.get_approved(kind.name, subject)


async def finish_act(context: ServiceContext, proposal: Proposal) -> Proposal:
    """Record that the act of an approved proposal was done. Raises `ProposalNotOpen`."""
    return await context.ledger.proposals.mark_used(
        proposal.id, context.actor.id, at=context.clock()
    )


async def _find_decidable(context: ServiceContext, proposal_id: int) -> ProposalKind:
    proposal = await get_proposal(context, proposal_id)
    kind = KINDS[proposal.kind]
    require_permission(context, kind.decide)
    return kind
